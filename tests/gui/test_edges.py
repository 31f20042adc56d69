"""Edge cases in the card of examinations: what failed first, with its examples; and as a table of the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from designer import language
from designer.cli_tool_tables import TABLES
from designer.figures.figure import Figure
from designer.figures.marks import Line
from designer.figures.sheet import Sheet
from designer.resources import EXAMPLES
from designer.session import Session
from designer.studio import Studio
from designer.trials.card import TrialCard
from designer.trials.edges import curves
from designer.trials.works import OfRun
from graph import storage


def case(label: str, state: str, **more: Any) -> dict[str, Any]:
    given = {"id": label, "label": label, "doc": "Does.", "fails": "Fails.", "state": state, "sentence": f"{label}!"}
    return {**given, "remedy": "", "numbers": {}, "positions": [], "examples": [], "curve": None, **more}


def answer() -> dict[str, Any]:
    look = {"position": 4, "row": 9, "pixels": [[0, 255], [255, 0]], "caption": "3 → 8"}
    curve = {"label": "noise", "x_label": "noise, in standard deviations", "x": [0.0, 0.1, 1.0], "y": [0.9, 0.8, 0.3]}
    return {
        "good": False, "verdict": "1 of 3 edge cases failed.", "reasons": [], "fixes": [], "metric": "accuracy",
        "cases": [
            case("Noise", "passed", curve=curve),
            case("Empty batch", "warning", remedy="Answer it before."),
            case("Unknown words", "skipped"),
            case("NaN in an input", "failed", remedy="Refuse it.", examples=[look], positions=[4]),
        ],
    }  # fmt: skip


@pytest.fixture
def card(tmp_path: Path, qtbot: QtBot) -> TrialCard:
    document, _ = storage.load(EXAMPLES / "iris_mlp.loom", default_catalog())
    card = TrialCard(OfRun(Studio(Session(document, tmp_path / "iris.loom"), tmp_path)))
    qtbot.addWidget(card)
    card.show()
    card.show_tool("edges")
    card.trial.tool, card.trial.answer = "edges", answer()
    card.trial.changed.emit()
    return card


def test_what_failed_comes_first_with_examples_and_remedy(card: TrialCard) -> None:
    headings = [part.text() for part in card.findChildren(QLabel) if part.property("role") == "heading"]
    cases = [text for text in headings if text in {"NaN in an input", "Empty batch", "Noise", "Not asked"}]
    assert cases == ["NaN in an input", "Empty batch", "Noise", "Not asked"]
    said = [part.text() for part in card.findChildren(QLabel)]
    assert "Refuse it." in said
    assert "Unknown words: Unknown words!" in said
    [sheet] = card.findChildren(Sheet)
    assert [(tile.caption, tile.tip) for tile in sheet.tiles] == [("3 → 8", "Example 4, row 9 of the data")]
    assert card.verdict.text() == "1 of 3 edge cases failed."


def test_curves_of_all_that_wears_share_one_chart(card: TrialCard) -> None:
    titles = [figure.drawing.title for figure in card.findChildren(Figure)]
    assert "Accuracy as inputs are spoilt" in titles
    [line] = curves(answer()).marks
    assert isinstance(line, Line)
    assert line.y.tolist() == [0.9, 0.8, 0.3]


def test_cases_are_in_the_language_in_use(card: TrialCard) -> None:
    language.use("de")
    card.refresh()
    assert "NaN in einer Eingabe" in [part.text() for part in card.findChildren(QLabel)]


def test_the_command_line_has_a_row_for_each_case_that_was_asked() -> None:
    told = TABLES["edges"](answer())
    assert told is not None
    columns, rows = told
    assert columns[:2] == ("edge case", "result")
    assert ("NaN in an input", "failed", "NaN in an input!") in rows
    assert len(rows) == 3
