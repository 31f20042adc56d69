"""Examinations of the ground that a network stands on, and of what it stands, declared. Imports no torch before one is
run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.analysis.examining.examined import PART, Examined
from core.spec.params import Bool, Choice, Float, Int, Text
from core.training.tools.tool import Answer, Settings, Told, Tool

if TYPE_CHECKING:
    from core.analysis.examining.between import Between
    from core.analysis.examining.damage import Damage
    from core.analysis.examining.ground import Ground
    from core.analysis.examining.straight import WithoutActivations

ON = Choice("part", "train", ("train", "validation", "test"), label="examples of", doc="On which part of the data.")
UNSURE = 0.02  # of the sharpest curvature, that it may be off before that is told
SLIGHT = 1e-3  # of the loss, that a place must lie below the weights to be told
TOUGH, HIT = 0.9, 0.1  # of its lead over chance, that a network is to keep with this share of damage


def _loss_surface(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.ground import ground

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
        "verdict": _surface_verdict(found),
        "reasons": _surface_reasons(found),
    }


def _surface_verdict(found: Ground) -> str:
    rise = f"by {found.rise:.3g} at most" if math.isfinite(found.rise) else "beyond all numbers"
    told = f"The loss is {found.loss:.4g}; within {found.radius:g} of the size of the weights it rises {rise}."
    bent = found.curvature
    if bent is None:
        return told
    if bent.limit is None:
        return f"{told} Nowhere does it bend upwards."
    return (
        f"{told} The sharpest curvature is {bent.largest:.3g}: plain gradient descent over all of these examples stays "
        f"in the valley up to a learning rate of {bent.limit:.2g}."
    )


def _surface_reasons(found: Ground) -> list[str]:
    told = []
    if found.loss - found.least > SLIGHT * max(abs(found.loss), 1e-12):
        told.append(f"Elsewhere on this plane the loss is lower, {found.least:.4g}: the weights are no minimum of it.")
    bent = found.curvature
    if bent is not None and -bent.least > 0.01 * bent.largest:
        told.append(f"In some direction the loss bends downwards ({bent.least:.3g}): the weights are no minimum.")
    if bent is not None and bent.error > UNSURE * abs(bent.largest):
        told.append(f"The curvature is known to within {bent.error:.2g} after {bent.products} products of the Hessian.")
    if len(found.x) < found.asked:
        told.append(f"{found.asked} places on each side would have taken too long; there are {len(found.x)}.")
    return told


def _loss_line(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.between import between

    found = between(examined.subject, told=told, **settings)
    losses = {part: [_number(value) for value in row] for part, row in found.losses.items()}
    barriers = {part: _number(value) for part, value in found.barriers.items()}
    return {**found.to_json(), "losses": losses, "barriers": barriers, "verdict": _line_verdict(found)}


def _line_verdict(found: Between) -> str:
    part = next(iter(found.losses))
    losses, barrier = found.losses[part], found.barriers[part]
    first, last = (losses[found.at.index(end)] for end in (0.0, 1.0))
    scale = max(abs(first - last), 0.05 * min(abs(first), abs(last)), 1e-12)
    told = f"{found.other} has a loss of {first:.4g}, these weights {last:.4g}, on the {part} part. "
    if not math.isfinite(barrier):
        return f"{told}Between them the loss is beyond all numbers."
    if barrier <= 0.02 * scale:
        return f"{told}Nothing rises between them: no hill had to be climbed."
    return f"{told}Between them a barrier rises {barrier:.3g} above the higher of both."


def _damage(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.damage import damage

    found = damage(examined.subject, told=told, **settings)
    levels = [
        {name: value if name == "share" else _finite(value) for name, value in level.items()}
        for level in found.to_json()["levels"]
    ]
    return {**found.to_json(), "levels": levels, "tough": _tough(found), "verdict": _damage_verdict(found)}


def _damage_verdict(found: Damage) -> str:
    done = "zeroed" if found.how == "zero" else "disturbed"
    first, *others = found.levels
    hit = min(others, key=lambda level: abs(level.share - HIT))
    worst = others[-1]
    name = found.metric
    told = f"{name} is {first.mean[name]:.4g} untouched, "
    told += f"{hit.mean[name]:.4g} with {hit.share:.0%} of the {found.what} {done}"
    told += f" and {worst.mean[name]:.4g} with {worst.share:.0%}." if worst is not hit else "."
    if found.chance is not None and found.kept(first) is None:
        told += f" That is no better than chance ({found.chance:.3g}): there is nothing to lose yet."
    if found.half is not None:
        told += f" Half of what it is better than chance ({found.chance:.3g}) is gone at {found.half:.0%}."
    return told[0].upper() + told[1:]


def _tough(found: Damage) -> bool | None:
    """Whether the network keeps most of its lead over chance at the level nearest to `HIT`; None without one."""
    kept = found.kept(min(found.levels[1:], key=lambda level: abs(level.share - HIT)))
    return None if found.chance is None else kept is not None and kept >= TOUGH


def _without(examined: Examined, settings: Settings, told: Told) -> Answer:
    from core.analysis.examining.straight import without_activations

    found = without_activations(examined.subject, told=told, **settings)
    plain = found.to_json()
    for key in ("whole", "bare", "trained"):
        plain[key] = None if plain[key] is None else _finite(plain[key])
    return {**plain, "labels": _labels(examined, found.removed), "verdict": _without_verdict(found)}


def _labels(examined: Examined, nodes: Sequence[str]) -> list[str]:
    known = {placed.node: placed.step.label or placed.node for placed in examined.subject.program.placed()}
    return [known[node] for node in nodes]


def _without_verdict(found: WithoutActivations) -> str:
    names = [name for name in found.whole if name != "loss"]
    name = next((n for n in names if n.rpartition("/")[2] in ("accuracy", "r2")), names[0] if names else "loss")
    told = f"{name[0].upper()}{name[1:]} is {found.whole[name]:.4g} as it is, {found.bare[name]:.4g} with its "
    told += f"{len(found.removed)} activation{'s' if len(found.removed) > 1 else ''} taken out"
    if found.trained is not None:
        told += f", and {found.trained[name]:.4g} where a network without them was trained"
    if found.map is None:
        return f"{told}. What is left still bends: other layers do."
    size = found.map.inputs * found.map.outputs + found.map.outputs
    return (
        f"{told}. What is left of {found.weights:,} weights is one linear map from {found.map.inputs:,} to "
        f"{found.map.outputs:,} numbers: {size:,} say the same."
    )


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
            Choice("what", "weights", ("weights", "units"), doc="Single weights, or whole units with all that they "
                   "have learned; units that give an output are spared."),
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
