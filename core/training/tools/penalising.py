"""The regularisation path: what a penalty makes of the weights as it becomes stronger, and what validation says of it.

Friedman, Hastie and Tibshirani, Regularization Paths for Generalized Linear Models via Coordinate Descent, 2010; the
rule of one standard error as in Breiman et al., Classification and Regression Trees, 1984, section 3.4.3.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from core.problem import LayerloomError
from core.training.computing import Batch
from core.training.evaluation import looking
from core.training.job import Job
from core.training.run import Run
from core.training.tools.copying import Told, constant, copied, trained_layers, unheard, with_objective

KINDS = ("l1", "l2", "elastic")
STILL = 1e-6  # of the largest weight: where no weight moves further in an epoch, the training of a strength is over
FIRST = 3  # times as many epochs for the first strength, which begins with untrained weights
GROUPS = 10  # of the validation examples, for the standard error
DRAWN = 40  # weights that are followed one by one
SAME = 1e-9  # of a loss: what differs by less is the same


@dataclass(frozen=True)
class Place:
    """The copy after its training with one strength.

    Attributes:
        train, validation: mean losses without the penalty; error: the standard error of that of validation, over ten
            groups of its examples.
        zeros: share of the penalised weights that are exactly 0. size: the sum of their absolute values; norm: the root
            of the sum of their squares. epochs: how many the training took.
    """

    strength: float
    train: float | None
    validation: float | None
    error: float | None
    zeros: float
    size: float
    norm: float
    epochs: int


@dataclass(frozen=True)
class Followed:
    """A weight, or a whole layer, along the path: the weight's values, or the layer's share of zeros."""

    node: str
    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class PenaltyPath:
    """`best` has the least validation loss; `simplest` is the strongest penalty whose validation loss is within one
    standard error of it. None without validation examples, or where no training held."""

    kind: str
    share: float
    objective: int
    places: tuple[Place, ...]
    weights: tuple[Followed, ...]
    layers: tuple[Followed, ...]
    count: int
    best: float | None
    simplest: float | None
    verdict: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def penalty_path(
    run: Run,
    *,
    kind: str = "l1",
    low: float = 1e-5,
    high: float = 1.0,
    steps: int = 15,
    epochs: int = 20,
    share: float = 0.5,
    objective: int = 0,
    told: Told = unheard,
) -> PenaltyPath:
    """Train a copy of the run with ``strength[k] = low (high / low)^(k / (steps - 1))``, each from the weights that the
    one before it ended with; the weakest comes first, for a network whose weights are all 0 never leaves there.

    ``l1``: ``strength * sum |w|`` by proximal steps, so that weights become exactly 0; ``l2``: ``strength * sum w^2``;
    ``elastic``: ``share`` of the strength goes to the first, the rest to the second. The objective's optimizer and what
    else it does stay, without its schedule; its own penalties are replaced.

    Args:
        epochs: at most, for each strength; three times as many for the first. A training whose weights stand still is
            over.

    Raises:
        LayerloomError: the range is none, there is no such objective, it penalises no weights, or a layer refuses the
            data.
    """
    _check(run, low, high, objective)
    strengths = [low * (high / low) ** (k / max(1, steps - 1)) for k in range(steps)]

    def change(job: Job) -> Job:
        amounts = parts(kind, strengths[0], share)
        return with_objective(constant(job, objective), objective, l1_shrinks=kind != "l2", **amounts)

    with copied(run, change) as trial:
        penalty = trial.engine.trainers[objective].penalty
        if not penalty.weights:
            message = f"Objective {objective} penalises no weights: it trains none of two or more dimensions."
            raise LayerloomError(message, code="arguments")
        places, kept = [], list[Tensor]()
        allowed = [epochs * FIRST, *[epochs] * (steps - 1)]
        for index, strength in enumerate(strengths):
            for name, amount in parts(kind, strength, share).items():
                penalty.set(name, amount)
            before = sum(allowed[:index])
            taken = _trained(trial, allowed[index], lambda e, b=before: told((b + e) / sum(allowed)))  # type: ignore[misc]
            flat = torch.cat([w.detach().reshape(-1) for w in penalty.weights]).cpu()
            places.append(_place(trial, strength, flat, taken))
            kept.append(flat)
            if places[-1].train is None:
                break
        weights, layers = _followed(trial, penalty.weights, kept)
    best, simplest = _chosen(places)
    count = len(kept[0])
    verdict = _verdict(places, best, simplest, count)
    return PenaltyPath(kind, share, objective, tuple(places), weights, layers, count, best, simplest, verdict)


def parts(kind: str, strength: float, share: float) -> dict[str, float]:
    """What the fields ``l1`` and ``l2`` of an objective are for a strength."""
    first = {"l1": 1.0, "l2": 0.0, "elastic": share}[kind]
    return {"l1": strength * first, "l2": strength * (1 - first)}


def _check(run: Run, low: float, high: float, objective: int) -> None:
    if not 0 < low < high < math.inf:
        message = f"The path needs a weakest strength above 0 and a stronger one; received {low:g} and {high:g}."
        raise LayerloomError(message, code="arguments")
    if not 0 <= objective < len(run.engine.trainers):
        count = len(run.engine.trainers)
        raise LayerloomError(f"The job has no objective {objective}; it has {count}, counted from 0.", code="arguments")


def _trained(trial: Run, most: int, told: Callable[[int], object]) -> int:
    """Whole epochs until the weights stand still, or the loss breaks."""
    weights = [p for p in trial.net.parameters() if p.requires_grad]
    trial.net.train()
    for epoch in range(most):
        before = [w.detach().clone() for w in weights]
        for batch in trial.batches(trial.epoch, 0):
            loss = trial.engine.step(batch, trial.step, trial.batch_of).loss
            trial.step += 1
        told(epoch + 1)
        moved = max(float((w.detach() - b).abs().max()) for w, b in zip(weights, before, strict=True))
        size = max(float(w.detach().abs().max()) for w in weights)
        if moved <= STILL * size or not bool(torch.isfinite(loss)):
            return epoch + 1
    return most


def _place(trial: Run, strength: float, flat: Tensor, epochs: int) -> Place:
    validation, error = _validated(trial)
    return Place(
        strength,
        _finite(trial.evaluate("train")["loss"]),
        validation,
        error,
        float((flat == 0).double().mean()),
        float(flat.double().abs().sum()),
        float(flat.double().norm()),
        epochs,
    )


def _validated(trial: Run) -> tuple[float | None, float | None]:
    """The mean loss of validation, and its standard error over groups of examples; None without examples."""
    held: list[Batch] = [trial.laid_out(batch) for batch in trial.wholes["validation"].epoch(0)]
    if not held:
        return None, None
    whole = {name: torch.cat([batch[name] for batch in held]) for name in held[0]}
    count = len(next(iter(whole.values())))
    edges = [round(k * count / GROUPS) for k in range(GROUPS + 1)] if count >= 2 * GROUPS else [0, count]
    losses, sizes = [], []
    with looking(trial.net):
        for start, end in itertools.pairwise(edges):
            group = {name: value[start:end] for name, value in whole.items()}
            losses.append(float(trial.engine.total(trial.engine.compute(group)[1])))
            sizes.append(end - start)
    mean = sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / count
    spread = torch.tensor(losses, dtype=torch.float64).std() if len(losses) > 1 else torch.tensor(0.0)
    return _finite(mean), _finite(float(spread) / math.sqrt(len(losses)))


def _followed(
    trial: Run, weights: Sequence[Tensor], kept: Sequence[Tensor]
) -> tuple[tuple[Followed, ...], tuple[Followed, ...]]:
    """The weights that are greatest anywhere on the path, one by one; each layer's share of zeros."""
    whole = torch.stack(list(kept))
    starts = list(itertools.accumulate((w.numel() for w in weights), initial=0))
    owners = _owners(trial)
    spans = [(*owners[id(w)], w, start) for w, start in zip(weights, starts, strict=False)]
    ranked = whole.nan_to_num().abs().amax(0).argsort(descending=True)[:DRAWN].sort().values.tolist()
    singles = []
    for place in ranked:
        node, label, weight, start = next(span for span in reversed(spans) if span[3] <= place)
        index = torch.unravel_index(torch.tensor(place - start), weight.shape)
        name = f"{label} [{', '.join(str(int(i)) for i in index)}]"
        singles.append(Followed(node, name, tuple(whole[:, place].tolist())))
    layers = []
    for node, label, weight, start in spans:
        zeros = (whole[:, start : start + weight.numel()] == 0).double().mean(1)
        layers.append(Followed(node, label, tuple(zeros.tolist())))
    return tuple(singles), tuple(layers)


def _owners(trial: Run) -> dict[int, tuple[str, str]]:
    """Node and label of each weight, by its identity; with its name where the node has several."""
    found = {}
    for placed, named in trained_layers(trial):
        label = trial.engine.labels.get(placed.node, placed.step.label or placed.step.name)
        several = sum(p.dim() > 1 for _, p in named) > 1
        for name, p in named:
            found[id(p)] = (placed.node, f"{label} {name.rpartition('.')[2]}" if several else label)
    return found


def _chosen(places: Sequence[Place]) -> tuple[float | None, float | None]:
    known = [place for place in places if place.validation is not None]
    if not known:
        return None, None
    best = min(known, key=lambda place: place.validation or 0.0)
    limit = (best.validation or 0.0) + (best.error or 0.0)
    within = [p for p in known if p.validation is not None and p.validation <= limit + SAME * abs(limit)]
    return best.strength, max(place.strength for place in within)


def _verdict(places: Sequence[Place], best: float | None, simplest: float | None, count: int) -> str:
    if best is None or simplest is None:
        broke = places[0].train is None
        return (
            "The loss broke with the weakest penalty already: lower the learning rate."
            if broke
            else "The data leaves no validation examples, so nothing says which strength is best; see the split."
        )
    at = {place.strength: place for place in places}
    least, plain = at[best], at[simplest]
    told = f"Validation is best with {best:.2g} ({least.validation:.4g}, {least.zeros:.0%} of {count:,} weights are 0)."
    if simplest != best:
        told += (
            f" Within one standard error {simplest:.2g} is as good ({plain.validation:.4g}), with {plain.zeros:.0%} "
            "zeros: the simpler network."
        )
    ends = {places[0].strength: "weaker", places[-1].strength: "stronger"}
    return told + (f" The best is at the end of the range: try {ends[best]} ones." if best in ends else "")


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
