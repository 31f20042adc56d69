"""A race: the same network from the same weights with other optimizers, batch sizes, rates or schedules, and the
ground they go over.

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

from core.data.batches import Batches
from core.training.computing import Batch
from core.training.evaluation import looking
from core.training.run import Run
from core.training.tools.copying import Told, copied, plain, unheard
from core.training.tools.rates import endless
from core.training.tools.runners import Runner, runners

STATIONS = 40  # places of a path that are kept
GRID = 25  # places of the surface on each side
MARGIN = 0.25  # of the paths' extent that is shown beyond them
EXAMPLES = 512  # that the surface is measured on
MEMORY = 2**26  # numbers that the paths may take together
SURFACE = 0.3  # share of the work that is told for the surface


@dataclass(frozen=True)
class Station:
    """The loss of the examples that all are measured on, after so many steps."""

    step: int
    loss: float


@dataclass(frozen=True)
class Entry:
    """How one of them did.

    Attributes:
        setting: the path in the job and the value that make it what it is.
        losses: of the batch before each step. seen: examples after it. clock: seconds after it, measuring apart.
        stations: the loss of the same examples for all, along the way.
        last: that at the end; infinite where the loss broke.
    """

    name: str
    label: str
    setting: Mapping[str, Any]
    lr: float
    losses: tuple[float, ...]
    seen: tuple[int, ...]
    clock: tuple[float, ...]
    stations: tuple[Station, ...]
    last: float


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
    vary: str
    equal: str
    entries: tuple[Entry, ...]
    surface: Surface | None
    winner: str
    verdict: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def race(
    run: Run, *, vary: str = "optimizers", entries: str = "", steps: int = 200, equal: str = "steps",
    surface: bool = True, told: Told = unheard,
) -> Race:  # fmt: skip
    """Train a copy of the run for each that takes part, in turn.

    Args:
        vary: what they differ in, one of `runners.FIELDS`.
        entries: those that take part, separated by commas; the usual ones where it is empty. Optimizers with a learning
            rate behind a colon if wanted: ``sgd:0.1, adam``; ``momentum`` and ``nesterov`` are SGD with 0.9 of them.
            What the job sets for its own optimizer holds.
        steps: how many each takes.
        equal: ``steps``, or ``examples``: each goes on until it has seen as many as `steps` batches of the job hold.

    Warm-up, averages and gathering are left out, schedules too but where they vary; penalties and clipping stay.

    Raises:
        LayerloomError: an entry that there is not, a value that does not fit, or the same entry twice.
    """
    field, sample = runners(vary, entries, run.job), _sample(run)
    goal = steps * run.train.batch_size if equal == "examples" else None
    found, paths = [], []
    share = (1.0 - SURFACE if surface else 1.0) / len(field)
    for index, runner in enumerate(field):
        seen = _taken(run, runner, steps, goal)
        entry, path = _ridden(run, runner, seen, sample, lambda s, i=index: told((i + s) * share))  # type: ignore[misc]
        found.append(entry)
        paths.append(path)
    whole = [i for i, entry in enumerate(found) if math.isfinite(entry.last)]
    best = min(whole, key=lambda i: found[i].last, default=0)
    ground = None
    if surface and whole and sum(len(path) for path in paths) > len(paths):
        ground = _surface(run, sample, paths, best, lambda s: told(1.0 - SURFACE + SURFACE * s))
    verdict = _verdict(found, best, bool(whole), steps if goal is None else goal, equal)
    return Race(vary, equal, tuple(found), ground, found[best].name if whole else "", verdict)


def _ridden(run: Run, runner: Runner, seen: Sequence[int], sample: Batch, told: Told) -> tuple[Entry, list[Tensor]]:
    with copied(run, lambda _job: plain(runner.job)) as trial:
        trial.engine.lengthen(len(seen))
        weights = [p for p in trial.net.parameters() if p.requires_grad]
        room = sum(p.numel() for p in weights) * STATIONS <= MEMORY
        every = max(1, len(seen) // STATIONS)
        losses: list[float] = []
        clock: list[float] = []
        stations = [Station(0, _held(trial, sample))]
        path = [_flat(weights)] if room else []
        start, away = time.perf_counter(), 0.0
        for step, batch in zip(range(len(seen)), endless(trial), strict=False):
            losses.append(float(trial.engine.step(batch, step, trial.batch_of).loss.detach()))
            clock.append(time.perf_counter() - start - away)
            trial.step += 1
            broken = not math.isfinite(losses[-1])
            if broken or (step + 1) % every == 0 or step + 1 == len(seen):
                stations.append(Station(step + 1, _held(trial, sample)))
                path += [_flat(weights)] if room else []
                told((step + 1) / len(seen))
                away = time.perf_counter() - start - clock[-1]
            if broken:
                break
        lr = trial.engine.trainers[0].lr
    last = stations[-1].loss if all(map(math.isfinite, losses)) else math.inf
    setting = {"path": runner.path, "value": runner.value}
    entry = Entry(
        runner.name, runner.label, setting, lr, tuple(losses), tuple(seen[: len(losses)]), tuple(clock),
        tuple(stations), last,
    )  # fmt: skip
    return entry, [place for place in path if bool(torch.isfinite(place).all())]


def _taken(run: Run, runner: Runner, steps: int, goal: int | None) -> list[int]:
    """How many examples one has seen after each of its steps: so many steps, or until the goal is reached."""
    sizes = Batches(run.prepared.splits["train"], runner.job.batch_size).sizes
    seen: list[int] = []
    while (len(seen) < steps) if goal is None else (not seen or seen[-1] < goal):
        seen.append((seen[-1] if seen else 0) + sizes[len(seen) % len(sizes)])
    return seen


def _held(run: Run, sample: Batch) -> float:
    """The loss of the same examples for all, in evaluation mode."""
    with looking(run.net):
        return float(run.engine.total(run.engine.compute(sample)[1]))


def _surface(run: Run, sample: Batch, paths: Sequence[Sequence[Tensor]], best: int, told: Told) -> Surface | None:
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
        weights = [p for p in trial.net.parameters() if p.requires_grad]
        trial.net.eval()
        for index, b in enumerate(y):
            row = [(centre + a * directions[0] + b * directions[1]).float() for a in x]
            found.append(tuple(_loss_at(trial, weights, place, sample) for place in row))
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


def _verdict(entries: Sequence[Entry], best: int, whole: bool, amount: int, equal: str) -> str:
    if not whole:
        return "The loss broke with every one of them: lower their learning rates."
    first = entries[best]
    others = [entry for entry in entries if entry is not first]
    told = f"Ahead after {amount:,} {equal}: {first.label}, with a loss of {first.last:.4g}"
    if others:
        next_best = min(others, key=lambda entry: entry.last)
        beaten = f"{next_best.last:.4g} of {next_best.label}" if math.isfinite(next_best.last) else "none that held"
        told += f" against {beaten}"
    broken = [entry.label for entry in others if not math.isfinite(entry.last)]
    return f"{told}." + (f" The loss broke with {', '.join(broken)}." if broken else "")
