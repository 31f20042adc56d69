"""The ground that a trained network stands on: its loss over a plane through the weights, or along a line to others.

Random directions are normalised filter by filter, so that steps mean the same for large weights and for small ones
(Li et al., Visualizing the Loss Landscape of Neural Nets, NeurIPS 2018, arXiv:1712.09913, section 4); as there, biases
and the weights of norms stay as they are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.analysis.examining.curvature import Curvature, curvature
from core.analysis.measuring import Gauge, Vector, beginning, dot, norm
from core.analysis.subject import Subject, moment, read_weights
from core.problem import LayerloomError
from core.training.tools.copying import Told, unheard

MARGIN = 0.25  # of the extent of the places of a run that is shown beyond them
CURVED = 0.25  # share of the work that is told for the curvature
TRIES = 3
CIRCLE = 24  # places on it
COARSEST = 5  # places on each side, however long one takes
SAME = 1e-5  # of the norm of the weights: what is nearer counts as the same
HERE = "these weights"


@dataclass(frozen=True)
class Place:
    """Weights that are known, where they lie in the plane, and the loss there as the plane has it; `away` is how far
    they are from the plane, in the norm of the weights."""

    name: str
    x: float
    y: float
    loss: float
    away: float = 0.0


@dataclass(frozen=True)
class Ground:
    """Losses ``values[row][column]`` at (x[column], y[row]), infinite where they are no numbers.

    Attributes:
        rise: how far the loss rises at most within `radius` of the weights, on this plane.
        examples: how many the loss is the mean of.
        asked: places on each side that were asked for; there are fewer where those would have taken too long.
    """

    view: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    places: tuple[Place, ...]
    loss: float
    radius: float
    rise: float
    curvature: Curvature | None
    examples: int
    asked: int

    @property
    def least(self) -> float:
        return min(min(row) for row in self.values)


def ground(
    subject: Subject,
    *,
    part: str = "train",
    view: str = "random",
    span: float = 1.0,
    resolution: int = 25,
    radius: float = 0.25,
    examples: int = 512,
    seed: int = 0,
    seconds: float = 120.0,
    curved: bool = True,
    told: Told = unheard,
) -> Ground:
    """Measure the loss on a grid around the weights of a run.

    Args:
        view: ``random``: ``L(w + a d1 + b d2)`` for a, b in [-span, span] and two drawn directions that are as long as
            the weights, filter by filter; ``run``: the plane through the weights that the run began with, its best and
            its last ones, in distances.
        resolution: places on each side; an even number is raised by one, so that the weights are one of them.
        seconds: what the grid may take; with a slow network it becomes coarser.
        curved: look for the ends of the Hessian's spectrum too, for as long again at most.

    Raises:
        LayerloomError: the part is empty, the weights are those that the run began with, the network refuses the data.
    """
    chosen = subject.part(part, examples)
    gauge = Gauge(subject, chosen)
    plane = _random(gauge, span, seed) if view == "random" else _through(subject, gauge, seed)
    gauge.put(plane.centre)
    loss = gauge.loss()
    side = _affordable(gauge, resolution | 1, seconds)
    x, y = plane.ticks(side)
    share = 1.0 - CURVED if curved else 1.0
    values = _measured(gauge, plane, x, y, lambda s: told(share * s))
    places = tuple(_seen(gauge, plane, place) for place in plane.places)
    bent = None
    if curved:
        fine = Gauge(subject, chosen, torch.float64)
        bent = curvature(fine, seed=seed, seconds=seconds, told=lambda s: told(share + CURVED * s))
    near = _near(gauge, plane, radius * plane.unit, x, y, values)
    return Ground(
        view, x, y, values, places, loss, radius, max([*near, loss]) - loss, bent, len(chosen), resolution | 1
    )


@dataclass(frozen=True)
class _Plane:
    """``centre + a * across + b * up``; a radius of 1 is `unit` along the axes."""

    centre: Vector
    across: Vector
    up: Vector
    spans: tuple[tuple[float, float], tuple[float, float]]
    places: tuple[Place, ...]
    unit: float = 1.0

    def ticks(self, side: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Of both axes; 0 is one of them where a span lies evenly around it."""
        x, y = (tuple((low * (side - 1 - i) + high * i) / (side - 1) for i in range(side)) for low, high in self.spans)
        return x, y

    def at(self, a: float, b: float) -> Vector:
        return [c + a * d + b * e for c, d, e in zip(self.centre, self.across, self.up, strict=True)]


def _random(gauge: Gauge, span: float, seed: int) -> _Plane:
    centre = gauge.kept()
    draw = torch.Generator().manual_seed(seed)
    across, up = (filtered(centre, draw) for _ in range(2))
    here = (Place(HERE, 0.0, 0.0, 0.0),)
    return _Plane(centre, across, up, ((-span, span), (-span, span)), here)


def filtered(weights: Vector, draw: torch.Generator) -> Vector:
    """A drawn direction in which each filter (a slice of a weight along its first axis) is as long as the weights' own;
    0 for biases and norms."""
    found = []
    for weight in weights:
        drawn = torch.randn(weight.shape, generator=draw)
        if weight.ndim < 2:
            found.append(torch.zeros_like(weight))
            continue
        axes = tuple(range(1, weight.ndim))
        long, own = (torch.linalg.vector_norm(t, dim=axes, keepdim=True) for t in (drawn, weight))
        found.append(drawn.to(weight.dtype) * own / long.clamp_min(1e-10))
    return found


def _through(subject: Subject, gauge: Gauge, seed: int) -> _Plane:
    """The plane through what is known of a run; where those are two places alone, its second direction is drawn."""
    centre = gauge.kept()
    size = norm(centre)
    apart = {name: gauge.apart(weights) for name, weights in _known(subject).items()}
    same = [name for name, found in apart.items() if norm(found) <= SAME * size]
    far = {name: found for name, found in apart.items() if name not in same}
    base: list[Vector] = []
    for found in (*far.values(), filtered(centre, torch.Generator().manual_seed(seed))):
        rest = _beside(found, base)
        if norm(rest) > SAME * norm(found) > 0 and len(base) < 2:
            base.append([r / norm(rest) for r in rest])
    if len(base) < 2 or not far:
        raise LayerloomError(
            "The run has not moved from the weights that it began with, so there is no way to draw; train it first.",
            code="weights",
        )
    places = [Place(HERE + "".join(f", {name}" for name in same), 0.0, 0.0, 0.0)]
    for name, found in far.items():
        a, b = (dot(found, direction) for direction in base)
        places.append(Place(name, a, b, 0.0, norm(_beside(found, base))))
    return _Plane(centre, base[0], base[1], _spans(places), tuple(places), size)


def _beside(vector: Vector, base: Sequence[Vector]) -> Vector:
    """What of a vector none of these directions has."""
    for direction in base:
        along = dot(vector, direction)
        vector = [v - along * d for v, d in zip(vector, direction, strict=True)]
    return vector


def _known(subject: Subject) -> dict[str, Mapping[str, Tensor]]:
    """The weights of a run by what they are called, apart from those that are looked at."""
    found: dict[str, Mapping[str, Tensor]] = {"the start": beginning(subject)}
    for which in ("best", "last"):
        path = subject.run.checkpoints / which / "weights.safetensors"
        if which != subject.at.which and path.is_file():
            found[f"the {which}"] = read_weights(moment(subject.run, which).path)
    return found


def _spans(places: Sequence[Place]) -> tuple[tuple[float, float], tuple[float, float]]:
    """What the places reach over and a margin; a direction without extent gets half of the other's to both sides."""
    ends = [(min(values), max(values)) for values in ([p.x for p in places], [p.y for p in places])]
    widest = max(high - low for low, high in ends)
    room = MARGIN * widest
    spans = [(-widest / 2, widest / 2) if high - low < 1e-6 * widest else (low - room, high + room)
             for low, high in ends]  # fmt: skip
    return spans[0], spans[1]


def _affordable(gauge: Gauge, side: int, seconds: float) -> int:
    """As many places on each side as can be measured in that time, an odd number."""
    times = []
    for _ in range(TRIES):  # the first is slower than the others, and the machine may do something else
        start = time.perf_counter()
        gauge.loss()
        times.append(time.perf_counter() - start)
    one = max(1e-9, min(times))
    fits = int(math.sqrt(seconds / one))
    return side if fits >= side else max(COARSEST, fits - 1 + fits % 2)


def _measured(
    gauge: Gauge, plane: _Plane, x: Sequence[float], y: Sequence[float], told: Callable[[float], None]
) -> tuple[tuple[float, ...], ...]:
    rows = []
    for index, b in enumerate(y):
        row = []
        for a in x:
            gauge.put(plane.at(a, b))
            row.append(gauge.loss())
        rows.append(tuple(row))
        told((index + 1) / len(y))
    return tuple(rows)


def _near(
    gauge: Gauge,
    plane: _Plane,
    radius: float,
    x: Sequence[float],
    y: Sequence[float],
    values: Sequence[Sequence[float]],
) -> list[float]:
    """The losses within a radius: at the places of the grid, and on the circle itself, however coarse the grid is."""
    found = [v for row, b in zip(values, y, strict=True) for v, a in zip(row, x, strict=True)
             if math.hypot(a, b) <= radius]  # fmt: skip
    for k in range(CIRCLE):
        turn = 2 * math.pi * k / CIRCLE
        gauge.put(plane.at(radius * math.cos(turn), radius * math.sin(turn)))
        found.append(gauge.loss())
    return found


def _seen(gauge: Gauge, plane: _Plane, place: Place) -> Place:
    gauge.put(plane.at(place.x, place.y))
    return replace(place, loss=gauge.loss())
