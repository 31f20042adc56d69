"""The card of an examination: what uncertainty looks like, and the way out that a refusal offers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.analysis.examining.sure import finds, verdict
from core.catalog.families import default_catalog
from core.problem import Fix, Problem
from designer.figures.figure import Figure
from designer.figures.sheet import Sheet
from designer.resources import EXAMPLES
from designer.session import Session
from designer.studio import Studio
from designer.trials import sure
from designer.trials.card import TrialCard
from designer.trials.works import OfRun
from graph import storage


def answer(kind: str) -> dict[str, Any]:
    spread = {"mean": 0.2, "counts": [3, 1], "edges": [0.0, 0.5, 1.0]}
    curve = {"coverage": [0.5, 1.0], "risk": [0.1, 0.3], "area": 0.2, "kept": 0.15}
    bins = {"confidence": [None, 0.9], "accuracy": [None, 0.8], "count": [0, 4], "error": 0.1}
    score = {"accuracy": 0.7, "loss": 0.6, "calibration": bins} if kind == "classification" else {"rmse": 2.0}
    named = kind == "classification"
    one = {"position": 3, "row": 7, "kind": "numbers", "values": [1.0, 2.0], "value": 0.6,
           "truth": "red" if named else 1.0, "guess": "blue" if named else 1.5}  # fmt: skip
    found = {
        "kind": kind, "output": "scores", "passes": 50, "plain": score, "mean": score,
        "layers": [{"node": "n3", "label": "Dropout", "p": 0.2}],
        "curves": {"plain": curve, "total": curve, "mutual": curve} if named else {"sd": curve},
        "best": "total" if named else "sd",
        "measures": {"total": spread, "expected": spread, "mutual": spread} if named else {"sd": spread},
        "errors": None if named else {"sd": [0.1, 0.2], "error": [0.3, 0.1]}, "rank": None if named else -1.0,
        "uncertain": [one], "good": True, "fixes": [],
    }  # fmt: skip
    return {**found, "verdict": verdict(found)}


@pytest.fixture
def card(tmp_path: Path, qtbot: QtBot) -> TrialCard:
    document, _ = storage.load(EXAMPLES / "iris_mlp.loom", default_catalog())
    card = TrialCard(OfRun(Studio(Session(document, tmp_path / "iris.loom"), tmp_path)))
    qtbot.addWidget(card)
    card.show()
    return card


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_card_shows_errors_calibration_and_the_least_sure(card: TrialCard, kind: str) -> None:
    card.show_tool("uncertainty")
    card.trial.tool, card.trial.answer = "uncertainty", answer(kind)
    card.trial.changed.emit()
    titles = {figure.drawing.title for figure in card.findChildren(Figure)}
    wanted = "Calibration" if kind == "classification" else "Error over spread"
    assert {"Errors among the answers that are kept", wanted} <= titles
    [sheet] = card.findChildren(Sheet)
    assert sheet.tiles[0].caption == ("red → blue" if kind == "classification" else "1 → 1.5")
    assert sheet.tiles[0].bad == (kind == "classification")
    assert "Without the 20 %" in card.verdict.text()


def test_uncertainty_that_finds_no_errors_is_no_good() -> None:
    flat = answer("classification")
    flat["curves"]["total"] = {"coverage": [1.0], "risk": [0.3], "area": 0.3, "kept": 0.3}
    assert not finds(flat)
    assert "says nothing" in verdict(flat)
    flat["curves"]["total"]["risk"] = [0.0]
    assert finds(flat)


def test_a_refusal_offers_its_way_out(card: TrialCard) -> None:
    session = card.session
    head = next(node for node in reversed(list(session.document.graph().nodes)) if node.layer == "linear")
    args = {"node": head.id, "port": "x", "layer": "dropout", "params": {"p": 0.2}}
    card.show_tool("uncertainty")
    fix = Fix("Insert Dropout", "insert_before", args)
    card.trial.tool, card.trial.problem = "uncertainty", Problem("dropout", "No dropout.", fixes=(fix,))
    card.trial.changed.emit()
    [offer] = card.fixes
    assert isinstance(offer, QPushButton)
    offer.click()
    assert [node.params for node in session.document.graph().nodes if node.layer == "dropout"] == [{"p": 0.2}]


def test_numbers_are_told_by_their_spread() -> None:
    drawing = sure.spread(answer("regression"), "sd")
    assert (drawing.title, drawing.x_label) == ("Standard deviation", "scores")
    assert sure.errors(answer("regression")).note == "correlation of ranks -1.00"
