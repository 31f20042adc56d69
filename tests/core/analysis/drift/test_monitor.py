"""New inputs of trained networks: what has drifted is named, what has not raises no alarm, wrong files are told."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from core.analysis.drift import monitor as monitoring
from core.analysis.drift.comparing import compare
from core.analysis.drift.monitor import Monitor, Watched, _adjust, stamp
from core.analysis.drift.report import reported
from core.analysis.drift.statistics import kolmogorov_smirnov
from core.analysis.drift.traits import numbers, words
from core.analysis.requests import Analyses
from core.analysis.subject import Subject, moment
from core.problem import LayerloomError
from core.training.runs import RunFolder
from tests.core.analysis.drift.towns import HEAD, People, trained, write

Report = dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return trained(tmp_path_factory.mktemp("towns"))


@pytest.fixture(scope="module")
def subject(run: RunFolder) -> Subject:
    return Subject(run, moment(run))


@pytest.fixture
def watcher(subject: Subject) -> Monitor:
    return Monitor(subject, Watched(latency=False))


def seen(watcher: Monitor, path: Path, people: People, seed: int = 7, count: int = 400) -> Report:
    report = watcher.look(write(path / "new.csv", people.lines(count, seed)))
    json.dumps(report, allow_nan=False)
    return report


def drifted(report: Report, group: str = "input") -> set[str]:
    return {row["name"] for row in report["window"]["rows"] if row["drifted"] and row["group"] == group}


# -- drift


def test_inputs_like_those_of_training_raise_no_alarm(watcher: Monitor, tmp_path: Path) -> None:
    report = seen(watcher, tmp_path, People())
    assert not report["alarm"]
    assert "No drift: of 11 traits none differs" in report["verdict"]
    assert report["alerts"] == []
    assert {row["name"] for row in report["window"]["rows"] if row["group"] == "input"} == set(HEAD.split(",")[:5])


@pytest.mark.parametrize(
    ("people", "name", "cause"),
    [
        (People(shift=5), "income", "All values are about"),
        (People(scale=2.54), "age", "inches and centimetres mixed up?"),
        (People(towns=(0.5, 0.3, 0.2)), "town", "The share of Lima rose from"),
        (People(holes=0.2), "age", "Look at what delivers this column"),
    ],
)
def test_what_drifted_is_named_with_its_cause(
    watcher: Monitor, tmp_path: Path, people: People, name: str, cause: str
) -> None:
    report = seen(watcher, tmp_path, people)
    assert report["alarm"]
    assert drifted(report) == {name}
    first = report["alerts"][0]
    assert first["about"] == name
    assert cause in first["cause"]
    assert report["window"]["rows"][0]["name"] == name


def test_a_row_tells_what_scipy_and_counting_tell(watcher: Monitor, subject: Subject, tmp_path: Path) -> None:
    report = seen(watcher, tmp_path, People(shift=5))
    [row] = [row for row in report["window"]["rows"] if row["name"] == "income"]
    new = np.array([float(line.split(",")[1]) for line in People(shift=5).lines(400, 7)])
    train = np.array([float(line.split(",")[1]) for line in People().lines(1_500, 0)])
    train = train[subject.prepared.indices["train"]]
    assert (row["statistic"], row["p"]) == pytest.approx(kolmogorov_smirnov(train, new))
    assert row["mean"] == pytest.approx([train.mean(), new.mean()])
    assert row["outside"][1] == pytest.approx(((new < train.min()) | (new > train.max())).mean())
    assert sum(row["histogram"]["before"]) == pytest.approx(1.0, abs=1e-3)
    assert sum(row["histogram"]["now"]) == pytest.approx(1.0, abs=1e-3)


def test_of_reports_without_drift_at_most_alpha_raise_an_alarm() -> None:
    """Both samples are drawn anew each time: six traits, two windows, all tests of a report as one family."""
    rng, alpha, draws = np.random.default_rng(0), 0.2, 100
    alarms = 0
    for _ in range(draws):
        reference = {f"x{i}": rng.normal(size=150) for i in range(5)}
        town = rng.choice(["a", "b", "c"], 150)
        windows = []
        for at in range(2):
            rows = [compare(k, "input", numbers(v), numbers(rng.normal(size=70)), alpha) for k, v in reference.items()]
            rows.append(compare("town", "input", words(town), words(rng.choice(["a", "b", "c"], 70)), alpha))
            _adjust(rows, None)
            windows.append({
                "name": str(at), "examples": 90, "fed": 90, "reference": 200, "rows": rows, "metric": None,
                "notes": [], "faults": [],
            })  # fmt: skip
        alarms += reported(windows, alpha, 0.0, None, [])["alarm"]
    assert alarms / draws <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / draws)
    assert alarms / draws >= alpha / 4, "and the correction is not so strict that nothing would ever be found"


def test_a_single_test_errs_exactly_as_often_as_alpha() -> None:
    rng = np.random.default_rng(1)
    found = [kolmogorov_smirnov(rng.normal(size=211), rng.normal(size=97))[1] < 0.1 for _ in range(500)]
    assert np.mean(found) == pytest.approx(0.1, abs=0.04)


def test_the_least_index_keeps_small_drifts_quiet(subject: Subject, tmp_path: Path) -> None:
    strict, calm = (Monitor(subject, Watched(least=least, latency=False)) for least in (0.0, 0.5))
    people = People(towns=(0.28, 0.34, 0.38))
    assert seen(strict, tmp_path, people, count=1500)["alarm"]
    assert not seen(calm, tmp_path, people, count=1500)["alarm"]


def test_inputs_that_go_together_otherwise_are_seen_in_the_features(watcher: Monitor, tmp_path: Path) -> None:
    """Every column is drawn from its own training values, but income now hangs on town."""
    lines = [line.split(",") for line in People().lines(1_500, 6)]
    by_income, by_town = sorted(lines, key=lambda c: float(c[1])), sorted(lines, key=lambda c: c[4])
    mixed = [[a[0], b[1], a[2], a[3], a[4], a[5]] for a, b in zip(by_town, by_income, strict=True)]
    report = watcher.look(write(tmp_path / "mixed.csv", [",".join(cells) for cells in mixed]))
    assert drifted(report) == set()
    inside = [alert for alert in report["alerts"] if alert["group"] == "features"]
    assert inside
    assert "they go together otherwise" in inside[0]["cause"]


# -- answers


def test_live_metrics_are_told_with_their_interval(watcher: Monitor, subject: Subject, tmp_path: Path) -> None:
    metric = seen(watcher, tmp_path, People())["window"]["metric"]
    assert metric["name"] == "accuracy"
    assert metric["low"] < metric["value"] < metric["high"]
    assert not metric["drifted"]
    held = [subject.part(name) for name in ("validation", "test")]
    right = [(subject.answers(part)["logits"].argmax(1) == part.arrays["target"]).sum() for part in held]
    assert metric["before"] == pytest.approx(sum(right) / sum(map(len, held)))


def test_a_turned_relation_shows_in_the_live_metric_alone(watcher: Monitor, tmp_path: Path) -> None:
    report = seen(watcher, tmp_path, People(turned=True))
    assert drifted(report) == drifted(report, "output") == set()
    [alert] = report["alerts"]
    assert alert["about"] == "accuracy"
    assert "worse than chance can tell" in alert["sentence"]
    assert "train it again" in alert["cause"]


def test_without_targets_all_else_is_told(watcher: Monitor, tmp_path: Path) -> None:
    lines = [line.rpartition(",")[0] for line in People().lines(300, 3)]
    report = watcher.look(write(tmp_path / "bare.csv", lines, HEAD.rpartition(",")[0]))
    assert report["window"]["metric"] is None
    assert any("Without answer in the file no live metrics are told" in note for note in report["notes"])
    assert not report["alarm"]


def test_the_answers_are_held_against_those_to_examples_held_out(watcher: Monitor, subject: Subject) -> None:
    assert watcher.network.is_held
    counts = subject.prepared.examples
    assert len(watcher.network.reference.outputs["confidence"].values) == counts["validation"] + counts["test"]


def test_latency_is_told_for_one_and_for_many(subject: Subject, tmp_path: Path) -> None:
    report = seen(Monitor(subject), tmp_path, People())
    assert [one["batch"] for one in report["latency"]] == [1, 32]
    for one in report["latency"]:
        assert 0 < one["p50"] <= one["p95"]
        assert one["per_second"] > 0


# -- files


@pytest.mark.parametrize(
    ("head", "lines", "says"),
    [
        ("age,incomes,size,noise,town", ["1,2,3,4,Rome"] * 5, "lacks the column that the network needs: income. "
         "Perhaps incomes is income renamed."),
        ("a,b", ["1,2"] * 5, "none of the columns that the network was trained on (age, income, size, noise, town)"),
        ("age,town", ["1,Rome"] * 5, "lacks 3 columns that the network needs: income, size, noise."),
        ("age,income", ["1,2", "1,2,3"], "line 3: 3 cells"),
    ],
)  # fmt: skip
def test_wrong_tables_are_told(watcher: Monitor, tmp_path: Path, head: str, lines: list[str], says: str) -> None:
    with pytest.raises(LayerloomError) as refused:
        watcher.look(write(tmp_path / "wrong.csv", lines, head))
    assert says in str(refused.value)


def test_columns_may_stand_in_any_order_beside_others(watcher: Monitor, tmp_path: Path) -> None:
    lines = [line.split(",") for line in People().lines(300, 7)]
    turned = [",".join([*reversed(cells), "x"]) for cells in lines]
    path = write(tmp_path / "turned.csv", turned, ",".join([*reversed(HEAD.split(",")), "extra"]))
    report = watcher.look(path)
    straight = seen(watcher, tmp_path, People(), count=300)
    assert "The column extra that the training did not have is not looked at." in report["notes"]
    for row, other in zip(report["window"]["rows"], straight["window"]["rows"], strict=True):
        assert (row["name"], row["psi"]) == (other["name"], other["psi"])


def test_words_that_training_never_had_are_told(watcher: Monitor, tmp_path: Path) -> None:
    lines = People().lines(300, 7)
    lines[:3] = [line.replace("Rome", "Cairo").replace("Oslo", "Cairo").replace("Lima", "Cairo") for line in lines[:3]]
    report = watcher.look(write(tmp_path / "cairo.csv", lines))
    assert (
        "town: 3 cells hold words never trained on ('Cairo'), which the network sees as none of its words."
        in (report["notes"])
    )
    [row] = [row for row in report["window"]["rows"] if row["name"] == "town"]
    assert row["outside"][1] == pytest.approx(0.01)


def test_a_word_among_numbers_is_a_fault_with_its_line(watcher: Monitor, tmp_path: Path) -> None:
    lines = People().lines(300, 7)
    lines[4] = "old" + lines[4][lines[4].index(",") :]
    report = watcher.look(write(tmp_path / "odd.csv", lines))
    [alert] = [alert for alert in report["alerts"] if alert["severity"] == "fault"]
    assert "line 6, column age: expected a number, received 'old'; 1 such cells count as missing" in alert["sentence"]
    assert report["window"]["fed"] == 299
    assert "1 of 300 examples cannot be fed" in " ".join(report["notes"])


def test_what_is_not_there_is_told(watcher: Monitor, tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match="There is no"):
        watcher.look(tmp_path / "nothing.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(LayerloomError, match="holds no table"):
        watcher.look(tmp_path / "empty")


# -- windows


def test_files_of_a_folder_are_windows_in_the_order_of_their_names(watcher: Monitor, tmp_path: Path) -> None:
    for day in (1, 2, 10):
        write(tmp_path / f"day {day}.csv", People(shift=6.0 if day == 10 else 0.0).lines(300, day))
    report = watcher.look(tmp_path)
    assert [window["name"] for window in report["windows"]] == ["day 1.csv", "day 2.csv", "day 10.csv"]
    assert [bool(window["alerts"]) for window in report["windows"]] == [False, False, True]
    assert report["traits"][0] == "income" or "feature" in report["traits"][0]
    psi = [window["psi"][report["traits"].index("income")] for window in report["windows"]]
    assert psi[2] > 0.25 > max(psi[:2])
    assert report["chosen"] == 2
    assert watcher.look(tmp_path, window=0)["window"]["name"] == "day 1.csv"
    assert "in 1 of 3 windows, last in day 10.csv" in report["verdict"]


def test_a_file_that_cannot_be_compared_does_not_blank_the_others(watcher: Monitor, tmp_path: Path) -> None:
    write(tmp_path / "day1.csv", People().lines(200, 1))
    write(tmp_path / "day2.csv", ["1,2"], "age,town")
    report = watcher.look(tmp_path)
    assert [window["name"] for window in report["windows"]] == ["day1.csv"]
    [alert] = report["alerts"]
    assert (alert["severity"], "day2.csv lacks 3 columns" in alert["sentence"]) == ("fault", True)
    assert report["verdict"] == "1 alert: day2.csv."
    assert not watcher.look(tmp_path, growing=True)["alarm"], "the last may not be whole yet"
    write(tmp_path / "day2.csv", People().lines(200, 2))
    assert len(watcher.look(tmp_path)["windows"]) == 2


def test_rows_of_a_file_are_windows_where_asked_for(subject: Subject, tmp_path: Path) -> None:
    watcher = Monitor(subject, Watched(window=200, latency=False))
    report = seen(watcher, tmp_path, People(), count=650)
    assert [window["examples"] for window in report["windows"]] == [200, 200, 250]
    assert report["windows"][2]["name"] == "new.csv, rows 401 to 650"


def test_only_the_newest_windows_are_looked_at(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitoring, "WINDOWS", 3)
    watcher = Monitor(subject, Watched(latency=False))
    for day in range(8):
        write(tmp_path / f"{day}.csv", People().lines(60, day))
    report = watcher.look(tmp_path)
    assert [window["name"] for window in report["windows"]] == ["5.csv", "6.csv", "7.csv"]
    assert "The last 3 windows are shown; there are more before them." in report["notes"]
    assert len(watcher._kept) == 4
    rows = Monitor(subject, Watched(window=50, latency=False)).look(write(tmp_path / "one.csv", People().lines(500, 1)))
    assert rows["windows"][0]["name"] == "one.csv, rows 351 to 400"


def test_a_growing_file_is_read_to_its_last_whole_line_and_nothing_twice(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Monitor(subject, Watched(window=100, latency=False))
    compared: list[str] = []

    def counted(name: str, *rest: Any) -> dict[str, Any]:
        compared.append(name)
        return compare(name, *rest)

    monkeypatch.setattr(monitoring, "compare", counted)
    lines = People().lines(300, 9)
    path = write(tmp_path / "grows.csv", lines[:200])
    assert len(watcher.look(path, growing=True)["windows"]) == 2
    first = len(compared)
    watcher.look(path, growing=True)
    assert len(compared) == first, "nothing has changed"
    with path.open("a") as file:
        file.write("\n".join(lines[200:]) + "\n41.0,20.")
    report = watcher.look(path, growing=True)
    assert [window["examples"] for window in report["windows"]] == [100, 100, 100]
    assert len(compared) == first * 3 // 2, "the first windows are as they were"


def test_the_stamp_follows_what_lies_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ["1"])
    before = stamp(path), stamp(tmp_path)
    assert (stamp(path), stamp(tmp_path)) == before
    write(path, ["1", "2"])
    os.utime(path, ns=(1, 1))
    assert stamp(path) != before[0]
    assert stamp(tmp_path) != before[1]


def test_the_assistant_answers_only_what_has_changed(run: RunFolder, tmp_path: Path) -> None:
    path = write(tmp_path / "new.csv", People().lines(200, 3))
    asked = Analyses()
    args = {"run": str(run.path), "path": str(path), "alpha": 0.01, "rows": 0, "chosen": None, "seen": ""}
    report = asked.monitor(args)
    assert asked.monitor({**args, "seen": report["stamp"]}) is None
    write(path, People().lines(220, 3))
    assert asked.monitor({**args, "seen": report["stamp"]})["window"]["examples"] == 220


# -- other kinds of inputs


def test_a_bundled_table_takes_new_rows_by_name(
    trained_iris: Subject, tmp_path: Path
) -> None:  # the columns are those of the bundle
    bunch = load_iris()
    rows = [
        ",".join(map(str, row)) + f",{bunch.target_names[k]}" for row, k in zip(bunch.data, bunch.target, strict=True)
    ]
    path = write(tmp_path / "iris.csv", rows, ",".join([*bunch.feature_names, "target"]))
    report = Monitor(trained_iris, Watched(latency=False)).look(path)
    assert not report["alarm"]
    assert report["window"]["metric"]["examples"] == 150


@pytest.fixture
def trained_iris(tmp_path: Path) -> Subject:
    from tests import drawn, trainings
    from tests.analysed import fresh

    d = drawn.Drawing("Iris", "Iris")
    x, target = d.input("features", 4), d.target("target", dtype="int")
    logits = d.layer("linear", "logits", x, params={"out_features": 3})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    made = fresh(tmp_path / "iris", d.program(), trainings.job("iris", epochs=2))
    return Subject(made, moment(made))


def test_pictures_in_arrays_drift_in_what_they_look_like(trained: Callable[[str], RunFolder], tmp_path: Path) -> None:
    run = trained("digits")
    watcher = Monitor(Subject(run, moment(run)), Watched(latency=False))
    bunch = load_digits()
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(bunch.images))[:300]
    np.savez(tmp_path / "same.npz", features=bunch.images[rows][:, None], target=bunch.target[rows])
    same = watcher.look(tmp_path / "same.npz")
    assert not same["alarm"]
    assert same["window"]["metric"]["examples"] == 300
    np.savez(tmp_path / "dark.npz", features=0.5 * bunch.images[rows][:, None])
    dark = watcher.look(tmp_path / "dark.npz")
    assert {"brightness", "contrast", "brightest tenth"} <= drifted(dark)
    assert dark["window"]["metric"] is None
    np.savez(tmp_path / "large.npz", features=np.zeros((10, 1, 9, 9)))
    with pytest.raises(
        LayerloomError, match="an example of features is 1 x 9 x 9, the network was trained on 1 x 8 x 8"
    ):
        watcher.look(tmp_path / "large.npz")
    with pytest.raises(LayerloomError, match="have no names that columns could bear"):
        watcher.look(write(tmp_path / "table.csv", ["1,2"], "a,b"))


def test_numbers_as_answers_have_a_live_error(trained: Callable[[str], RunFolder], tmp_path: Path) -> None:
    run = trained("regression")
    subject = Subject(run, moment(run))
    watcher = Monitor(subject, Watched(latency=False))
    raw, target = watcher.dataset.fields["features"], watcher.dataset.fields["target"]
    np.savez(tmp_path / "new.npz", features=raw[:100], target=target[:100, 0] + 1e-3)
    metric = watcher.look(tmp_path / "new.npz")["window"]["metric"]
    assert metric["name"] == "mean absolute error"
    from core.data.dataset import Dataset
    from core.data.prepare import fed

    given = fed(Dataset({"features": raw[:100]}, watcher.dataset.signature), subject.prepared.fitted,
                subject.program.inputs, 0)  # fmt: skip
    from core.analysis.subject import Part

    [answers] = subject.answers(Part("new", given, np.arange(100), 100)).values()
    assert metric["value"] == pytest.approx(np.abs(answers[:, 0] - target[:100, 0]).mean(), rel=1e-4)
    assert metric["low"] < metric["value"] < metric["high"]


def test_pictures_of_a_folder_need_no_classes(tmp_path: Path) -> None:
    from PIL import Image

    from tests import drawn, trainings
    from tests.analysed import fresh

    rng = np.random.default_rng(0)

    def save(folder: Path, count: int, light: float) -> None:
        folder.mkdir(parents=True)
        for i in range(count):
            pixels = np.clip(rng.normal(light, 30, (12, 12)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")

    for name, light in (("cat", 100.0), ("dog", 140.0)):
        save(tmp_path / "train" / name, 60, light)
    d = drawn.Drawing("Pets", "Pets")
    x, target = d.input("features", 1, 12, 12), d.target("target", dtype="int")
    logits = d.layer("linear", "logits", d.layer("flatten", "flat", x), params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    source = {"path": str(tmp_path / "train"), "size": 12, "colour": "grey"}
    run = fresh(tmp_path / "run", d.program(), trainings.job("image_folder", epochs=2, data=source))
    watcher = Monitor(Subject(run, moment(run)), Watched(latency=False))
    save(tmp_path / "new" / "monday", 40, 120.0)
    save(tmp_path / "new" / "tuesday", 40, 230.0)
    report = watcher.look(tmp_path / "new")
    assert [window["name"] for window in report["windows"]] == ["monday", "tuesday"]
    assert "brightness" in drifted(report)
    labelled = watcher.look(tmp_path / "train")
    assert labelled["window"]["metric"]["examples"] == 120
    flat = watcher.look(tmp_path / "new" / "monday")
    assert flat["window"]["examples"] == 40
    assert flat["window"]["metric"] is None


def test_texts_are_read_as_the_training_read_them(trained: Callable[[str], RunFolder], tmp_path: Path) -> None:
    run = trained("characters")
    watcher = Monitor(Subject(run, moment(run)), Watched(latency=False))
    raw = watcher.dataset.fields["features"]
    np.savez(tmp_path / "new.npz", features=np.zeros((80, raw.shape[1]), np.int64))
    report = watcher.look(tmp_path / "new.npz")
    assert {"different symbols", "repeats"} <= drifted(report)
    rows = np.arange(60)
    fields = {"features": raw[rows], "target": watcher.dataset.fields["target"][rows]}
    np.savez(tmp_path / "told.npz", **fields)
    metric = watcher.look(tmp_path / "told.npz")["window"]["metric"]
    assert metric["examples"] == 60, "indices of symbols count them, whatever the symbols are"
    assert metric["value"] > 0.1
    fields["features"][0, 0] = 10_000
    np.savez(tmp_path / "strange.npz", **fields)
    assert watcher.look(tmp_path / "strange.npz")["window"]["fed"] == 59


def test_classes_may_come_as_names_or_counted(trained_iris: Subject, tmp_path: Path) -> None:
    bunch = load_iris()
    watcher = Monitor(trained_iris, Watched(latency=False))
    values = []
    for name, target in (("names", bunch.target_names[bunch.target]), ("counted", bunch.target)):
        np.savez(tmp_path / f"{name}.npz", features=bunch.data, target=target)
        values.append(watcher.look(tmp_path / f"{name}.npz")["window"]["metric"]["value"])
    assert values[0] == values[1]


def test_holes_are_filled_and_words_embedded_as_in_training(tmp_path: Path) -> None:
    """A column of words as a field of its own, numbers with holes that are filled and marked."""
    from tests import drawn, trainings
    from tests.analysed import fresh

    d = drawn.Drawing("Mixed", "Mixed")
    x, town = d.input("features", 5), d.input("town", dtype="int")
    target = d.target("target", dtype="int")
    embedded = d.layer("embedding", "embed", town, params={"num_embeddings": 3, "embedding_dim": 2})
    both = d.layer("concatenate", "both", ends={"xs.0": x, "xs.1": embedded}, params={"dim": -1})
    logits = d.layer("linear", "logits", both, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    source = write(tmp_path / "train.csv", People(holes=0.1).lines(600, 0))
    data = {"path": str(source), "text": "fields", "holes": "mean", "mark_holes": True}
    run = fresh(tmp_path / "run", d.program(), trainings.job("csv", epochs=1, data=data))
    watcher = Monitor(Subject(run, moment(run)), Watched(latency=False))
    same = watcher.look(write(tmp_path / "same.csv", People(holes=0.1).lines(300, 1)))
    assert not same["alarm"]
    assert same["window"]["fed"] == 300, "what is missing is filled"
    full = watcher.look(write(tmp_path / "full.csv", People(holes=0.0).lines(300, 2)))
    [age] = [alert for alert in full["alerts"] if alert["about"] == "age"]
    assert "is missing in 0.0% of the examples" in age["sentence"]
    assert "Something fills in now" in age["cause"]
    lines = People(holes=0.1).lines(300, 3)
    lines[0] = lines[0].replace("Rome", "Cairo").replace("Oslo", "Cairo").replace("Lima", "Cairo")
    strange = watcher.look(write(tmp_path / "cairo.csv", lines))
    assert strange["window"]["fed"] == 299
    assert any("which cannot be fed" in note for note in strange["notes"])
