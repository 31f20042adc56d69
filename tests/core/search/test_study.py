"""The folder of a study: what is written is read, whatever was cut short."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.problem import LayerloomError
from core.search.protocol import STUDY_EVENTS, ImportanceChanged, StudyChanged, TrialChanged, TrialEpoch
from core.search.study import Study, StudyList, list_studies
from core.training.pick import Pick
from core.training.protocol import Event, StateChanged, decode_event, encode_event
from core.training.search import Range, Search
from tests.core.search.studies import EPOCHS, LR, small_search, write_study


def test_a_study_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = write_study(tmp_path / "study", 12)
    read = Study.open(tmp_path / "study")
    assert read.trials == made.trials
    assert [trial.number for trial in read.trials] == list(range(12))
    states = [trial.state for trial in read.trials]
    assert (states[3], states[4], states[10], states[11]) == ("failed", "pruned", "waiting", "waiting")
    assert read.trials[0].state == "finished"
    assert [epoch for epoch, _ in read.trials[0].curve] == list(range(1, EPOCHS + 1))
    assert read.trials[3].message == "Linear: the input has 4 features, 8 were expected."
    best = max((t for t in read.trials if t.state == "finished"), key=lambda t: t.result or 0.0)
    assert read.best == best
    assert read.importance[LR] == 0.7
    assert (read.planned, read.title, read.design) == (16, "Iris", "{}")
    assert read.search == small_search()


def test_the_state_is_right_after_a_kill(tmp_path: Path) -> None:
    study = Study.create(tmp_path / "study", "{}", small_search(), "Iris")
    assert study.state() == "new"
    study.lock.claim()
    study.write("state", state="running")
    study.write("proposed", trial=0, values={})
    study.write("began", trial=0)
    watcher = Study.open(tmp_path / "study")
    assert (watcher.state(), watcher.trials[0].state) == ("running", "running")
    study.write("state", state="paused")
    watcher.refresh()
    assert watcher.state() == "paused"
    study.lock.release()
    assert (watcher.state(), watcher.trials[0].state) == ("interrupted", "waiting")
    study.write("state", state="stopped", message="by hand")
    assert watcher.refresh()
    assert (watcher.state(), watcher.message) == ("stopped", "by hand")
    assert not watcher.refresh()


def test_a_journal_is_readable_wherever_it_was_cut(tmp_path: Path) -> None:
    whole = write_study(tmp_path / "whole", 5)
    text = (whole.path / "journal.jsonl").read_bytes()
    cut = Study.create(tmp_path / "cut", "{}", small_search(), "Iris")
    for end in range(0, len(text), 37):
        (cut.path / "journal.jsonl").write_bytes(text[:end])
        read = Study.open(cut.path)
        assert read.trials == [t for t in read.trials if t.number < 5]
        read.write("proposed", trial=90, values={"x": 1})  # it goes on in a line of its own
        again = Study.open(cut.path)
        assert again.trials[-1].values == {"x": 1}
        assert again.trials[:-1] == read.trials[:-1]


def test_lines_of_later_versions_and_damaged_ones_are_left_out(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study", 4)
    before = study.trials
    lines: list[Any] = [
        {"what": "danced", "trial": 1},
        {"trial": 1},
        {"what": "ended", "trial": 99},
        {"what": "epoch", "trial": "x"},
        [],
        7,
    ]
    with (study.path / "journal.jsonl").open("a") as file:
        file.write("not JSON\n" + "".join(json.dumps(line) + "\n" for line in lines))
    assert Study.open(study.path).trials == before


def test_an_epoch_told_again_takes_the_place_of_what_was_told_after_it(tmp_path: Path) -> None:
    study = Study.create(tmp_path / "study", "{}", small_search(folds=2), "Iris")
    study.write("proposed", trial=0, values={})
    for fold, epoch, value in ((0, 1, 0.1), (0, 2, 0.2), (0, 3, 0.3), (1, 1, 0.5), (0, 2, 0.25)):
        study.write("epoch", trial=0, fold=fold, epoch=epoch, value=value)
    assert study.trials[0].curves == (((1, 0.1), (2, 0.25)), ((1, 0.5),))
    assert study.folders(0) == (study.path / "trials/000/fold1", study.path / "trials/000/fold2")


def test_how_many_trials_are_planned(tmp_path: Path) -> None:
    grid = Search(variables={"x": Range(low=0, high=1, step=0.5)}, strategy=Pick(kind="grid"), trials=99)
    assert Study.create(tmp_path / "grid", "{}", grid, "").planned == 3
    assert Study.create(tmp_path / "folds", "{}", Search(folds=5), "").planned == 1
    study = Study.create(tmp_path / "tpe", "{}", small_search(trials=20), "")
    study.extend(30)
    assert (study.planned, Study.open(study.path).planned) == (30, 30)
    study.lock.claim()
    with pytest.raises(LayerloomError, match="is going on; stop it first"):
        study.extend(40)
    with pytest.raises(LayerloomError, match=r"The study in .* is already going on in another process"):
        Study.open(study.path).lock.claim(patience=0.0)
    study.lock.release()


def test_studies_are_listed_newest_first_with_the_damaged(tmp_path: Path) -> None:
    write_study(tmp_path / "one", 6, title="One")
    write_study(tmp_path / "two", 9, title="Two")
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "study.json").write_text("{")
    (tmp_path / "other").mkdir()
    rows = list_studies(tmp_path)
    assert [(row.title, row.state, row.ended, row.planned) for row in rows] == [
        ("Two", "interrupted", 7, 16), ("One", "interrupted", 4, 16), ("three", "damaged", 0, 0),
    ]  # fmt: skip
    best = Study.open(tmp_path / "two").best
    assert best is not None
    assert rows[0].best == best.result
    assert list_studies(tmp_path / "nowhere") == []


def test_a_list_reads_again_only_what_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (write_study(tmp_path / name, 4) for name in ("first", "second"))
    read: list[Path] = []
    whole = Study.open
    monkeypatch.setattr(Study, "open", classmethod(lambda cls, folder: read.append(folder) or whole(folder)))
    studies = StudyList(tmp_path)
    before = {study.folder.name: study for study in studies.read()}
    assert len(read) == 2
    read.clear()
    assert {study.folder.name: study for study in studies.read()} == before
    assert read == []
    second.write("ended", trial=2, state="finished", result=0.99)
    after = {study.folder.name: study for study in studies.read()}
    assert read == [second.path]
    assert after["second"].best == 0.99
    assert after["first"] is before["first"]
    first.lock.claim()
    try:
        assert {s.folder.name: s.state for s in studies.read()}["first"] == "running", "somebody works on it"
    finally:
        first.lock.release()
    shutil.rmtree(first.path)
    assert [study.folder.name for study in studies.read()] == ["second"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "damaged"), ('{"format": 2}', "version"), ("[]", "damaged"), ('{"format": 1, "search": 3}', "job")],
)  # fmt: skip
def test_a_damaged_study_is_told(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(LayerloomError) as caught:
        Study.open(tmp_path)
    assert caught.value.problem.code == code


def test_what_is_no_study_and_what_is_in_the_way_is_told(tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match=r"it has no study\.json"):
        Study.open(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(LayerloomError, match="a new study needs a folder of its own"):
        Study.create(tmp_path, "{}", small_search(), "")


@pytest.mark.parametrize(
    "event",
    [
        StudyChanged("running", 30),
        TrialChanged({"number": 3, "state": "failed", "message": "x"}),
        TrialEpoch(3, 0, 2, 10, 0.5),
        ImportanceChanged({"job.lr": 1.0}),
        StateChanged("running"),
    ],
)
def test_events_survive_the_line(event: Event) -> None:
    assert decode_event(encode_event(event), STUDY_EVENTS) == event
