"""Anomalies in the card: both pictures, and the strangest examples with those above the threshold marked."""

from __future__ import annotations

from typing import Any, cast

from pytestqt.qtbot import QtBot

from designer.figures.figure import Figure
from designer.figures.marks import Bars, Line
from designer.figures.sheet import Sheet
from designer.session import Session
from designer.trials import strange


def answer(**changes: Any) -> dict[str, Any]:
    roc = {"x": [0.0, 0.1, 1.0], "y": [0.0, 0.9, 1.0]}
    example = {"position": 4, "row": 40, "pixels": [[0, 255], [3, 9]], "class": "seven"}
    return {
        "verdict": "All are caught.", "reasons": ["Two components catch half."], "threshold": 0.1, "area": 0.9,
        "roc": roc, "beside": {"components": 2, "area": 0.7, "roc": roc}, "edges": [-3.0, -2.0, -1.0, 0.0],
        "ordinary": [5, 3, 0], "unusual": [0, 1, 7], "classes": [{"name": "seven", "error": 0.2}],
        "strangest": [{**example, "value": 0.5}, {**example, "value": 0.01, "class": ""}], **changes,
    }  # fmt: skip


def test_errors_stand_beside_the_threshold() -> None:
    ordinary, unusual, limit = strange.errors(answer()).marks
    assert isinstance(ordinary, Bars)
    assert isinstance(unusual, Bars)
    assert isinstance(limit, Line)
    assert limit.x.tolist() == [-1.0, -1.0]


def test_components_are_drawn_where_there_are_any() -> None:
    assert [name for name, _ in strange.caught(answer()).legend] == [
        "network, area 0.900", "2 principal components, area 0.700"
    ]  # fmt: skip
    assert len(strange.caught(answer(beside=None)).legend) == 1


def test_the_strangest_examples_are_shown(qtbot: QtBot) -> None:
    found = strange.rows(cast(Session, None), answer())
    for each in found:
        qtbot.addWidget(each)
    [sheet] = [each for each in found if isinstance(each, Sheet)]
    assert [tile.bad for tile in sheet.tiles] == [True, False]
    assert [tile.caption for tile in sheet.tiles] == ["seven", "0.01"]
    assert any(isinstance(each, Figure) for each in found)
