"""Parallel coordinates under the hand and the keyboard."""

from __future__ import annotations

import math
from functools import partial

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPainterPath
from pytestqt.qtbot import QtBot

from designer.search.axes import Axis
from designer.search.parallel import ParallelView
from designer.search.strands import CURVED, Strand, curve, shade
from designer.theme import manager

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot) -> ParallelView:
    """Three lines over two axes: 0 rises, 1 is level in the middle, 2 falls."""
    view = ParallelView()
    qtbot.addWidget(view)
    view.resize(400, 240)
    axes = (Axis("rate", 1e-4, 1e-1, is_log=True), Axis("accuracy"))
    places = ((0.1, 0.9), (0.5, 0.5), (0.9, 0.1))
    view.show_strands(
        axes, [Strand(k, place, 1 - k / 2, partial(str, f"Trial {k + 1}")) for k, place in enumerate(places)]
    )
    view.show()
    return view


def at(view: ParallelView, axis: int, place: float) -> QPoint:
    return view.point(axis, place).toPoint()


def drag(qtbot: QtBot, view: ParallelView, axis: int, start: float, end: float) -> None:
    qtbot.mousePress(view, LEFT, pos=at(view, axis, start))
    for share in (0.3, 0.7, 1.0):
        qtbot.mouseMove(view, at(view, axis, start + share * (end - start)))
    qtbot.mouseRelease(view, LEFT, pos=at(view, axis, end))


def test_dragging_along_an_axis_chooses_the_lines_that_pass(qtbot: QtBot, view: ParallelView) -> None:
    told: list[object] = []
    view.brushed.connect(told.append)
    drag(qtbot, view, 0, 0.4, 1.0)
    assert view.passing == told[-1] == [1, 2]
    drag(qtbot, view, 1, 0.3, 0.7)
    assert told[-1] == [1]
    assert view.brushes[1] == pytest.approx((0.3, 0.7), abs=0.02)


def test_a_brush_is_moved_and_taken_away(qtbot: QtBot, view: ParallelView) -> None:
    view.brush(0, (0.4, 0.6))
    drag(qtbot, view, 0, 0.5, 0.9)
    assert view.brushes[0] == pytest.approx((0.8, 1.0), abs=0.02), "it keeps its width and stays on the axis"
    assert view.passing == [2]
    told: list[object] = []
    view.brushed.connect(told.append)
    qtbot.mouseClick(view, LEFT, pos=at(view, 0, 0.2))
    assert told == [None]


def test_the_keyboard_brushes_too(qtbot: QtBot, view: ParallelView) -> None:
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    for _ in range(5):
        qtbot.keyClick(view, Qt.Key.Key_Up)
    qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert view.brushes == {1: pytest.approx((0.25, 0.95))}
    assert view.passing == [0, 1]
    assert "accuracy from 0.25 to 0.95. 2 pass." in view.accessibleDescription()
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert view.passing == [0, 1, 2]
    view.brush(1, (0.0, 0.3))
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert not view.brushes


def test_the_line_under_the_cursor_is_told_and_opened(qtbot: QtBot, view: ParallelView) -> None:
    held: list[object] = []
    opened: list[int] = []
    view.held.connect(held.append)
    view.opened.connect(opened.append)
    middle = QPointF((view.axis_x(0) + view.axis_x(1)) / 2, view.point(0, 0.5).y()).toPoint()
    near = QPoint(at(view, 0, 0.9).x() + 14, at(view, 0, 0.9).y())
    qtbot.mouseMove(view, near)
    assert held == [2]
    qtbot.mouseDClick(view, LEFT, pos=near)
    assert opened == [2]
    view.brush(0, (0.0, 0.6))
    assert view.strand_at(QPointF(near)) is None, "one that stepped back is not taken hold of"
    assert view.strand_at(QPointF(middle)) is not None


@pytest.mark.parametrize("along", [0.05, 0.2, 0.5, 0.77])
def test_a_line_is_found_where_it_is_painted(view: ParallelView, along: float) -> None:
    path = QPainterPath(view.point(0, 0.1))
    by = CURVED * (view.axis_x(1) - view.axis_x(0))
    start, end = view.point(0, 0.1), view.point(1, 0.9)
    path.cubicTo(start + QPointF(by, 0), end - QPointF(by, 0), end)
    point = path.pointAtPercent(along)
    share, slope = curve((point.x() - start.x()) / (end.x() - start.x()))
    assert start.y() + (end.y() - start.y()) * share == pytest.approx(point.y(), abs=0.3)
    steep = slope * (end.y() - start.y()) / (end.x() - start.x())
    assert steep == pytest.approx(path.slopeAtPercent(along), rel=0.03, abs=0.02)
    if along != 0.5:  # there all lines meet
        found = view.strand_at(point)
        assert found is not None
        assert found.key == 0


def test_many_lines_are_painted_once_and_not_at_each_move(qtbot: QtBot, view: ParallelView) -> None:
    axes = (Axis("rate", 1e-4, 1e-1, is_log=True), Axis("accuracy"))
    view.show_strands(axes, [Strand(k, (k / 400, 1 - k / 400), k / 400, str) for k in range(401)])
    view.grab()
    ground = view._ground
    assert ground is not None
    qtbot.mouseMove(view, at(view, 0, 0.9) + QPoint(14, 0))
    view.grab()
    assert view._ground is ground
    view.brush(0, (0.5, 1.0))
    view.grab()
    assert view._ground is not ground
    view.resize(500, 240)
    view.grab()
    assert view._ground is not None
    assert view._ground.width() == round(500 * view.devicePixelRatioF())


def test_brushes_outlive_new_trials_but_not_other_axes(view: ParallelView) -> None:
    view.brush(0, (0.4, 1.0))
    axes = (Axis("rate", 1e-4, 1e-1, is_log=True), Axis("accuracy", 0.0, 2.0))
    view.show_strands(axes, [Strand(9, (0.7, math.nan), None, lambda: "Trial 10")])
    assert view.passing == [9]
    view.show_strands(axes[1:], [Strand(9, (0.7,), None, lambda: "Trial 10")])
    assert not view.brushes


def test_the_best_line_has_the_colour_of_good_news_and_is_seen(view: ParallelView) -> None:
    assert shade(1.0) == QColor(manager().theme.success)
    assert len({shade(merit).name() for merit in (0.0, 0.5, 1.0, None)}) == 4
    image = view.grab().toImage()
    level = view.point(0, 0.1).y()
    seen = [image.pixelColor(round(view.axis_x(0)) + 8, round(level) + dy) for dy in range(-3, 4)]
    apart = [abs(c.red() - shade(1.0).red()) + abs(c.green() - shade(1.0).green()) for c in seen]
    assert min(apart) < 40
