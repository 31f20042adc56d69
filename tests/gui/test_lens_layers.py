"""Dropout and normalisation under the Lens: masks drawn again by another seed, kept statistics beside the examples'."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from designer.figures.marks import Dots, Drawing
from designer.lens import doors, norms, upstream
from designer.lens.hung import Hung, Rows
from designer.lens.panel import LensPanel
from designer.session import Session
from designer.studio import Studio
from tests import answers
from tests.asked import Asked, show_run


@pytest.fixture
def assistant(qtbot: QtBot) -> Asked:
    return Asked()


@pytest.fixture
def panel(session: Session, assistant: Asked, tmp_path: Path, qtbot: QtBot) -> Iterator[LensPanel]:
    studio = Studio(session, tmp_path)
    panel = LensPanel(session, studio, assistant)
    qtbot.addWidget(panel)
    panel.resize(1100, 320)
    panel.show()
    show_run(studio, tmp_path)
    yield panel
    studio.close()


def mask(**changes: Any) -> dict[str, Any]:
    def sheet(peak: float) -> dict[str, Any]:
        return {"images": [[[0, 255], [255, 255]]], "peak": peak, "signed": False}

    return {
        **answers.HEAD, "node": "n2", "p": 0.5, "seed": 0, "shape": [4], "units": 4, "kept": 0.75, "low": 0.01,
        "high": 0.99, "mask": sheet(1.0), "given": sheet(2.0), "made": sheet(4.0), "scale": 2.0, "draws": 200,
        "mean_kept": 0.5, "apart": 0.071, **changes,
    }  # fmt: skip


def normed(**changes: Any) -> dict[str, Any]:
    return {
        **answers.HEAD, "node": "n2", "layer": "Batch norm 1D", "formula": "y = g (x - mean) / sqrt(var + eps) + b",
        "channels": 2, "given": {"mean": [0.5, -1.0], "var": [4.0, 0.01]},
        "made": {"mean": [0.0, 0.1], "var": [1.0, 1.0]},
        "running": {"mean": [0.4, 1.0], "var": [4.0, 1.0]}, "batches": 120, "momentum": 0.1, "gap": [0.05, -2.0],
        "far": 1, **changes,
    }  # fmt: skip


def look(panel: LensPanel, assistant: Asked, further: str, found: dict[str, Any]) -> None:
    answer = answers.layers(kind="vector")
    answer["node"] |= {"further": [further], "weights": [], "filters": None, "attention": []}
    assistant.reply(answer)
    assert assistant.questions[-1][0] == f"analyse.{further}"
    assistant.reply(found)


def test_a_mask_is_shown_and_drawn_again(panel: LensPanel, assistant: Asked) -> None:
    look(panel, assistant, "mask", mask())
    node = panel.node
    assert node.view.currentText() == "Mask"
    assert node.gallery.accessibleName() == "75.0% of 4 numbers stay"
    assert node.gallery.accessibleDescription() == "p 0.5: 1.0% to 99.0% in 95 of 100 draws"
    node.part.setCurrentText("After")
    assert node.gallery.accessibleName() == "What leaves in training, times 2"
    assert node.gallery.accessibleDescription().endswith("the mean of 200 draws is 7.1% off")
    line = node.fields.editors["seed"].focusProxy()
    assert line is not None
    QTest.keyClick(line, Qt.Key.Key_Up)
    assert assistant.questions[-1][1]["seed"] == 1
    assistant.reply(mask(seed=1, shape=[4, 3, 3], kept=0.25, apart=None))
    assert node.gallery.accessibleDescription() == "25.0% of 4 channels stay"


def test_kept_statistics_stand_beside_those_of_the_examples(panel: LensPanel, assistant: Asked) -> None:
    look(panel, assistant, "normed", normed())
    drawing = panel.node.figure.drawing
    kept, dots = drawing.marks
    assert isinstance(kept, Dots)
    assert isinstance(dots, Dots)
    assert (kept.y.tolist(), dots.y.tolist()) == ([0.4, 1.0], [0.5, -1.0])
    assert dots.names[1] == "channel 1: mean -1, kept 1, -2.00 deviations off"
    assert drawing.note == "kept = 0.9 kept + 0.1 batch mean; 1 of 2 far off"
    panel.node.part.setCurrentText("Variances")
    assert panel.node.figure.drawing.y_powers
    variances = panel.node.figure.drawing.marks[1]
    assert isinstance(variances, Dots)
    assert variances.y.tolist() == pytest.approx([0.602, -2.0], abs=1e-3)
    panel.node.part.setCurrentText("What leaves")
    assert panel.node.figure.drawing.note.startswith("y = g (x - mean)")


def test_gates_are_drawn_over_the_steps_and_by_unit(panel: LensPanel, assistant: Asked) -> None:
    sheet = {"images": [[[0, 255]]], "peak": 1.0, "signed": False}
    found = {
        "kind": "GRU", "layers": 2, "directions": 1, "units": 1, "steps": 2, "apart": 1e-7, "gates": ["update gate"],
        "others": ["hidden state"], "formulas": {"update gate": "z = …", "hidden state": "h = …"},
        "mean": {"update gate": [0.2, 0.9], "hidden state": [-0.5, 0.5]}, "saturated": {"update gate": [0.0, 0.5]},
        "pictures": sheet, "states": {**sheet, "signed": True},
    }  # fmt: skip
    look(panel, assistant, "gates", found)
    drawing = panel.node.figure.drawing
    assert [name for name, _ in drawing.legend] == ["update gate", "hidden state"]
    assert drawing.note == "written out by hand, within 1e-07 of the layer"
    panel.node.part.setCurrentText("Gates")
    assert panel.node.gallery.accessibleName() == "update gate"
    assert panel.node.gallery.accessibleDescription() == "update gate: 0% shut, 50% open"
    panel.node.part.setCurrentText("States")
    assert panel.node.gallery.accessibleName() == "hidden state"
    plain = doors.picture({**found, "gates": [], "saturated": {}}, "Gates")
    assert isinstance(plain, Hung)
    assert plain.title == "hidden state", "a plain recurrent layer has no gates"


def test_a_layer_that_keeps_nothing_says_so() -> None:
    found = normed(running=None, batches=None, momentum=None, gap=None, far=None)
    drawing = norms.drawing(found, "Means")
    assert len(drawing.marks) == 1
    assert drawing.note.startswith("nothing is kept")
    whole = norms.drawing(normed(momentum=None, far=0), "Means")
    assert whole.note == "kept: the plain mean over all batches of training; all near"


def test_what_a_place_sees_is_asked_for_by_row_and_column(panel: LensPanel, assistant: Asked) -> None:
    sheet = {"images": [[[0, 255]]], "peak": 1.0, "signed": False}
    found = {"box": [1, 2, 4, 8], "place": [2, 2], "map": [4, 4], "effective": 3, "field": sheet, "seen": sheet}
    answer = answers.layers(kind="vector")
    answer["node"] |= {"further": ["reach"], "weights": [], "filters": None, "attention": []}
    assistant.reply(answer)
    panel.node.view.setCurrentText("Receptive field")
    name, args = assistant.questions[-1][:2]
    assert (name, args["row"], args["column"]) == ("analyse.reach", None, None), "the middle"
    assistant.reply(found)
    assert panel.node.gallery.accessibleName() == "Place 2, 2 of 4 x 4 sees 3 x 6 pixels"
    assert "within 3 x 3" in panel.node.gallery.accessibleDescription()


@pytest.mark.parametrize("look", [{"pixels": [[0, 255]]}, {"values": [1.0, 2.0], "of": 2}], ids=["picture", "numbers"])
def test_what_a_unit_likes_stands_beside_the_mean_example(look: dict[str, Any]) -> None:
    found = {"unit": 3, "units": 5, "value": 2.5, "before": 0.5, "best": 1.5, "look": look, "begun": look,
             "course": [0.5, 2.5], "at": [0, 10]}  # fmt: skip
    shown = upstream.wished(found, "Found")
    if isinstance(shown, Hung):
        assert shown.sheet["names"] == ["found: 2.5", "mean example: 0.5"]
    else:
        assert isinstance(shown, Rows)
        assert [tile.caption for tile in shown.tiles] == ["found: 2.5", "mean example: 0.5"]
    way = upstream.wished(found, "On the way")
    assert isinstance(way, Drawing)
    assert way.note == "mean example 0.5, best of 256 examples 1.5"
