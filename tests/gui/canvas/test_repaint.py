"""Only what changed is painted again, and what then stands on the screen is what painting all of it gives."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QImage, QMouseEvent, QRegion
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.catalog import Catalog
from designer.canvas import surface
from designer.canvas.camera import Camera, Rect
from designer.canvas.damage import Damage, fewer
from designer.canvas.overlay import Reading
from designer.canvas.paint import FAR
from designer.canvas.repaint import areas
from designer.canvas.view import CanvasView
from designer.session import Session
from designer.theme import Mode, manager
from graph.document import Document
from graph.records import MAIN, Change, Frame, Link, Node, Note
from tests.gui.canvas.conftest import LEFT, NONE, send_move

NO_BUTTON = Qt.MouseButton.NoButton
SIZE = (900, 600)
ACTS = 40
ROUNDING = 6  # levels of 255 by which Qt may draw a smoothed edge otherwise where it is clipped,
MOVED = {True: 100, False: 24}  # and the edge of a line where the picture was moved: from afar, of one pixel


def design(catalog: Catalog) -> Document:
    """Rows of wired nodes with skips, a bent wire, frames, notes (one bound), a loose output and a muted node."""
    result = Document(catalog)
    records: list[Node | Link | Frame | Note] = [Node("n0", "input", params={"shape": (8,)})]
    kinds = ("linear", "relu", "add", "dropout")
    for i in range(1, 40):
        kind = kinds[i % 4]
        x, y = (i % 8) * 232 + random.Random(i).randint(-20, 20), (i // 8) * 150
        records.append(Node(f"n{i}", kind, x=x, y=y, muted=i == 21, collapsed=i == 14, repeat=1))
        records.append(Link(f"l{i}", f"n{i - 1}", "y", f"n{i}", "a" if kind == "add" else "x"))
        if kind == "add" and i > 4:
            bends = ((x - 300.0, y + 70.0),) if i == 18 else ()
            records.append(Link(f"s{i}", f"n{i - 3}", "y", f"n{i}", "b", bends=bends))
    records += [
        Frame("f1", "Stem", x=-40, y=-60, width=760, height=200),
        Note("t1", "Bound to a node", x=480, y=-90, node="n2"),
        Note("t2", "Free", x=900, y=330),
    ]
    result.apply([Change(MAIN, None, record) for record in records])
    return result


@pytest.fixture
def shown(qtbot: QtBot, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> Iterator[CanvasView]:
    monkeypatch.setattr(surface, "BORDER_SPEED", 0.0)  # no pan by a timer between two looks
    view = CanvasView(Session(design(catalog)))
    view.navigator.animated = view.glide.animated = False
    qtbot.addWidget(view)
    view.resize(*SIZE)
    view.show()
    qtbot.waitExposed(view)
    view.setFocus()
    yield view
    view.stage.model.close()


@pytest.fixture(autouse=True)
def theme() -> Iterator[None]:
    before = manager().mode
    yield
    manager().set_mode(before)


def watched(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The share of the surface that each paint event from now on is about."""
    shares: list[float] = []

    def watch(region: QRegion) -> list[Rect]:
        shares.append(sum(r.width() * r.height() for r in cast(Iterable[QRect], region)) / (SIZE[0] * SIZE[1]))
        return areas(region)

    monkeypatch.setattr(surface, "areas", watch)
    return shares


def on_screen(view: CanvasView) -> QImage:
    view.minimap.refresh()  # which would else come a little later
    QApplication.processEvents()
    return view.screen().grabWindow(view.winId()).toImage()


def painted_whole(view: CanvasView) -> QImage:
    """The same, painted anew by a painter that remembers nothing."""
    view.repaint_afresh()
    return on_screen(view)


def off_by(a: QImage, b: QImage) -> int:
    """By how much two pictures differ where they differ most, in levels of a colour."""
    first, second = (np.frombuffer(bytes(image.constBits()), np.uint8).astype(int) for image in (a, b))
    return int(abs(first - second).max())


class Hand:
    """Random acts of a person with the mouse."""

    def __init__(self, view: CanvasView, seed: int) -> None:
        self.view, self.dice = view, random.Random(seed)
        self.at = QPoint(SIZE[0] // 2, SIZE[1] // 2)
        self.down = False

    def spot(self) -> QPoint:
        """Mostly near a node."""
        if self.dice.random() < 0.3:
            return QPoint(self.dice.randrange(SIZE[0]), self.dice.randrange(SIZE[1]))
        centre = self.view.node_rect(self.dice.choice(sorted(self.view.stage.model.nodes))).center().toPoint()
        return centre + QPoint(self.dice.randint(-90, 90), self.dice.randint(-20, 20))

    def act(self) -> str:
        acts: list[Callable[[], None]] = [self.hover] * 3 + [self.drag] * 6 + [self.pan] * 2 + [self.select, self.pinch]
        chosen = self.drag if self.down and self.dice.random() < 0.8 else self.dice.choice(acts)
        chosen()
        return chosen.__name__

    def hover(self) -> None:
        if not self.down:
            send_move(self.view, self.spot(), NO_BUTTON, NONE)

    def drag(self) -> None:
        if not self.down:
            self.at, self.down = self.spot(), True
            mouse(self.view, "press", self.at)
        elif self.dice.random() < 0.2:
            self.down = False
            mouse(self.view, "release", self.at)
        else:
            self.at += QPoint(self.dice.randint(-40, 40), self.dice.randint(-30, 30))
            send_move(self.view, self.at, LEFT, NONE)

    def pan(self) -> None:
        stage = self.view.stage
        stage.camera = stage.camera.panned(self.dice.randint(-60, 60), self.dice.randint(-40, 40))

    def select(self) -> None:
        if not self.down:
            nodes = self.dice.sample(sorted(self.view.stage.model.nodes), 3)
            self.view.session.selection.set(nodes, self.dice.sample(sorted(self.view.stage.model.wires), 2))

    def pinch(self) -> None:
        stage = self.view.stage
        stage.camera = stage.camera.zoomed(self.dice.choice((0.9, 1.1)), 300.0, 200.0)


def mouse(view: CanvasView, what: str, at: QPoint) -> None:
    kind = QEvent.Type.MouseButtonPress if what == "press" else QEvent.Type.MouseButtonRelease
    held = LEFT if what == "press" else NO_BUTTON
    where = QPointF(at)
    QApplication.sendEvent(view, QMouseEvent(kind, where, view.mapToGlobal(where), LEFT, held, NONE))


@pytest.mark.parametrize("scale", [1.0, 0.6, 0.2])
@pytest.mark.parametrize("mode", [Mode.LIGHT, Mode.DARK])
def test_random_acts_leave_the_picture_that_painting_all_gives(
    shown: CanvasView, scale: float, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager().set_mode(mode)
    shown.stage.camera = Camera(scale, 60.0, 120.0)
    hand = Hand(shown, seed=int(scale * 10) + len(mode))
    shares = watched(monkeypatch)
    on_screen(shown)
    for turn in range(ACTS):
        shares.clear()
        act = hand.act()
        seen, share = on_screen(shown), sum(shares)
        most = MOVED[scale < FAR] if act == "pan" else ROUNDING
        assert off_by(seen, painted_whole(shown)) <= most, f"{turn}: {act} (painted {share:.0%})"


def test_a_drag_and_a_pan_paint_a_small_part(shown: CanvasView, monkeypatch: pytest.MonkeyPatch) -> None:
    shown.stage.camera = Camera(0.5, 20.0, 60.0)
    at = shown.node_rect("n17").center().toPoint()
    mouse(shown, "press", at)
    send_move(shown, at + QPoint(8, 0), LEFT, NONE)
    on_screen(shown)
    shares = watched(monkeypatch)
    send_move(shown, at + QPoint(14, 3), LEFT, NONE)
    on_screen(shown)
    assert 0 < sum(shares) < 0.3
    mouse(shown, "release", at)
    on_screen(shown)
    shares.clear()
    shown.stage.camera = shown.stage.camera.panned(7.0, 5.0)
    on_screen(shown)
    assert 0 < sum(shares) < 0.2
    shares.clear()
    shown.stage.camera = shown.stage.camera.panned(0.5, 0.0)
    on_screen(shown)
    assert sum(shares) >= 1.0, "half a pixel cannot be moved"


def test_marks_hover_focus_and_readings_leave_no_trace(shown: CanvasView) -> None:
    shown.stage.camera = Camera(0.8, 20.0, 120.0)
    on_screen(shown)
    shown.set_overlay({f"n{i}": Reading(i / 40, f"{i}.5") for i in range(40)})
    for node in ("n9", "n3", "n14"):
        shown.session.selection.set([node])
        seen = on_screen(shown)
        assert off_by(seen, painted_whole(shown)) <= ROUNDING
        send_move(shown, shown.port_position(node, "y", output=True).toPoint(), NO_BUTTON, NONE)
        shown.session.selection.set(["n20", "n21"])
        shown.stage.focus = node
        seen = on_screen(shown)
        assert off_by(seen, painted_whole(shown)) <= ROUNDING
    shown.stage.model.place({"n9": (30.0, 40.0)})
    shown.stage.model.place({"n9": (10.0, 90.0)})
    seen = on_screen(shown)
    assert off_by(seen, painted_whole(shown)) <= ROUNDING
    shown.stage.model.settle()
    shown.set_overlay({})
    seen = on_screen(shown)
    assert off_by(seen, painted_whole(shown)) <= ROUNDING


def test_frames_and_notes_are_dragged_and_resized_without_a_trace(shown: CanvasView) -> None:
    shown.stage.camera = Camera(0.7, 60.0, 140.0)
    on_screen(shown)
    for x, y, dx, dy in ((0.0, -50.0, 30, 20), (520.0, -80.0, -40, -12), (720.0, 140.0, 25, 9), (920.0, 340.0, 60, 4)):
        at = QPointF(*shown.stage.camera.to_view(x, y)).toPoint()
        mouse(shown, "press", at)
        for part in (1, 2, 3):
            send_move(shown, at + QPoint(dx * part, dy * part), LEFT, NONE)
            seen = on_screen(shown)
            assert off_by(seen, painted_whole(shown)) <= ROUNDING
        mouse(shown, "release", at + QPoint(dx * 3, dy * 3))


def test_rectangles_are_joined_where_that_adds_little() -> None:
    beside = [(0.0, 0.0, 100.0, 10.0), (0.0, 10.0, 100.0, 20.0)]
    assert fewer(beside) == [(0.0, 0.0, 100.0, 20.0)]
    strips = [(0.0, 0.0, 1600.0, 5.0), (0.0, 5.0, 7.0, 1000.0)]
    assert sorted(fewer(strips)) == strips


def test_nothing_is_painted_for_nothing(shown: CanvasView, monkeypatch: pytest.MonkeyPatch) -> None:
    on_screen(shown)
    shown.minimap.enabled = False
    shown.minimap.refresh()
    on_screen(shown)
    shares = watched(monkeypatch)
    shown.stage.damage(Damage())
    shown.stage.mark(hover=shown.stage.hover)
    on_screen(shown)
    assert not shares
