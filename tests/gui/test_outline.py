"""The outline, the history, wires by name: the design by keyboard alone, and in the ears of a screen reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from designer.history.panel import HistoryPanel
from designer.outline.model import OutlineModel
from designer.outline.panel import OutlinePanel
from designer.session import Session
from designer.shell.connecting import connection_entries
from designer.shell.launcher import Launcher
from designer.shell.panels import PANELS
from designer.window import MainWindow
from graph import storage
from graph.commands import AddNode, Disconnect, MakeBlock, SetNode, SetParam
from graph.document import Document
from graph.records import Node

ROOT = QModelIndex()


@pytest.fixture
def outline(qtbot: QtBot, session: Session) -> OutlinePanel:
    panel = OutlinePanel(session)
    qtbot.addWidget(panel)
    panel.resize(260, 400)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def history(qtbot: QtBot, session: Session) -> HistoryPanel:
    panel = HistoryPanel(session)
    qtbot.addWidget(panel)
    panel.resize(260, 400)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def window(qtbot: QtBot, document: Document, tmp_path: Path) -> Iterator[MainWindow]:
    window = MainWindow(warm=False)
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    storage.save(document, tmp_path / "net.loom")
    window.files.open(tmp_path / "net.loom")
    window.canvas.navigator.animated = False
    yield window
    for tab in window.tabs.tabs():
        tab.session.history.mark_saved()
    window.close()
    window.deleteLater()


def names(outline: OutlinePanel, under: QModelIndex = ROOT) -> list[str]:
    model = outline.model
    return [model.data(model.index(row, 0, under)) for row in range(model.rowCount(under))]


def make_block(session: Session) -> str:
    """Linear and ReLU in a block; the id of its instance."""
    assert session.do(MakeBlock(("n2", "n3"), "Hidden"))
    return next(node.id for node in session.document.graph().nodes if node.block)


# -- outline


def test_the_model_is_a_sound_tree(session: Session) -> None:
    make_block(session)
    model = OutlineModel(session)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.refresh()
    del tester


def test_nodes_stand_in_the_order_of_the_data(outline: OutlinePanel, session: Session, qtbot: QtBot) -> None:
    assert names(outline) == ["Input", "Linear", "ReLU", "Output"]
    session.do(SetNode("n2", {"name": "hidden", "muted": True, "frozen": True}))
    qtbot.waitUntil(lambda: names(outline)[1] == "hidden  · muted  · frozen")


def test_blocks_open_and_stay_open(outline: OutlinePanel, session: Session, qtbot: QtBot) -> None:
    block = make_block(session)
    qtbot.waitUntil(lambda: len(names(outline)) == 3)
    outline.tree.setFocus()
    outline.tree.setCurrentIndex(outline.model.index_of(block))
    qtbot.keyClick(outline.tree, Qt.Key.Key_Right)
    inside = names(outline, outline.model.index_of(block))
    assert "Linear" in inside
    assert "ReLU" in inside
    session.do(SetNode("n1", {"name": "pixels"}))
    qtbot.waitUntil(lambda: names(outline)[0] == "pixels")
    assert outline.tree.isExpanded(outline.model.index_of(block))


def test_arrows_select_letters_seek_and_enter_reveals(outline: OutlinePanel, session: Session, qtbot: QtBot) -> None:
    revealed: list[str] = []
    session.revealed.connect(revealed.append)
    outline.tree.setFocus()
    outline.tree.setCurrentIndex(outline.model.index_of("n1"))
    qtbot.keyClick(outline.tree, Qt.Key.Key_Down)
    assert session.selection.nodes == {"n2"}
    qtbot.keyClicks(outline.tree, "re")
    assert session.selection.nodes == {"n3"}
    qtbot.keyClicks(outline.field, "outp")
    assert session.selection.nodes == {"n4"}
    assert revealed == []
    qtbot.keyClick(outline.field, Qt.Key.Key_Return)
    assert revealed == ["n4"]


def test_what_is_selected_elsewhere_is_current_here(outline: OutlinePanel, session: Session) -> None:
    session.selection.set(["n3"])
    assert outline.model.item(outline.tree.currentIndex()).path == "n3"


def test_letters_find_what_lies_in_a_closed_block(outline: OutlinePanel, session: Session, qtbot: QtBot) -> None:
    block = make_block(session)
    qtbot.waitUntil(lambda: len(names(outline)) == 3)
    qtbot.keyClicks(outline.field, "relu")
    assert session.selection.path == block
    assert session.selection.nodes == {"n3"}


def test_a_hidden_outline_catches_up_when_it_is_seen(outline: OutlinePanel, session: Session, qtbot: QtBot) -> None:
    outline.hide()
    session.do(AddNode(Node("n9", "relu")))
    qtbot.wait(80)
    outline.show()
    assert len(names(outline)) == 5


# -- history


def test_a_click_goes_back_and_forth(history: HistoryPanel, session: Session, qtbot: QtBot) -> None:
    for width in (5, 6, 7):
        session.do(SetParam("n2", "out_features", width))
    qtbot.waitUntil(lambda: history.model.rowCount() == 4)
    assert history.model.data(history.model.index(0, 0)) == "As it was opened"
    place = history.list.visualRect(history.model.index(1, 0)).center()
    qtbot.mouseClick(history.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.document.graph().node("n2").params["out_features"] == 5
    qtbot.waitUntil(lambda: history.model.position == 1)
    role = Qt.ItemDataRole.AccessibleTextRole
    told = [history.model.data(history.model.index(row, 0), role).rsplit(", ", 1)[1] for row in range(4)]
    assert told == ["done", "the design as it is now", "undone", "undone"]
    history.list.setFocus()
    qtbot.keyClick(history.list, Qt.Key.Key_End)
    qtbot.keyClick(history.list, Qt.Key.Key_Return)
    assert session.document.graph().node("n2").params["out_features"] == 7


# -- wires by name


def test_what_can_be_connected_is_listed(session: Session) -> None:
    session.do(Disconnect(("l2",)))
    session.selection.set(["n2"])
    labels = [entry.label for entry in connection_entries(session)]
    assert labels[0] == "To ReLU"
    assert "To Output" in labels
    assert not any("To Input" in label for label in labels), "nothing flows into an input"
    session.selection.clear()
    assert connection_entries(session) == []


def test_two_nodes_are_connected_from_the_outline_by_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.do(Disconnect(("l2",)))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.menus.actions["outline"].trigger()
    panel = window.show_panel("outline")
    assert isinstance(panel, OutlinePanel)
    assert window.focusWidget() is panel.field
    qtbot.keyClicks(panel.field, "linear")
    window.menus.refresh()
    qtbot.keyClick(panel.field, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    launcher = window.findChild(Launcher)
    assert launcher is not None
    qtbot.keyClicks(launcher.field, "relu")
    qtbot.keyClick(launcher.field, Qt.Key.Key_Return)
    links = session.document.graph().incoming("n3")
    assert [(link.source, link.target) for link in links] == [("n2", "n3")]
    session.undo()
    assert not session.document.graph().incoming("n3")


def holds_keyboard(part: QWidget) -> bool:
    focused = part.window().focusWidget()
    return focused is not None and (part is focused or part.isAncestorOf(focused))


def test_the_keyboard_goes_round_the_window(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.canvas.setFocus()
    parts = [window.canvas, *(window.docks[area].widget() for area in ("left", "right", "bottom"))]
    seen = []
    for _ in range(4):
        window.menus.actions["next-part"].trigger()
        seen.append(next(i for i, part in enumerate(parts) if holds_keyboard(part)))
    assert seen == [1, 2, 3, 0]


# -- a screen reader


def interface(widget: QWidget) -> QAccessibleInterface:
    found = QAccessible.queryAccessibleInterface(widget)
    assert found is not None
    return found


def test_the_outline_gives_the_graph_to_a_screen_reader(outline: OutlinePanel, session: Session, qtbot: QtBot) -> None:
    session.do(SetNode("n2", {"muted": True}))
    outline.refresh()
    tree = interface(outline.tree)
    qtbot.waitUntil(lambda: tree.childCount() == 1 + 4)  # the header, and the nodes
    assert tree.role() == QAccessible.Role.Tree
    assert tree.text(QAccessible.Text.Name) == "Outline"
    told = [tree.child(i).text(QAccessible.Text.Name) for i in range(tree.childCount())]
    linear = next(text for text in told if text.startswith("Linear"))
    assert "muted" in linear
    assert "from Input" in linear
    assert "to ReLU" in linear
    assert "gives" in next(text for text in told if text.startswith("ReLU"))


def test_problems_are_heard(outline: OutlinePanel, session: Session) -> None:
    session.do(Disconnect(("l1",)))
    outline.refresh()
    model = outline.model
    told = model.data(model.index_of("n2"), Qt.ItemDataRole.AccessibleTextRole)
    assert "nothing comes in" in told
    assert "Error: " in told


def test_the_canvas_has_a_name_and_tells_what_it_is(window: MainWindow) -> None:
    canvas = interface(window.canvas)
    assert canvas.text(QAccessible.Text.Name) == "Canvas"
    assert "Arrow keys" in canvas.text(QAccessible.Text.Description)
    assert canvas.state().focusable


@pytest.mark.parametrize("panel", [panel.id for panel in PANELS])
def test_everything_that_takes_the_keyboard_has_a_name(window: MainWindow, panel: str) -> None:
    built = window.show_panel(panel)
    assert built is not None
    kinds = (QAbstractButton, QAbstractItemView, QComboBox, QLineEdit)
    nameless = [
        (type(widget).__name__, widget.toolTip(), type(widget.parent()).__name__)
        for widget in built.findChildren(QWidget)
        if isinstance(widget, kinds)
        and widget.isVisible()
        and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not interface(widget).text(QAccessible.Text.Name)
    ]
    assert nameless == []
