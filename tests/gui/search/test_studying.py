"""Real studies from the panel: a search that is stopped and resumed, a cross-validation, a process that dies."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from core.search.study import Study
from designer.search.panel import SearchPanel
from designer.search.studies import StudyClient
from designer.session import Notice, Session
from designer.shell.files import Files
from designer.studio import Studio
from graph.commands import SetJob
from graph.variants import value_at
from tests.core.search.studies import LR, WIDTH, write_study

LONG = 90_000  # milliseconds that a busy machine may take


@pytest.fixture
def fresh(studio: Studio, session: Session, qtbot: QtBot) -> SearchPanel:
    """Without any study, over a design that trains for two epochs."""
    session.do(SetJob("epochs", 2))
    session.do(SetJob("threads", 1))
    session.do(SetJob("search.trials", 4))
    panel = SearchPanel(studio)
    qtbot.addWidget(panel)
    panel.resize(1400, 420)
    panel.show()
    return panel


def ended(panel: SearchPanel) -> int:
    study = panel.studies.study
    return sum(trial.has_ended for trial in study.trials) if study else 0


def test_a_search_runs_and_its_best_is_applied(
    qtbot: QtBot, fresh: SearchPanel, session: Session, notices: list[Notice]
) -> None:
    qtbot.mouseClick(fresh.header.start, Qt.MouseButton.LeftButton)
    assert session.run.is_searching
    assert fresh.header.stop.isVisible()
    assert fresh.badge() == "0/4"
    qtbot.waitUntil(lambda: not fresh.studies.is_running, timeout=LONG)
    study = fresh.studies.study
    assert study is not None
    assert study.state() == "finished", study.message
    assert [trial.state for trial in study.trials] == ["finished"] * 4
    assert not session.run.is_searching
    assert fresh.table.model().rowCount() == 4
    assert fresh.pictures.parallel.passing == [0, 1, 2, 3]
    assert notices[-1].problem.message.startswith("Search finished: best is trial ")
    best = study.best
    assert best is not None
    notices[-1].buttons[0].run()
    assert value_at(session.document, LR) == best.values[LR]
    assert value_at(session.document, WIDTH) == best.values[WIDTH]
    fresh.table.choose(best.number)
    asked: list[tuple[str, str]] = []
    session.panel_requested.connect(lambda panel, place: asked.append((panel, place)))
    qtbot.keyClick(fresh.table, Qt.Key.Key_Return)
    assert asked == [("plots", "")]
    record = fresh._studio.record
    assert record is not None
    assert record.folder == best.runs[0]
    assert record.state == "finished"


def test_a_cross_validation_tells_mean_and_deviation(
    qtbot: QtBot, fresh: SearchPanel, session: Session, notices: list[Notice]
) -> None:
    before = session.document.job
    fresh.go_to("folds")
    qtbot.waitUntil(lambda: not fresh.studies.is_running, timeout=LONG)
    study = fresh.studies.study
    assert study is not None
    assert study.search.folds == 5
    assert not study.search.variables
    assert session.document.job == before, "the search of the design is as it was"
    table = fresh.pictures.folds.table
    assert fresh.pictures.shown == "folds"
    heads = [table.horizontalHeaderItem(i).text() for i in range(table.columnCount())]  # type: ignore[union-attr]
    assert heads[:3] == ["Metric", "validation: mean ± sd", "test: mean ± sd"]
    assert heads[-5:] == [f"fold {k}" for k in range(1, 6)]
    rows = {table.item(r, 0).text(): r for r in range(table.rowCount())}  # type: ignore[union-attr]
    row = rows["accuracy"]
    folds = [float(table.item(row, 4 + k).text()) for k in range(5)]  # type: ignore[union-attr]
    mean, _, deviation = table.item(row, 1).text().partition(" ± ")  # type: ignore[union-attr]
    assert float(mean) == pytest.approx(sum(folds) / 5, abs=5e-3)
    assert float(deviation) > 0
    assert notices[-1].problem.message.startswith("Cross-validation finished: accuracy ")
    opened: list[Path] = []
    fresh.pictures.folds.opened.connect(opened.append)
    table.cellActivated.emit(row, 5)
    assert [path.name for path in opened] == ["fold2"]


@pytest.mark.slow
def test_a_search_that_is_stopped_goes_on(qtbot: QtBot, fresh: SearchPanel, session: Session) -> None:
    session.do(SetJob("search.trials", 200))
    qtbot.mouseClick(fresh.header.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ended(fresh) >= 2, timeout=LONG)
    qtbot.mouseClick(fresh.header.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not fresh.studies.is_running, timeout=LONG)
    study = fresh.studies.study
    assert study is not None
    assert study.state() == "stopped"
    done = {trial.number: trial.result for trial in study.trials if trial.state == "finished"}
    assert fresh.header.resume.isVisible()
    qtbot.mouseClick(fresh.header.resume, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ended(fresh) > len(done), timeout=LONG)
    assert {number: study.trials[number].result for number in done} == done
    fresh.studies.stop()
    qtbot.waitUntil(lambda: not fresh.studies.is_running, timeout=LONG)


@pytest.mark.slow
def test_closing_stops_a_study_in_good_order(qtbot: QtBot, fresh: SearchPanel, session: Session) -> None:
    session.do(SetJob("epochs", 5_000))
    fresh.studies.start()
    study = fresh.studies.study
    assert study is not None
    qtbot.waitUntil(lambda: any(trial.curves for trial in study.trials), timeout=LONG)
    fresh._studio.close()
    left = Study.open(study.path)
    assert left.state() == "stopped"
    assert [trial.state for trial in left.trials] == ["waiting"], "what was under way goes on when the study does"
    assert (left.folders(0)[0] / "checkpoints").is_dir()


def test_a_process_that_dies_is_told_with_a_way_on(
    qtbot: QtBot, fresh: SearchPanel, session: Session, notices: list[Notice]
) -> None:
    fresh.studies.start()
    client = next(child for child in fresh._studio.findChildren(StudyClient))
    client._process.kill()  # not by our wish
    qtbot.waitUntil(lambda: not fresh.studies.is_running, timeout=LONG)
    assert "killed" in notices[-1].problem.message
    assert "can be resumed" in notices[-1].problem.message
    assert [button.label for button in notices[-1].buttons] == ["Resume"]
    assert fresh.header.resume.isVisible()


def test_a_study_whose_folder_is_gone_is_told(panel: SearchPanel, study: Study, notices: list[Notice]) -> None:
    shutil.rmtree(study.path)
    panel.header.resume.click()
    assert not panel.studies.is_running
    assert notices[-1].problem.message == f"The folder of the study is gone: {study.path}."
    assert panel.header.choice.count() == 0


def test_a_design_without_a_loss_is_not_searched(fresh: SearchPanel, session: Session, notices: list[Notice]) -> None:
    from graph.commands import RemoveNodes

    session.do(RemoveNodes(("n15",)))
    fresh.studies.start()
    assert notices[-1].problem.code == "no-loss"
    assert not fresh.studies.is_running


def test_closing_a_design_asks_while_it_is_searched(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    class Window:
        def select_tab(self, tab: Any) -> None:
            chosen.append(tab)

    class Tab:
        def __init__(self) -> None:
            self.session = session

    chosen: list[Any] = []
    asked: list[str] = []
    files = Files.__new__(Files)
    files._window = Window()  # type: ignore[assignment]
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Close]

    def answer(text: str, *_: Any) -> QMessageBox.StandardButton:
        asked.append(text)
        return answers[len(asked) - 1]

    monkeypatch.setattr(files, "_ask", answer)
    monkeypatch.setattr(files, "may_close", lambda _tab: True)
    session.run.is_searching = True
    tab = Tab()
    assert not files.may_leave(tab)  # type: ignore[arg-type]
    assert files.may_leave(tab)  # type: ignore[arg-type]
    assert asked[0] == "Settings of iris are being searched. Closing it stops the search."
    assert chosen == [tab, tab]


def test_made_up_folds_are_shown_as_far_as_they_go(panel: SearchPanel, study: Study, tmp_path: Path) -> None:
    search = study.search.model_copy(update={"folds": 3})
    folded = write_study(panel.studies.directory / "folded", 5, search, title=study.title)
    panel.studies.show(folded.path)
    panel.pictures.show_picture("folds")
    assert "0 of 3 folds have ended." in panel.pictures.folds._title.text()
    assert panel.pictures.folds.table.rowCount() == 0
    panel.studies.show(study.path)
    assert not panel.pictures.tabs.isTabVisible(6), "without folds there is no such picture"
