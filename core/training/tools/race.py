"""A race of optimizers: the same network from the same weights over the same batches, and the ground they go over.

The surface is the loss over the plane through the winner's weights that the paths themselves lie in best: their first
two principal components, as Li et al., Visualizing the Loss Landscape of Neural Nets, NeurIPS 2018, section 7.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from core.catalog.optimizers import OPTIMIZERS
from core.problem import LayerloomError
from core.training.computing import Batch
from core.training.job import Job, Pick
from core.training.run import Run
from core.training.tools.copying import Told, constant, copied, unheard, with_objective
from core.training.tools.rates import endless

NAMED: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "momentum": ("sgd", "SGD with momentum", {"momentum": 0.9}),
    "nesterov": ("sgd", "SGD, Nesterov", {"momentum": 0.9, "nesterov": True}),
}
STATIONS = 40  # places of a path that are kept
GRID = 25  # places of the surface on each side
MARGIN = 0.25  # of the paths' extent that is shown beyond them
EXAMPLES = 512  # that the surface is measured on
MEMORY = 2**26  # numbers that the paths may take together
SURFACE = 0.3  # share of the work that is told for the surface


@dataclass(frozen=True)
class Entry:
    """How one optimizer did. `losses` are those of the batch before each step; `last` the mean over the last tenth,
    infinite where the loss broke."""

    name: str
    label: str
    optimizer: Mapping[str, Any]
    lr: float
    losses: tuple[float, ...]
    last: float
    seconds: float


@dataclass(frozen=True)
class Surface:
    """Losses ``values[row][column]`` at (x[column], y[row]), the distances from the winner's weights along two
    orthogonal directions of length 1; `paths` by entry; `explained`: the share of the paths' variance in the plane."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    paths: tuple[tuple[tuple[float, float], ...], ...]
    explained: float


@dataclass(frozen=True)
class Race:
    entries: tuple[Entry, ...]
    surface: Surface | None
    winner: str
    verdict: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def race(run: Run, *, optimizers: str, steps: int = 200, surface: bool = True, told: Told = unheard) -> Race:
    """Train a copy of the run with each optimizer in turn, with its own default learning rate where none is given.

    Args:
        optimizers: ids separated by commas, each with a learning rate behind a colon if wanted: ``sgd:0.1, adam``;
            ``momentum`` and ``nesterov`` are SGD with 0.9 of them. What the job sets for its own optimizer holds.
        steps: how many each takes. Schedules, warm-up, averages and gathering are left out; penalties and clipping
            stay.

    Raises:
        LayerloomError: an optimizer that there is not, a rate that does not fit, or the same entry twice.
    """
    picks = _picks(optimizers, run.job)
    entries, paths = [], []
    share = (1.0 - SURFACE if surface else 1.0) / len(picks)
    for index, (name, (label, pick)) in enumerate(picks.items()):
        entry, path = _ridden(run, name, label, pick, steps, lambda s, i=index: told((i + s) * share))  # type: ignore[misc]
        entries.append(entry)
        paths.append(path)
    whole = [i for i, entry in enumerate(entries) if math.isfinite(entry.last)]
    best = min(whole, key=lambda i: entries[i].last, default=0)
    ground = None
    if surface and whole and sum(len(path) for path in paths) > len(paths):
        ground = _surface(run, paths, best, lambda s: told(1.0 - SURFACE + SURFACE * s))
    return Race(
        tuple(entries), ground, entries[best].name if whole else "", _verdict(entries, best, bool(whole), steps)
    )


def _picks(text: str, job: Job) -> dict[str, tuple[str, Pick]]:
    found: dict[str, tuple[str, Pick]] = {}
    own = job.objectives[0].optimizer
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, colon, rate = (word.strip() for word in part.partition(":"))
        kind, label, params = NAMED.get(name, (name, "", {}))
        if kind not in OPTIMIZERS:
            raise LayerloomError(
                f"There is no optimizer {name!r:.40}; there are {', '.join((*NAMED, *OPTIMIZERS))}.", code="arguments"
            )
        params = {**(own.params if name == own.kind else {}), **params}
        try:
            params |= {"lr": OPTIMIZERS[kind].param["lr"].parse(rate)} if colon else {}
            lr = OPTIMIZERS[kind].values(params)["lr"]
        except ValueError as error:
            raise LayerloomError(f"{part}: {error}", code="arguments") from error
        label = f"{label or OPTIMIZERS[kind].label}, {lr:g}"
        if label in (known for known, _ in found.values()):
            raise LayerloomError(f"{part} is in the race already.", code="arguments")
        found[part] = (label, Pick(kind=kind, params=params))
    if not found:
        raise LayerloomError("A race needs optimizers: sgd, adam, …", code="arguments")
    return found


def _ridden(run: Run, name: str, label: str, pick: Pick, steps: int, told: Told) -> tuple[Entry, list[Tensor]]:
    def change(job: Job) -> Job:
        return with_objective(constant(job, 0), 0, optimizer=pick, accumulate=1)

    losses: list[float] = []
    path: list[Tensor] = []
    with copied(run, change) as trial:
        weights = [p for p in trial.net.parameters() if p.requires_grad]
        room = sum(p.numel() for p in weights) * STATIONS <= MEMORY
        every = max(1, steps // STATIONS)
        batches, start = endless(trial), time.perf_counter()
        for step in range(steps):
            if room and step % every == 0:
                path.append(_flat(weights))
            losses.append(float(trial.engine.step(next(batches), step, trial.batch_of).loss.detach()))
            trial.step += 1
            told((step + 1) / steps)
            if not math.isfinite(losses[-1]):
                break
        seconds = time.perf_counter() - start
        path += [_flat(weights)] if room else []
        lr = trial.engine.trainers[0].lr
    tail = losses[-max(1, len(losses) // 10) :]
    last = sum(tail) / len(tail)
    plain = {"kind": pick.kind, "params": dict(pick.params)}
    entry = Entry(name, label, plain, lr, tuple(losses), last if math.isfinite(last) else math.inf, seconds)
    return entry, [place for place in path if bool(torch.isfinite(place).all())]


def _surface(run: Run, paths: Sequence[Sequence[Tensor]], best: int, told: Told) -> Surface | None:
    centre = paths[best][-1].double()
    places = torch.stack([place for path in paths for place in path]).double() - centre
    values, vectors = torch.linalg.eigh(places @ places.T)  # as many numbers as there are places: the small side
    if values[-1] <= 0:
        return None
    directions = torch.stack([_direction(places, values[-k], vectors[:, -k]) for k in (1, 2)])
    at = places @ directions.T
    explained = float(values[-2:].clamp_min(0).sum() / values.clamp_min(0).sum())
    x, y = (_ticks(at[:, axis]) for axis in (0, 1))
    found: list[tuple[float, ...]] = []
    with copied(run) as trial:
        batch = _sample(trial)
        weights = [p for p in trial.net.parameters() if p.requires_grad]
        trial.net.eval()
        for index, b in enumerate(y):
            row = [(centre + a * directions[0] + b * directions[1]).float() for a in x]
            found.append(tuple(_loss_at(trial, weights, place, batch) for place in row))
            told((index + 1) / len(y))
    starts = torch.tensor([0, *(len(path) for path in paths)]).cumsum(0).tolist()
    lines = tuple(tuple((float(a), float(b)) for a, b in at[i:j]) for i, j in itertools.pairwise(starts))
    return Surface(x, y, tuple(found), lines, explained)


def _direction(places: Tensor, value: Tensor, vector: Tensor) -> Tensor:
    """The principal direction of length 1 in the space of weights; 0 where the paths lie on one line."""
    return places.T @ vector / value.sqrt() if value > 1e-12 * places.square().sum() else torch.zeros_like(places[0])


def _ticks(values: Tensor) -> tuple[float, ...]:
    low, high = float(values.min()), float(values.max())
    room = MARGIN * ((high - low) or 1.0)
    return tuple(torch.linspace(low - room, high + room, GRID, dtype=torch.float64).tolist())


def _sample(run: Run) -> Batch:
    """The first examples of training in the order of its first epoch."""
    held: list[Batch] = []
    for batch in run.batches(0, 0):
        held.append(batch)
        if sum(len(next(iter(one.values()))) for one in held) >= EXAMPLES:
            break
    return {name: torch.cat([one[name] for one in held])[:EXAMPLES] for name in held[0]}


def _loss_at(run: Run, weights: Sequence[Tensor], place: Tensor, batch: Batch) -> float:
    start = 0
    with torch.no_grad():
        for weight in weights:
            weight.copy_(place[start : start + weight.numel()].reshape(weight.shape))
            start += weight.numel()
        return float(run.engine.total(run.engine.compute(batch)[1]))


def _flat(weights: Sequence[Tensor]) -> Tensor:
    return torch.cat([w.detach().reshape(-1).float() for w in weights]).cpu()


def _verdict(entries: Sequence[Entry], best: int, whole: bool, steps: int) -> str:
    if not whole:
        return "The loss broke with every one of them: lower their learning rates."
    first = entries[best]
    others = [entry for entry in entries if entry is not first]
    told = f"{first.label} is ahead after {steps:,} steps, with a loss of {first.last:.4g}"
    if others:
        next_best = min(others, key=lambda entry: entry.last)
        beaten = f"{next_best.last:.4g} of {next_best.label}" if math.isfinite(next_best.last) else "none that held"
        told += f" against {beaten}"
    broken = [entry.label for entry in others if not math.isfinite(entry.last)]
    return f"{told}." + (f" The loss broke with {', '.join(broken)}." if broken else "")
