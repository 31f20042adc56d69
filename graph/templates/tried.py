"""How it is known that the things to try in a lesson were tried: by the lesson's id, a check for each, in their order.

None where only the reader can tell: what is looked at, compared with another design, or exported. A lesson may also
give its checks where its sentences stand; those count first.
"""

from __future__ import annotations

from collections.abc import Mapping

from graph.lessons.lesson import Check
from graph.lessons.shorthand import SOURCE, fails, reaches, trained, varied

_NOISE, _KIND = f"{SOURCE}.noise", "job.data.source.kind"
_FOLLOWS = "job.objectives.1.every"


def _replaced(layer: str, by: str) -> Check:
    return trained({f"layers.{layer}": 0, f"layers.{by}": {"at_least": 1}})


TRIED: Mapping[str, tuple[Check | None, ...]] = {
    "mnist_1d_mlp": (
        reaches("accuracy", 0.55, {f"{SOURCE}.shuffle_points": True}),
        None,
        trained(
            {"layers.dropout": {"at_least": 1}, "job.objectives.0.optimizer.params.weight_decay": {"at_least": 0.1}}
        ),
    ),
    "lenet_digits": (
        _replaced("tanh", "relu"),
        trained({"node.Conv 2D.out_channels": 2}),
        trained({"node.Average pool 2D.muted": True}),
    ),
    "inception_digits": (trained({"node.5 x 5.muted": True}), trained({"layers.max_pool2d": {"at_most": 1}}), None),
    "mobilenet_digits": (trained({"node.coarse.layer": "conv2d"}), trained({"node.coarse.channels": 64}), None),
    "se_resnet_digits": (
        trained({"node.gate.muted": True}),
        varied("node.coarse.squeezed", 1),
        _replaced("sigmoid", "softmax"),
    ),
    "mnist_1d_cnn": (
        fails("accuracy", 0.75, {f"{SOURCE}.shuffle_points": True}),
        fails("accuracy", 0.85, {"node.stage 1.kernel_size": 1, "node.stage 2.kernel_size": 1}),
        trained({"layers.flatten": 0, "layers.global_avg_pool": {"at_least": 1}}),
    ),
    "u_net_denoise": (
        fails("rmse", 1.95, {"wires.Concatenate": {"at_most": 1}}),
        fails("rmse", 2.5, {_NOISE: {"at_least": 8}}),
        _replaced("mse_loss", "l1_loss"),
    ),
    "spirals_mlp": (
        trained({"node.Linear.out_features": 8}),
        _replaced("tanh", "relu"),
        trained({_NOISE: {"at_least": 0.1}}),
    ),
    "iris_mlp": (
        reaches("accuracy", 0.86, {"layers.relu": 0}),
        trained({"job.data.transforms": []}),
        varied("job.data.split.seed", count=3),
    ),
    "diabetes_regression": (
        trained({"job.stopping.enabled": False, "job.epochs": {"at_least": 300}}),
        _replaced("huber_loss", "mse_loss"),
        trained({"layers.relu": 0, "layers.linear": 1}),
    ),
    "digits_resnet": (trained({"node.Add.muted": True}), varied("node.fine.repeat", 6), None),
    "digits_attention": (trained({"node.position.muted": True}), trained({"node.encoder.repeat": 1}), None),
    "mnist_1d_gru": (
        _replaced("gru", "rnn"),
        trained({f"{SOURCE}.shuffle_points": True}),
        trained({"layers.mean": {"at_least": 1}}),
    ),
    "mnist_1d_bidirectional_lstm": (
        trained({"node.both ways.bidirectional": False}),
        _replaced("max", "mean"),
        trained({"layers.max": 0}),
    ),
    "forecast": (
        trained({f"{SOURCE}.process": {"one_of": ["mackey_glass", "lorenz"]}}),
        trained({_NOISE: 0}),
        trained({"layers.lstm": 0, "layers.linear": {"at_least": 1}}),
    ),
    "reverse_with_attention": (
        varied(f"{SOURCE}.task", "copy", "sort"),
        trained({"layers.scaled_dot_product_attention": 0}),
        trained({f"{SOURCE}.length": {"at_least": 20}}),
    ),
    "character_gpt": (
        reaches("loss", 0.5, {"node.attention.is_causal": False}),
        varied("node.blocks.repeat", 1, 6),
        trained({_KIND: "text"}),
    ),
    "character_bert": (
        trained({"node.attention.is_causal": True}),
        varied("node.hide.share", 0.5, 0.05),
        trained({"node.attention.rotary": False}),
    ),
    "dates_transformer": (
        trained({"node.encoder.repeat": 1, "node.decoder.repeat": 1}),
        trained({"node.place.muted": True}),
        trained({f"{SOURCE}.n": {"at_most": 500}}),
    ),
    "digits_autoencoder": (
        trained({"layers.relu": 0}),
        trained({"node.encoder.features": 2}),
        reaches("rmse", 1.9, {"node.encoder.features": {"at_least": 32}}),
    ),
    "denoising_autoencoder": (
        varied(_NOISE, 8.0, 2.0),
        trained({_KIND: "digits", "layers.gaussian_noise": {"at_least": 1}}),
        varied("node.encoder.features", 4, 48),
    ),
    "sparse_autoencoder": (
        varied("node.sparsity.weight", 0.001, 0.00001),
        None,
        trained({"layers.activity_l1": {"at_least": 1}, "layers.kl_sparsity": 0}),
    ),
    "digits_vae": (
        varied("node.divergence.weight", 4.0, 0.25),
        trained({"node.encoder.features": 2}),
        trained({"layers.reparameterise": 0}),
    ),
    "ring_gan": (
        varied("job.seed", 0, 1, 2, 3, where={"job.objectives.0.losses.slope": 0}),
        trained({"job.objectives.1.losses.distance": {"at_least": 0.001}}),
        trained({_FOLLOWS: {"at_least": 5}}),
    ),
    "ring_wgan_gp": (
        trained({"job.objectives.0.losses.slope": {"at_least": 10}}),
        trained({_FOLLOWS: {"at_least": 2}}),
        trained({f"{SOURCE}.modes": 25}),
    ),
    "moons_rbf": (
        fails("accuracy", 0.92, {"node.bumps.width": {"one_of": [0.05, 3.0, 3]}}),
        fails("accuracy", 0.95, {"node.bumps.out_features": 4}),
        trained({_KIND: "spirals", "node.bumps.out_features": {"at_least": 60}}),
    ),
    "digits_som": (
        fails("quantisation", 2.2, {"node.pull.sigma": {"at_most": 0.3}}),
        trained({"node.map.grid": {"one_of": [[64], 64]}}),
        trained({_KIND: "iris"}),
    ),
    "capsule_digits": (
        trained({"node.digits.routing": 1}),
        trained({"node.reconstruction.weight": 0}),
        trained({"node.digits.size": 2}),
    ),
    "spirals_by_experts": (
        fails("balance", 1.5, {"node.balance.weight": 0}),
        trained({"node.experts.top_k": 1}),
        trained({"node.experts.hidden": 4}),
    ),
    "spiral_ode": (None, trained({"node.flow.solver": "dopri5"}), trained({"node.flow.solver": "euler"})),
    "circles_ode": (None, trained({"node.flow.solver": "euler"}), None),
}
