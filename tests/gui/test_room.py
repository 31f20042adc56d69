"""What gives way where the window is small: choices, docks, tabs, messages, the map."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from core.training.protocol import Finished
from designer.canvas.minimap import LARGE, SMALL
from designer.controls.choices import Choices
from designer.controls.labels import Elided
from designer.plots.header import RunHeader
from designer.qt import WhileSeen
from designer.session import Session
from designer.shell.launcher import Launcher
from designer.shell.toasts import WIDTH, Toasts
from designer.window import MainWindow
from graph.commands import AddNode
from graph.records import Node
from tests.gui.plots.test_header import record


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow(warm=False)
    qtbot.addWidget(window, before_close_func=lambda w: w.session.history.mark_saved())
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    return window


def test_choices_become_a_menu_that_chooses(qtbot: QtBot) -> None:
    choices = Choices()
    qtbot.addWidget(choices)
    axis = choices.add("Axis", ["step", "epoch"])
    single = choices.add("Metric", ["loss"])
    choices.show()
    assert axis.isVisible()
    assert not single.isVisible(), "there is nothing to choose"
    row = choices.sizeHint().width()
    choices.set_narrow(True)
    assert not axis.isVisible()
    assert choices.sizeHint().width() < row == choices.width_of_row
    named = [action.text() for action in choices.menu().actions()]
    assert named == ["Axis", "step", "epoch"]
    with qtbot.waitSignal(choices.changed):
        choices.menu().actions()[2].trigger()
    assert axis.currentText() == "epoch"
    assert [action.isChecked() for action in choices.menu().actions()] == [False, False, True]


def test_a_choice_survives_other_items(qtbot: QtBot) -> None:
    choices = Choices()
    qtbot.addWidget(choices)
    box = choices.add("Metric")
    choices.offer(box, [("Accuracy", "accuracy"), ("F1", "f1")])
    box.setCurrentIndex(1)
    choices.offer(box, [("Accuracy", "accuracy"), ("R2", "r2"), ("F1", "f1")])
    assert box.currentData() == "f1"
    choices.offer(box, [("Accuracy", "accuracy")])
    assert box.currentData() == "accuracy"


@pytest.mark.parametrize("width", [1400, 700, 420])
def test_the_line_above_the_charts_cuts_no_choice_and_no_verdict(qtbot: QtBot, tmp_path: Path, width: int) -> None:
    header = RunHeader()
    qtbot.addWidget(header)
    header.resize(width, 40)
    header.show()
    run = record(tmp_path)
    run.take(Finished({"test": {"loss": 0.5, "accuracy": 0.9972, "f1": 0.9971}}, 20.0, 40, 1.0, 8))
    header.show_record(run)
    qtbot.wait(1)  # the layout settles
    assert header._choices.is_narrow == (width < 1400)
    for box in (header._axis, header._scale):
        assert not box.isVisible() or box.width() >= box.sizeHint().width()
    assert header._fit.width() >= header._fit.sizeHint().width()
    assert "0.9972" in header._facts.whole


def test_a_wide_label_takes_the_room_of_its_text_and_gives_it_back(qtbot: QtBot) -> None:
    place = QWidget()
    qtbot.addWidget(place)
    text = Elided("test accuracy 0.9972   test f1 0.9971", "mono", wide=True)
    row = QHBoxLayout(place)
    row.addWidget(text)
    row.addStretch(1)
    place.resize(600, 40)
    place.show()
    assert text.text() == text.whole
    place.resize(120, 40)
    qtbot.waitUntil(lambda: text.text().endswith("…"))
    assert text.toolTip() == text.whole


def test_in_a_narrow_window_the_bottom_dock_has_its_whole_width(window: MainWindow) -> None:
    corner, bottom = Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea
    assert window.corner(corner) == Qt.DockWidgetArea.LeftDockWidgetArea
    window.resize(1000, 700)
    assert window.corner(corner) == bottom == window.corner(Qt.Corner.BottomRightCorner)
    window.resize(1280, 800)
    assert window.corner(corner) == Qt.DockWidgetArea.LeftDockWidgetArea


def test_tabs_lose_their_titles_before_they_scroll(window: MainWindow, qtbot: QtBot) -> None:
    tabs = window.docks["bottom"].tabs
    front = tabs.currentIndex()
    window.resize(1900, 800)
    qtbot.waitUntil(lambda: all(tabs.tabText(i) for i in range(tabs.count())))
    window.resize(1250, 800)
    qtbot.waitUntil(lambda: not tabs.tabText((front + 1) % tabs.count()))
    assert tabs.tabText(front)
    dock, titles = window.docks["bottom"], [tabs.accessibleTabName(i) for i in range(tabs.count())]
    widest = sum(map(tabs.fontMetrics().horizontalAdvance, titles)) + 45 * len(titles)
    tabs.resize(QSize(widest, tabs.height()))
    assert dock._fitting(titles, front) == (len(titles), False)
    tabs.resize(QSize(widest - 60, tabs.height()))
    assert dock._fitting(titles, front) == (len(titles), True), "tabs stand closer before a title goes"
    tabs.resize(QSize(300, tabs.height()))
    window.docks["bottom"]._refresh()
    assert tabs.property("tight")
    title = tabs.accessibleTabName(front)
    assert tabs.tabText(front) == title.partition("  ")[2], "its badge alone"
    assert title.startswith("Problems")


@pytest.mark.parametrize("width", [1900, 1600, 1400, 1240, 1000, 800])
def test_tabs_never_scroll(window: MainWindow, qtbot: QtBot, width: int) -> None:
    window.resize(width, 800)
    qtbot.waitUntil(lambda: all(_taken(dock.tabs) <= dock.tabs.width() for dock in window.docks.values()))


def _taken(tabs: QTabBar) -> int:
    return sum(tabs.tabRect(i).width() for i in range(tabs.count()))


def test_a_message_is_no_wider_than_what_it_lies_over(session: Session, qtbot: QtBot) -> None:
    over = QWidget()
    qtbot.addWidget(over)
    over.resize(320, 300)
    over.show()
    toasts = Toasts(over, session)
    session.notify("A sentence that takes more than one line where there is so little room for it.")
    toast = toasts.shown[0]
    assert over.rect().contains(toast.geometry())
    over.resize(900, 300)
    assert toast.width() == WIDTH
    assert over.rect().contains(toast.geometry())
    toasts.close()


def test_the_map_is_small_in_a_small_view_and_hides_rather_than_the_drawing(window: MainWindow) -> None:
    for i in range(10):
        window.session.do(AddNode(Node(f"k{i}", "relu", x=i * 400.0, y=400.0)))
    canvas, map_ = window.canvas, window.canvas.minimap
    for size, wanted in (((1000, 600), LARGE), ((560, 330), SMALL)):
        canvas.resize(*size)
        assert map_.isVisible()
        assert (map_.width(), map_.height()) == wanted
        assert canvas.rect().contains(map_.geometry())
    canvas.resize(280, 160)
    assert not map_.isVisible()


def test_what_is_not_seen_is_not_looked_at(qtbot: QtBot) -> None:
    widget, looks = QWidget(), [0]
    qtbot.addWidget(widget)

    def look() -> None:
        looks[0] += 1

    seen = WhileSeen(widget, 5, look)
    assert looks == [0]
    widget.show()
    assert looks == [1], "at once"
    qtbot.waitUntil(lambda: looks[0] > 3)
    widget.hide()
    before = looks[0]
    qtbot.wait(30)
    assert looks[0] == before
    assert seen.parent() is widget


def test_escape_closes_the_palette_whatever_was_typed(window: MainWindow, qtbot: QtBot) -> None:
    window.open_launcher()
    launcher = window.findChild(Launcher)
    assert launcher is not None
    QTest.keyClicks(launcher.field, "conv")
    QTest.keyClick(launcher.field, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(Launcher) is None)


def test_an_empty_design_has_no_fault(window: MainWindow, qtbot: QtBot) -> None:
    assert window.status.problems.text() == "Nothing is drawn yet"
    panel = window.show_panel("problems")
    assert panel.badge() == ""  # type: ignore[union-attr]
    window.session.do(AddNode(Node("a", "relu")))
    qtbot.waitUntil(lambda: window.status.problems.text() != "Nothing is drawn yet")
    qtbot.waitUntil(lambda: panel.badge() != "")  # type: ignore[union-attr]
