"""The card of the tools: canned answers, what the hand does with them, and a real process that is asked and stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QLineEdit, QMainWindow, QPushButton
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from core.problem import Problem
from core.training.tools.table import TOOLS
from designer.actions import by_id
from designer.figures.figure import Figure
from designer.figures.marks import Dots, Line, tick_text
from designer.resources import EXAMPLES
from designer.session import Notice, Session
from designer.studio import Studio
from designer.training.panel import TrainingPanel
from designer.trials.card import TrialCard
from designer.trials.grounds import surface, ways
from designer.trials.opening import show_trial
from designer.trials.pictures import PICTURES, losses, rates, sizes
from designer.trials.trial import Trial
from designer.trials.works import OfDesign, OfRun
from graph import storage
from graph.commands import RemoveNodes
from tests import drawn, trainings
from tests.gui.tool_answers import answers


@pytest.fixture
def session(tmp_path: Path) -> Session:
    document, _ = storage.load(EXAMPLES / "iris_mlp.loom", default_catalog())
    return Session(document, tmp_path / "iris.loom")


@pytest.fixture
def card(session: Session, qtbot: QtBot) -> TrialCard:
    card = TrialCard(OfDesign(session))
    qtbot.addWidget(card)
    card.show()
    return card


def hand_in(card: TrialCard, tool: str, answer: Mapping[str, Any] | None, problem: Problem | None = None) -> None:
    card.show_tool(tool)
    card.trial.tool, card.trial.answer, card.trial.problem = tool, answer, problem
    card.trial.changed.emit()


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_shows_its_answer_and_applies_what_it_offers(session: Session, card: TrialCard, tool: str) -> None:
    answer = answers()[tool]
    hand_in(card, tool, answer)
    assert card.verdict.text() == answer["verdict"]
    assert card.picture.isVisible() == (tool in PICTURES)
    assert len(card.fixes) == len(answer["fixes"])
    told: list[Notice] = []
    session.noticed.connect(told.append)
    for fix in card.fixes:
        assert isinstance(fix, QPushButton)
        fix.click()
        assert told[-1].done
        session.undo()
    assert not session.is_dirty
    other = next(id for id in TOOLS if id != tool)
    card.show_tool(other)
    assert not card.verdict.isVisible()
    card.show_tool(tool)
    assert card.verdict.isVisible()


def test_one_click_puts_the_suggestion_into_the_job(session: Session, card: TrialCard) -> None:
    hand_in(card, "find_rate", answers()["find_rate"])
    [fix] = card.fixes
    assert isinstance(fix, QPushButton)
    fix.click()
    assert session.document.job.objectives[0].optimizer.params["lr"] == 0.02
    assert len(session.history.entries) == 1


def test_a_layer_with_a_wrong_gradient_is_one_click_away(session: Session, card: TrialCard) -> None:
    hand_in(card, "check_gradients", answers()["check_gradients"])
    revealed: list[str] = []
    session.revealed.connect(revealed.append)
    next(b for b in card.findChildren(QPushButton) if b.text() == "Linear 1").click()
    assert revealed == ["n2"]


def test_a_tool_does_not_start_on_a_value_that_is_not_the_one_shown(
    card: TrialCard, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[dict[str, Any]] = []
    monkeypatch.setattr(card.trial, "start", lambda _tool, values: started.append(dict(values)))
    card.show_tool("find_rate")
    assert card.form is not None
    line = card.form.rows["steps"].editor.focusProxy()
    assert isinstance(line, QLineEdit)
    line.clear()
    qtbot.keyClicks(line, "99999999")
    card.start_button.click()
    assert started == [], "99999, the last that the field took, is not what stands there"
    line.clear()
    qtbot.keyClicks(line, "50")
    card.start_button.click()
    assert [values["steps"] for values in started] == [50]


def test_trouble_is_told_in_the_card(card: TrialCard) -> None:
    hand_in(card, "overfit", None, Problem("job", "The data is gone."))
    assert card.verdict.text() == "The data is gone."
    assert not card.picture.isVisible()


def test_pictures_say_what_the_answers_say() -> None:
    found = rates(answers()["find_rate"])
    raw, smooth, tenth, steepest = found.marks
    assert isinstance(raw, Dots)
    assert isinstance(smooth, Line)
    np.testing.assert_allclose(smooth.x, [-3, -2, -1, 0])
    np.testing.assert_allclose(raw.y, [1.0, 0.8, 0.2, 9.0])
    assert isinstance(tenth, Line)
    assert isinstance(steepest, Line)
    assert 10 ** tenth.x[0] == pytest.approx(0.02)
    assert found.y_span is not None
    assert found.y_span[1] < 9.0  # the break does not squeeze the rest
    assert losses(answers()["overfit"]).marks[0].y[0] == 0.0  # type: ignore[union-attr]
    memory = sizes(answers()["fit_batch"]).marks[0]
    assert isinstance(memory, Line)
    np.testing.assert_allclose(memory.y, [0.5, 1.0])
    assert [tick_text(v, True) for v in (-7, -1, 0, 2, 3.4, 6)] == ["1e-7", "0.1", "1", "100", "2500", "1e6"]
    broken = {**answers()["find_rate"], "losses": [None] * 4, "smoothed": [None] * 4, "tenth": None, "steepest": None}
    assert len(rates(broken).marks) == 2


def test_a_real_process_answers_and_is_stopped(session: Session, card: TrialCard, qtbot: QtBot) -> None:
    card.show_tool("find_rate")
    assert card.form is not None
    card.form.edited.emit("steps", 30, object())
    card.start_button.click()
    assert card.trial.is_running
    assert card.stop_button.isVisible()
    assert not card.start_button.isEnabled()
    qtbot.waitUntil(lambda: not card.trial.is_running, timeout=60_000)
    assert card.trial.problem is None
    assert card.trial.answer is not None
    assert len(card.trial.answer["rates"]) <= 30
    assert card.picture.isVisible()
    card.show_tool("overfit")
    card.start()
    card.stop_button.click()
    assert not card.trial.is_running
    assert card.trial.answer is None
    assert not session.is_dirty


def test_a_design_that_does_not_hold_is_told_without_a_process(session: Session, qtbot: QtBot) -> None:
    session.do(RemoveNodes(("n1",)))
    trial = Trial(OfDesign(session))
    trial.start("overfit", {})
    assert trial.problem is not None
    assert not trial.is_running


def test_actions_and_buttons_of_the_panel_ask_for_the_card(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    studio = Studio(session, tmp_path)
    session.run.tool_requested.connect(lambda tool: show_trial(window, studio, tool))
    panel = TrainingPanel(session)
    qtbot.addWidget(panel)
    asked: list[str] = []
    session.run.tool_requested.connect(asked.append)
    for made in panel.findChildren(QPushButton):
        if made.text().removesuffix("…") in {tool.label for tool in TOOLS.values()}:
            made.click()
    assert asked == list(TOOLS)
    [card] = window.findChildren(TrialCard)
    assert card.choices.currentRow() == len(TOOLS) - 1
    assert {by_id(tool.command).menu for tool in TOOLS.values()} == {"Run/Tools"}
    card.close()


def test_the_ground_of_a_race_has_lines_of_equal_loss_and_the_way_of_each(card: TrialCard, qtbot: QtBot) -> None:
    answer = answers()["race"]
    drawing = surface(answer)
    levels = [mark for mark in drawing.marks if isinstance(mark, Line) and mark.thin]
    assert len(levels) >= 8
    for level in levels:  # on each of them the loss is what it says, up to the width of the grid
        held = 1 + level.x**2 + 3 * level.y**2
        assert float(level.name.split()[1]) == pytest.approx(float(np.median(held)), rel=0.35, abs=0.5)
    paths = [mark for mark in drawing.marks if isinstance(mark, Line) and not mark.thin]
    assert [path.name for path in paths] == ["SGD, 0.01", "Adam, 0.001"]
    assert (paths[0].x[-1], paths[0].y[-1]) == (0.0, 0.0)
    assert drawing.note == "98% of the paths lie in this plane"

    def titles() -> list[str]:
        return [figure.drawing.title for figure in card.findChildren(Figure) if figure.isVisible()]

    hand_in(card, "race", answer)
    race = [f"Loss of the same examples over {axis}" for axis in ("steps", "seconds")]
    qtbot.waitUntil(lambda: titles() == [*race, "The ground: lines of equal loss"])
    hand_in(card, "race", {**answer, "surface": None, "equal": "examples"})
    qtbot.waitUntil(lambda: titles() == ["Loss of the same examples over examples seen", race[1]])
    [sgd, _] = ways(answer).marks
    assert isinstance(sgd, Line)
    np.testing.assert_allclose(10**sgd.y, [4.0, 2.0])


def test_an_examination_is_about_the_run_that_is_shown(
    session: Session, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam = replace(TOOLS["overfit"], id="look", label="Look", params=())
    monkeypatch.setattr(OfRun, "tools", {"look": exam})
    studio = Studio(session, tmp_path)
    card = TrialCard(OfRun(studio))
    qtbot.addWidget(card)
    card.show()
    card.start_button.click()
    assert "No run is shown" in card.verdict.text()
    folder = trainings.folder(tmp_path / "first", drawn.mlp(), trainings.job("iris")).path
    studio.show(folder)
    assert card.windowTitle() == "Examine first"
    assert not card.verdict.isVisible(), "what was said of another run is gone"
    assert card.work.args() == {"run": str(folder), "weights": ""}
