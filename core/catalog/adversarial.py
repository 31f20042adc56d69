"""Losses of two networks that play against each other: a critic that tells real from made, and a generator."""

from __future__ import annotations

from collections.abc import Mapping

from core.spec import rules_adversarial as rules
from core.spec import rules_pairs
from core.spec.layer import Call, Expr, Given, LayerSpec, Port, Role
from core.spec.params import Choice, Float

CATEGORY = "Adversarial"

_FORMS: Mapping[str, Mapping[str, str]] = {
    "log": {"real": "F.softplus(-{scores})", "fake": "F.softplus({scores})"},
    "least_squares": {"real": "({scores} - 1).square()", "fake": "{scores}.square()"},
    "hinge": {"real": "F.relu(1 - {scores})", "fake": "F.relu(1 + {scores})"},
    "wasserstein": {"real": "-{scores}", "fake": "{scores}"},
}


def _verdict(given: Given) -> str:
    term = _FORMS[given["form"]][given["verdict"]]
    return f"({term}).mean()" if term.startswith("-") else f"{term}.mean()"


_WEIGHT = Float("weight", 1.0, min=0.0, doc="How much this loss counts beside the others.")

LAYERS = (
    LayerSpec(
        id="adversarial_loss",
        label="Real or fake",
        doc="Small where the scores of a critic say what they should: that this is real, or that it was made.",
        formula="log: L = log(1 + exp(-x)) for real, log(1 + exp(x)) for fake; wasserstein: -x and x",
        when="A GAN has three: the critic calls data real and samples fake (one objective), the generator wants its "
        "samples called real (another). That is the non-saturating game; with hinge, the generator takes wasserstein.",
        source="Goodfellow et al., 2014; least squares: Mao et al., 2017; hinge: Lim, Ye, 2017; Arjovsky et al., 2017",
        params=(
            Choice("verdict", "real", ("real", "fake"), doc="What the scores should say."),
            Choice(
                "form",
                "log",
                tuple(_FORMS),
                labels={"log": "log (cross entropy)", "least_squares": "least squares"},
                doc="How a wrong verdict counts. The scores are raw in all of them: no Sigmoid.",
            ),
            _WEIGHT,
        ),
        inputs=(Port("scores", doc="What the critic says, raw: higher is more real."),),
        outputs=(Port("loss"),),
        shape=rules.verdict,
        torch=Expr(_verdict),
        role=Role.LOSS,
        keywords=(
            "gan",
            "adversarial",
            "discriminator",
            "generator",
            "critic",
            "non-saturating",
            "hinge",
            "wgan",
            "loss",
        ),
    ),
    LayerSpec(
        id="blend",
        label="Blend",
        doc="A random place between each example of one kind and one of the other; no gradient passes to either.",
        formula="y = e a + (1 - e) b, e even from 0 to 1; in evaluation 1/2",
        when="Before the critic whose slope a Gradient penalty bounds.",
        source="Gulrajani et al., Improved Training of Wasserstein GANs, 2017",
        inputs=(Port("a", doc="Real examples."), Port("b", doc="Made ones, in the same shape.")),
        shape=rules.blended,
        torch=Call("core.modules.adversarial.Blend", forward="{self}({a}, {b})"),
        bends=True,
        keywords=("gan", "wgan", "interpolate", "mix", "critic"),
        trains_differently=True,
    ),
    LayerSpec(
        id="gradient_penalty",
        label="Gradient penalty",
        doc="Keeps the slope of a critic near 1. It is 0 where no gradients are kept, as in validation.",
        formula="L = mean (|d scores / d x| - k)^2",
        when="Wasserstein GANs: wire a Blend to x, and the critic's scores of that Blend; weight 10 is usual.",
        source="Gulrajani et al., Improved Training of Wasserstein GANs, 2017",
        params=(Float("slope", 1.0, min=0.0, doc="The k of the formula."), _WEIGHT),
        inputs=(Port("x", doc="A Blend."), Port("scores", doc="What the critic says of it.")),
        outputs=(Port("loss"),),
        shape=rules.slope,
        torch=Call("core.modules.adversarial.GradientPenalty", skip=("weight",), forward="{self}({x}, {scores})"),
        role=Role.LOSS,
        keywords=("gan", "wgan-gp", "wasserstein", "lipschitz", "critic", "loss"),
    ),
    LayerSpec(
        id="energy_distance",
        label="Energy distance",
        doc="How far two clouds of points are apart: 0 where they are the same.",
        formula="L = 2 mean |a - b| - mean |a - a'| - mean |b - b'|, over all pairs of examples",
        when="To measure how good samples are beside the losses of a GAN, or to train a generator without a critic.",
        source="Székely, Rizzo, Energy Statistics, 2013",
        params=(_WEIGHT,),
        inputs=(Port("a", doc="Samples."), Port("b", doc="Data, in the same shape.")),
        outputs=(Port("loss"),),
        shape=rules_pairs.all_alike,
        torch=Call("core.modules.adversarial.EnergyDistance", skip=("weight",), forward="{self}({a}, {b})"),
        role=Role.LOSS,
        keywords=("gan", "generator", "distribution", "mmd", "distance", "two-sample", "loss"),
        compares=True,
    ),
)
