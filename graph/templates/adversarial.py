"""Two networks that play against each other: generators, and discriminators that call their samples fake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.catalog import Catalog
from graph.commands.nodes import SetNode
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import fails, reaches, trained
from graph.templates.drawing import Drawing
from graph.templates.generative import FAMILY
from graph.templates.parts import data
from graph.templates.players import network, painter, picture_judge, reader
from graph.templates.template import Expected, Template, example

RING = {"source": {"kind": "ring", "params": {"n": 12_000}}, "split": {"validation": 0.1, "test": 0.1}}


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
            player("discriminator", judge, lr=2e-3, real=1.0, fake=1.0, slope=0.05),
            player("generator", made, fooled=1.0),
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
            player("critic", critic, lr=2e-3, betas=(0.0, 0.9), real=1.0, fake=1.0, slope=1.0),
            player("generator", made, betas=(0.0, 0.9), fooled=1.0),
        ],
    )
    return d.document


def _game(d: Drawing, form: str, *, slope: float) -> tuple[str, str]:
    """Generator and discriminator over points of the plane, with their losses; the nodes that own their weights."""
    generator, critic = network(d, "Generator", 2), network(d, "Discriminator", 1)
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


def player(
    name: str, node: str, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), **losses: float
) -> dict[str, Any]:
    """An objective: these losses, by the weights of this node."""
    optimizer = {"kind": "adam", "params": {"lr": lr, "betas": betas}}
    return {"name": name, "losses": losses, "trains": (node,), "optimizer": optimizer}


def dcgan_digits(catalog: Catalog) -> Document:
    """Two convolutional networks play: one draws digits from noise, the other tells them from real ones."""
    d = Drawing(catalog, "Digits DCGAN")
    generator, critic = painter(d), picture_judge(d)
    noise = d.node("noise", at=(0, 0), name="noise", shape=(32,))
    made = d.node(generator, noise, at=(1, 0), name="generator")
    d.node("output", made, at=(3.2, -1.2), name="digit")
    real = d.node("target", at=(1, 1.6), name="real digits", field="features")
    says_real = d.node(critic, real, at=(2, 1.6), name="discriminator")
    says_made = again(d, says_real, made, at=(2, 0))
    verdicts(d, says_real, says_made)
    d.node("energy_distance", made, real, at=(2, 2.7), name="distance")
    d.lesson(
        "The generator doubles its picture twice by transposed convolutions, the discriminator halves it twice by "
        "strides; both are normalised inside and bend like the paper's (Radford, Metz, Chintala, 2015).",
        "The digits that it draws, epoch by epoch: blots, then strokes, then digits. The distance of samples from data "
        "falls with them; two handfuls of real digits are 0.03 apart themselves.",
        (
            Task(
                "Mute Batch norm inside the generator: without it the game is harder to win.",
                trained({"layers.batch_norm2d": {"at_most": 2}}),
            ),
            Task(
                "Set momentum as usual elsewhere, betas (0.9, 0.999), for both players, and compare.",
                trained({"job.objectives.0.optimizer.params.betas": [0.9, 0.999]}),
            ),
            Task(
                "Let the form of all three verdicts be least squares: the game of Mao et al. (2017).",
                trained({"node.real.form": "least_squares", "node.fooled.form": "least_squares"}),
            ),
        ),
    )
    d.job(
        **_digits(
            player("discriminator", says_real, lr=1e-3, betas=(0.5, 0.999), real=1.0, fake=1.0),
            player("generator", made, lr=1e-3, betas=(0.5, 0.999), fooled=1.0),
        )
    )
    return d.document


def conditional_gan(catalog: Catalog) -> Document:
    """Draws the digit that it is asked for: a GAN whose two players are both told which digit it is to be."""
    d = Drawing(catalog, "Conditional GAN")
    generator, critic, reads = painter(d, told=True), picture_judge(d, told=True), reader(d)
    noise = d.node("noise", at=(0, 0), name="noise", shape=(16,))
    wanted = d.node("input", at=(0, 1.2), name="wanted", field="target")
    made = d.node(generator, noise, wanted, at=(1, 0), name="generator")
    d.node("output", made, at=(3.4, -1.4), name="digit")
    real = d.node("target", at=(1, 2.4), name="real digits", field="features")
    says_real = d.node(critic, real, wanted, at=(2.2, 1.8), name="discriminator")
    says_made = again(d, says_real, made, wanted, at=(2.2, 0))
    verdicts(d, says_real, says_made, column=3.4)
    reads_real = _read_both(d, reads, real, made, wanted)
    d.lesson(
        "Generator and discriminator are told which digit it is (Mirza, Osindero, 2014): one as a vector beside its "
        "noise, the other as a picture beside the picture. To fool, a digit must be real and the right one.",
        "The accuracy: the share of drawn digits that a reader takes for the wanted one. The reader is a third "
        "player that learns from real digits alone, and nobody minimises what it says of drawn ones.",
        (
            Task(
                "Open the discriminator and put Scale by 0 behind the picture of the digit: it cannot know what was "
                "wanted, nothing forces the generator to obey, and one in ten is right by chance.",
                fails("accuracy", 0.5, {"layers.scale": {"at_least": 1}}),
            ),
            Task(
                "Let the generator listen to the reader too: add recognised to the losses of the second objective.",
                reaches("accuracy", 0.98, {"job.objectives.1.losses.recognised": {"at_least": 0.01}}),
            ),
            Task(
                "Look at the confusion matrix in the Evaluation panel: which digits does it draw that look alike?",
            ),
        ),
    )
    d.job(
        **_digits(
            player("discriminator", says_real, lr=1e-3, betas=(0.5, 0.999), real=1.0, fake=1.0),
            player("generator", made, lr=1e-3, betas=(0.5, 0.999), fooled=1.0),
            player("reader", reads_real, lr=1e-3, reading=1.0),
        )
    )
    return d.document


def _read_both(d: Drawing, reader: str, real: str, made: str, wanted: str) -> str:
    """A reader of real digits, which learns, and the same one before made ones; the node that owns its weights."""
    reads_real = d.node(reader, real, at=(2.2, 3.6), name="reader")
    reads_made = again(d, reads_real, made, at=(2.2, 4.9))
    d.node("cross_entropy", reads_real, wanted, at=(3.4, 3.6), name="reading")
    d.node("cross_entropy", reads_made, wanted, at=(3.4, 4.9), name="recognised")
    d.node("output", reads_made, at=(3.4, 6.1), name="recognised as")
    return reads_real


def again(d: Drawing, owner: str, *sources: str, at: tuple[float, float], name: str = "") -> str:
    """Another instance of a block, with the weights of the first."""
    node = d.document.graph(d.scope).node(owner)
    made = d.node(node.layer, *sources, at=at, name=name or f"{node.name} again")
    d.do(SetNode(made, {"shares": owner}))
    return made


def verdicts(
    d: Drawing, says_real: str, says_made: str, form: str = "log", column: float = 3.2, row: float = -0.3
) -> None:
    """The three losses of the game, one under the other."""
    for name, source, verdict, below in (
        ("real", says_real, "real", 1.9), ("fake", says_made, "fake", 0.9), ("fooled", says_made, "real", 0.0)
    ):  # fmt: skip
        at = (column, round(row + below, 2))
        d.node("adversarial_loss", source, at=at, name=name, verdict=verdict, form=form)


def _digits(*players: dict[str, Any], epochs: int = 60) -> dict[str, Any]:
    return {
        "data": data("digits", "min_max", per="all", validation=0.1),
        "epochs": epochs,
        "batch_size": 64,
        "objectives": list(players),
    }


TEMPLATES: Mapping[str, Template] = {
    "ring_gan": example(
        FAMILY, "GAN on a ring", ring_gan, Expected("distance", 0.15, source="8 of 8 places are found")
    ),
    "ring_wgan": example(FAMILY, "Wasserstein GAN", ring_wgan, Expected("distance", 0.05, quick=False)),
    "dcgan_digits": example(
        FAMILY, "DCGAN", dcgan_digits, Expected("distance", 0.06, source="real digits among themselves: 0.03")
    ),
    "conditional_gan": example(
        FAMILY,
        "Conditional GAN",
        conditional_gan,
        Expected("accuracy", 0.94, source="share that a reader takes for the wanted digit"),
    ),
}
