"""Examinations of the ground that a network stands on, and of what it stands, declared. Imports no torch before one is
run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from core.analysis.examining.examined import PART, Examined
from core.analysis.examining.worded import (
    damage_verdict,
    line_verdict,
    surface_reasons,
    surface_verdict,
    tough,
    without_verdict,
)
from core.spec.params import Bool, Choice, Float, Int, Text
from core.training.tools.tool import Answer, Settings, Told, Tool

ON = replace(PART, default="train")


def _loss_surface(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.ground import ground
    from core.analysis.measuring import as_trained

    with as_trained(examined.subject):
        found = ground(examined.subject, told=told, **settings)
    return {
        "view": found.view,
        "x": found.x,
        "y": found.y,
        "values": [[_number(value) for value in row] for row in found.values],
        "places": [{"name": p.name, "x": p.x, "y": p.y, "loss": _number(p.loss), "away": p.away} for p in found.places],
        "loss": _number(found.loss),
        "radius": found.radius,
        "rise": _number(found.rise),
        "curvature": found.curvature.to_json() if found.curvature else None,
        "examples": found.examples,
        "part": settings["part"],
        "verdict": surface_verdict(found),
        "reasons": surface_reasons(found, settings["curved"], len(examined.run.job.objectives)),
    }


def _loss_line(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.between import between
    from core.analysis.measuring import as_trained

    with as_trained(examined.subject):
        found = between(examined.subject, told=told, **settings)
    losses = {part: [_number(value) for value in row] for part, row in found.losses.items()}
    barriers = {part: _number(value) for part, value in found.barriers.items()}
    return {**found.to_json(), "losses": losses, "barriers": barriers, "verdict": line_verdict(found)}


def _damage(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.damage import damage
    from core.analysis.measuring import as_trained

    with as_trained(examined.subject):
        found = damage(examined.subject, told=told, **settings)
    levels = [
        {name: value if name == "share" else _finite(value) for name, value in level.items()}
        for level in found.to_json()["levels"]
    ]
    return {**found.to_json(), "levels": levels, "tough": tough(found), "verdict": damage_verdict(found)}


def _without(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.straight import without_activations
    from core.analysis.measuring import as_trained

    with as_trained(examined.subject):
        found = without_activations(examined.subject, told=told, **settings)
    plain = found.to_json()
    for key in ("whole", "bare", "trained"):
        plain[key] = None if plain[key] is None else _finite(plain[key])
    return {**plain, "labels": _labels(examined, found.removed), "verdict": without_verdict(found)}


def _labels(examined: Examined, nodes: Sequence[str]) -> list[str]:
    known = {placed.node: placed.step.label or placed.node for placed in examined.subject.program.placed()}
    return [known[node] for node in nodes]


def _finite(values: dict[str, float]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _all(values: Sequence[float | None]) -> bool:
    return all(value is not None for value in values)


_EXAMPLES = Int("examples", 512, min=2, max=100_000, doc="The loss is the mean over so many, evenly spread.")
_SEED = Int("seed", 0, min=0, advanced=True, doc="Of what is drawn.")

EXAMS: tuple[Tool[Examined], ...] = (
    Tool(
        "loss_surface",
        "Loss surface",
        "Measures the loss on a plane through the trained weights and draws its lines of equal height.",
        (
            Choice("view", "random", ("random", "run"), label="plane",
                   labels={"random": "two drawn directions", "run": "the way of the run"},
                   doc="Drawn directions show how wide the valley is; the way of the run has where it began, its best "
                   "and its last weights on one plane."),
            ON,
            Float("span", 1.0, min=0.0, max=1e3, above=True, doc="How far the plane reaches to each side, as a share "
                  "of the size of the weights.", when=("view", ("random",))),
            Int("resolution", 25, min=5, max=201, doc="Places on each side."),
            Float("radius", 0.25, min=0.0, max=1e3, above=True, doc="Within what share of the size of the weights the "
                  "rise is looked for."),
            _EXAMPLES,
            Bool("curved", True, label="curvature", doc="Find the sharpest curvature too: the ends of the Hessian's "
                 "spectrum, by Lanczos' method."),
            Float("seconds", 120.0, min=1.0, max=86_400.0, label="at most, in seconds", advanced=True, doc="What the "
                  "plane may take, and the curvature again: a slow network gets fewer places."),
            _SEED,
        ),
        formula="f(a, b) = L(w + a d1 + b d2), each filter of d as long as that of w;  H v = d/dw (dL/dw . v), "
        "stable rate < 2 / max eig(H)",
        source="Li et al., Visualizing the Loss Landscape of Neural Nets, NeurIPS 2018 (arXiv:1712.09913)",
        command="loss-surface",
        icon="loss",
        words=("landscape", "sharpness", "hessian", "contour", "flat minimum", "eigenvalue"),
        when="To see whether training ended in a wide valley or in a sharp one, and what it still could gain. A plane "
        "is two of very many directions: it can show that a minimum is sharp, never that it is flat everywhere.",
        acts=_loss_surface,
        good=lambda answer: _all([answer["loss"]]),
    ),
    Tool(
        "loss_line",
        "Line to other weights",
        "Measures the loss along the straight line from other weights to these: from the start, another checkpoint, or "
        "another run of the same design.",
        (
            Text("other", "start", label="from", doc="start, best, last, or the folder of another run."),
            Int("steps", 41, min=3, max=1001, doc="Places between both, both included."),
            Float("beyond", 0.25, min=0.0, max=5.0, doc="How far the line goes on past both ends, as a share of what "
                  "lies between."),
            Int("examples", 1000, min=2, max=100_000, doc="Of each part, evenly spread."),
        ),
        formula="f(a) = L((1 - a) w' + a w);  barrier = max over [0, 1] of f(a) - max(f(0), f(1))",
        source="Goodfellow et al., ICLR 2015 (arXiv:1412.6544); Frankle et al., ICML 2020 (arXiv:1912.05671)",
        command="loss-line",
        icon="chart",
        words=("interpolation", "barrier", "mode connectivity", "valley"),
        when="To see whether training had hills to climb, and whether two runs found one valley: without a barrier "
        "their weights may be averaged.",
        acts=_loss_line,
        good=lambda answer: all(_all(row) for row in answer["losses"].values()),
    ),
    Tool(
        "damage",
        "Damage",
        "Destroys ever more of the network's weights or units and measures what it still can do.",
        (
            PART,
            Choice("what", "weights", ("weights", "units"), labels={"weights": "weights", "units": "units"},
                   doc="Single weights, or whole units with all that they have learned; units that give an output are "
                   "spared."),
            Choice("how", "zero", ("zero", "noise"), labels={"zero": "set to zero", "noise": "add noise"},
                   doc="What happens to them."),
            Float("most", 0.9, min=0.0, max=1.0, above=True, doc="The greatest share of damage."),
            Int("steps", 9, min=1, max=100, doc="Equal steps up to that."),
            Int("repeats", 5, min=1, max=100, doc="Each draws other victims."),
            Float("strength", 1.0, min=0.0, max=1e3, label="noise", doc="In standard deviations of the "
                  "weights of a layer.", when=("how", ("noise",))),
            Int("examples", 2000, min=2, max=100_000, doc="Of the part, evenly spread."),
            _SEED,
        ),
        formula="hit: the k = round(share n) of n weights whose drawn number is greatest;  kept = (score - chance) / "
        "(score untouched - chance)",
        source="as torch.nn.utils.prune.random_unstructured",
        command="damage",
        icon="cut",
        words=("fault tolerance", "robustness", "ablation", "lesion", "noise", "redundancy"),
        when="To see how evenly a network has spread what it knows, and how much precision or pruning it will bear. A "
        "network that falls at once hangs on few weights: dropout and weight decay spread the load.",
        acts=_damage,
        good=lambda answer: answer["tough"] is not False,
    ),
    Tool(
        "without_activations",
        "Without activations",
        "Takes out every activation between the weights, and shows what one linear map is left and what it can do.",
        (
            PART,
            Bool("anew", True, label="train anew", doc="Train a network without them too, with the run's own job: the "
                 "weights of the run were learned for a network that bends."),
            Int("epochs", None, min=1, max=1_000_000, optional=True, doc="Of that training; by default the run's.",
                when=("anew", (True,))),
            Int("examples", 2000, min=2, max=100_000, doc="Of the part, evenly spread."),
        ),
        formula="W3 (W2 (W1 x + b1) + b2) + b3 = A x + c, with A = W3 W2 W1 and c = W3 (W2 b1 + b2) + b3",
        source="Goodfellow, Bengio, Courville: Deep Learning, 2016, section 6.1",
        command="without-activations",
        icon="activation",
        words=("linear", "collapse", "non-linear", "matrix product", "relu"),
        when="To see what bending is worth to a network: where a straight one does as well, a linear model is enough, "
        "and smaller, faster and easier to read. Pooling by maximum, attention, gates and norms over features bend "
        "too, and stay.",
        acts=_without,
        good=lambda answer: _all(list(answer["whole"].values())),
    ),
)  # fmt: skip
