"""Several designs in one window: tabs, files dropped on it, and what comes back after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from core.problem import Problem
from core.training.protocol import Command
from designer import assistant
from designer.canvas.view import CanvasView
from designer.session import Session
from designer.shell.keeper import Keeper
from designer.window import MainWindow
from designer.workers import Worker
from graph import storage
from graph.commands import AddNode, AddNote, SetParam
from graph.document import Document
from graph.records import Node, Note
from tests.cli.test_import import model as imported_model


@pytest.fixture
def window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    window = MainWindow(warm=False)
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    yield window
    for tab in window.tabs.tabs():
        tab.session.history.mark_saved()
    window.close()
    window.deleteLater()


@pytest.fixture
def files(document: Document, tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.loom" for name in ("one", "two", "three")]
    for path in paths:
        storage.save(document, path)
    return paths


def titles(window: MainWindow) -> list[str]:
    return [tab.session.title for tab in window.tabs.tabs()]


def edit(window: MainWindow, features: int = 9) -> None:
    assert window.session.do(SetParam("n2", "out_features", features))


def never_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QMessageBox, "exec", lambda box: pytest.fail(f"asked: {box.text()}"))


def test_problems_are_counted_before_anybody_looks(window: MainWindow, files: list[Path]) -> None:
    window.files.open(files[0])
    window.show_panel("code")
    window.open_tab(Document(default_catalog()), None)
    tabs = window.docks["bottom"].tabs
    assert tabs.accessibleTabName(0) == "Problems", "nothing is drawn yet, which is no fault"
    other = Document(default_catalog())
    AddNode(Node("a", "flatten")).apply(other)
    window.open_tab(other, None)
    assert tabs.accessibleTabName(0) == "Problems  4", "no input, no output, no loss, no wire"


def test_each_file_has_a_tab_with_its_own_history_and_panels(window: MainWindow, files: list[Path]) -> None:
    assert not window.tabs.isVisible()
    for path in files:
        assert window.files.open(path)
    assert titles(window) == ["one", "two", "three"]
    assert window.tabs.isVisible()
    edit(window)
    inspector = window.show_panel("inspector")
    window.select_tab(next(window.tabs.tabs()))
    assert window.session.title == "one"
    assert not window.session.is_dirty
    assert window.canvas.isVisible()
    assert window.show_panel("inspector") is not inspector
    window.tabs.setCurrentIndex(2)
    assert window.session.document.graph().node("n2").params["out_features"] == 9
    assert window.show_panel("inspector") is inspector
    assert inspector is not None
    assert inspector.isVisible()


def test_a_file_that_is_open_is_brought_to_the_front(window: MainWindow, files: list[Path]) -> None:
    for path in files:
        window.files.open(path)
    assert window.files.open(files[0])
    assert window.session.title == "one"
    assert window.tabs.count() == 3


def test_control_tab_goes_round(window: MainWindow, files: list[Path], qtbot: QtBot) -> None:
    for path in files:
        window.files.open(path)
    window.menus.refresh()
    window.activateWindow()
    seen = []
    for _ in range(3):
        window.canvas.setFocus()
        qtbot.keyClick(window.canvas, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
        seen.append(window.session.title)
    assert seen == ["one", "two", "three"]


def test_a_dot_tells_of_unsaved_edits(window: MainWindow, files: list[Path]) -> None:
    for path in files[:2]:
        window.files.open(path)
    assert window.tabs.tabIcon(1).isNull()
    edit(window)
    assert not window.tabs.tabIcon(1).isNull()
    assert window.tabs.accessibleTabName(1) == "two, unsaved changes"
    window.files.save()
    assert window.tabs.tabIcon(1).isNull()


def test_files_of_one_name_are_told_apart(window: MainWindow, document: Document, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        storage.save(document, tmp_path / name / "net.loom")
        window.files.open(tmp_path / name / "net.loom")
    assert [window.tabs.tabText(i) for i in range(2)] == ["net – a", "net – b"]


def test_the_middle_button_closes_and_asks_first(
    window: MainWindow, files: list[Path], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in files:
        window.files.open(path)
    edit(window)
    place = window.tabs.tabRect(2).center()
    monkeypatch.setattr(QMessageBox, "exec", lambda _box: QMessageBox.StandardButton.Cancel)
    qtbot.mouseClick(window.tabs, Qt.MouseButton.MiddleButton, pos=place)
    assert titles(window) == ["one", "two", "three"]
    monkeypatch.setattr(QMessageBox, "exec", lambda _box: QMessageBox.StandardButton.Discard)
    qtbot.mouseClick(window.tabs, Qt.MouseButton.MiddleButton, pos=place)
    assert titles(window) == ["one", "two"]
    never_ask(monkeypatch)
    qtbot.mouseClick(window.tabs, Qt.MouseButton.MiddleButton, pos=window.tabs.tabRect(0).center())
    assert window.session.title == "two"
    assert not window.tabs.isVisible()


def test_closing_the_last_design_leaves_an_empty_one(window: MainWindow, files: list[Path]) -> None:
    window.files.open(files[0])
    assert window.close_tab()
    assert titles(window) == ["Untitled"]
    assert window.tab.is_pristine


def test_a_design_that_trains_is_not_closed_unasked(
    window: MainWindow, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    window.files.open(files[0])
    window.session.run.state = "running"
    asked: list[str] = []
    monkeypatch.setattr(QMessageBox, "exec", lambda b: asked.append(b.text()) or QMessageBox.StandardButton.Cancel)
    assert not window.close_tab()
    assert "is being trained" in asked[0]
    window.session.run.state = "idle"


def test_the_window_asks_for_every_unsaved_design(
    window: MainWindow, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in files:
        window.files.open(path)
        edit(window)
    asked: list[str] = []
    monkeypatch.setattr(QMessageBox, "exec", lambda b: asked.append(b.text()) or QMessageBox.StandardButton.Save)
    window.close()
    assert [text.split()[-1] for text in asked] == ["one?", "two?", "three?"]
    assert all('"out_features": 9' in path.read_text() for path in files)


def test_what_a_design_behind_says_is_told_in_front(window: MainWindow, files: list[Path]) -> None:
    for path in files[:2]:
        window.files.open(path)
    behind = next(window.tabs.tabs())
    behind.session.notify("Training finished.")
    toast = window.toasts.shown[-1]
    assert toast.text.text() == "one: Training finished."
    next(b for b in toast.findChildren(QPushButton) if b.text() == "Go there").click()
    assert window.session.title == "one"


def test_closing_a_design_does_not_wait_for_its_processes(window: MainWindow, files: list[Path], qtbot: QtBot) -> None:
    window.files.open(files[0])
    window.studio.warm()
    spare = window.studio.findChild(Worker)
    assert spare is not None
    qtbot.waitUntil(lambda: spare.pid > 0)
    window.studio._spare = None  # as if it trained: nobody takes it over
    assert window.close_tab()
    assert spare.is_alive
    assert spare.parent() is window
    qtbot.waitUntil(lambda: spare not in window.findChildren(Worker), timeout=20000)


# -- files dropped on the window


def drop(window: MainWindow, path: Path, on: CanvasView | None = None) -> None:
    """Over the canvas, as most are: what that does not want, Qt offers to the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, button, none)
    QApplication.sendEvent(on or window, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, button, none)
    QApplication.sendEvent(window, event)
    assert event.isAccepted()


def test_a_dropped_design_opens_in_a_tab(window: MainWindow, files: list[Path], qtbot: QtBot) -> None:
    window.files.open(files[0])
    drop(window, files[1], window.canvas)
    qtbot.waitUntil(lambda: titles(window) == ["one", "two"])


def test_a_dropped_table_becomes_the_data_when_agreed(
    window: MainWindow, files: list[Path], tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(window.assistant, "request", lambda name, args, then: asked.append(name))
    window.files.open(files[0])
    table = tmp_path / "points.csv"
    table.write_text("x,y\n1,2\n3,4\n")
    drop(window, table)
    qtbot.waitUntil(lambda: bool(window.toasts.shown))
    toast = window.toasts.shown[-1]
    assert "one" in toast.text.text()
    assert "points.csv" in toast.text.text()
    assert window.session.document.job.data.source.kind == "none"
    next(b for b in toast.findChildren(QPushButton)).click()
    source = window.session.document.job.data.source
    assert (source.kind, source.params) == ("csv", {"path": str(table)})
    assert "data.signature" in asked
    window.session.undo()
    assert window.session.document.job.data.source.kind == "none"


@pytest.mark.parametrize(("name", "told"), [("m.pt", "do not say what the network is"), ("m.txt", "nothing that")])
def test_what_cannot_be_taken_is_told(window: MainWindow, tmp_path: Path, name: str, told: str, qtbot: QtBot) -> None:
    drop(window, tmp_path / name)
    qtbot.waitUntil(lambda: bool(window.toasts.shown))
    assert told in window.toasts.shown[-1].text.text()


def test_a_dropped_model_opens_as_a_design_with_its_run(
    window: MainWindow, files: list[Path], tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The assistant's answer is made by its own code, in this process."""
    model = imported_model(tmp_path / "net.onnx", "Tanh")
    monkeypatch.setattr("designer.shell.imports.runs_folder", lambda _: tmp_path / "runs")

    def request(name: str, args: dict[str, Any], then: Any) -> None:
        reply = assistant.answer(Command("request", {"id": 1, "name": name, "args": args}))
        then(reply.result, Problem.from_json(reply.problem) if reply.problem else None)

    monkeypatch.setattr(window.assistant, "request", request)
    window.files.open(files[0])
    drop(window, model)
    qtbot.waitUntil(lambda: titles(window)[-1] == "net")
    assert "differ from those of ONNX Runtime by" in window.toasts.shown[-1].text.text()
    assert window.session.is_dirty
    assert window.studio.record is not None
    assert window.studio.record.folder.parent == tmp_path / "runs"
    (tmp_path / "damaged.onnx").write_bytes(b"damaged")
    drop(window, tmp_path / "damaged.onnx")
    qtbot.waitUntil(lambda: "damaged.onnx is no ONNX model" in window.toasts.shown[-1].text.text())


# -- after a crash


def test_every_open_design_comes_back(
    window: MainWindow, files: list[Path], document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "autosave"
    for path in (files[0], None):
        edited = Document(document.catalog) if path is None else storage.load(path, document.catalog)[0]
        copy = storage.Autosave(edited, path, folder)
        command = SetParam("n2", "out_features", 30) if path else AddNote(Note("", "kept", 0.0, 0.0))
        edited.apply(command.changes(edited))
        copy.write()
    storage.OpenFiles(folder).note(files[:2])
    monkeypatch.setattr(storage, "_is_alive", lambda head: False)
    window.files.offer_recovery()
    toast = window.toasts.shown[-1]
    assert "Unsaved changes to" in toast.text.text()
    assert "Was open: two.loom" in toast.text.text()
    next(b for b in toast.findChildren(QPushButton) if b.text() == "Restore").click()
    assert sorted(titles(window)) == ["Untitled", "one", "two"]
    assert {tab.session.title for tab in window.tabs.tabs() if tab.session.is_dirty} == {"Untitled", "one"}


def test_a_window_that_closes_well_leaves_nothing_to_restore(
    window: MainWindow, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    window.files.open(files[0])
    assert len(list(storage.autosave_folder().glob("*.open"))) == 1
    window.close()
    assert list(storage.autosave_folder().iterdir()) == []


def test_edits_that_go_on_and_on_are_kept_all_the_same(session: Session, qtbot: QtBot) -> None:
    keeper = Keeper(session)
    for number in range(2, 40):
        session.do(SetParam("n2", "out_features", number))
        qtbot.wait(40)
    copies = list(storage.autosave_folder().glob("*.autosave"))
    assert len(copies) == 1
    keeper.close()


def test_a_copy_that_cannot_be_written_is_told_once(
    session: Session, notices: list[object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder is needed")
    monkeypatch.setattr(storage, "autosave_folder", lambda: blocked)
    keeper = Keeper(session)
    for number in (5, 6, 7):
        session.do(SetParam("n2", "out_features", number))
        keeper.write_autosave()
    assert len(notices) == 1
    keeper.close()


def test_taking_all_edits_back_forgets_the_copy(session: Session) -> None:
    keeper = Keeper(session)
    session.do(SetParam("n2", "out_features", 5))
    keeper.write_autosave()
    assert list(storage.autosave_folder().glob("*.autosave"))
    session.undo()
    keeper.write_autosave()
    assert not list(storage.autosave_folder().glob("*.autosave"))
    keeper.close()
