"""Designs that make new examples, or learn what is in them without answers: autoencoders and adversaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.catalog import Catalog
from graph.commands.nodes import SetNode
from graph.document import Document
from graph.templates.drawing import Drawing
from graph.templates.parts import adamw, data
from graph.templates.template import Expected, Template, example

FAMILY = "Generative"
RING = {"source": {"kind": "ring", "params": {"n": 12_000}}, "split": {"validation": 0.1, "test": 0.1}}


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


def ring_gan(catalog: Catalog) -> Document:
    """Two networks play: one makes points of a ring from noise, the other tells them from real ones."""
    d = Drawing(catalog, "Ring GAN")
    made, judge = _game(d, "log", slope=0.0)
    d.lesson(
        "The generator turns noise into points; the discriminator tells them from points of the ring. Each has an "
        "objective: the first trains the discriminator on the losses real and fake, the second trains the generator on "
        "fooled. All nodes of the discriminator share their weights (Goodfellow et al., 2014).",
        "Not real, fake and fooled, which only say who is ahead, but the distance between samples and data, which "
        "nobody minimises: it falls as the generator finds the eight places. Slope keeps the discriminator from "
        "growing steep between data and samples (Mescheder, Geiger, Nowozin, 2018); without it the game may end badly.",
        (
            "Weigh slope 0 in the first objective and try the seeds 0 to 3: with some, the generator falls onto a "
            "few places. This is mode collapse.",
            "Let the second objective minimise distance in place of fooled: no adversary is needed.",
            "Let the generator step only every 5th batch (objectives, every): a critic too strong teaches little.",
        ),
    )
    d.job(
        data=RING,
        epochs=70,
        batch_size=256,
        objectives=[
            _player("discriminator", judge, lr=2e-3, real=1.0, fake=1.0, slope=0.05),
            _player("generator", made, fooled=1.0),
        ],
    )
    return d.document


def ring_wgan(catalog: Catalog) -> Document:
    """A Wasserstein GAN with gradient penalty: the critic measures how far samples are from the data."""
    d = Drawing(catalog, "Ring WGAN-GP")
    made, critic = _game(d, "wasserstein", slope=1.0)
    d.lesson(
        "The critic gives points a height; real minus made is how far apart it can hold them, which, while its slope "
        "is 1, is the work of moving one cloud onto the other (Arjovsky et al., 2017; Gulrajani et al., 2017).",
        "Real plus fake: minus this distance as the critic sees it. It shrinks as the samples get better, unlike the "
        "losses of the example GAN on a ring; and all eight places are found alike.",
        (
            "Weigh slope 10 in the first objective, as is usual for pictures: here it learns more slowly.",
            "Let the generator step only every 2nd batch (objectives, every): the critic then measures better.",
            "Set 25 modes in the Data panel.",
        ),
    )
    d.job(
        data=RING,
        epochs=90,
        batch_size=256,
        objectives=[
            _player("critic", critic, lr=2e-3, betas=(0.0, 0.9), real=1.0, fake=1.0, slope=1.0),
            _player("generator", made, betas=(0.0, 0.9), fooled=1.0),
        ],
    )
    return d.document


def _game(d: Drawing, form: str, *, slope: float) -> tuple[str, str]:
    """Generator and discriminator over points of the plane, with their losses; the nodes that own their weights."""
    generator, critic = _network(d, "Generator", 2), _network(d, "Discriminator", 1)
    noise = d.node("noise", at=(0, 0), shape=(8,))
    made = d.node(generator, noise, at=(1, 0), name="generator")
    d.node("output", made, at=(3.2, -1.2), name="sample")
    real = d.node("target", at=(1, 1.6), name="real points", field="features")
    says_real = d.node(critic, real, at=(2, 1.6), name="discriminator")
    says_made = d.node(critic, made, at=(2, 0), name="discriminator again")
    d.do(SetNode(says_made, {"shares": says_real}))
    d.node("adversarial_loss", says_real, at=(3.2, 1.6), name="real", verdict="real", form=form)
    d.node("adversarial_loss", says_made, at=(3.2, 0.6), name="fake", verdict="fake", form=form)
    d.node("adversarial_loss", says_made, at=(3.2, -0.3), name="fooled", verdict="real", form=form)
    d.node("energy_distance", made, real, at=(2, 2.7), name="distance")
    between = d.node("blend", real, made, at=(1.9, 3.6), name="between")
    says_between = d.node(critic, between, at=(3.2, 3.6), name="discriminator between")
    d.do(SetNode(says_between, {"shares": says_real}))
    d.node("gradient_penalty", between, says_between, at=(4.4, 3.6), name="slope", slope=slope)
    return made, says_real


def _player(
    name: str, node: str, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), **losses: float
) -> dict[str, Any]:
    """An objective: these losses, by the weights of this node."""
    optimizer = {"kind": "adam", "params": {"lr": lr, "betas": betas}}
    return {"name": name, "losses": losses, "trains": (node,), "optimizer": optimizer}


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


def _network(d: Drawing, name: str, out_features: int) -> str:
    layer, inside = d.block(name, "Two hidden layers.")
    x = inside.node("entry", at=(0, 0))
    first = inside.node("linear", x, at=(1, 0), out_features=128)
    relu = inside.node("relu", first, at=(2, 0))
    second = inside.node("linear", relu, at=(3, 0), out_features=128)
    relu2 = inside.node("relu", second, at=(4, 0))
    last = inside.node("linear", relu2, at=(5, 0), out_features=out_features)
    inside.node("exit", last, at=(6, 0))
    return layer


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
    "digits_vae": example(FAMILY, "Variational autoencoder", digits_vae, Expected("loss", 22.8, source="nats a digit")),
    "ring_gan": example(
        FAMILY, "GAN on a ring", ring_gan, Expected("distance", 0.15, source="8 of 8 places are found")
    ),
    "ring_wgan": example(FAMILY, "Wasserstein GAN", ring_wgan, Expected("distance", 0.05, quick=False)),
}
