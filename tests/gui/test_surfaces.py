"""Surfaces, lines and damage: what their drawings hold, what is told under the cursor, and the card that shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from designer import language
from designer.cli_tool_tables import TABLES
from designer.figures.figure import Figure
from designer.figures.marks import Dots, Drawing, Line, Shades
from designer.plots.boundary import BoundaryField
from designer.resources import EXAMPLES
from designer.sentences import told
from designer.session import Session
from designer.studio import Studio
from designer.trials.card import TrialCard
from designer.trials.grounds import along, around, damaged, heights
from designer.trials.pictures import PICTURES
from designer.trials.straight import equations, matrix, rows, tiles
from designer.trials.works import OfRun
from graph import storage
from tests.analysed import SUBJECTS, fresh
from tests.gui.tool_answers import learned

TICKS = [-1.0, -0.5, 0.0, 0.5, 1.0]


def bowl(**changes: Any) -> dict[str, Any]:
    return {
        "good": True, "verdict": "Lowest in the middle.", "reasons": ["It is coarse."], "fixes": [], "view": "random",
        "x": TICKS, "y": TICKS, "values": [[0.1 + a * a + b * b for a in TICKS] for b in TICKS], "loss": 0.1,
        "places": [{"name": "these weights", "x": 0.0, "y": 0.0, "loss": 0.1, "away": 0.0}], "radius": 0.25,
        "rise": 0.05, "curvature": {"largest": 2.0, "least": 2.0, "error": 0.0, "products": 2, "limit": 1.0},
        "examples": 64, "part": "train", **changes,
    }  # fmt: skip


def line() -> dict[str, Any]:
    return {
        "good": True, "verdict": "One valley.", "fixes": [], "other": "The start of the run", "distance": 3.0,
        "at": [0.0, 0.5, 1.0], "losses": {"train": [1.0, 0.4, 0.2], "validation": [1.1, None, 0.3]},
        "barriers": {"train": 0.0, "validation": None}, "examples": {"train": 8, "validation": 4},
    }  # fmt: skip


def wounds() -> dict[str, Any]:
    def level(share: float, mean: float) -> dict[str, Any]:
        return {"share": share, "mean": {"accuracy": mean}, "deviation": {"accuracy": 0.02},
                "low": {"accuracy": mean - 0.1}, "high": {"accuracy": mean + 0.05}}  # fmt: skip

    return {
        "good": False, "verdict": "Half is gone at 30%.", "fixes": [], "levels": [level(0.0, 0.9), level(0.5, 0.3)],
        "metric": "accuracy", "chance": 0.25, "half": 0.3, "what": "weights", "how": "zero", "parts": 120,
        "examples": 50, "tough": False,
    }  # fmt: skip


def bare() -> dict[str, Any]:
    plane = {"x": [0.0, 1.0], "y": [0.0, 1.0], "size": 2, "values": [0.1, 0.9, 0.2, 0.8], "classes": 2}
    return {
        "good": True, "verdict": "One map.", "fixes": [], "whole": {"loss": 0.1, "accuracy": 0.99},
        "bare": {"loss": 2.0, "accuracy": 0.5}, "trained": {"loss": 0.4, "accuracy": None}, "removed": ["n3"],
        "labels": ["ReLU"], "weights": 40, "examples": 20, "pictures": {"whole": plane, "straight": plane},
        "map": {"inputs": 3, "outputs": 2, "rank": 1, "error": 0.0, "matrix": [[1.0, -2.0, 0.0], [0.5, -1.0, 0.0]],
                "shift": [0.25, 0.0], "shape": [3], "names": ["no", "yes"]},
    }  # fmt: skip


ANSWERS = {"loss_surface": bowl(), "loss_line": line(), "damage": wounds(), "without_activations": bare()}


@pytest.fixture
def figure(qtbot: QtBot) -> Figure:
    figure = Figure()
    qtbot.addWidget(figure)
    figure.resize(420, 360)
    figure.show()
    return figure


def test_the_plane_is_coloured_from_low_to_high_and_told_under_the_cursor(figure: Figure) -> None:
    drawing = around(bowl())
    figure.show_drawing(Drawing([m for m in drawing.marks if isinstance(m, Shades)], x_span=(-1, 1), y_span=(-1, 1)))
    [shades] = figure.drawing.marks
    assert isinstance(shades, Shades)
    assert (shades.shares.min(), shades.shares.max()) == (0.0, 1.0)
    area = figure.area()
    picture = figure.grab().toImage()
    ratio = picture.devicePixelRatio()

    def colour(x: float, y: float) -> tuple[int, int]:
        at = QPointF(area.left() + x * area.width(), area.top() + y * area.height()) * ratio
        pixel = picture.pixelColor(at.toPoint())
        return pixel.red(), pixel.blue()

    red, blue = colour(0.51, 0.51)
    assert blue > red, "low is blue"
    red, blue = colour(0.03, 0.03)
    assert red > blue, "high is orange"
    assert figure.told(QPointF(area.center())) == "loss 0.1 at 0, 0"
    assert figure.told(QPointF(area.right() - 2, area.top() + 2)) == "loss 2.1 at 1, 1"
    assert figure.told(QPointF(area.right() + 30, area.top())) == ""


def test_what_is_no_number_has_no_colour_and_flat_ground_no_lines() -> None:
    x = np.array(TICKS)
    values = np.array(bowl()["values"])
    values[0, 0] = np.nan
    [shades, *lines] = heights(x, x, values)
    assert isinstance(shades, Shades)
    assert np.isnan(shades.shares[0, 0])
    assert np.isnan(shades.shares).sum() == 1
    assert len(lines) >= 8
    assert heights(x, x, np.ones((5, 5))) == []
    below = heights(x, x, values - 5.0)
    assert len(below) >= 8, "a loss may be below 0"


def test_the_weights_and_the_way_of_a_run_are_marked() -> None:
    places = [*bowl()["places"], {"name": "the start", "x": 0.8, "y": 0.0, "loss": 0.74, "away": 0.5}]
    drawing = around(bowl(view="run", places=places, values=bowl()["values"]))
    dots = [mark for mark in drawing.marks if isinstance(mark, Dots)]
    assert [mark.names[0] for mark in dots] == ["these weights: loss 0.1", "the start: loss 0.74, 0.5 beside the plane"]
    assert not any(isinstance(mark, Line) and mark.dashed for mark in drawing.marks)
    [ring] = [mark for mark in around(bowl()).marks if isinstance(mark, Line) and mark.dashed]
    np.testing.assert_allclose(np.hypot(ring.x, ring.y), 0.25)


def test_the_map_that_is_left_has_its_cells_and_signs(figure: Figure) -> None:
    figure.show_drawing(matrix(bare()))
    [shades] = figure.drawing.marks
    assert isinstance(shades, Shades)
    np.testing.assert_allclose(shades.shares, [[0.75, 0.0, 0.5], [0.625, 0.25, 0.5]])
    area = figure.area()
    picture = figure.grab().toImage()

    def colour(x: float, y: float) -> tuple[int, int]:
        at = QPointF(area.left() + x * area.width(), area.top() + y * area.height()) * picture.devicePixelRatio()
        pixel = picture.pixelColor(at.toPoint())
        return pixel.red(), pixel.blue()

    for x in (0.02, 0.3):
        red, blue = colour(x, 0.98)
        assert red > blue, "the whole cell is orange"
    red, blue = colour(0.5, 0.98)
    assert blue > red
    assert figure.told(QPointF(area.left() + 2, area.top() + 2)) == "weight 0.5 at 0, 1"
    one = bare()
    one["map"] = {**one["map"], "outputs": 1, "matrix": [[1.0, -2.0, 0.0]]}
    figure.show_drawing(matrix(one))
    picture = figure.grab().toImage()
    red, blue = colour(0.5, 0.5)
    assert blue > red, "a single row is seen too"


def test_a_small_map_is_written_out_and_one_of_pictures_seen(qtbot: QtBot) -> None:
    assert equations(bare()["map"]) == [
        "score of no = +1 x1 -2 x2 +0 x3 +0.25",
        "score of yes = +0.5 x1 -1 x2 +0 x3 +0",
    ]
    found = {"matrix": [[0.0, 1.0, -1.0, 0.5]], "shape": [1, 2, 2], "names": []}
    [tile] = tiles(found)
    [[nothing, orange], [blue, _]] = tile.look["pixels"]
    assert orange[0] > orange[2]
    assert blue[2] > blue[0]
    assert abs(nothing[0] - nothing[2]) < 20
    assert tile.caption == "0"


def test_both_planes_stand_side_by_side(qtbot: QtBot, tmp_path: Path) -> None:
    document, _ = storage.load(EXAMPLES / "iris_mlp.loom", default_catalog())
    session = Session(document, tmp_path / "iris.loom")
    made = rows(session, bare())
    for widget in made:
        qtbot.addWidget(widget)
    assert len(made) == 5
    [left, right] = made[3].findChildren(BoundaryField)
    assert left is not right
    short = rows(session, {**bare(), "trained": None, "pictures": {}, "map": None})
    for widget in short:
        qtbot.addWidget(widget)
    assert len(short) == 2


def test_a_learning_curve_has_its_spread_and_the_law_that_foretells() -> None:
    drawing = PICTURES["learning_curve"](learned())
    lines = {mark.name: mark for mark in drawing.marks if isinstance(mark, Line) and mark.name}
    np.testing.assert_allclose(10 ** lines["validation"].x, [10, 20, 40])
    np.testing.assert_allclose(lines["validation"].y, [0.7, 0.8, 0.85])
    np.testing.assert_allclose(10 ** lines["the law"].x[[0, -1]], [10, 80])
    np.testing.assert_allclose(lines["the law"].y[-1], 1 - 80**-0.5)
    assert lines["foretold with twice the examples"].y.tolist() == [0.86, 0.9]
    spread = [mark for mark in drawing.marks if isinstance(mark, Line) and mark.thin]
    np.testing.assert_allclose([mark.y[0] for mark in spread], [0.98, 1.02, 0.68, 0.72])
    told = TABLES["learning_curve"](learned())
    assert told is not None
    assert told[1][0] == ("10", "1 ± 0.02", "0.7 ± 0.02", "0.5 ± 0.1", "0.5 ± 0.1")


def test_a_line_and_damage_hold_their_curves() -> None:
    curves = [mark for mark in along(line()).marks if isinstance(mark, Line) and not mark.dashed]
    assert [curve.name for curve in curves] == ["training", "validation"]
    assert np.isnan(curves[1].y[1])
    lines = [mark for mark in damaged(wounds()).marks if isinstance(mark, Line)]
    assert {mark.name: mark.y[-1] for mark in lines} == pytest.approx(
        {"least of all draws": 0.2, "greatest of all draws": 0.35, "accuracy": 0.3, "chance": 0.25}
    )
    assert lines[0].x.tolist() == [0.0, 50.0]


@pytest.mark.parametrize("exam", ANSWERS)
def test_the_card_of_a_run_shows_each(exam: str, qtbot: QtBot, tmp_path: Path) -> None:
    document, _ = storage.load(EXAMPLES / "iris_mlp.loom", default_catalog())
    card = TrialCard(OfRun(Studio(Session(document, tmp_path / "iris.loom"), tmp_path)))
    qtbot.addWidget(card)
    card.show()
    card.show_tool(exam)
    card.trial.tool, card.trial.answer = exam, ANSWERS[exam]
    card.trial.changed.emit()

    def pictures() -> list[QWidget]:
        figures = [figure for figure in card.findChildren(Figure) if figure.drawing.marks]
        return [made for made in (*figures, *card.findChildren(BoundaryField)) if made.isVisible()]

    qtbot.waitUntil(lambda: bool(pictures()))
    assert card.verdict.text() == ANSWERS[exam]["verdict"]
    for reason in ANSWERS[exam].get("reasons", ()):
        assert any(made.text() == reason for made in card.findChildren(QLabel))


def test_a_real_process_examines_the_run_that_is_shown(qtbot: QtBot, tmp_path: Path) -> None:
    document, _ = storage.load(EXAMPLES / "iris_mlp.loom", default_catalog())
    studio = Studio(Session(document, tmp_path / "iris.loom"), tmp_path)
    studio.show(fresh(tmp_path / "first", *SUBJECTS["moons"]).path)
    card = TrialCard(OfRun(studio))
    qtbot.addWidget(card)
    card.show()
    card.show_tool("damage")
    card.start_button.click()
    assert card.trial.is_running
    qtbot.waitUntil(lambda: not card.trial.is_running, timeout=60_000)
    assert card.trial.problem is None
    assert card.picture.drawing.title == "Accuracy over damage"
    assert "of the weights zeroed" in card.verdict.text()


@pytest.mark.parametrize("exam", ANSWERS)
def test_the_command_line_has_a_table_of_each(exam: str) -> None:
    told = TABLES[exam](ANSWERS[exam])
    assert told is not None
    columns, rows = told
    assert all(len(row) == len(columns) for row in rows)
    assert any("0.1" in cell or "no number" in cell or "±" in cell for row in rows for cell in row)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (
            "The loss is 0.2309; within 0.25 of the size of the weights it rises by 0.0384 at most. The sharpest "
            "curvature is 12.9: plain gradient descent over all of these examples stays in the valley up to a learning "
            "rate of 0.15.",
            "Der Verlust ist 0.2309; innerhalb von 0.25 der Größe der Gewichte steigt er um höchstens 0.0384.",
        ),
        (
            "Accuracy is 0.9136 untouched, 0.8988 with 10% of the units zeroed and 0.117 with 90%.",
            "Accuracy: 0.9136 unversehrt, 0.8988 bei 10%",
        ),
        (
            "Ahead after 200 steps: SGD, 0.1, with a loss of 0.2 against 0.3 of Adam, 0.001.",
            "Nach 200 Schritten vorn: SGD, 0.1, mit einem Verlust von 0.2 gegen 0.3 von Adam, 0.001.",
        ),
        ("share of the way from the start of the run to these weights", "Anteil am Weg von dem Anfang des Laufs zu"),
        ("Loss of the training examples", "Verlust der Trainingsbeispiele"),
    ],
)
def test_what_was_found_is_told_in_german(english: str, german: str) -> None:
    language.use("de")
    try:
        assert german in told(english)
    finally:
        language.use("en")
    assert told(english) == english
