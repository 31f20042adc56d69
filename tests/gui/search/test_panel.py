"""The Search panel over a made-up study: the table, the pictures, what the hand does with them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from core.search.study import Study
from core.training.lock import Lock
from core.training.search import Search
from designer.figures.marks import Dots
from designer.search import told
from designer.search.header import told as status
from designer.search.panel import SearchPanel
from designer.search.studies import Studies, _fresh
from designer.search.trials import RESULT
from designer.session import Notice, Session
from designer.studio import Studio
from designer.workers import Outcome
from graph.commands import SetJob
from graph.variants import value_at
from tests.core.search.studies import KIND, LR, WIDTH, write_study

LEFT = Qt.MouseButton.LeftButton


def results(panel: SearchPanel) -> list[str]:
    model = panel.table.model()
    return [model.index(row, RESULT).data() for row in range(model.rowCount())]


def test_the_newest_study_of_the_design_is_there_at_once(panel: SearchPanel, study: Study) -> None:
    assert panel.studies.study is not None
    assert panel.studies.study.path == study.path
    assert panel.header.choice.count() == 1
    best = study.best
    assert best is not None
    assert panel.header.status.startswith("interrupted   10 of 16 trials")
    assert f"best accuracy {best.result:.4g} (trial {best.number + 1})" in panel.header.status
    assert "1 failed" in panel.header.status
    assert panel.header.resume.isVisible()
    assert not panel.header.stop.isVisible()


def test_without_a_study_the_panel_says_what_to_do(studio: Studio, session: Session, qtbot: QtBot) -> None:
    session.do(SetJob("search", None))
    panel = SearchPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    assert panel._found.currentIndex() == 0
    assert not panel.header.apply.isVisible()
    told_of: list[Notice] = []
    session.noticed.connect(told_of.append)
    qtbot.mouseClick(panel.header.start, LEFT)
    assert "choose a setting" in told_of[-1].problem.message
    assert not panel.studies.is_running


def test_the_table_tells_every_trial_and_sorts_by_result(panel: SearchPanel, study: Study) -> None:
    model = panel.table.model()
    heads = [model.headerData(i, Qt.Orientation.Horizontal) for i in range(model.columnCount())]
    assert heads == ["#", "State", "accuracy", "learning rate", "Linear 1 out features", "optimizer", "Epochs", "Time",
                     "Note"]  # fmt: skip
    assert model.rowCount() == 12
    assert model.index(3, 8).data() == "Linear: the input has 4 features, 8 were expected."
    assert "Trial 4" in model.index(3, 0).data(Qt.ItemDataRole.ToolTipRole)
    for order in (Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder):
        panel.table.sortByColumn(RESULT, order)
        found = [float(text) for text in results(panel) if text]
        assert found == sorted(found, reverse=order == Qt.SortOrder.DescendingOrder)
        assert results(panel)[-3:] == ["", "", ""], "trials without a result come last"
    panel.table.sortByColumn(RESULT, Qt.SortOrder.DescendingOrder)
    assert study.best is not None
    assert panel.table.shown[0] == study.best.number


def test_a_brush_filters_the_table(qtbot: QtBot, panel: SearchPanel) -> None:
    view = panel.pictures.parallel
    assert panel.pictures.shown == "parallel"
    top, low = view.point(0, 1.0).toPoint(), view.point(0, 0.5).toPoint()
    qtbot.mousePress(view, LEFT, pos=top)
    qtbot.mouseMove(view, QPoint(low.x(), (top.y() + low.y()) // 2))
    qtbot.mouseMove(view, low)
    qtbot.mouseRelease(view, LEFT, pos=low)
    assert set(panel.table.shown) == set(view.passing)
    assert 0 < len(panel.table.shown) < 12
    rates = {t.number: t.values[LR] for t in panel.table.trials.trials}
    assert all(rates[number] >= 0.003 for number in panel.table.shown)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert len(panel.table.shown) == 12


def test_table_and_picture_choose_the_same_trial(qtbot: QtBot, panel: SearchPanel) -> None:
    panel.table.choose(2)
    assert [trial.number for trial in panel.table.selected] == [2]
    assert panel.pictures.parallel._marked == {2}
    panel.pictures.show_picture("history")
    figure = panel.pictures.history
    qtbot.waitUntil(lambda: figure.width() == panel.pictures.stack.width())
    dots = next(mark for mark in figure.drawing.marks if isinstance(mark, Dots))
    x, y = figure.place(figure.area(), dots.x, dots.y)
    qtbot.mouseClick(figure, LEFT, pos=QPoint(round(x[0]), round(y[0])))
    assert [trial.number for trial in panel.table.selected] == [0]


def test_applying_the_best_is_one_step_and_told(
    qtbot: QtBot, panel: SearchPanel, session: Session, study: Study, notices: list[Notice]
) -> None:
    before, steps = session.document.job, len(session.history.entries)
    best = study.best
    assert best is not None
    qtbot.mouseClick(panel.header.apply, LEFT)
    assert value_at(session.document, WIDTH) == best.values[WIDTH]
    optimizer = session.document.job.objectives[0].optimizer
    assert (optimizer.kind, optimizer.params["lr"]) == (best.values[KIND], best.values[LR])
    assert len(session.history.entries) == steps + 1
    assert notices[-1].problem.message == f"Trial {best.number + 1} is in the design."
    notices[-1].buttons[0].run()
    assert session.document.job == before
    assert session.document.job.search.variables, "what is searched stays"


def test_the_menu_of_a_trial(
    panel: SearchPanel, session: Session, notices: list[Notice], monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes: list[str] = []
    monkeypatch.setattr(Studio, "train", lambda _self: wishes.append("train"))
    panel.table.choose(2)
    offered = {text: (enabled, act) for text, enabled, act in panel.entries(panel.table.selected)}
    assert [text for text, (enabled, _) in offered.items() if not enabled] == ["End it now"]
    offered["Apply, and train"][1]()
    assert wishes == ["train"]
    assert value_at(session.document, WIDTH) == panel.table.selected[0].values[WIDTH]
    offered["Show its training"][1]()
    assert notices[-1].problem.message == "Trial 3 has not begun to train.", "this made-up one has no run"
    panel.table.selectAll()
    assert [text for text, _, _ in panel.entries(panel.table.selected)] == ["Overlay their curves", "Copy"]


def test_news_of_the_study_are_shown(panel: SearchPanel, study: Study, session: Session) -> None:
    study.write("ended", trial=10, state="finished", result=0.99, seconds=2.0)
    panel.studies.refresh()
    assert "best accuracy 0.99 (trial 11)" in panel.header.status
    assert panel.table.trials.best == 10
    study.write("proposed", trial=12, values={LR: 0.01, WIDTH: 8, KIND: "adam"})
    panel.table.choose(5)
    panel.studies.refresh()
    assert len(panel.table.shown) == 13
    assert [trial.number for trial in panel.table.selected] == [5], "news take no selection away"


def test_somebody_elses_study_is_watched(panel: SearchPanel, study: Study, tmp_path: Path) -> None:
    lock = Lock(study.path / "lock")
    lock.claim()
    try:
        panel.studies.refresh()
        assert panel.studies.is_elsewhere
        assert panel.header.status.startswith("running")
        assert not panel.header.resume.isVisible()
        panel.studies.resume()
        assert not panel.studies.is_running
    finally:
        lock.release()
    panel.studies.refresh()
    assert not panel.studies.is_elsewhere


def test_pictures_of_a_study(panel: SearchPanel, study: Study, session: Session) -> None:
    names = session.search.titles
    drawing, numbers = told.history(study, names)
    dots, line = drawing.marks
    assert len(numbers) == len(dots.x) == 9, "failed, running and waiting ones have no result"  # type: ignore[union-attr]
    ended = [trial for trial in study.trials if trial.state == "finished"]
    assert line.y[-1] == max(trial.result or 0 for trial in ended)  # type: ignore[union-attr]
    assert list(line.y) == sorted(line.y)  # type: ignore[union-attr]
    slices = told.slices(study, names)
    assert [found.title for found, _ in slices] == ["learning rate", "Linear 1 out features", "optimizer"]
    assert slices[0][0].x_powers
    assert slices[2][0].x_words == ("sgd", "adam", "rmsprop")
    assert len(told.curves(study).marks) == 10
    for key in ("history", "importance", "slices", "pairs", "curves"):
        panel.pictures.show_picture(key)
        assert panel.pictures.stack.currentWidget() is panel.pictures._views[key]
    assert [bar.text for bar in panel.pictures.importance.bars.bars] == ["70%", "20%", "10%"]
    assert len(panel.pictures.slices.figures) == 3


def test_pairs_show_two_variables_by_quarters(qtbot: QtBot, panel: SearchPanel, study: Study) -> None:
    panel.pictures.show_picture("pairs")
    pairs = panel.pictures.pairs
    assert (pairs.across.currentData(), pairs.up.currentData()) == (LR, WIDTH), "those that matter most"
    [dots] = pairs.figure.drawing.marks
    ended = [trial for trial in study.trials if trial.state == "finished"]
    assert isinstance(dots, Dots)
    assert list(dots.x) == pytest.approx([math.log10(trial.values[LR]) for trial in ended])
    assert list(dots.y) == [trial.values[WIDTH] for trial in ended]
    ranks = sorted(ended, key=lambda trial: -(trial.result or 0))
    best = [dots.colours[ended.index(trial)] for trial in ranks]
    assert best == sorted(best, key=[told.BEST, 0, told.PRUNED].index)
    assert dots.names[0] == told.sentence(study, ended[0], panel._session.search.titles)
    pairs.up.setCurrentIndex(2)
    pairs.up.activated.emit(2)
    assert pairs.figure.drawing.y_words == ("sgd", "adam", "rmsprop")
    assert [text for _, text in pairs.figure._y_ticks()] == ["sgd", "adam", "rmsprop"]
    qtbot.waitUntil(lambda: pairs.figure.width() > 200)
    x, y = pairs.figure.place(pairs.figure.area(), *(mark.x for mark in pairs.figure.drawing.marks), dots.y * 0 + 1)
    adam = next(i for i, trial in enumerate(ended) if trial.values[KIND] == "adam")
    qtbot.mouseClick(pairs.figure, LEFT, pos=QPoint(round(x[adam]), round(y[adam])))
    assert [trial.number for trial in panel.table.selected] == [ended[adam].number]


def test_a_bar_of_importance_leads_to_its_variable(qtbot: QtBot, panel: SearchPanel) -> None:
    panel.activateWindow()
    panel.pictures.show_picture("importance")
    bars = panel.pictures.importance.bars
    bars.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
        qtbot.keyClick(bars, key)
    qtbot.waitUntil(lambda: panel.setup.variables.rows[WIDTH].link.hasFocus())


def test_results_are_ranked_the_right_way_round(tmp_path: Path) -> None:
    study = write_study(tmp_path / "s", 12)
    merits = told.merit(study)
    best = study.best
    assert best is not None
    assert merits[best.number] == 1.0
    assert min(merits.values()) == 0.0
    falling = write_study(tmp_path / "t", 12, Search(**{**study.search.model_dump(), "metric": "loss"}))
    assert told.merit(falling)[best.number] == 0.0, "a loss is to fall"


def test_the_status_counts_what_is_left(study: Study) -> None:
    assert status(study, 130.0).endswith("2 min 10 s left   1 failed")


def test_the_status_of_a_cross_validation_counts_folds(tmp_path: Path) -> None:
    study = Study.create(tmp_path / "cv", "{}", Search(folds=5, metric="accuracy"), "Iris")
    study.write("state", state="running")
    study.write("proposed", trial=0, values={})
    study.write("began", trial=0)
    assert status(study, None) == "interrupted   fold 1 of 5", "nobody works on it"
    for fold in (0, 1):
        study.write("epoch", trial=0, fold=fold, epoch=1, value=0.5)
    assert status(study, None) == "interrupted   fold 2 of 5"
    study.write("ended", trial=0, state="finished", result=0.9, deviation=0.031)
    study.write("state", state="finished")
    assert status(study, None) == "finished   accuracy 0.9 ± 0.031"


def test_a_search_without_a_result_says_so(panel: SearchPanel, study: Study, notices: list[Notice]) -> None:
    empty = Study.create(panel.studies.directory / "none", "{}", study.search, study.title)
    empty.write("state", state="finished")
    panel.studies._tell(empty, Outcome("The process of the search", 0, False, False))
    assert "without a result" in notices[-1].problem.message
    assert not notices[-1].done


def test_new_studies_have_folders_of_their_own(tmp_path: Path) -> None:
    first = _fresh(tmp_path, "Iris / a?")
    assert first.parent == tmp_path
    assert first.name.startswith("Iris---a-")
    first.mkdir()
    assert _fresh(tmp_path, "Iris / a?") != first


def test_studies_of_other_designs_and_damaged_ones_do_no_harm(
    panel: SearchPanel, studio: Studio, qtbot: QtBot, notices: list[Notice]
) -> None:
    studies = Studies.of(studio)
    write_study(studies.directory / "other", 4, title="Another")
    (studies.directory / "broken").mkdir()
    (studies.directory / "broken" / "study.json").write_text("{")
    assert [found.folder.name for found in studies.earlier()] == ["one"]
    studies.show(studies.directory / "broken")
    assert "damaged" in notices[-1].problem.message
    assert studies.study is not None
    assert studies.study.path.name == "one", "what was shown stays"


def test_a_language_or_theme_change_makes_a_panel_that_goes_on(
    panel: SearchPanel, studio: Studio, qtbot: QtBot, study: Study
) -> None:
    again = SearchPanel(studio)
    qtbot.addWidget(again)
    again.show()
    assert again.studies is panel.studies
    assert again.table.model().rowCount() == 12


@pytest.mark.parametrize("width", [700, 1000, 1600])
def test_everything_has_a_name_and_fits(panel: SearchPanel, qtbot: QtBot, width: int) -> None:
    panel.resize(width, 300)
    for part in (panel.table, panel.header.choice, panel.pictures.tabs, panel.pictures.parallel):
        assert part.accessibleName()
    assert panel.width() == width, "nothing asks for more room than there is"
