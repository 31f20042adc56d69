"""A grid index: which things lie near a rectangle, without looking at all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from designer.canvas.camera import Rect

CELL = 512.0
MOST_CELLS = 2048  # of one thing


class GridIndex:
    """Ids by the cells that their rectangles touch. Answers are supersets: the caller tests exactly."""

    def __init__(self, cell: float = CELL) -> None:
        self._cell = cell
        self._cells: dict[tuple[int, int], set[str]] = {}
        self._held: dict[str, frozenset[tuple[int, int]]] = {}
        self._vast: set[str] = set()  # what would take too many cells is near everything

    def __len__(self) -> int:
        return len(self._held)

    def put(self, id: str, rects: Iterable[Rect]) -> None:
        """Place an id at one or more rectangles (a long thing is given in pieces), instead of where it was."""
        rects = list(rects)
        cell = self._cell
        if sum(_cells(rect, cell) for rect in rects) > MOST_CELLS:
            self.remove(id)
            self._held[id] = frozenset()
            self._vast.add(id)
            return
        keys = frozenset(
            (x, y)
            for left, top, right, bottom in rects
            for x in range(int(left // cell), int(right // cell) + 1)
            for y in range(int(top // cell), int(bottom // cell) + 1)
        )
        old = self._held.get(id)
        if old == keys and id not in self._vast:
            return
        if old is not None:
            self.remove(id)
        self._held[id] = keys
        for key in keys:
            self._cells.setdefault(key, set()).add(id)

    def remove(self, id: str) -> None:
        self._vast.discard(id)
        for key in self._held.pop(id, ()):
            cell = self._cells[key]
            cell.discard(id)
            if not cell:
                del self._cells[key]

    def clear(self) -> None:
        self._cells.clear()
        self._held.clear()
        self._vast.clear()

    def near(self, rect: Rect) -> set[str]:
        """The ids that may touch the rectangle."""
        left, top, right, bottom = self._range(rect)
        found = set(self._vast)
        if (right - left + 1) * (bottom - top + 1) > len(self._cells):
            for (x, y), ids in self._cells.items():
                if left <= x <= right and top <= y <= bottom:
                    found |= ids
            return found
        for key in self._keys(rect):
            found |= self._cells.get(key, set())
        return found

    def _range(self, rect: Rect) -> tuple[int, int, int, int]:
        left, top, right, bottom = (int(v // self._cell) for v in rect)
        return left, top, right, bottom

    def _keys(self, rect: Rect) -> Iterator[tuple[int, int]]:
        left, top, right, bottom = self._range(rect)
        return ((x, y) for x in range(left, right + 1) for y in range(top, bottom + 1))


def _cells(rect: Rect, cell: float) -> float:
    return (1 + (rect[2] - rect[0]) / cell) * (1 + (rect[3] - rect[1]) / cell)
