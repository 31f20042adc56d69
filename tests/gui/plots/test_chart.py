"""Charts: what is painted, axes of every kind, marks of what happened, and what the cursor tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QImage, QTransform
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from core.training.protocol import Changed, Finished, Met, Points, Saved, Started, StateChanged
from designer.plots.chart import Chart, Curve
from designer.plots.marks import Mark
from designer.plots.painted import Painted, bands, mixtures, reach
from designer.plots.record import RunRecord
from designer.plots.saving import save, save_as
from designer.plots.scale import Scale
from designer.plots.series import COARSE, Series
from designer.session import Notice, Session
from designer.theme import manager

STARTED = Started("r", "cpu", 1, 10, 5, 10, 0, {}, ("loss",), ())


def series(values: np.ndarray, start: int = 1, capacity: int = 1 << 16) -> Series:
    made = Series(capacity)
    made.append(np.arange(start, start + len(values)), np.asarray(values, float))
    return made


@pytest.fixture
def chart(qtbot: QtBot) -> Chart:
    chart = Chart("Loss")
    qtbot.addWidget(chart)
    chart.resize(500, 260)
    chart.show()
    return chart


def apart(one: QColor, other: QColor) -> int:
    return abs(one.red() - other.red()) + abs(one.green() - other.green()) + abs(one.blue() - other.blue())


def painted(chart: Chart) -> list[Painted]:
    chart.refresh()
    return [one for one, *_ in chart._painted._painted]


def test_many_points_are_a_band_and_a_line_few_are_exact(chart: Chart) -> None:
    noise = np.random.default_rng(0).normal(size=50_000)
    chart.set_curves([Curve("many", series(noise), 0), Curve("few", series(np.array([3.0, 1.0, 2.0])), 1)])
    many, few = painted(chart)
    assert many.band[1].min() == noise.min()
    assert many.band[1].max() == noise.max()
    assert len(many.line[0]) <= 2 * 240
    assert not len(few.band[0])
    assert few.line[1].tolist() == [3.0, 1.0, 2.0]
    assert reach([many, few]).bottom() >= 3.0


def test_the_gap_between_train_and_validation_is_shaded(chart: Chart) -> None:
    train, validation = series(np.array([1.0, 0.5, 0.2])), series(np.array([1.0, 0.8, 0.9]))
    chart.set_curves([Curve("validation", validation, 1, per_epoch=True, gap=train)])
    [one] = painted(chart)
    assert one.gap[0].tolist() == [1, 2, 3, 3, 2, 1]
    assert one.gap[1].tolist() == [1.0, 0.8, 0.9, 0.2, 0.5, 1.0]
    ground = manager().theme.surface
    chart.grab()  # the range is found when it is painted
    image = chart.grab().toImage()
    inside = chart.view.mapFromScene(chart.view.getViewBox().mapViewToScene(QPointF(2.7, 0.6)))
    found = image.pixelColor(chart.view.mapTo(chart, inside) * image.devicePixelRatio())
    assert apart(found, ground) > 10


@pytest.mark.parametrize("value", [0.001, -3.0, 0.0])
def test_the_size_of_a_line_that_never_moves_is_read_off_the_axis(chart: Chart, value: float) -> None:
    chart.set_curves([Curve("lr", series(np.full(50, value)), 0)])
    chart.refresh()
    low, high = chart.view.viewRange()[1]
    assert low < value < high
    assert high - low < 2 * abs(value) or value == 0


def test_both_axes_may_be_logarithmic(chart: Chart) -> None:
    chart.set_curves([Curve("a", series(np.array([10.0, 100.0, 0.0, 1000.0])), 0)])
    chart.set_axes(steps_per_epoch=None, log=True, log_x=True)
    [one] = painted(chart)
    np.testing.assert_allclose(one.line[0], np.log10([1, 2, 3, 4]))
    np.testing.assert_allclose(one.line[1], [1.0, 2.0, np.nan, 3.0])
    chart.set_axes(steps_per_epoch=2, log=False)
    assert painted(chart)[0].line[0].tolist() == [0.5, 1.0, 1.5, 2.0]


def test_a_logarithmic_axis_is_as_fine_at_its_left_as_at_its_right() -> None:
    found = Scale(log_x=True).window(series(np.arange(60_000.0)), -np.inf, np.inf, 600)
    assert found.x[:20].tolist() == list(range(1, 21))
    assert (np.diff(found.x) > 0).all()
    assert len(found.x) < 900
    assert found.high.max() == 59_999


@pytest.mark.parametrize("at", [(0, 40_000), (10_000, 30_000), (39_990, 60_000)])
def test_ready_made_groups_lose_no_extreme(at: tuple[int, int]) -> None:
    values = np.random.default_rng(1).normal(size=40_003)
    filled = Series(1 << 12)
    for start in range(0, len(values), 997):
        part = values[start : start + 997]
        filled.append(np.arange(start, start + len(part)), part)
        filled.window(*at, 10)  # groups are made as points come
    found = filled.window(*at, 10)
    inside = values[at[0] : at[1] + 1]
    assert found.low.min() <= inside.min()
    assert found.high.max() >= inside.max()
    assert len(found.x) <= 20
    whole = filled.window(-np.inf, np.inf, 10)
    assert (whole.low.min(), whole.high.max()) == (values.min(), values.max())
    assert filled._size > 10 * COARSE


def test_marks_tell_what_happened_near_the_cursor(chart: Chart) -> None:
    chart.set_curves([Curve("a", series(np.zeros(1000)), 0)])
    chart.set_marks([Mark(200, "setting", "lr set to 0.1"), Mark(201, "best", "Best"), Mark(800, "alarm", "Dead")])
    chart.refresh()
    chart.grab()  # the range is found when it is painted
    assert chart.told(200.0).splitlines() == ["Step 200: lr set to 0.1", "Step 201: Best"]
    assert chart.told(500.0) == ""
    chart._on_hover(chart.view.getViewBox().mapViewToScene(QPointF(800, 0)))
    assert chart.told(800.0) == "Step 800: Dead"
    chart._leave()


def test_the_course_of_a_run_becomes_marks() -> None:
    record = RunRecord("r", Path("r"))
    record.take(STARTED)
    record.take(Points((1, 2, 3), {"train/loss": (1.0, 1.0, 1.0)}))
    record.take(Met({"code": "dead", "message": "Units are dead."}))
    record.take(Changed("objectives.0.lr", 0.5, 3))
    record.take(Points((12,), {"train/loss": (1.0,)}))
    record.take(Saved("best", 12, best=True))
    record.take(Saved("last", 12, best=False))
    record.take(StateChanged("stopping", "No better for 3 epochs."))
    record.take(Finished({}, 2.0, 20, 1.0, best_epoch=1, stopped_early=True))
    assert [(m.step, m.kind, m.text) for m in record.course.marks] == [
        (3, "alarm", "Units are dead."),
        (3, "setting", "lr set to 0.5"),
        (12, "best", "Saved the best weights so far"),
        (20, "stopped", "No better for 3 epochs."),
        (10, "best", "End of epoch 1, the best one"),
    ]
    record.take(Started("r", "cpu", 1, 10, 5, 10, 5, {}, ("loss",), ()))
    assert [(m.step, m.kind) for m in record.course.marks] == [(3, "alarm"), (3, "setting"), (5, "resumed")]
    record.course.begin({"run": "/x/first", "checkpoint": "last", "step": 2})
    assert record.course.marks[0] == Mark(2, "branch", "Branched from first, last")


def test_a_chart_is_painted_in_the_colours_of_its_curves(chart: Chart) -> None:
    chart.set_curves([Curve("a", series(np.ones(50)), 0)])
    chart.refresh()
    chart.grab()
    image: QImage = chart.grab().toImage()
    colour = manager().theme.chart[0]
    found = min(apart(image.pixelColor(250, y), colour) for y in range(40, image.height()))
    assert found < 60


def columns(x: list[float], low: list[float], high: list[float], width: int = 8, height: int = 10) -> np.ndarray:
    """A band over pixels of one unit, y upwards from 0 at the bottom."""
    band = np.repeat(np.asarray(x, float), 2), np.stack((low, high), 1).ravel()
    to_pixels = QTransform(1, 0, 0, -1, 0, height)
    return bands([band], to_pixels, QRect(0, 0, width, height), 1.0)[:, :width]


def test_a_band_fills_each_column_from_its_least_to_its_greatest() -> None:
    found = columns([0.1, 0.6, 1.2, 3.5], [2.5, 1.5, 6.5, 1.5], [3.5, 2.5, 7.5, 1.5])
    filled = [np.flatnonzero(found[::-1, column]).tolist() for column in range(5)]
    assert filled[0] == [1, 2, 3]  # two points in one column
    assert filled[1] == [3, 4, 5, 6, 7]  # joined to where the first one ended
    assert filled[2] == [4, 5, 6]  # no point: half way to the next one
    assert filled[3] == [1, 2, 3, 4]
    assert filled[4] == []


def test_spikes_of_missing_and_far_points_do_no_harm() -> None:
    found = columns([0, 1, 2], [np.nan, 2.5, 1e9], [np.nan, 3.5, 2e9])
    assert np.flatnonzero(found[:, 1]).size == 2
    assert found[0, 2]
    assert not columns([0], [np.nan], [np.nan]).any()
    assert not columns([100], [1], [2]).any()


def test_bands_mix_where_they_overlap() -> None:
    red, blue = QColor(255, 0, 0), QColor(0, 0, 255)
    nothing, first, second, both = (QColor.fromRgba(c) for c in mixtures([red, blue]))
    assert nothing.alpha() == 0
    assert (first.red(), second.blue(), first.alpha()) == (255, 255, second.alpha())
    assert both.alpha() > first.alpha()
    assert both.red() > both.blue() > 50  # the first lies on top
    assert len(mixtures([red] * 10)) == 11


def test_a_dense_band_is_painted_as_pixels_and_as_strokes_where_there_are_none(chart: Chart, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=50_000)
    chart.set_curves([Curve("many", series(noise), 0)])
    chart.refresh()
    chart.grab()
    image = chart.grab().toImage()
    ground = manager().theme.surface
    box = chart.view.getViewBox()
    spots = [chart.view.mapFromScene(box.mapViewToScene(QPointF(x, 1.5))) for x in range(5000, 45000, 1000)]
    assert all(
        apart(image.pixelColor(chart.view.mapTo(chart, p) * image.devicePixelRatio()), ground) > 20 for p in spots
    )
    save(chart, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert "<image" not in text
    assert text.count("<path") >= 2


def test_a_chart_is_saved_where_the_person_says_and_trouble_is_told(
    chart: Chart, session: Session, notices: list[Notice], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answers = [str(tmp_path / "a.csv"), "", str(tmp_path / "absent" / "a.csv")]

    def ask(_owner: QWidget, _title: str, name: str, _kinds: str) -> tuple[str, str]:
        asked.append(name)
        return answers[len(asked) - 1], ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    chart.set_title("target/Load, %")
    for _ in answers:
        save_as(chart, session, chart, "csv")
    assert asked == ["target_load.csv"] * 3
    assert (tmp_path / "a.csv").read_text().startswith("curve,step,mean")
    assert len(notices) == 1
    assert "absent" in notices[0].problem.message
