"""The moments of a trace in order, and the clock that plays them. Knows no widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from PySide6.QtCore import QObject, QTimer, Signal

from designer.language import marked, tr

Way: TypeAlias = Literal["forward", "back", "update", "chain"]
WAYS: Mapping[Way, str] = {
    "forward": marked("Forward"),
    "back": marked("Back"),
    "update": marked("Update"),
    "chain": marked("Chain rule"),
}
SPEEDS = {"¼ x": 6400, "½ x": 3200, "1 x": 1600, "2 x": 800, "4 x": 400}  # milliseconds that a moment stays
USUAL = "1 x"


@dataclass(frozen=True, slots=True)
class Moment:
    """One node on one way: `index` is its place among the nodes of the trace, `number` counts within the way."""

    way: Way
    index: int
    number: int
    of: int

    @property
    def title(self) -> str:
        return tr("{way}, {number} of {of}", way=tr(WAYS[self.way]), number=self.number, of=self.of)


def moments(trace: Mapping[str, Any]) -> tuple[Moment, ...]:
    """Forward through all nodes, back through those that a gradient reaches, every node whose weights move, and along
    the product of Jacobians where it is written out."""
    nodes = trace["nodes"]
    orders: Mapping[Way, Sequence[int]] = {
        "forward": trace["forward"],
        "back": trace["back"],
        "update": [i for i in trace["forward"] if nodes[i]["update"]],
        "chain": [i for i in trace["forward"] if nodes[i]["chain"]],
    }
    return tuple(
        Moment(way, index, number, len(order))
        for way, order in orders.items()
        for number, index in enumerate(order, 1)
    )  # fmt: skip


class Player(QObject):
    """Where in the trace one is. `moved` tells that it is elsewhere, `played` that the clock runs or stands."""

    moved = Signal()
    played = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.moments: tuple[Moment, ...] = ()
        self.position = 0
        self._clock = QTimer(self)
        self._clock.setInterval(SPEEDS[USUAL])
        self._clock.timeout.connect(self._tick)

    @property
    def moment(self) -> Moment | None:
        return self.moments[self.position] if self.moments else None

    @property
    def is_playing(self) -> bool:
        return self._clock.isActive()

    def load(self, found: Sequence[Moment]) -> None:
        """Another trace: the same way and node where it has them, else the beginning."""
        held = self.moment
        self.moments = tuple(found)
        same = [i for i, m in enumerate(found) if held is not None and (m.way, m.index) == (held.way, held.index)]
        self.position = same[0] if same else 0
        if not found:
            self.pause()
        self.moved.emit()

    def go(self, position: int) -> None:
        """To a moment; beyond the ends there is none."""
        position = max(0, min(position, len(self.moments) - 1))
        if self.moments and position != self.position:
            self.position = position
            self.moved.emit()

    def step(self, by: int) -> None:
        self.go(self.position + by)

    def seek(self, index: int) -> None:
        """To a node, on the way that one is on where it has a moment there."""
        held = self.moment
        found = [i for i, m in enumerate(self.moments) if m.index == index]
        if held is not None and found and held.index != index:
            self.go(next((i for i in found if self.moments[i].way == held.way), found[0]))

    def begin(self, way: Way) -> None:
        """To the first moment of a way, if it has any."""
        self.go(next((i for i, m in enumerate(self.moments) if m.way == way), self.position))

    def play(self) -> None:
        """From here on; from the beginning where this is the end."""
        if not self.moments:
            return
        if self.position == len(self.moments) - 1:
            self.go(0)
        self._clock.start()
        self.played.emit()

    def pause(self) -> None:
        if self.is_playing:
            self._clock.stop()
            self.played.emit()

    def toggle(self) -> None:
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def set_speed(self, speed: str) -> None:
        self._clock.setInterval(SPEEDS[speed])

    def _tick(self) -> None:
        if self.position >= len(self.moments) - 1:
            self.pause()
        else:
            self.step(1)
