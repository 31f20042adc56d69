"""Designs that learn what is in their examples without answers: autoencoders, from linear to variational."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.catalog import Catalog
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import fails, reaches, trained
from graph.templates.drawing import Drawing
from graph.templates.parts import adamw, data
from graph.templates.template import Expected, Template, example

FAMILY = "Generative"
IRIS_NOISE = 0.083735856  # mean of the two smallest eigenvalues of standardised iris (Tipping, Bishop, 1999)


def autoencoder(catalog: Catalog) -> Document:
    """Digits pressed through eight numbers and drawn again."""
    d = Drawing(catalog, "Digits autoencoder")
    encoder, decoder = _encoder(d), _decoder(d)
    x = d.node("input", at=(0, 0), name="digit")
    code = d.node(encoder, x, at=(1, 0), name="encoder")
    drawn = d.node(decoder, code, at=(2, 0), name="decoder")
    d.node("output", drawn, at=(3, 0), name="picture")
    d.node("output", code, at=(2, 1.6), name="code")
    d.node("mse_loss", drawn, x, at=(3, 1.0))
    d.lesson(
        "The encoder must say with eight numbers what 64 pixels hold, and the decoder draw it again: the digit itself "
        "is the answer (Rumelhart, Hinton, Williams, 1986). What the eight numbers learn to mean is the code.",
        "The root mean squared error, in grey levels of 0 to 16, and the pictures in the Evaluation panel. The best "
        "linear code of eight numbers, which is that of principal components, is off by 2.5; this one by less than 2.",
        (
            "Mute both ReLU inside the blocks: encoder and decoder are then linear and fall back to the components.",
            "Set the features of the encoder to 2, and look at the latent space in the Lens panel.",
            "Set them to 32: the error falls, and the code says less about what a digit is.",
        ),
    )
    d.job(**_digits(150, adamw(0.003, weight_decay=1e-4)))
    return d.document


def denoising_autoencoder(catalog: Catalog) -> Document:
    """Draws the clean digit from a noisy one."""
    d = Drawing(catalog, "Denoising autoencoder")
    encoder, decoder = _encoder(d), _decoder(d)
    x = d.node("input", at=(0, 0), name="noisy digit")
    code = d.node(encoder, x, at=(1, 0), name="encoder", features=16)
    drawn = d.node(decoder, code, at=(2, 0), name="decoder")
    d.node("output", drawn, at=(3, 0), name="picture")
    clean = d.node("target", at=(2, 1.2), field="clean")
    d.node("mse_loss", drawn, clean, at=(3, 1.0))
    d.lesson(
        "Noise of a quarter of the whole range lies on every pixel. The network sees the noisy digit and is asked for "
        "the clean one, so it must learn what digits look like (Vincent et al., 2008).",
        "The root mean squared error in grey levels: doing nothing leaves 4.0, the deviation of the noise. Training "
        "soon gets better than validation: each picture has one noise of its own, which is learned by heart.",
        (
            "Set the noise of the source to 8, then to 2.",
            "Use the source Digits and put Gaussian noise behind the Input, with the Input itself as the answer: "
            "the noise is then drawn anew every time.",
            "Set the features of the encoder to 4, then 48: too narrow loses the digit, too wide lets noise through.",
        ),
    )
    job = _digits(60, adamw(0.003, weight_decay=0.05))
    job["data"]["source"] = {"kind": "noisy_digits", "params": {"noise": 4.0}}
    job["data"]["transforms"].append({"kind": "min_max", "field": "clean", "params": {"per": "all"}})
    d.job(**job)
    return d.document


def sparse_autoencoder(catalog: Catalog) -> Document:
    """A code wider than the digit, of which only few units may speak at a time."""
    d = Drawing(catalog, "Sparse autoencoder")
    x = d.node("input", at=(0, 0), name="digit")
    flat = d.node("flatten", x, at=(1, 0))
    wide = d.node("linear", flat, at=(2, 0), name="wide", out_features=128)
    code = d.node("sigmoid", wide, at=(3, 0), name="code")
    pixels = d.node("linear", code, at=(4, 0), name="pixels", out_features=64)
    drawn = d.node("unflatten", pixels, at=(5, 0), name="picture", sizes=(1, 8, 8))
    d.node("output", drawn, at=(6, 0), name="drawn")
    d.node("mse_loss", drawn, x, at=(6, 1.0), name="reconstruction")
    d.node("kl_sparsity", code, at=(4, 1.2), name="sparsity", rho=0.05, weight=1e-4)
    d.lesson(
        "The code has 128 units, twice the pixels, so copying would be easy. The second loss asks that each unit be "
        "active in one of twenty digits only (Ng, 2011), which makes units stand for parts of digits.",
        "The two losses in the plots: the reconstruction falls at once, the sparsity slowly. The weight of the second "
        "decides between them.",
        (
            "Set the weight of sparsity to 0.001, then to 0.00001, and compare the reconstruction.",
            "Look at the weights of pixels in the Lens panel: each unit draws a stroke.",
            "Mute sparsity and wire Activation L1 in its place, with a weight of 0.001.",
        ),
    )
    d.job(**_digits(60, adamw(0.003, weight_decay=1e-4)))
    return d.document


def sparse_coding(catalog: Catalog) -> Document:
    """A code of 128 units in which each digit may afford only few: the price is their sum."""
    d = Drawing(catalog, "Sparse coding")
    x = d.node("input", at=(0, 0), name="digit")
    flat = d.node("flatten", x, at=(1, 0))
    wide = d.node("linear", flat, at=(2, 0), name="wide", out_features=128)
    code = d.node("relu", wide, at=(3, 0), name="code")
    pixels = d.node("linear", code, at=(4, 0), name="pixels", out_features=64)
    drawn = d.node("unflatten", pixels, at=(5, 0), name="picture", sizes=(1, 8, 8))
    d.node("output", drawn, at=(6, 0), name="drawn")
    d.node("mse_loss", drawn, x, at=(6, 1.0), name="reconstruction")
    d.node("activity_l1", code, at=(4, 1.2), name="price", weight=1e-3)
    d.lesson(
        "A price on the sum of the activations makes most of them exactly 0 (Olshausen, Field, 1996): ReLU can be "
        "silent, and L1 pushes every unit that is not worth its price. Which units speak differs from digit to digit.",
        "The values of code in the Lens panel: about 34 of 128 units speak for a digit, the others are exactly 0. The "
        "example Sparse autoencoder asks instead that each unit be active in one of twenty digits, by a divergence.",
        (
            Task(
                "Set the weight of price to 0: three times as many speak, and the error falls to a fifth.",
                reaches("rmse", 0.4, {"node.price.weight": 0.0}),
            ),
            Task(
                "Set it to 0.002: a digit may afford 24 units, and is drawn less well.",
                fails("rmse", 1.15, {"node.price.weight": {"at_least": 0.002}}),
            ),
            Task(
                "Replace ReLU by Sigmoid: it is never 0, so L1 makes all of it small instead of few of it large.",
                trained({"layers.sigmoid": 1}),
            ),
        ),
    )
    d.job(**_digits(60, adamw(0.003, weight_decay=1e-4)))
    return d.document


def digits_vae(catalog: Catalog) -> Document:
    """A variational autoencoder: every digit becomes a small cloud in a space of eight numbers."""
    d = Drawing(catalog, "Digits VAE")
    encoder, decoder = _variational_encoder(d), _decoder(d)
    x = d.node("input", at=(0, 0), name="digit")
    cloud = d.node(encoder, x, at=(1, 0), name="encoder")
    z = d.node("reparameterise", f"{cloud}.{_port(d, cloud, 0)}", f"{cloud}.{_port(d, cloud, 1)}", at=(2, 0), name="z")
    drawn = d.node(decoder, z, at=(3, 0), name="decoder")
    picture = d.node("sigmoid", drawn, at=(4, 0), name="shades")
    d.node("output", picture, at=(5, 0), name="picture")
    d.node("output", f"{cloud}.{_port(d, cloud, 0)}", at=(3, 2.2), name="latent")
    d.node("bce_with_logits", drawn, x, at=(4, 1.2), name="reconstruction", reduction="batchmean")
    d.node(
        "gaussian_kl", f"{cloud}.{_port(d, cloud, 0)}", f"{cloud}.{_port(d, cloud, 1)}", at=(2, 1.6), name="divergence"
    )
    d.lesson(
        "The encoder answers with a cloud: a mean and a log variance for each of eight numbers. Reparameterise draws "
        "a point of it, the decoder draws the digit. Reconstruction and divergence together are the bound on the "
        "likelihood that Kingma and Welling maximise (2013), in nats for each digit.",
        "The two losses. The divergence is how many nats the code tells of a digit: it starts near 0, since saying "
        "nothing is safe, and rises as the decoder learns to listen.",
        (
            "Set the weight of divergence to 4: a beta-VAE says less and draws blurred digits. Then set it to 0.25.",
            "Set the features to 2, and look at the latent space of the mean in the Lens panel.",
            "Mute Reparameterise: the mean passes through, and it is a plain autoencoder with holes in its space.",
        ),
    )
    d.job(**_digits(150, adamw(0.003, weight_decay=1e-4)))
    return d.document


def linear_vae(catalog: Catalog) -> Document:
    """Iris through two numbers by straight lines alone: a variational autoencoder whose optimum is known exactly."""
    d = Drawing(catalog, "Linear VAE")
    x = d.node("input", at=(0, 0), name="flower")
    mean = d.node("linear", x, at=(1, 0), name="mean", out_features=2)
    spread = d.node("linear", x, at=(1, 1.2), name="log variance", out_features=2)
    z = d.node("reparameterise", mean, spread, at=(2, 0), name="z")
    drawn = d.node("linear", z, at=(3, 0), name="decoder", out_features=4)
    d.node("output", drawn, at=(4, 0), name="flower again")
    d.node("output", mean, at=(3, 2.4), name="latent")
    d.node(
        "mse_loss", drawn, x, at=(4, 1), name="reconstruction", reduction="batchmean", weight=round(0.5 / IRIS_NOISE, 6)
    )
    d.node("gaussian_kl", mean, spread, at=(3, 1.3), name="divergence")
    d.lesson(
        "Encoder and decoder are one straight line each, so the model is probabilistic principal components (Tipping, "
        "Bishop, 1999), and its best bound is the likelihood itself: -3.6863 nats a flower with two numbers. The "
        "weight of the reconstruction is 1 / (2 s^2), with the noise s^2 = 0.0837 that two components leave.",
        "The latent space in the Lens panel: the clouds of the species lie as principal components draw them, turned "
        "by some angle, since the bound does not care. The loss ends near 4.03, which is what this optimum has without "
        "the draws of z (evaluation takes the mean).",
        (
            Task("Let mean and log variance be one number wide.", trained({"node.mean.out_features": 1})),
            Task(
                "Put a ReLU into the encoder, before mean and log variance: the bound cannot get better, as the true "
                "posterior is straight already.",
                trained({"layers.relu": {"at_least": 1}}),
            ),
            Task(
                "Set the weight of divergence to 4: the code is told less, and the reconstruction pays for it.",
                fails("reconstruction", 0.2, {"node.divergence.weight": {"at_least": 4.0}}, part="train"),
            ),
        ),
    )
    d.job(
        data=data("iris", "standardise", per="element", validation=0.0, test=0.0),
        epochs=3000,
        batch_size="full",
        objectives=[adamw(0.01, weight_decay=0.0)],
    )
    return d.document


def _digits(epochs: int, objective: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": data("digits", "min_max", per="all", validation=0.1),
        "epochs": epochs,
        "batch_size": 64,
        "objectives": [objective],
    }


def _port(d: Drawing, node: str, index: int) -> str:
    """The id of an output of a block's instance."""
    spec = d.document.spec(d.document.graph(d.scope).node(node).layer)
    assert spec is not None
    return spec.outputs[index].id


def _encoder(d: Drawing) -> str:
    """Sets: features."""
    layer, inside = d.block("Encoder", "From a picture to a few numbers.")
    x = inside.node("entry", at=(0, 0))
    flat = inside.node("flatten", x, at=(1, 0))
    wide = inside.node("linear", flat, at=(2, 0), out_features=128)
    relu = inside.node("relu", wide, at=(3, 0))
    code = inside.node("linear", relu, at=(4, 0), name="code", out_features=8)
    inside.node("exit", code, at=(5, 0))
    inside.promote("features", (code, "out_features"))
    return layer


def _variational_encoder(d: Drawing) -> str:
    """Sets: features. Two outputs: the mean and the log of the variance."""
    layer, inside = d.block("Variational encoder", "From a picture to the middle and the width of a cloud.")
    x = inside.node("entry", at=(0, 0.6))
    flat = inside.node("flatten", x, at=(1, 0.6))
    wide = inside.node("linear", flat, at=(2, 0.6), out_features=128)
    relu = inside.node("relu", wide, at=(3, 0.6))
    mean = inside.node("linear", relu, at=(4, 0), name="mean", out_features=8)
    spread = inside.node("linear", relu, at=(4, 1.2), name="log variance", out_features=8)
    inside.node("exit", mean, at=(5, 0), name="mean")
    inside.node("exit", spread, at=(5, 1.2), name="log variance", position=1)
    inside.promote("features", (mean, "out_features"), (spread, "out_features"))
    return layer


def _decoder(d: Drawing) -> str:
    layer, inside = d.block("Decoder", "From a few numbers back to a picture.")
    x = inside.node("entry", at=(0, 0))
    wide = inside.node("linear", x, at=(1, 0), out_features=128)
    relu = inside.node("relu", wide, at=(2, 0))
    pixels = inside.node("linear", relu, at=(3, 0), name="pixels", out_features=64)
    picture = inside.node("unflatten", pixels, at=(4, 0), sizes=(1, 8, 8))
    inside.node("exit", picture, at=(5, 0))
    return layer


TEMPLATES: Mapping[str, Template] = {
    "autoencoder": example(
        FAMILY, "Autoencoder", autoencoder, Expected("rmse", 1.95, source="principal components: 2.5")
    ),
    "denoising_autoencoder": example(
        FAMILY, "Denoising", denoising_autoencoder, Expected("rmse", 2.6, source="the noise: 4.0")
    ),
    "sparse_autoencoder": example(FAMILY, "Sparse autoencoder", sparse_autoencoder, Expected("rmse", 1.2)),
    "sparse_coding": example(FAMILY, "Sparse coding", sparse_coding, Expected("rmse", 1.1)),
    "linear_vae": example(
        FAMILY,
        "Linear VAE",
        linear_vae,
        Expected("loss", 4.05, "train", source="4.0308 where the bound is the likelihood of principal components"),
    ),
    "digits_vae": example(FAMILY, "Variational autoencoder", digits_vae, Expected("loss", 22.8, source="nats a digit")),
}
