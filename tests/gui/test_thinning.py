"""Size, precision and pruning in the window: the table, the curves, the offers, and the export dialog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from designer.cli_tool_tables import TABLES
from designer.export.certificate import CertificateView
from designer.export.dialog import ExportDialog
from designer.figures.marks import Line
from designer.resources import EXAMPLES
from designer.session import Session
from designer.studio import Studio
from designer.trials.card import TrialCard
from designer.trials.thinning import bits, cells, sparsity
from designer.trials.works import OfRun
from exporters.precisions import PRECISIONS
from graph import storage
from tests.asked import Asked, show_run

TIMES = {"1": {"p50": 0.011, "p95": 0.018}, "32": {"p50": 0.04, "p95": 0.07}}


def entry(id: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": id, "label": id, "bytes": 72_300, "latency": TIMES, "memory": 11_400_000, "max_abs": 0.2, "max_rel": 0.01,
        "same": 0.995, "values": {"accuracy": 0.97}, "kept": [], "passed": True, "problem": "", **changes,
    }  # fmt: skip


def compressed() -> dict[str, Any]:
    levels = [{"kept": 1.0, "bits": b, "values": {"accuracy": v}} for b, v in ((32, 0.98), (8, 0.98), (4, 0.9))]
    return {
        "good": True, "verdict": "int8 is small.", "reasons": ["Weights alone could be rounded to 8 bits."],
        "entries": [entry("pytorch", memory=None), entry("float32"), entry("int8"),
                    entry("float16", problem="It cannot be written.", passed=False, latency={})],
        "metric": "accuracy", "chosen": "int8", "bits": {"metric": "accuracy", "levels": levels, "chosen": 1},
        "fixes": [{"label": "Export as int8…", "action": "export",
                   "args": {"precision": "int8", "settings": {"calibrate": 100}}}],
    }  # fmt: skip


def pruned() -> dict[str, Any]:
    levels = [{"kept": 1 - s, "bits": 32, "values": {"accuracy": v}} for s, v in ((0.0, 0.98), (0.5, 0.98), (0.9, 0.7))]
    return {
        "good": True, "verdict": "50% can be zero.", "reasons": [], "levels": levels, "metric": "accuracy", "chosen": 1,
        "layers": {"n2": 0.4}, "labels": {"n2": "hidden"}, "scope": "global",
        "fixes": [{"label": "Train on", "action": "prune_branch", "args": {"share": 0.5, "scope": "global"}}],
    }  # fmt: skip


@pytest.fixture
def studio(tmp_path: Path, qtbot: QtBot) -> Iterator[Studio]:
    document, _ = storage.load(EXAMPLES / "iris_mlp.loom", default_catalog())
    made = Studio(Session(document, tmp_path / "iris.loom"), tmp_path)
    yield made
    made.close()


def card_with(studio: Studio, qtbot: QtBot, tool: str, answer: dict[str, Any]) -> TrialCard:
    card = TrialCard(OfRun(studio))
    qtbot.addWidget(card)
    card.show()
    card.show_tool(tool)
    card.trial.tool, card.trial.answer = tool, answer
    card.trial.changed.emit()
    return card


def test_curves_show_where_the_cost_ends() -> None:
    for drawing, ends, place in ((bits(compressed()), (4, 8), 8), (sparsity(pruned()), (0, 90), 50)):
        lines = [mark for mark in drawing.marks if isinstance(mark, Line)]
        curve = next(line for line in lines if line.dotted)
        assert (curve.x.min(), curve.x.max()) == pytest.approx(ends)
        upright = next(line for line in lines if line.dashed and line.x[0] == line.x[-1])
        assert upright.x[0] == pytest.approx(place)
        assert drawing.y_span is not None
        assert drawing.y_span[1] > curve.y.max()


def test_a_line_of_the_table_says_all() -> None:
    told = cells(entry("int8"), "accuracy", 1000.0)
    assert told == ["int8", "72.3 kB", "11 / 18", "40 / 70", "11.4 MB", "0.2", "0.50%", "0.97"]
    assert cells(entry("int8", problem="no"), "accuracy", 1.0) == ["int8", *["–"] * 7]
    assert cells(entry("pytorch", memory=None, same=None), "", 1.0)[4:] == ["–", "0.2", "–"]


def test_the_offers_ask_for_an_export_and_a_branch(studio: Studio, qtbot: QtBot, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    exported: list[tuple[Any, Any]] = []
    pruning: list[Any] = []
    studio.export_requested.connect(lambda run, preset: exported.append((run, preset)))
    studio.prune_requested.connect(pruning.append)
    card = card_with(studio, qtbot, "compress", compressed())
    texts = {label.text() for label in card.findChildren(QLabel)}
    assert {"1 example, µs", "11 / 18", "Weights alone could be rounded to 8 bits."} <= texts
    card.fixes[0].click()  # type: ignore[attr-defined]
    assert exported == [(tmp_path / "Pets", {"precision": "int8", "settings": {"calibrate": 100}})]
    card = card_with(studio, qtbot, "prune", pruned())
    assert "40% of its weights are zero" in {label.text() for label in card.findChildren(QLabel)}
    card.fixes[0].click()  # type: ignore[attr-defined]
    assert pruning == [{"share": 0.5, "scope": "global"}]


def test_the_dialog_asks_in_the_chosen_precision(studio: Studio, qtbot: QtBot) -> None:
    assistant, parent = Asked(), QWidget()
    qtbot.addWidget(parent)
    preset = {"precision": "int8", "settings": {"calibrate": 100}}
    dialog = ExportDialog(studio.session, studio, assistant, None, parent, preset=preset)
    dialog.show()
    assert dialog._precision.isVisible()
    assert dialog._precision.form is not None
    dialog._precision.form.edited.emit("method", "entropy", None)
    dialog._start()
    asked = assistant.questions[-1][1]
    assert asked["precision"] == "int8"
    assert asked["settings"]["calibrate"] == 100
    assert asked["settings"]["method"] == "entropy"
    choice = dialog._precision.choice
    choice.setCurrentIndex(choice.findData("float16"))
    assert dialog._precision.wanted() == {"precision": "float16", "settings": {}}
    dialog._format.setCurrentIndex(dialog._format.findData("python"))
    assert not choice.isEnabled()
    assert not dialog._precision.isVisible()
    assert dialog._precision.wanted()["precision"] == "float32"
    assert [choice.itemData(i) for i in range(choice.count())] == list(PRECISIONS)


def test_what_fewer_bits_changed_is_shown(studio: Studio, qtbot: QtBot) -> None:
    row = {"output": "y", "max_abs": 0.2, "max_rel": 0.3, "mean_abs": 0.1}
    judged = {"part": "test", "examples": 270, "rows": [row],
              "same": 0.9, "before": {"accuracy": 0.97}, "after": {"accuracy": 0.9}}  # fmt: skip
    told = {"precision": "int8", "whole": 200_000, "kept": [{"node": "n2", "label": "gru", "bytes": 18_432}],
            "judgement": judged, "reason": "", "tolerance": 0.25, "agreement": 0.95, "passed": False}  # fmt: skip
    view = CertificateView()
    qtbot.addWidget(view)
    view.show_reduction(72_000, told)
    texts = [label.text() for label in view.findChildren(QLabel)]
    assert any("72.0 kB instead of 200 kB" in text and "Do not rely on this file." in text for text in texts)
    assert "gru stays float32 (18.4 kB)." in texts
    assert {"accuracy, PyTorch", "0.97", "0.9"} <= set(texts)
    view.show_reduction(72_000, {**told, "judgement": {**judged, "same": None}, "passed": True})
    texts = [label.text() for label in view.findChildren(QLabel)]
    assert any("Largest relative difference 0.3 (at most 0.25 passes)." in text for text in texts)
    assert not view.findChildren(QPushButton)


def test_both_are_told_as_tables() -> None:
    columns, rows = TABLES["compress"](compressed()) or ((), ())
    assert columns[0] == "precision"
    assert rows[2][:3] == ("int8", "72.3 kB", "11 µs (18 µs)")
    assert rows[3][1] == "-"
    columns, rows = TABLES["prune"](pruned()) or ((), ())
    assert [row[0] for row in rows] == ["0.0%", "50.0%", "90.0%"]
