"""In which order the points of each layer stand, so that few wires cross."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable

from graph.layout.lanes import Lanes

SWEEPS = 16
_BUDGET = 60_000  # points that all sweeps together may look at: keeps a thousand nodes well below a second
_PATIENCE = 4  # sweeps without a gain before giving up


def ordered(lanes: Lanes, check: Callable[[], None] = lambda: None) -> list[list[int]]:
    """The points of each layer from top to bottom; the best of some barycentre sweeps, forth and back."""
    layers = _first(lanes)
    best, fewest = [list(layer) for layer in layers], crossings(lanes, layers)
    idle = 0
    for sweep in range(max(4, min(SWEEPS, _BUDGET // len(lanes)))):
        check()
        if not fewest or idle >= _PATIENCE:
            break
        _sweep(layers, lanes.before if sweep % 2 == 0 else lanes.after, forth=sweep % 2 == 0)
        count = crossings(lanes, layers)
        idle += 1
        if count < fewest:
            best, fewest, idle = [list(layer) for layer in layers], count, 0
    return best


def crossings(lanes: Lanes, layers: list[list[int]]) -> int:
    """How often wires cross between neighbouring layers."""
    place = _places(layers)
    total = 0
    for layer in layers[:-1]:
        seen: list[int] = []
        for v in layer:
            ends = sorted(place[w] for w in lanes.after[v])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _first(lanes: Lanes) -> list[list[int]]:
    """Depth first from the sources, so that chains start out side by side; nodes before lanes."""
    layers: list[list[int]] = [[] for _ in range(lanes.depth)]
    seen = [False] * len(lanes)
    for source in sorted(range(len(lanes)), key=lambda v: (lanes.layer[v], v)):
        stack = [source]
        while stack:
            v = stack.pop()
            if seen[v]:
                continue
            seen[v] = True
            layers[lanes.layer[v]].append(v)
            stack += sorted(lanes.after[v], reverse=True)
    return layers


def _sweep(layers: list[list[int]], near: list[list[int]], *, forth: bool) -> None:
    """Sort each layer by the mean place of its neighbours in the layer before; points without any keep theirs."""
    place = _places(layers)
    for k in range(len(layers)) if forth else reversed(range(len(layers))):
        wish = {v: sum(place[u] for u in near[v]) / len(near[v]) for v in layers[k] if near[v]}
        movable = iter(sorted(wish, key=lambda v: (wish[v], place[v])))
        layers[k] = [next(movable) if v in wish else v for v in layers[k]]
        for i, v in enumerate(layers[k]):
            place[v] = i


def _places(layers: list[list[int]]) -> list[int]:
    place = [0] * sum(map(len, layers))
    for layer in layers:
        for i, v in enumerate(layer):
            place[v] = i
    return place


def conflicts(pairs: list[tuple[int, int]], a: int, b: int) -> bool:
    """Whether a line from a to b would cross, or share an end with, one of the lines (sorted, none crossing)."""
    i = bisect_left(pairs, (a, b))
    above, below = (pairs[i - 1] if i else None), (pairs[i] if i < len(pairs) else None)
    return (above is not None and (above[0] >= a or above[1] >= b)) or (
        below is not None and (below[0] <= a or below[1] <= b)
    )
