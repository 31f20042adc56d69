"""Sizes of nodes and places of ports, in canvas units, from the declaration and the wires alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from core.spec.layer import LayerSpec, Port
from designer.canvas.camera import Rect
from graph.graph import end_port
from graph.records import Frame, Note

GRID = 16.0
WIDTH = 176.0
HEADER = 48.0
PORT_Y = HEADER / 2  # a lone port sits at the middle of the header, so that neighbours line up
ROW = 22.0
SPREAD = 20.0  # between the ends of a lone variadic port
PORT_RADIUS = 5.0
BOX = 18.0  # height of a value beside its socket
BADGE = 48.0  # side of a collapsed node
FRAME_TITLE = 26.0  # height of the band at the top of a frame by which it is held


@dataclass(frozen=True, slots=True)
class PortView:
    """One place where a wire may end, relative to the node's corner.

    `slot` marks the empty end that a variadic port offers beyond those in use; `required` an end that must be wired;
    `field` names the field whose value stands in where no wire ends.
    """

    end: str
    label: str
    dx: float
    dy: float
    output: bool
    required: bool = False
    slot: bool = False
    doc: str = ""
    field: str = ""

    @property
    def box(self) -> Rect:
        """Where the value of its field stands, relative to the node's corner."""
        return WIDTH / 2, self.dy - BOX / 2, WIDTH - 12.0, self.dy + BOX / 2


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides the outline of a node."""

    width: float
    height: float
    inputs: tuple[PortView, ...]
    outputs: tuple[PortView, ...]


def ends_of(spec: LayerSpec, used: Iterable[str]) -> tuple[tuple[str, Port, bool], ...]:
    """The input ends to show: plain ports, and the ends of variadic ones up to one empty slot after the last used."""
    highest: dict[str, int] = {}
    for end in used:
        base, _, index = end.partition(".")
        if index.isdigit():
            highest[base] = max(highest.get(base, -1), int(index))
    ends: list[tuple[str, Port, bool]] = []
    for port in spec.inputs:
        if not port.variadic:
            ends.append((port.id, port, False))
            continue
        last = highest.get(port.id, -1) + 1
        ends += [(f"{port.id}.{i}", port, i == last) for i in range(last + 1)]
    return tuple(ends)


@lru_cache(maxsize=4096)
def _arranged(ends: tuple[tuple[str, Port, bool], ...], outputs: tuple[Port, ...]) -> Shape:
    # Ports called by a letter (a + b) stand side by side at the header, as the ends of one variadic port do; those with
    # a value beside them have a row each, below.
    plain = [end for end in ends if not end[1].field]
    alone = len({port.id for _, port, _ in plain}) <= 1 or all(len(port.title) == 1 for _, port, _ in plain)
    spread = PORT_Y + SPREAD * (len(plain) - 1) + 16.0 if alone and len(plain) > 1 else 0.0
    top = max(HEADER, spread)
    rows = max(0 if alone else len(plain), 0 if len(outputs) <= 1 else len(outputs))
    inputs = [
        _input(end, "" if alone else _title(*end[:2]), PORT_Y + SPREAD * i if alone else _row_y(i))
        for i, end in enumerate(plain)
    ]
    held = [end for end in ends if end[1].field]
    inputs += [_input(end, _title(*end[:2]), _row_y(rows + i, top)) for i, end in enumerate(held)]
    several = len(outputs) > 1
    leaving = tuple(
        PortView(p.id, p.title if several else "", WIDTH, _row_y(i) if several else PORT_Y, True, doc=p.doc)
        for i, p in enumerate(outputs)
    )
    rows += len(held)
    return Shape(WIDTH, top + (rows * ROW + 6.0 if rows else 0.0), tuple(inputs), leaving)


def _input(end: tuple[str, Port, bool], label: str, y: float) -> PortView:
    id, port, slot = end
    return PortView(id, label, 0.0, y, False, not port.optional, slot, port.doc, port.field)


def _row_y(index: int, top: float = HEADER) -> float:
    return top + ROW * (index + 0.5)


def _title(end: str, port: Port) -> str:
    index = end.partition(".")[2]
    return f"{port.title} {int(index) + 1}" if index else port.title


def shape(spec: LayerSpec, used: Iterable[str]) -> Shape:
    """The outline of a node of this layer whose input ends `used` have wires."""
    return _arranged(ends_of(spec, used), spec.outputs)


def badge(outline: Shape) -> Shape:
    """The outline of a collapsed node: a badge with one place for all inputs and one for all outputs."""
    inputs = tuple(replace(port, label="", dx=0.0, dy=BADGE / 2) for port in outline.inputs)
    outputs = tuple(replace(port, label="", dx=BADGE, dy=BADGE / 2) for port in outline.outputs)
    return Shape(BADGE, BADGE, inputs, outputs)


def unknown_shape(inputs: Iterable[str], outputs: Iterable[str]) -> Shape:
    """The outline of a node whose layer is unknown here: ports as its wires tell."""
    ends = tuple((end, Port(end_port(end)), False) for end in sorted(set(inputs)))
    return _arranged(ends, tuple(Port(id) for id in sorted(set(outputs))))


def snapped(value: float, grid: float = GRID) -> float:
    return round(value / grid) * grid


def frame_rect(frame: Frame) -> Rect:
    return frame.x, frame.y, frame.x + frame.width, frame.y + frame.height


def note_rect(note: Note) -> Rect:
    """A note is as tall as its text needs, by a guess of seven units a letter."""
    letters = max(int(note.width - 24.0) // 7, 1)
    lines = sum(1 + max(len(line) - 1, 0) // letters for line in note.text.split("\n"))
    return note.x, note.y, note.x + note.width, note.y + 22.0 + 15.0 * lines
