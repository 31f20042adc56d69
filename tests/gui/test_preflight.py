"""The pre-flight card: canned answers, what the hand does with it, and one real process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QPushButton
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from core.problem import Problem
from designer.preflight import gather
from designer.preflight.card import PreflightCard
from designer.preflight.opening import show_card
from designer.resources import EXAMPLES
from designer.session import Session
from designer.theme import Mode, manager
from designer.training.panel import TrainingPanel
from designer.workers import AssistantClient
from graph import storage
from graph.commands import RemoveNodes, SetJob
from graph.document import Document
from tests.asked import Asked

GIGABYTE = 10**9


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Iris: 4 to 32 to 16 to 3, sixteen examples a batch."""
    document, _ = storage.load(EXAMPLES / "iris_mlp.loom", default_catalog())
    return Session(document, tmp_path / "iris.loom")


@pytest.fixture(autouse=True)
def _much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "free_memory", lambda: 8 * GIGABYTE)


@pytest.fixture
def card(session: Session, assistant: Asked, qtbot: QtBot) -> PreflightCard:
    card = PreflightCard(session, assistant)
    qtbot.addWidget(card)
    card.show()
    return card


def answer(**more: Any) -> dict[str, Any]:
    return {
        "seconds": 0.002,
        "evaluation": 0.001,
        "steps": 7,
        "batch": 16,
        "device": "cpu",
        "held": {},
        "free": None,
        "examples": {"train": 98, "validation": 22, "test": 30},
        "overlap": {"validation": 0, "test": 0},
        **more,
    }


def preview(**more: Any) -> dict[str, Any]:
    return {"fields": {}, "balance": None, **more}


def replies(assistant: Asked, name: str) -> Any:
    return next(then for asked, _, then in reversed(assistant.questions) if asked == name)


def words(card: PreflightCard) -> str:
    """All that stands on the card, once new parts have come into view."""
    QApplication.processEvents()
    return "\n".join(part.text() for part in card.findChildren(QLabel) if part.isVisibleTo(card))


def fixes(card: PreflightCard) -> dict[str, QPushButton]:
    return {made.text(): made for made in card.findings.findChildren(QPushButton)}


def test_costs_are_there_at_once_and_the_time_when_it_is_measured(card: PreflightCard, assistant: Asked) -> None:
    parameters = 4 * 32 + 32 + 32 * 16 + 16 + 16 * 3 + 3
    assert card.gathering.found is not None
    assert card.gathering.found.parameters == parameters
    assert f"{parameters:,}" in words(card)
    assert "Measuring one step…" in words(card)
    assert assistant.names == ["data.preview", "estimate"]
    base = assistant.questions[1][1]["base"]
    assert base == str(card.session.path.parent if card.session.path else None)
    replies(assistant, "data.preview")(preview(), None)
    replies(assistant, "estimate")(answer(), None)
    text = words(card)
    assert "Ready to train" in text
    assert "took 2.00 ms on the CPU" in text
    assert "15 ms an epoch" in text  # 7 x 2 ms and 1 ms
    assert "all training examples in one batch" in text


def test_a_finding_is_mended_with_one_click_and_measured_no_more_than_needed(
    card: PreflightCard, session: Session, assistant: Asked, qtbot: QtBot
) -> None:
    replies(assistant, "estimate")(answer(), None)
    session.do(SetJob("objectives.0.optimizer.params.lr", 50.0))
    qtbot.waitUntil(lambda: any("Set it to" in text for text in fixes(card)))
    replies(assistant, "estimate")(answer(), None)
    assert "Ready, with 1 remark" in words(card)
    fixes(card)["Set it to 0.001"].click()
    qtbot.waitUntil(lambda: not fixes(card))
    assert session.history.undo_label == "Set it to 0.001"
    asked = assistant.names.count("estimate")
    replies(assistant, "estimate")(answer(), None)
    session.do(SetJob("epochs", 3))
    qtbot.waitUntil(lambda: "3 epochs" in words(card))
    assert assistant.names.count("estimate") == asked
    assert assistant.names.count("data.preview") == 1


def test_what_the_data_shows_is_told(card: PreflightCard, assistant: Asked) -> None:
    counts = {"field": "target", "classes": ["a", "b"], "counts": {"train": [95, 3]}}
    replies(assistant, "data.preview")(preview(balance=counts), None)
    replies(assistant, "estimate")(answer(overlap={"validation": 0, "test": 9}), None)
    assert "Classes are uneven" in words(card)
    assert "9 of 30 test examples are also trained on" in words(card)
    assert set(fixes(card)) == {"Draw them equally often", "Weigh the losses", "Keep the parts apart"}
    fixes(card)["Keep the parts apart"].click()
    assert card.session.document.job.data.split.apart


def test_layers_are_ranked_and_lead_to_their_node(card: PreflightCard, assistant: Asked, qtbot: QtBot) -> None:
    def ranked() -> list[str]:
        return [bar.label for bar in card.layers.bars]

    labels = ranked()
    assert card.layers.bars[0].amount == 32 * 16 + 16
    card.measures["memory"].click()
    assert ranked() != labels
    held = {card.layers.bars[-1].key: 10**6}
    replies(assistant, "estimate")(answer(held=held), None)
    assert card.layers.bars[0].key in held
    revealed: list[str] = []
    card.session.revealed.connect(revealed.append)
    middle = QPoint(40, 12)
    QTest.mouseClick(card.layers, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    assert revealed == [card.layers.bars[0].key]
    QTest.keyClick(card.layers, Qt.Key.Key_Down)
    QTest.keyClick(card.layers, Qt.Key.Key_Return)
    assert revealed == [bar.key for bar in card.layers.bars[:2]]


def test_what_does_not_fit_is_not_measured(
    session: Session, assistant: Asked, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "free_memory", lambda: 23_000)
    card = PreflightCard(session, assistant)
    qtbot.addWidget(card)
    card.show()
    assert assistant.names == ["data.preview"]
    assert "It may not fit in memory" in words(card)
    assert "It does not fit" in words(card)
    fixes(card)["Batches of 4"].click()
    qtbot.waitUntil(lambda: assistant.names[-1] == "estimate")
    assert session.document.job.batch_size == 4
    assert "Measuring one step…" in words(card)


def test_a_gpu_has_memory_of_its_own(card: PreflightCard, assistant: Asked) -> None:
    replies(assistant, "estimate")(answer(device="cuda", free=3 * GIGABYTE), None)
    assert "of 3.00 GB free" in words(card)
    assert "on the GPU" in words(card)


def test_errors_stand_in_the_way_until_they_are_mended(card: PreflightCard, session: Session, qtbot: QtBot) -> None:
    loss = next(n.id for n in session.document.graph().nodes if n.layer == "cross_entropy")
    target = next(n.id for n in session.document.graph().nodes if n.layer == "target")
    session.do(RemoveNodes((target,)))
    qtbot.waitUntil(lambda: "Not ready" in words(card))
    assert not card.train_button.isEnabled()
    assert any(problem.node == loss for problem in card.gathering.problems)
    session.undo()
    qtbot.waitUntil(lambda: card.train_button.isEnabled())


def test_trouble_while_measuring_is_a_finding(card: PreflightCard, assistant: Asked) -> None:
    replies(assistant, "estimate")(None, Problem("device", "The job asks for the device mps."))
    assert "Not ready: 1 error" in words(card)
    assert "The job asks for the device mps." in words(card)
    card.again_button.click()
    replies(assistant, "estimate")(answer(), None)
    assert "mps" not in words(card)


def test_a_design_without_data_says_what_is_missing(assistant: Asked, document: Document, qtbot: QtBot) -> None:
    card = PreflightCard(Session(document), assistant)
    qtbot.addWidget(card)
    card.show()
    assert not assistant.questions
    assert "Choose data in the Data panel" in words(card)


def test_it_starts_the_training_and_closes(card: PreflightCard, assistant: Asked, qtbot: QtBot) -> None:
    wishes: list[str] = []
    card.session.run.requested.connect(wishes.append)
    replies(assistant, "estimate")(answer(), None)
    card.train_button.click()
    assert wishes == ["train"]
    assert not card.isVisible()


def test_one_card_for_each_design_opened_from_the_training_panel(
    session: Session, assistant: Asked, qtbot: QtBot
) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    session.run.check_requested.connect(lambda: show_card(window, session, assistant))
    panel = TrainingPanel(session)
    qtbot.addWidget(panel)
    [check] = [made for made in panel.findChildren(QPushButton) if made.text() == "Check"]
    check.click()
    check.click()
    assert len(window.findChildren(PreflightCard)) == 1


@pytest.mark.parametrize("mode", [Mode.LIGHT, Mode.DARK])
def test_it_is_painted_in_both_themes(card: PreflightCard, assistant: Asked, mode: Mode) -> None:
    replies(assistant, "estimate")(answer(), None)
    before = manager().mode
    manager().set_mode(mode)
    picture = card.memory.grab().toImage()
    assert len({picture.pixel(x, 4) for x in range(0, picture.width(), 3)}) >= 4  # as many parts as need memory
    manager().set_mode(before)


class TestProcess:
    @pytest.fixture
    def real(self, qtbot: QtBot) -> Iterator[AssistantClient]:
        client = AssistantClient()
        yield client
        client.kill()

    def test_a_real_assistant_measures_a_real_step(self, session: Session, real: AssistantClient, qtbot: QtBot) -> None:
        card = PreflightCard(session, real)
        qtbot.addWidget(card)
        card.show()
        qtbot.waitUntil(lambda: card.gathering.estimate is not None, timeout=60_000)
        assert card.gathering.estimate is not None
        assert card.gathering.estimate["examples"]["train"] == 98
        assert card.gathering.estimate["seconds"] > 0
        assert "Ready to train" in words(card)
