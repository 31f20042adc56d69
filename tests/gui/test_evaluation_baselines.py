"""The network beside simple methods in the Evaluation panel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from core.problem import Problem
from designer.evaluation.baselines import BaselinesView, verdict
from designer.evaluation.classes import ClassesView
from designer.evaluation.panel import EvaluationPanel
from designer.session import Session
from designer.studio import Studio
from tests import answers
from tests.asked import Asked, show_run


def method(name: str, value: float, rmse: float | None = None) -> dict[str, Any]:
    seconds = None if name == "network" else 0.1
    return {"method": name, "doc": f"About {name}.", "value": value, "rmse": rmse, "seconds": seconds}


def found(network: float = 0.95) -> dict[str, Any]:
    rows = [method("network", network), method("most frequent", 0.4), method("logistic regression", 0.91)]
    heading = {"split": "test", "step": 120, "epoch": None, "weights": "last", "examples": 40, "of": 40}
    return {**heading, "trained_on": 120, "tasks": [{"name": "species", "metric": "accuracy", "rows": rows}]}


@pytest.fixture
def panel(session: Session, assistant: Asked, tmp_path: Path, qtbot: QtBot) -> Iterator[EvaluationPanel]:
    studio = Studio(session, tmp_path)
    panel = EvaluationPanel(studio, assistant)
    qtbot.addWidget(panel)
    panel.resize(1100, 320)
    panel.show()
    show_run(studio, tmp_path)
    assistant.reply(answers.answer(answers.classification()))
    yield panel
    studio.close()


def test_the_button_asks_and_goes_back(panel: EvaluationPanel, assistant: Asked, tmp_path: Path) -> None:
    panel._beside.click()
    assert assistant.questions[-1][:2] == ("analyse.baselines", {"run": str(tmp_path / "Pets"), "split": "test"})
    assistant.reply(found())
    assert isinstance(panel.view, BaselinesView)
    [bars] = panel.view.bars
    assert bars.accessibleName() == "network 0.95, logistic regression 0.91, most frequent 0.4"
    panel._beside.click()
    assert isinstance(panel.view, ClassesView)


def test_another_part_is_asked_about_again(panel: EvaluationPanel, assistant: Asked) -> None:
    panel._beside.click()
    assistant.reply(found())
    panel._part.setCurrentIndex(1)
    asked = [args["split"] for name, args, _ in assistant.questions if name == "analyse.baselines"]
    assert asked == ["test", "validation"]


def test_what_cannot_be_compared_is_told(panel: EvaluationPanel, assistant: Asked) -> None:
    panel._beside.click()
    assistant.reply(problem=Problem("baselines", "No output of this network answers with one class."))
    assert panel._error.text() == "No output of this network answers with one class."
    assert not panel._beside.isChecked()
    assert isinstance(panel.view, ClassesView)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (0.95, "The network is better than every simple method, by 0.04 over logistic regression."),
        (0.91, "Logistic regression is as good or better"),
        (0.2, "Logistic regression is as good or better"),
    ],
)
def test_the_sentence_names_the_best_method(network: float, words: str) -> None:
    assert verdict(found(network)["tasks"][0]["rows"]).startswith(words)
