"""The Lesson panel: it tells the lesson of the open design, and its ticks turn green when runs and drawing say so."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from core.training.protocol import Finished, StateChanged
from core.training.runs import RunFolder, StatusKeeper
from designer.lesson.panel import LessonPanel
from designer.session import Session
from designer.studio import Studio
from designer.theme import Mode, manager
from designer.window import MainWindow
from graph.codec import decode, encode
from graph.commands import SetJob, SetNode, SetSetting
from graph.document import Document
from graph.lessons import Lesson, Task
from graph.lessons.shorthand import drawn, small
from graph.lower import lower
from graph.templates import TEMPLATES


@pytest.fixture
def document() -> Document:
    return TEMPLATES["xor_mlp"].build(default_catalog())


@pytest.fixture
def panel(session: Session, studio: Studio, qtbot: QtBot) -> LessonPanel:
    panel = LessonPanel(session, studio)
    qtbot.addWidget(panel)
    panel.resize(340, 700)
    panel.show()
    return panel


def ran(studio: Studio, name: str, accuracy: float, *, muted: bool = False, **job: Any) -> None:
    """A run of the design with other settings, ended."""
    document, _ = decode(encode(studio.session.document), default_catalog())
    for path, value in job.items():
        SetJob(path.replace("__", "."), value).apply(document)
    if muted:
        [tanh] = [node.id for node in document.graph().nodes if node.layer == "tanh"]
        SetNode(tanh, {"muted": True}).apply(document)
    folder = RunFolder.create(studio.directory / name, lower(document), document.job, encode(document), name)
    keeper = StatusKeeper(folder)
    keeper.follow(StateChanged("finished"))
    keeper.follow(Finished({"test": {"accuracy": accuracy}}, 40.0, 400, 0.5))
    studio.listed.emit()


def ticks(panel: LessonPanel) -> list[str]:
    return [row.tick.accessibleName() for row in panel.rows]


def test_it_tells_the_lesson_and_the_next_step(panel: LessonPanel) -> None:
    assert panel._title.text() == "XOR MLP"
    assert panel._what.text().startswith("Each hidden neuron draws a line")
    assert panel._count.text() == "0 of 4"
    assert panel._next.text() == "There is no run of it yet: train it."
    assert ticks(panel) == ["to do"] * 4


def test_ticks_turn_green_when_a_run_ends(panel: LessonPanel, studio: Studio, qtbot: QtBot) -> None:
    ran(studio, "first", 1.0)
    qtbot.waitUntil(lambda: ticks(panel)[0] == "done", timeout=3000)
    assert panel._count.text() == "1 of 4"
    assert panel._bar.value() == 1
    assert panel.rows[0].said.text() == "Reached: test accuracy 1, in the run first."
    ran(studio, "straight", 0.5, muted=True)
    qtbot.waitUntil(lambda: ticks(panel)[2] == "done", timeout=3000)
    ran(studio, "bad", 0.5)
    qtbot.wait(400)
    assert ticks(panel) == ["done", "to do", "done", "to do"]


def test_it_says_what_to_do_now(panel: LessonPanel, session: Session, studio: Studio, qtbot: QtBot) -> None:
    ran(studio, "first", 1.0)
    [tanh] = [node.id for node in session.document.graph().nodes if node.layer == "tanh"]
    session.do(SetNode(tanh, {"muted": True}))
    qtbot.waitUntil(lambda: panel.rows[2].said.text() == "The design has no tanh. Now train it.", timeout=3000)
    session.undo()
    told = "No run yet with no tanh: set it, then train it."
    qtbot.waitUntil(lambda: panel.rows[2].said.text() == told, timeout=3000)


def test_the_drawing_is_watched(panel: LessonPanel, session: Session, qtbot: QtBot) -> None:
    tasks = (Task("Small.", small(17)), Task("Read."), Task("Long.", drawn({"job.epochs": {"at_least": 100}})))
    session.do(SetSetting("lesson", Lesson("own", "What.", "Look.", tasks).to_json()))
    qtbot.waitUntil(lambda: ticks(panel) == ["done", "not checked", "to do"], timeout=3000)
    session.do(SetJob("epochs", 100))
    qtbot.waitUntil(lambda: ticks(panel) == ["done", "not checked", "done"], timeout=3000)
    assert panel._next.text() == "All checks hold. Well done."
    session.do(SetSetting("lesson", None))
    qtbot.waitUntil(lambda: panel._stack.currentIndex() == 0, timeout=3000)
    session.undo()
    qtbot.waitUntil(lambda: len(panel.rows) == 3, timeout=3000)


def test_a_run_that_cannot_be_read_is_left_out(panel: LessonPanel, studio: Studio, qtbot: QtBot) -> None:
    ran(studio, "broken", 1.0)
    (studio.directory / "broken" / "design.loom").write_text("{")
    (studio.directory / "worse").mkdir()
    (studio.directory / "worse" / "run.json").write_text("[")
    studio.listed.emit()
    qtbot.wait(400)
    assert ticks(panel)[0] == "to do"


@pytest.mark.parametrize("mode", [Mode.LIGHT, Mode.DARK])
def test_it_is_painted(panel: LessonPanel, studio: Studio, qtbot: QtBot, mode: Mode) -> None:
    manager().set_mode(mode)
    try:
        before = panel.grab().toImage()
        ran(studio, "first", 1.0)
        qtbot.waitUntil(lambda: ticks(panel)[0] == "done", timeout=3000)
        assert panel.grab().toImage() != before
    finally:
        manager().set_mode(Mode.SYSTEM)


def test_a_design_with_a_lesson_opens_with_it_in_front(document: Document, qtbot: QtBot) -> None:
    window = MainWindow(warm=False)
    qtbot.addWidget(window)
    window.show()
    right = window.docks["right"]
    assert right.tabs.currentIndex() == 0
    window.open_tab(document, None)
    assert list(right.pages)[right.tabs.currentIndex()] == "lesson"
    window.show_panel("data")
    window.select_tab(window.tab)
    assert list(right.pages)[right.tabs.currentIndex()] == "data", "once"
    window.close()
