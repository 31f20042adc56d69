"""The Evaluation panel: canned answers, what the hand does with them, and one real process."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.problem import Problem
from core.training.protocol import Saved, StateChanged
from designer.evaluation.boxes import BoxesView
from designer.evaluation.classes import ClassesView
from designer.evaluation.matrix import ConfusionView, tint
from designer.evaluation.numbers import NumbersView
from designer.evaluation.pairs import PairsView
from designer.evaluation.panel import EvaluationPanel
from designer.figures import asking
from designer.figures.header import where
from designer.studio import Studio
from designer.workers import AssistantClient
from tests import answers
from tests.analysed import SUBJECTS, fresh
from tests.asked import Asked, show_run

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def panel(studio: Studio, assistant: Asked, qtbot: QtBot) -> EvaluationPanel:
    panel = EvaluationPanel(studio, assistant)
    qtbot.addWidget(panel)
    panel.resize(1100, 320)
    panel.show()
    return panel


def test_a_run_is_asked_about_when_it_is_looked_at(
    panel: EvaluationPanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    assert not assistant.questions
    show_run(studio, tmp_path)
    assert assistant.questions[0][:2] == ("analyse.evaluate", {"run": str(tmp_path / "Pets"), "split": "test"})
    assistant.reply(answers.answer(answers.classification()))
    assert isinstance(panel.view, ClassesView)
    assert "after step 120" in " ".join(text.text() for text in panel.findChildren(QLabel))
    assert panel.view.behind.title == "Least expected answers"


def test_nothing_is_asked_while_it_is_not_seen(
    panel: EvaluationPanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    panel.hide()
    show_run(studio, tmp_path)
    assert not assistant.questions
    panel.show()
    assert assistant.names == ["analyse.evaluate"]


def test_saved_weights_are_looked_at_but_not_too_often(
    panel: EvaluationPanel, studio: Studio, assistant: Asked, tmp_path: Path, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(asking, "EVERY_MS", 60)
    panel._watch.rest(0.0)
    record = show_run(studio, tmp_path, "running")
    assistant.reply(answers.answer(answers.classification()))
    for step in (10, 20, 30):
        record.take(Saved("last", step, best=False))
        studio.advanced.emit()
    assert len(assistant.questions) == 1, "the pause holds"
    qtbot.waitUntil(lambda: len(assistant.questions) == 2, timeout=2000)
    assistant.reply(answers.answer(answers.classification()))
    qtbot.wait(150)
    assert len(assistant.questions) == 2, "nothing new was saved"
    record.take(Saved("last", 40, best=False))
    record.take(StateChanged("finished"))
    studio.advanced.emit()
    assert len(assistant.questions) == 3, "an end is looked at without a pause"


def test_of_many_questions_only_the_newest_is_asked_and_old_answers_are_dropped(
    panel: EvaluationPanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    panel._part.setCurrentText("validation")
    panel._part.setCurrentText("train")
    assert len(assistant.questions) == 1
    assistant.reply(answers.answer(answers.regression()))
    assert not isinstance(panel.view, NumbersView) or panel._answer is None
    assert [args["split"] for _, args, _ in assistant.questions] == ["test", "train"]
    assistant.reply(answers.answer(answers.classification()))
    assert isinstance(panel.view, ClassesView)


def test_a_cell_shows_the_examples_behind_it(
    panel: EvaluationPanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(answers.answer(answers.classification()))
    view = panel.view
    assert isinstance(view, ClassesView)
    where = view.matrix.cell_rect((0, 1)).center().toPoint()
    QTest.mouseMove(view.matrix, where)
    QTest.mouseClick(view.matrix, LEFT, NONE, where)
    assert assistant.questions[-1][0] == "analyse.samples"
    assert assistant.questions[-1][1]["positions"] == [3, 4]
    assistant.reply([answers.sample(3, "cat", "dog"), answers.sample(4, "cat", "dog")])
    assert view.behind.title == "2 of 5 true cat were taken for dog (40.0 %)"
    assert [tile.caption for tile in view.behind.sheet.tiles] == ["#103", "#104"]
    count = len(assistant.questions)
    view.matrix.choose((1, 0))
    assert len(assistant.questions) == count, "an empty cell needs no question"
    assert not view.behind.sheet.tiles


def test_the_matrix_is_walked_by_keys(qtbot: QtBot) -> None:
    matrix = ConfusionView()
    qtbot.addWidget(matrix)
    matrix.show_task(answers.classification())
    matrix.resize(300, 260)
    matrix.show()
    told: list[str] = []
    matrix.pointed.connect(told.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(matrix, key)
    assert told == [matrix.sentence((0, 1)), "5 of 5 true dog were recognised (100.0 %)"]
    with qtbot.waitSignal(matrix.chosen) as caught:
        QTest.keyClick(matrix, Qt.Key.Key_Return)
    assert caught.args == [1, 1]
    QTest.mouseMove(matrix, QPoint(2, 2))
    assert matrix.accessibleDescription() == ""


def test_rare_mistakes_are_seen_and_none_are_quiet() -> None:
    rare, strength = tint(1, 1000, right=False)
    nothing, none = tint(0, 1000, right=False)
    assert rare != nothing
    assert strength > 0.14
    assert none == 0.0
    assert tint(0, 0, right=True)[1] == 0.0


@pytest.mark.parametrize("index", range(4))
def test_every_picture_of_classes_is_drawn(qtbot: QtBot, index: int) -> None:
    view = ClassesView(lambda positions, then: None)
    qtbot.addWidget(view)
    view.view.setCurrentIndex(index)
    view.show_task(answers.classification())
    view.resize(1000, 300)
    assert not view.grab().isNull()
    if index == 3:
        assert view.table.rowCount() == 2
        assert view.table.item(0, 0).text() == "cat"
    else:
        assert view.figure.drawing.note
    view.show_task({**answers.classification(), "calibration": None, "roc": [], "pr": []})
    assert not view.grab().isNull()


def test_numbers_and_pairs(panel: EvaluationPanel, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    assistant.reply(answers.answer(answers.regression(), answers.reconstruction()))
    view = panel.view
    assert isinstance(view, NumbersView)
    assert "R² 0.5" in view.scatter.drawing.note
    assert view.behind.sheet.tiles[0].caption == "true 2, predicted 1"
    panel._task.setCurrentIndex(1)
    pairs = panel.view
    assert isinstance(pairs, PairsView)
    assert pairs.pairs.sheet.tiles[0].beside is not None
    assert not panel.grab().isNull()


def test_boxes_that_were_found_lie_on_the_pictures(
    panel: EvaluationPanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(answers.answer(answers.detection()))
    view = panel.view
    assert isinstance(view, BoxesView)
    assert view.pictures.title == "Found 1 of 2, 1 wrong"
    first, second = view.pictures.sheet.tiles
    assert [box.true for box in first.boxes] == [True, True, False, False]
    assert (first.bad, first.caption) == (True, "1 missed")
    assert "found: cat 98%, dog 60%" in first.tip
    assert (second.bad, second.caption) == (False, "")
    assert view.worst.sheet.tiles[0].caption == "2 missed"
    assert "found: nothing" in view.worst.sheet.tiles[0].tip
    assert "0.75 at half" in view.curves.drawing.note
    assert not panel.grab().isNull()


def test_trouble_is_told_and_the_last_picture_stays(
    panel: EvaluationPanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(problem=Problem("weights", "The run Pets has no weights yet."))
    assert panel._stack.currentIndex() == 0, "that is no error: they come"
    panel.refresh()
    assistant.reply(answers.answer(answers.classification()))
    panel.refresh()
    assistant.reply(problem=Problem("data.missing", "There is no pets.csv."))
    assert panel._error.text() == "There is no pets.csv."
    assert isinstance(panel.view, ClassesView)
    panel.refresh()
    assistant.reply(answers.answer())
    assert panel.view is panel._plain
    studio._show(None)
    assert panel._stack.currentIndex() == 0


def test_a_real_run_in_a_real_process(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    run = fresh(tmp_path / "run", *SUBJECTS["moons"])
    assistant = AssistantClient()
    panel = EvaluationPanel(studio, assistant)
    qtbot.addWidget(panel)
    panel.show()
    studio.show(run.path)
    qtbot.waitUntil(lambda: isinstance(panel.view, ClassesView) and panel._answer is not None, timeout=60_000)
    assert panel._answer is not None
    [task] = panel._answer["tasks"]
    assert sum(map(sum, task["confusion"])) == 30
    view = panel.view
    assert isinstance(view, ClassesView)
    cell = next(iter(task["cells"]))
    true, guess = map(int, cell.split(","))
    view.matrix.choose((true, guess))
    qtbot.waitUntil(lambda: view.behind.title == view.matrix.sentence((true, guess)), timeout=20_000)
    assert len(view.behind.sheet.tiles) == len(task["cells"][cell])
    assistant.kill()


def test_a_slow_look_is_followed_by_a_long_pause(panel: EvaluationPanel) -> None:
    panel._watch.rest(3.5)
    assert panel._watch._pause.interval() == 35_000
    panel._watch.rest(0.01)
    assert panel._watch._pause.interval() == asking.EVERY_MS == 2000


def test_words_on_where_the_weights_come_from() -> None:
    assert where({**answers.HEAD, "examples": 5}) == "after step 120 · 5 of 10 examples"
    best = {**answers.HEAD, "step": None, "epoch": 7, "weights": "best"}
    assert where(best) == "best weights, of epoch 7 · 10 examples"


def test_answers_that_are_no_numbers_are_drawn_as_nothing(qtbot: QtBot) -> None:
    view = NumbersView()
    qtbot.addWidget(view)
    task = answers.regression()
    task["columns"][0].update(truth=[None, None, None], guess=[None, None, None])
    view.show_task(task)
    view.resize(900, 300)
    assert not view.grab().isNull()
