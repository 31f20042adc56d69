"""Tidy up: small drawings at once, large ones in a thread of their own that Esc gives up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event, Thread

from PySide6.QtCore import QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter

from designer.arrange import Box
from designer.background import collections
from designer.canvas.frames import frame_values
from designer.canvas.skin import Skin
from designer.canvas.stage import Pointer, Stage
from designer.canvas.tools.base import Gesture
from designer.language import tr
from graph.commands import Batch, BendLinks, Command, MoveNodes, SetFrame
from graph.graph import Graph
from graph.layout.framed import Tidied, tidy_framed

AT_ONCE = 300  # nodes up to which it takes less than a frame or two
LOOK = 30  # milliseconds between two looks at the thread
_PILL = (210.0, 34.0)
Boxes = Mapping[str, Box]


class GivenUp(Exception):
    """Raised inside the layout when nobody waits for it any longer."""


class Tidying(Gesture):
    """A layout under way. It is cancelled like a gesture: by Esc, by a press of the mouse, by an edit.

    The thread works on a copy that shares only immutable records, and touches neither Qt nor the document.
    """

    cursor = Qt.CursorShape.BusyCursor
    by_mouse = False
    pans_at_border = False

    def __init__(self, stage: Stage, boxes: Boxes, parent: QObject, done: Callable[[Command | None], None]) -> None:
        super().__init__(stage, Pointer(0.0, 0.0))
        self.is_drag = True
        self._boxes, self._done = boxes, done
        self._graph = snapshot(stage)
        self._given_up = Event()
        self._found: list[Tidied] = []
        self._timer = QTimer(parent, interval=LOOK)
        self._timer.timeout.connect(self._look)
        collections.hold()
        self._thread = Thread(target=self._work, name="tidy", daemon=True)
        self._thread.start()
        self._timer.start()

    def _work(self) -> None:
        sizes = {id: (box.width, box.height) for id, box in self._boxes.items()}
        try:
            self._found.append(tidy_framed(self._graph, sizes, self._check))
        except GivenUp:
            return

    def _check(self) -> None:
        if self._given_up.is_set():
            raise GivenUp

    def _look(self) -> None:
        if self._thread.is_alive():
            return
        self._end_thread()
        self.is_over = True
        self._done(command(self._graph, self._found[0], self.stage.scope) if self._found else None)

    def _end_thread(self) -> None:
        self._timer.stop()
        self._timer.deleteLater()
        self._thread.join()
        collections.release()

    def cancel(self) -> None:
        if not self.is_over:
            self.is_over = True
            self._given_up.set()
            self._end_thread()

    def follow(self, pointer: Pointer) -> None:
        """The mouse has no part in it."""

    def move(self, pointer: Pointer) -> None:
        """The mouse has no part in it."""

    def end(self, pointer: Pointer) -> None:
        """The mouse has no part in it."""

    def paint(self, painter: QPainter, skin: Skin) -> None:
        width, height = _PILL
        room = painter.viewport()
        box = QRectF((room.width() - width) / 2, 16.0, width, height)
        painter.setPen(skin.line(skin.theme.border, 1.0))
        painter.setBrush(skin.theme.raised)
        painter.drawRoundedRect(box, height / 2, height / 2)
        painter.setPen(skin.theme.text)
        painter.setFont(skin.small)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tr("Tidying up. Esc gives it up."))


def snapshot(stage: Stage) -> Graph:
    """A copy of the graph that is shown, as no edit changes it."""
    held, copy = stage.session.document.graph(stage.scope), Graph()
    copy.fill(list(held.nodes), list(held.links.values()))
    copy.frames.update(held.frames)
    copy.notes.update(held.notes)
    return copy


def tidied(stage: Stage, boxes: Boxes) -> Command:
    """The command that lays out the nodes of `boxes` now."""
    graph = snapshot(stage)
    found = tidy_framed(graph, {id: (box.width, box.height) for id, box in boxes.items()})
    return command(graph, found, stage.scope)


def command(graph: Graph, found: Tidied, scope: str) -> Command:
    """Nodes and frames to their places; wires among them find their way anew."""
    straight = {w.id: () for w in graph.links.values() if w.bends and {w.source, w.target} <= found.places.keys()}
    commands: list[Command] = [MoveNodes(found.places, scope)]
    commands += [SetFrame(id, frame_values(frame), scope) for id, frame in found.frames.items()]
    commands += [BendLinks(straight, scope)] if straight else []
    return Batch("Tidy up", tuple(commands))
