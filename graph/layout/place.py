"""How high each point stands: chains straight, branches balanced, nothing on top of another.

After Brandes and Köpf, "Fast and simple horizontal coordinate assignment" (2002), turned by a quarter: four extreme
placements, each with as many straight wires as it can keep, are averaged. Unlike there, a straight wire between nodes
goes before a straight lane, which the canvas may bend as it likes.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from itertools import pairwise

from graph.layout.lanes import Lanes
from graph.layout.order import conflicts

ROW_GAP = 40.0  # between nodes of one layer
LANE_GAP = 20.0  # between a lane and what is beside it


def placed(lanes: Lanes, layers: list[list[int]], check: Callable[[], None] = lambda: None) -> list[float]:
    """How high each point stands, at its `rise`. Neighbours in a layer keep apart; equal heights are exactly equal."""
    runs = []
    for near in (lanes.before, lanes.after):
        for lower in (False, True):
            check()
            root = _aligned(lanes, layers, near, lower=lower)
            check()
            runs.append(_compacted(lanes, layers, root, lower=lower))
    return _balanced(runs)


def _aligned(lanes: Lanes, layers: list[list[int]], near: list[list[int]], *, lower: bool) -> list[int]:
    """For each point, the one that stands for its straight line."""
    place = [0] * len(lanes)
    for layer in layers:
        for i, v in enumerate(layer):
            place[v] = i
    root = list(range(len(lanes)))
    for layer in layers if near is lanes.before else layers[::-1]:
        wishes = [wish for v in layer for wish in _wishes(lanes, near, place, v, lower=lower)]
        wishes.sort(key=lambda wish: wish[0])
        lines: list[tuple[int, int]] = []
        settled: set[int] = set()
        for _, u, v in wishes:
            if v not in settled and not conflicts(lines, place[u], place[v]):
                insort(lines, (place[u], place[v]))
                settled.add(v)
                root[v] = root[u]
    return root


def _wishes(
    lanes: Lanes, near: list[list[int]], place: list[int], v: int, *, lower: bool
) -> list[tuple[tuple[int, int, int], int, int]]:
    """The neighbours that a point would stand level with, each with its rank: the middle ones, nodes before lanes."""
    nodes = [u for u in near[v] if not lanes.is_lane(u)]
    beside = sorted(nodes or near[v], key=lambda u: place[u])
    if not beside:
        return []
    middle = (len(beside) - 1) // 2, len(beside) // 2
    order = reversed(middle) if lower else middle
    mixed = lanes.is_lane(v) == bool(nodes)
    weight = 2 if mixed else int(lanes.is_lane(v))
    side = -place[v] if lower else place[v]
    return [((weight, i, side), beside[m], v) for i, m in enumerate(dict.fromkeys(order))]


def _compacted(lanes: Lanes, layers: list[list[int]], root: list[int], *, lower: bool) -> list[float]:
    """The highest places (with `lower`, the lowest) that the straight lines can take, then drawn together again."""
    apart: dict[int, dict[int, float]] = {v: {} for v in root}
    for layer in layers:
        for u, v in pairwise(layer):
            gap = LANE_GAP if lanes.is_lane(u) or lanes.is_lane(v) else ROW_GAP
            first, then = (root[v], root[u]) if lower else (root[u], root[v])
            room = lanes.height[u] - lanes.rise[u] + gap + lanes.rise[v]
            apart[first][then] = max(apart[first].get(then, 0.0), room)
    order = _sorted(apart)
    y = dict.fromkeys(order, 0.0)
    for line in order:
        for then, gap in apart[line].items():
            y[then] = max(y[then], y[line] + gap)
    for line in reversed(order):
        if apart[line]:
            y[line] = max(y[line], min(y[then] - gap for then, gap in apart[line].items()))
    sign = -1.0 if lower else 1.0
    return [sign * y[line] for line in root]


def _sorted(apart: dict[int, dict[int, float]]) -> list[int]:
    waiting = dict.fromkeys(apart, 0)
    for after in apart.values():
        for line in after:
            waiting[line] += 1
    ready = [line for line, count in waiting.items() if not count]
    for line in ready:
        for then in apart[line]:
            waiting[then] -= 1
            if not waiting[then]:
                ready.append(then)
    return ready


def _balanced(runs: list[list[float]]) -> list[float]:
    """The mean of the two middle placements of each point, once all are moved onto the lowest of them."""
    spans = [(max(run) - min(run), min(run), max(run)) for run in runs]
    _, low, high = min(spans)
    moved = []
    for i, (run, (_, start, end)) in enumerate(zip(runs, spans, strict=True)):
        shift = high - end if i % 2 else low - start
        moved.append([y + shift for y in run])
    return [sum(sorted(ys)[1:3]) / 2 for ys in zip(*moved, strict=True)]
