"""The whole window: files, actions, docks, messages, command palette, with real events."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFileDialog, QLabel, QMenu, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from core.problem import Fix, Problem, Severity
from designer.actions import ACTIONS, MENUS, by_id
from designer.resources import EXAMPLES
from designer.shell import errors, recent
from designer.shell.collector import Collector
from designer.shell.errors import Watch, problem_of
from designer.shell.gallery import Gallery
from designer.shell.launcher import Launcher
from designer.shell.panels import PANELS
from designer.shell.shortcuts import ShortcutSheet
from designer.theme import Mode, manager
from designer.window import MainWindow
from graph import storage
from graph.commands import AddNode, MakeBlock, SetParam
from graph.document import Document
from graph.records import Node
from graph.templates import TEMPLATES


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    window = MainWindow(warm=False)
    qtbot.addWidget(window, before_close_func=lambda w: w.session.history.mark_saved())
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    return window


@pytest.fixture
def opened(window: MainWindow, document: Document, tmp_path: Path) -> MainWindow:
    path = tmp_path / "net.loom"
    storage.save(document, path)
    assert window.files.open(path)
    return window


def trigger(window: MainWindow, id: str) -> None:
    window.menus.refresh()
    window.menus.actions[id].trigger()


def answer(monkeypatch: pytest.MonkeyPatch, button: QMessageBox.StandardButton) -> list[str]:
    asked: list[str] = []

    def exec_(box: QMessageBox) -> QMessageBox.StandardButton:
        asked.append(box.text())
        return button

    monkeypatch.setattr(QMessageBox, "exec", exec_)
    return asked


# -- the table of actions


def test_the_table_holds_together() -> None:
    ids = [action.id for action in ACTIONS]
    assert len(set(ids)) == len(ids)
    keys = [key for action in ACTIONS for key in action.shortcut.split("; ") if key]
    assert len(set(keys)) == len(keys)
    for action in ACTIONS:
        assert action.menu.partition("/")[0] in MENUS
        assert all(QKeySequence(key).toString() for key in action.shortcut.split("; ") if key), action.id
    with pytest.raises(StopIteration):
        by_id("fly")


def test_actions_say_whether_they_can_be_done(opened: MainWindow) -> None:
    actions = opened.menus.actions
    opened.menus.refresh()
    assert not actions["undo"].isEnabled()
    assert not actions["delete"].isEnabled()
    opened.session.selection.set(["n2"])
    opened.menus.refresh()
    assert actions["delete"].isEnabled()
    assert not actions["align-left"].isEnabled()
    opened.session.do(SetParam("n2", "out_features", 9))
    opened.menus.refresh()
    assert actions["undo"].text() == "Undo Set out_features of Linear to 9"


def test_every_action_without_a_dialog_runs(opened: MainWindow, qtbot: QtBot) -> None:
    ask = {
        "open",
        "save-as",
        "export",
        "quit",
        "close",
        "log",
        "new",
        "commands",
        "find",
        "shortcuts",
        "about",
        "train",
    }
    for action in ACTIONS:
        if action.id in ask:
            continue
        opened.session.selection.set([n for n in ("n2", "n3") if n in opened.session.document.graph()])
        trigger(opened, action.id)
        qtbot.wait(1)
    opened.set_theme(Mode.SYSTEM)


def test_run_actions_follow_the_state(opened: MainWindow) -> None:
    wishes: list[str] = []
    opened.session.run.requested.connect(wishes.append)
    opened.session.run.state = "running"
    opened.menus.refresh()
    states = {id: opened.menus.actions[id].isEnabled() for id in ("train", "pause", "resume", "stop")}
    assert states == {"train": False, "pause": True, "resume": False, "stop": True}
    trigger(opened, "pause")
    assert wishes == ["pause"]
    opened.session.run.state = "idle"


# -- edits


def test_copy_paste_duplicate_delete_undo(opened: MainWindow) -> None:
    session = opened.session
    session.selection.set(["n2", "n3"])
    trigger(opened, "copy")
    trigger(opened, "paste")
    graph = session.document.graph()
    pasted = session.selection.nodes
    assert len(graph) == 6
    assert not pasted & {"n2", "n3"}
    assert sum(link.source in pasted and link.target in pasted for link in graph.links.values()) == 1
    trigger(opened, "duplicate")
    assert len(graph) == 8
    trigger(opened, "delete")
    assert len(graph) == 6
    for _ in range(3):
        trigger(opened, "undo")
    assert set(graph.node_ids) == {"n1", "n2", "n3", "n4"}
    assert not session.is_dirty


def test_pasting_what_is_no_drawing_is_told(opened: MainWindow) -> None:
    QGuiApplication.clipboard().setText("hello")
    trigger(opened, "paste")
    assert opened.toasts.shown[-1].text.text() == "The clipboard holds no part of a design."


def test_delete_and_heal(opened: MainWindow) -> None:
    opened.session.selection.set(["n2"])
    trigger(opened, "delete-heal")
    link = next(iter(opened.session.document.graph().incoming("n3")))
    assert link.source == "n1"


def test_tidy_and_align_are_one_step_each(opened: MainWindow) -> None:
    session = opened.session
    session.do(AddNode(Node("n9", "relu", x=900, y=900)))
    steps = len(session.history.entries)
    trigger(opened, "tidy")
    assert len(session.history.entries) == steps + 1
    session.selection.set(["n1", "n9"])
    trigger(opened, "align-left")
    graph = session.document.graph()
    assert graph.node("n1").x == graph.node("n9").x


def test_palette_adds_at_the_centre_of_the_view(opened: MainWindow, qtbot: QtBot) -> None:
    panel = opened.show_panel("palette")
    assert panel is not None
    panel.field.setFocus()  # type: ignore[attr-defined]
    qtbot.keyClicks(panel.field, "dropout")  # type: ignore[attr-defined]
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)  # type: ignore[attr-defined]
    added = opened.session.selection.node
    assert opened.session.document.graph().node(added).layer == "dropout"
    assert opened.canvas.rect().contains(opened.canvas.node_rect(added).center().toPoint())


def test_enter_and_leave_a_block(opened: MainWindow) -> None:
    opened.session.do(MakeBlock(("n2", "n3"), "Body"))
    instance = next(n.id for n in opened.session.document.graph().nodes if n.block)
    opened.session.selection.set([instance])
    trigger(opened, "enter")
    assert opened.session.selection.path == instance
    trigger(opened, "leave")
    assert opened.session.selection.path == ""


# -- files


def test_save_clears_the_mark_and_is_remembered(
    opened: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.session.do(SetParam("n2", "out_features", 9))
    assert opened.isWindowModified()
    trigger(opened, "save")
    assert not opened.isWindowModified()
    assert '"out_features": 9' in (tmp_path / "net.loom").read_text()
    target = tmp_path / "other"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    trigger(opened, "save-as")
    assert target.with_suffix(".loom").exists()
    assert opened.session.title == "other"
    assert [path.name for path in recent.recent()] == ["other.loom", "net.loom"]


def test_a_file_changed_by_others_is_not_overwritten_unasked(opened: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "net.loom"
    path.write_text(path.read_text() + "\n")
    foreign = path.read_text()
    opened.session.do(SetParam("n2", "out_features", 9))
    trigger(opened, "save")
    assert path.read_text() == foreign
    toast = opened.toasts.shown[-1]
    next(b for b in toast.findChildren(QPushButton) if b.text() == "Overwrite it").click()
    assert '"out_features": 9' in path.read_text()


def test_a_file_that_is_no_design_is_told_in_a_sentence(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "bad.loom"
    path.write_text("{")
    before = window.session
    assert not window.files.open(path)
    assert window.session is before
    assert "bad.loom" in window.toasts.shown[-1].text.text()


def test_what_was_left_out_of_a_file_is_told(window: MainWindow, document: Document, tmp_path: Path) -> None:
    path = tmp_path / "odd.loom"
    storage.save(document, path)
    data = json.loads(path.read_text())
    nodes = data["nodes"]
    for number in range(6):
        nodes[f"bad id {number}"] = {"layer": 7}
    path.write_text(json.dumps(data))
    assert window.files.open(path)
    shown = [toast.notice.problem for toast in window.toasts.shown]
    assert len(shown) == 4
    assert "left out" in shown[0].message
    assert "saving writes the design without it" in shown[-1].message
    assert "bad id" in shown[-1].detail


def test_examples_have_the_names_of_the_gallery(window: MainWindow) -> None:
    file = next(menu for menu in window.findChildren(QMenu) if menu.title() == "Open example")
    file.aboutToShow.emit()
    labels = {action.text() for family in file.findChildren(QMenu) for action in family.actions()}
    assert labels == {template.label for id, template in TEMPLATES.items() if (EXAMPLES / f"{id}.loom").is_file()}
    assert len(labels) > 3


def test_closing_with_edits_asks(opened: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.session.do(SetParam("n2", "out_features", 9))
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    opened.close()
    assert opened.isVisible()
    assert asked == ["Save the changes to net?"]
    answer(monkeypatch, QMessageBox.StandardButton.Save)
    opened.close()
    assert not opened.isVisible()
    assert not opened.session.is_dirty


def test_a_dropped_design_opens(window: MainWindow, document: Document, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "dropped.loom"
    storage.save(document, path)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(event)
    qtbot.waitUntil(lambda: window.session.path == path)


def test_what_a_crash_left_is_offered_and_restored(
    window: MainWindow, document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    autosave = storage.Autosave(document, None, tmp_path / "autosave")
    SetParam("n2", "out_features", 33).apply(document)
    autosave.write()
    monkeypatch.setattr(storage, "_is_alive", lambda head: False)
    window.files.offer_recovery()
    toast = window.toasts.shown[-1]
    next(b for b in toast.findChildren(QPushButton) if b.text() == "Restore").click()
    assert window.session.document.graph().node("n2").params["out_features"] == 33
    assert window.session.is_dirty
    assert autosave.file.exists()
    window.tab.keeper.close()
    assert not autosave.file.exists()


def test_edits_are_autosaved_apart_from_the_file(opened: MainWindow, tmp_path: Path) -> None:
    before = (tmp_path / "net.loom").read_text()
    opened.session.do(SetParam("n2", "out_features", 9))
    opened.tab.keeper.write_autosave()
    copies = list((tmp_path / "autosave").glob("*.autosave"))
    assert len(copies) == 1
    assert '"out_features": 9' in copies[0].read_text()
    assert (tmp_path / "net.loom").read_text() == before
    trigger(opened, "save")
    assert not copies[0].exists()


def test_the_gallery_starts_a_design(window: MainWindow, qtbot: QtBot) -> None:
    trigger(window, "new")
    gallery = window.findChild(Gallery)
    assert gallery is not None
    card = next(card for card in gallery.cards if card.template.label == "Multi-layer perceptron")
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert len(window.session.document.graph()) > 3
    assert window.session.path is None
    assert [p for p in window.session.problems if p.severity is Severity.ERROR] == []


def test_the_gallery_is_searched(window: MainWindow, qtbot: QtBot) -> None:
    trigger(window, "new")
    gallery = window.findChild(Gallery)
    assert gallery is not None
    qtbot.keyClicks(gallery.field, "perceptron rosenblatt")
    assert [card for card in gallery.cards if card.isVisible()] == []
    gallery.field.setText("PERCEPTRON and")
    shown = [card.template.label for card in gallery.cards if card.isVisible()]
    assert "Perceptron: AND" in shown
    assert len(shown) < 6
    gallery.field.setText("gan")
    shown = [card.template.label for card in gallery.cards if card.isVisible()]
    assert "DCGAN" in shown
    assert "Digits, self-organising map" not in shown  # in the middle of a word of the description
    gallery.field.clear()
    assert all(card.isVisible() for card in gallery.cards)
    gallery.field.setText("perceptron: and")
    qtbot.keyClick(gallery.field, Qt.Key.Key_Return)
    assert "Perceptron AND" in window.windowTitle()


def test_the_menus_open_by_letters_that_no_shortcut_takes(window: MainWindow) -> None:
    for code in ("en", "de"):
        window.menus.actions[f"language-{code}"].trigger()
        titles = [action.text() for action in window.menuBar().actions()]
        keys = [QKeySequence.mnemonic(title) for title in titles]
        assert len(set(keys)) == len(titles), titles
        taken = {keys for action in window.menus.actions.values() for keys in action.shortcuts()}
        assert not taken & set(keys)
    window.menus.actions["language-en"].trigger()


# -- around


@pytest.mark.parametrize("panel", [panel.id for panel in PANELS])
def test_every_panel_is_built_when_it_is_shown(opened: MainWindow, panel: str) -> None:
    built = opened.show_panel(panel)
    assert built is not None
    assert built.isVisible()


def test_another_design_gets_panels_of_its_own(opened: MainWindow, document: Document) -> None:
    first = opened.show_panel("inspector")
    opened.open_tab(document, None)
    assert opened.show_panel("inspector") is not first


def test_a_design_that_is_left_is_let_go(opened: MainWindow, document: Document, qtbot: QtBot) -> None:
    for panel in PANELS:
        opened.show_panel(panel.id)
    left = weakref.ref(opened.session)
    opened.open_tab(document, None)
    assert opened.close_tab(next(opened.tabs.tabs()))

    def gone() -> bool:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        return left() is None

    qtbot.waitUntil(gone, timeout=5000)


def test_the_tab_counts_problems(opened: MainWindow, qtbot: QtBot) -> None:
    tabs = opened.docks["bottom"].tabs
    opened.show_panel("problems")
    opened.session.selection.set(["n2"])
    trigger(opened, "delete")
    qtbot.waitUntil(lambda: tabs.tabText(0).startswith("Problems  "))
    qtbot.waitUntil(lambda: "error" in opened.status.problems.text())


def test_the_command_palette_runs_what_is_typed(opened: MainWindow, qtbot: QtBot) -> None:
    trigger(opened, "commands")
    launcher = opened.findChild(Launcher)
    assert launcher is not None
    qtbot.keyClicks(launcher.field, "select all")
    qtbot.keyClick(launcher.field, Qt.Key.Key_Return)
    assert opened.session.selection.nodes == {"n1", "n2", "n3", "n4"}


def test_find_goes_to_a_node(opened: MainWindow, qtbot: QtBot) -> None:
    trigger(opened, "find")
    launcher = opened.findChild(Launcher)
    assert launcher is not None
    qtbot.keyClicks(launcher.field, "relu")
    qtbot.keyClick(launcher.field, Qt.Key.Key_Return)
    assert opened.session.selection.nodes == {"n3"}


def test_a_toast_offers_fixes_and_goes(opened: MainWindow) -> None:
    fix = Fix("Use 8", "set_param", {"name": "out_features", "value": 8})
    opened.session.notify(Problem("p", "Too many features.", node="n2", fixes=(fix,), detail="trace"))
    toast = opened.toasts.shown[-1]
    buttons = {b.text(): b for b in toast.findChildren(QPushButton)}
    assert set(buttons) == {"Use 8", "Show", "Details"}
    buttons["Use 8"].click()
    assert opened.session.document.graph().node("n2").params["out_features"] == 8
    assert toast not in opened.toasts.shown


def test_the_same_message_is_shown_once_and_few_at_a_time(opened: MainWindow) -> None:
    for _ in range(3):
        opened.session.notify("Again.")
    assert len(opened.toasts.shown) == 1
    for i in range(10):
        opened.session.notify(f"Message {i}.")
    assert len(opened.toasts.shown) == 4


def test_what_nobody_caught_is_told_and_logged(opened: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    file = errors.start_log(tmp_path / "log")
    assert file is not None
    watch = Watch(opened.tell)
    try:
        thread = threading.Thread(target=lambda: [][1])
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: bool(opened.toasts.shown))
        problem = opened.toasts.shown[-1].notice.problem
        assert "list index out of range" in problem.message
        assert "Traceback" in problem.detail
        assert "list index out of range" in file.read_text()
    finally:
        watch.remove()
        for handler in list(errors.log.handlers):
            errors.log.removeHandler(handler)
            handler.close()


def test_collection_runs_in_the_windows_thread_alone(qtbot: QtBot) -> None:
    owner = QObject()
    collector = Collector(owner)
    try:
        assert not gc.isenabled()
        gone: list[int] = []
        thing = Cycle()
        thing.itself = thing
        weakref.finalize(thing, gone.append, 1)
        del thing
        held = [[] for _ in range(2 * gc.get_threshold()[0])]
        collector.collect()
        assert gone == [1]
        assert held
    finally:
        shiboken6.delete(owner)
    assert gc.isenabled()


class Cycle:
    itself: object = None


def test_a_layout_can_be_reset(opened: MainWindow) -> None:
    for dock in opened.docks.values():
        dock.close()
    trigger(opened, "reset-layout")
    assert all(dock.isVisible() for dock in opened.docks.values())


def test_a_run_that_begins_is_watched(opened: MainWindow) -> None:
    opened.session.run.state = "preparing"
    assert opened.docks["bottom"].pages["plots"].isVisible()
    opened.session.run.state = "idle"


def test_problem_of_an_error_without_text() -> None:
    assert "KeyError" in problem_of(KeyError()).detail
    assert "ZeroDivisionError" in problem_of(ZeroDivisionError()).message


def test_theme_wish_is_kept(opened: MainWindow) -> None:
    opened.set_theme(Mode.DARK)
    assert manager().theme.dark
    assert QSettings().value("theme") == "dark"
    opened.set_theme(Mode.SYSTEM)


def test_the_shortcut_sheet_lists_the_table(opened: MainWindow) -> None:
    trigger(opened, "shortcuts")
    sheet = opened.findChild(ShortcutSheet)
    assert sheet is not None
    assert {"Ctrl+K", "Train", "F5"} <= {label.text() for label in sheet.findChildren(QLabel)}
