"""The Over time and System panels: stages of a run that goes on or was read, chosen by hand, by time, by the canvas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from core.training.films import Films
from core.training.protocol import Event, Picture, Points, Started
from designer.course.heat import HeatMap, Spread, spread
from designer.course.panel import CoursePanel
from designer.course.scrubber import Scrubber
from designer.figures.marks import Line
from designer.plots.record import RunRecord
from designer.plots.system import SystemPanel
from designer.session import Session
from designer.studio import Studio

STARTED = Started("r", "cpu", 2, 10, 5, 10, 0, {}, ("loss",), ())
CLASSES = {
    "part": "validation",
    "positions": [0, 1, 2],
    "given": [{"pixels": [[0, 255], [255, 0]]}] * 3,
    "outputs": {"y": {"kind": "classes", "target": "target", "truth": [0, 1, 1], "classes": ["cat", "dog"]}},
}


def record_of(studio: Studio, path: Path, *pictures: Picture, events: tuple[Event, ...] = ()) -> RunRecord:
    record = RunRecord("r", path)
    path.mkdir(exist_ok=True)
    films = Films(path / "pictures")
    for event in (STARTED, *events, *pictures):
        record.take(event)
        if isinstance(event, Picture):
            films.take(event)
    studio.record = record
    studio.shown.emit(record)
    return record


def answers(step: int, *right: float, fixed: Any = None) -> Picture:
    guess = [int(r > 0.5) ^ int(i == 0) for i, r in enumerate(right)]
    told = {"y": {"guess": guess, "chance": [max(r, 1 - r) for r in right], "right": list(right)}}
    return Picture("answers", step, {"outputs": told} | ({"fixed": fixed} if fixed else {}))


def shown(panel: Any, qtbot: QtBot) -> Any:
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show()
    return panel


def test_the_same_examples_are_seen_at_each_stage(
    qtbot: QtBot, session: Session, studio: Studio, tmp_path: Path
) -> None:
    frames = [answers(0, 0.5, 0.4, 0.3, fixed=CLASSES), answers(10, 0.9, 0.4, 0.2), answers(20, 0.9, 0.8, 0.7)]
    record_of(studio, tmp_path / "run", *frames)
    panel: CoursePanel = shown(CoursePanel(session, studio), qtbot)
    assert panel._where.text() == "step 20  epoch 2.0"
    assert panel.answers.tiles.title == "3 of 3 validation examples are right"
    panel.scrubber.choose(1)
    assert panel.answers.tiles.title == "1 of 3 validation examples are right"
    tiles = panel.answers.tiles.sheet.tiles
    assert [(tile.caption, tile.bad) for tile in tiles] == [("cat 90 %", False), ("cat 60 %", True), ("cat 80 %", True)]
    qtbot.waitUntil(lambda: panel.answers.heat.spread is not None and len(panel.answers.heat.spread.steps) == 3)
    found = panel.answers.heat.spread
    assert found is not None
    np.testing.assert_allclose(
        np.sort(found.values, axis=0), np.sort([[0.5, 0.9, 0.9], [0.4, 0.4, 0.8], [0.3, 0.2, 0.7]], 0)
    )
    panel.grab()


def test_the_end_goes_on_with_the_run_and_an_earlier_stage_stays(
    qtbot: QtBot, session: Session, studio: Studio, tmp_path: Path
) -> None:
    record = record_of(studio, tmp_path / "run", answers(0, 0.5, 0.5, 0.5, fixed=CLASSES), answers(10, 0.9, 0.9, 0.9))
    panel: CoursePanel = shown(CoursePanel(session, studio), qtbot)
    films = Films(tmp_path / "run" / "pictures")

    def more(step: int) -> None:
        films.take(answers(step, 0.9, 0.9, 0.9))
        record.take(answers(step, 0.9, 0.9, 0.9))
        panel._look()

    more(20)
    assert panel._where.text() == "step 20  epoch 2.0"
    panel.scrubber.choose(0)
    more(30)
    assert panel._where.text() == "step 0  epoch 0.0"
    panel.go(29)
    assert panel._where.text() == "step 30  epoch 3.0"


def test_play_goes_through_the_stages_and_stands_still_at_the_end(
    qtbot: QtBot, session: Session, studio: Studio, tmp_path: Path
) -> None:
    frames = [answers(0, 0.5, 0.5, 0.5, fixed=CLASSES), *(answers(s, 0.9, 0.9, 0.9) for s in (10, 20))]
    record_of(studio, tmp_path / "run", *frames)
    panel: CoursePanel = shown(CoursePanel(session, studio), qtbot)
    panel.play()
    assert panel.scrubber.index == 0
    assert panel._play.toolTip() == "Stand still"
    qtbot.waitUntil(lambda: not panel._player.isActive(), timeout=5000)
    assert panel.scrubber.index == 2
    assert panel._play.toolTip() == "Play from here"


def histogram(low: float, high: float) -> list[Any]:
    return [low, high, [1, 2, 3, 2], 0]


def test_histograms_follow_the_selection_on_the_canvas(
    qtbot: QtBot, session: Session, studio: Studio, tmp_path: Path
) -> None:
    nodes = {"n2": {"weight": histogram(-1, 1), "gradient": histogram(0, 1)}, "n3": {"activation": histogram(0, 4)}}
    frames = [Picture("histograms", step, {"nodes": nodes}) for step in (1, 5, 9)]
    record_of(studio, tmp_path / "run", *frames)
    panel: CoursePanel = shown(CoursePanel(session, studio), qtbot)
    view = panel.histograms
    qtbot.waitUntil(lambda: view.node.count() == 3)
    assert [view.node.itemText(i) for i in range(3)] == ["All nodes", "Linear", "ReLU"]
    assert [heat.spread.title for heat in view.small if heat.spread and not heat.isHidden()] == ["Linear"]
    session.selection.set(nodes=("n3",))
    assert view.node.currentText() == "ReLU"
    assert view.heat.spread is not None
    assert "it has none" in view.heat.spread.title
    view.kind.setCurrentText("Activations")
    assert view.heat.spread.steps == [1, 5, 9]
    assert (view.heat.spread.low, view.heat.spread.high) == (0, 4)
    assert view.figure.drawing.title == "Step 9"
    panel.grab()


def test_histograms_of_other_ranges_share_one_axis() -> None:
    found = spread([0, 1], [[0.0, 1.0, [4, 4], 0], [0.0, 2.0, [0, 8], 3]], "W")
    assert (found.low, found.high) == (0.0, 2.0)
    half = len(found.values) // 2
    np.testing.assert_allclose(found.values[:half, 0], 1.0)
    assert not found.values[half + 1 :, 0].any()
    assert not found.values[: half - 1, 1].any()
    assert found.note == "3 are no numbers"
    flat = spread([0], [[2.0, 2.0, [5], 0]])
    assert flat.low < 2.0 < flat.high
    assert flat.values.max() == 1.0


def test_a_heat_map_tells_what_is_under_the_cursor_and_goes_there(qtbot: QtBot) -> None:
    gone: list[int] = []
    heat = HeatMap(gone.append)
    qtbot.addWidget(heat)
    heat.resize(400, 200)
    heat.show_spread(Spread([0, 10, 100], np.eye(3), 0.0, 3.0, "W"), 10)
    area = heat.area()
    assert heat.told(QPointF(area.right() - 1, area.bottom() - 1)) == "step 100: 0 to 1"
    assert heat.told(QPointF(0, 0)) == ""
    qtbot.mouseClick(heat, Qt.MouseButton.LeftButton, pos=area.center().toPoint())
    assert gone == [10] or gone == [100]
    heat.grab()
    heat.show_spread(None)
    heat.grab()


def test_the_scrubber_obeys_keys_and_mouse(qtbot: QtBot) -> None:
    scrubber = Scrubber()
    qtbot.addWidget(scrubber)
    scrubber.resize(300, 26)
    scrubber.show_steps([0, 10, 20, 100])
    moved: list[int] = []
    scrubber.moved.connect(moved.append)
    qtbot.keyClick(scrubber, Qt.Key.Key_Right)
    qtbot.keyClick(scrubber, Qt.Key.Key_End)
    qtbot.keyClick(scrubber, Qt.Key.Key_Left)
    at = QPointF(scrubber.x_of(12), 13).toPoint()
    qtbot.mouseClick(scrubber, Qt.MouseButton.LeftButton, pos=at)
    assert moved == [1, 3, 2, 1]
    assert scrubber.accessibleDescription() == "step 10"


def test_no_pictures_are_told(qtbot: QtBot, session: Session, studio: Studio, tmp_path: Path) -> None:
    panel: CoursePanel = shown(CoursePanel(session, studio), qtbot)
    assert panel._stack.currentIndex() == 0
    record_of(studio, tmp_path / "run")
    assert panel._stack.currentIndex() == 0
    panel.play()
    panel.go(3)


def test_the_system_panel_splits_the_time_of_a_step(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    panel: SystemPanel = shown(SystemPanel(studio), qtbot)
    assert panel._stack.currentIndex() == 0
    times = Points((1, 2, 3), {f"time/{part}": (1.0, 9.0, 2.0) for part in ("data", "forward", "backward")})
    load = Points((1, 2), {"system/cpu": (10.0, 20.0), "system/memory": (100.0, 110.0), "system/samples": (1.0, 2.0)})
    record = record_of(studio, tmp_path / "run", events=(times, load))
    panel._draw()
    assert panel.split.parts == {"data": 2.0, "forward": 2.0, "backward": 2.0}
    assert [curve.name for curve in panel.charts["Load, %"].curves] == ["this run"]
    assert record.metric_names == ()  # they are no metrics of the training
    panel.grab()


def flow(step: int, **scales: float | None) -> Picture:
    return Picture("flow", step, {"gradient": scales})


def test_the_flow_of_gradients_is_seen_by_depth_and_over_the_run(
    qtbot: QtBot, session: Session, studio: Studio, tmp_path: Path
) -> None:
    frames = [flow(1, n2=0.01, deep=0.5), flow(11, n2=1e-8, deep=0.5), flow(21, n2=0.2, deep=None)]
    record_of(studio, tmp_path / "run", *frames)
    panel: CoursePanel = shown(CoursePanel(session, studio), qtbot)
    view = panel.flow
    qtbot.waitUntil(lambda: view.heat.spread is not None and len(view.heat.spread.steps) == 3)
    panel.go(1)
    drawing = view.figure.drawing
    assert drawing.note == "flows well: the largest is 50 times the smallest"
    drawn = drawing.marks[-1]
    assert isinstance(drawn, Line)
    np.testing.assert_allclose(drawn.y, np.log10([0.01, 0.5]))
    panel.go(11)
    drawing = view.figure.drawing
    assert drawing.note == "vanishing at Linear: 2e-08 of the largest"
    assert ("vanishing", 3) in drawing.legend
    panel.go(21)
    assert view.figure.drawing.note == "exploding at deep: nan"
    found = view.heat.spread
    assert found is not None
    np.testing.assert_allclose(found.values[1], [1.0, 1.0, 1.0])
    np.testing.assert_allclose(found.values[0], [1 + np.log10(0.02) / 6, 0.0, 1 + np.log10(0.4) / 6], atol=1e-9)
