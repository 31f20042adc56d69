"""The list of runs: comparing, overlaying, deleting; charts as files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QPlainTextEdit, QTableWidget, QWidget
from pytestqt.qtbot import QtBot

from core.analysis.examining.table import EXAMS
from core.training.eventlog import EventLog
from core.training.protocol import EpochEnded, Points, Started, encode_event
from core.training.runs import RunFolder
from designer.export.dialog import ExportDialog
from designer.plots.chart import Chart, Curve
from designer.plots.panel import PlotsPanel
from designer.plots.saving import save
from designer.plots.series import Series
from designer.runs.compare import CompareDialog
from designer.runs.differences import changed_lines, code_difference, compare
from designer.runs.panel import FOLDER, RunsPanel, delete_run
from designer.session import Session
from designer.shell.places import remember_runs, remembered_runs
from designer.studio import Studio
from graph.commands import SetJob, SetParam
from graph.lower import lower


@pytest.fixture
def runs(session: Session, tmp_path: Path) -> list[RunFolder]:
    """Two runs of one design: the second with another width and another learning rate."""
    made = []
    for name, width, lr in (("first", 16, 0.001), ("second", 24, 0.01)):
        session.do(SetParam("n2", "out_features", width))
        session.do(SetJob("objectives.0.optimizer", {"kind": "adam", "params": {"lr": lr}}))
        run = RunFolder.create(tmp_path / "runs" / name, lower(session.document), session.document.job, "", name)
        log = EventLog(run.path / "events.jsonl")
        log.append(encode_event(Started(name, "cpu", 1, 9, 2, 3, 0, {"train": 9}, ("loss",), ())))
        log.append(encode_event(Points((0, 1, 2), {"train/loss": (lr, 2 * lr, 3 * lr)})))
        log.append(encode_event(EpochEnded(1, 3, {"validation": {"loss": lr}}, 0.1)))
        log.close()
        run.write("result", {"metrics": {"test": {"loss": lr}}})
        made.append(run)
    return made


@pytest.fixture
def studio(session: Session, runs: list[RunFolder], qtbot: QtBot) -> Studio:
    return Studio(session, runs[0].path.parent)


def test_what_differs_is_found_in_job_code_and_result(runs: list[RunFolder]) -> None:
    differing = {(row.part, row.what): row.values for row in compare(runs) if row.differs}
    assert differing[("Job", "objectives.0.optimizer.params.lr")] == ("0.001", "0.01")
    assert differing[("Result", "test.loss")] == ("0.001", "0.01")
    [(_, lines)] = [(key, values) for key, values in differing.items() if key[0] == "Code"]
    assert lines == ("0", "4"), "the layer, and the shape in the docstring, taken out and put in"
    assert "+        self.linear = nn.Linear(64, 24)" in code_difference(*runs)
    assert not any(what.startswith("epochs") for _, what in differing)


def test_what_differs_in_the_data_is_a_part_of_its_own(runs: list[RunFolder]) -> None:
    for run, count in zip(runs, (90, 120), strict=True):
        run.events.path.unlink()
        started = Started("r", "cpu", 1, 10, 5, 10, 0, {"train": count, "test": 30}, ("loss",), ())
        run.events.append(encode_event(started))
        run.events.close()
    found = {row.what: row for row in compare(runs) if row.part == "Data"}
    assert found["examples in train"].values == ("90", "120")
    assert [what for what, row in found.items() if row.differs] == ["examples in train"]
    assert "source.kind" in found
    assert not any(row.what.startswith("data.") for row in compare(runs) if row.part == "Job")


def test_folds_of_one_division_tell_their_mean_and_deviation(
    session: Session, tmp_path: Path, qtbot: QtBot, runs: list[RunFolder]
) -> None:
    folds = []
    for fold, reached in enumerate((0.25, 0.75)):
        session.do(SetJob("data.split.folds", 2))
        session.do(SetJob("data.split.fold", fold))
        run = RunFolder.create(tmp_path / f"fold{fold}", lower(session.document), session.document.job, "", "fold")
        run.write("result", {"metrics": {"validation": {"accuracy": reached}}})
        folds.append(run)
    [row] = [row for row in compare(folds) if row.part == "Result"]
    assert (row.values, row.across) == (("0.25", "0.75"), "0.50 ± 0.35")
    dialog = CompareDialog(folds, RunsPanel(Studio(session, tmp_path)))
    qtbot.addWidget(dialog)
    table = dialog.findChild(QTableWidget)
    assert table is not None
    assert [table.item(0, column).text() for column in range(1, 5)] == [  # type: ignore[union-attr]
        "validation.accuracy", "0.25", "0.75", "0.50 ± 0.35"]  # fmt: skip
    assert not any(row.across for row in compare(runs)), "other runs are no folds"
    assert not any(row.across for row in compare([folds[0], folds[0]])), "nor is one fold twice"


def test_equal_code_has_no_changed_lines() -> None:
    assert changed_lines(["a", "b"], ["a", "b"]) == 0
    assert changed_lines(["a", "b"], ["a", "c", "d"]) == 3


def test_the_dialog_leaves_out_what_is_equal_until_asked(qtbot: QtBot, runs: list[RunFolder], session: Session) -> None:
    from PySide6.QtWidgets import QWidget

    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = CompareDialog(runs, parent)
    [table] = dialog.findChildren(QTableWidget)
    few = table.rowCount()
    assert few == sum(row.differs for row in compare(runs))
    dialog._only.click()
    assert table.rowCount() == len(compare(runs)) > few
    assert "nn.Linear(64, 24)" in dialog.findChildren(QPlainTextEdit)[0].toPlainText()


def test_chosen_runs_are_drawn_beside_the_shown_one(qtbot: QtBot, studio: Studio, runs: list[RunFolder]) -> None:
    panel, plots = RunsPanel(studio), PlotsPanel(studio)
    for widget in (panel, plots):
        qtbot.addWidget(widget)
        widget.resize(900, 300)
        widget.show()
    panel.reload()
    model, rows = panel._table.selectionModel(), QItemSelectionModel.SelectionFlag.Rows
    for row in range(2):
        model.select(panel._table.model().index(row, 0), QItemSelectionModel.SelectionFlag.Select | rows)
    assert {run.folder.name for run in panel.chosen} == {"first", "second"}
    studio.show(runs[0].path)
    studio.overlay([run.folder for run in panel.chosen])
    assert [curve.name for curve in plots._charts[0].curves] == ["train", "validation", "second"]
    studio.overlay([])
    assert [curve.name for curve in plots._charts[0].curves] == ["train", "validation"]


def test_a_deleted_run_is_gone(studio: Studio, runs: list[RunFolder]) -> None:
    delete_run(studio, runs[0].path)
    assert not runs[0].path.exists()
    assert runs[1].path.exists()


def test_a_chart_is_saved_as_picture_and_as_numbers(qtbot: QtBot, tmp_path: Path) -> None:
    series = Series()
    series.append(np.arange(5), np.array([5.0, 4.0, 3.0, 2.5, 2.25]))
    chart = Chart("Loss")
    qtbot.addWidget(chart)
    chart.resize(400, 240)
    chart.set_curves([Curve("train", series, 0)])
    chart.refresh()
    for ending in ("png", "svg", "csv"):
        save(chart, tmp_path / f"loss.{ending}")
    assert QImage(str(tmp_path / "loss.png")).width() == 800
    assert QSvgRenderer(str(tmp_path / "loss.svg")).isValid()
    rows = list(csv.DictReader((tmp_path / "loss.csv").read_text().splitlines()))
    assert [(row["curve"], int(row["step"]), float(row["mean"])) for row in rows][:2] == [
        ("train", 0, 5.0),
        ("train", 1, 4.0),
    ]
    assert len(rows) == 5


def test_a_run_of_the_list_is_examined(studio: Studio, runs: list[RunFolder], qtbot: QtBot) -> None:
    panel = RunsPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    asked: list[str] = []
    studio.session.run.tool_requested.connect(asked.append)
    summary = next(run for run in panel._runs if run.folder == runs[0].path)
    next(act for text, _, act in panel._entries_of_one(summary) if text == "Examine…")()
    assert studio.record is not None
    assert studio.record.folder == runs[0].path
    assert asked == [next(iter(EXAMS))]


def test_runs_of_other_folders_are_listed_when_they_are_wanted(
    qtbot: QtBot, studio: Studio, runs: list[RunFolder], tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere" / "runs"
    RunFolder.create(other / "third", lower(studio.session.document), studio.session.document.job, "", "third")
    remember_runs(other)
    remember_runs(tmp_path / "gone")
    assert remembered_runs() == [other]
    panel = RunsPanel(studio)
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show()
    assert {run.folder.name for run in panel._runs} == {"first", "second"}
    assert panel._table.isColumnHidden(FOLDER)
    panel.place.setCurrentIndex(1)
    assert {run.folder.name for run in panel._runs} == {"first", "second", "third"}
    assert not panel._table.isColumnHidden(FOLDER)
    shown = {panel._table.item(row, FOLDER).text() for row in range(3)}  # type: ignore[union-attr]
    assert shown == {str(other), str(runs[0].path.parent)}


def test_a_folder_is_remembered_once_and_the_newest_first(tmp_path: Path) -> None:
    for name in ("a", "b", "a"):
        (tmp_path / name).mkdir(exist_ok=True)
        remember_runs(tmp_path / name)
    assert remembered_runs() == [tmp_path / "a", tmp_path / "b"]


def test_export_offers_the_runs_of_the_design_itself_first(
    qtbot: QtBot, studio: Studio, runs: list[RunFolder], assistant: Any
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = ExportDialog(studio.session, studio, assistant, None, parent)
    assert dialog._source.currentData() is None, "no run is of this design"
    assert dialog._source.count() == 3
    dialog.close()
    head = json.loads((runs[0].path / "run.json").read_text())
    (runs[0].path / "run.json").write_text(json.dumps({**head, "title": studio.session.title}))
    dialog = ExportDialog(studio.session, studio, assistant, None, parent)
    assert dialog._source.currentData() == runs[0].path
    assert dialog._source.itemData(1) is None
    dialog.close()
    dialog = ExportDialog(studio.session, studio, assistant, runs[1].path, parent)
    assert dialog._source.currentData() == runs[1].path, "what was chosen stays chosen"
    dialog.close()
