"""What a run tells beside its points: within one budget, never changing what is computed, and true."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
import torch

from core.analysis.subject import moment, read_weights
from core.program.program import Program
from core.training import checkpoint
from core.training.loop import train
from core.training.protocol import Command, Event, Looked, Picture, Points, Progress
from core.training.reports.answers import Answers
from core.training.reports.histograms import BINS, Histograms, counted
from core.training.reports.reporter import Reporter
from core.training.reports.reports import CREDIT, SHARE, Reports
from core.training.reports.system import Timing
from core.training.run import Run
from tests import drawn, trainings
from tests.core.training.test_loop import of, optimizer


def pictures(name: str, told: list[Event]) -> list[Picture]:
    return [picture for picture in of(Picture, told) if picture.name == name]


class Slow(Reporter):
    """Costs a fixed time by a clock that only it moves."""

    def __init__(self, clock: Any, cost: float) -> None:
        self.clock, self.cost, self.times = clock, cost, list[float]()

    def tell(self) -> Iterator[Event]:
        self.times.append(self.clock.now)
        self.clock.now += self.cost
        yield from ()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_all_reporters_together_keep_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    run = trainings.run(trainings.moons(), trainings.job(monitor=False))
    reports = Reports(run)
    clock = Clock()
    slow, quick = Slow(clock, 0.02), Slow(clock, 0.001)
    reports.clock, reports._between = clock, [slow, quick]
    reports.due = reports._free = reports._told = 0.0
    run.step = 1
    while clock.now < 100.0:
        clock.now += 0.01
        list(reports.tell())
    spent = sum(r.cost * (len(r.times) - 1) for r in (slow, quick))
    assert spent <= 100.0 / SHARE + CREDIT
    assert spent > 0.8 * 100.0 / SHARE  # and it is used
    assert len(quick.times) > 10  # nobody is starved
    assert reports.monitoring == pytest.approx(spent + 0.021)


@pytest.mark.parametrize("measure", [Histograms, Timing])
def test_a_measured_step_computes_the_same(measure: Any) -> None:
    def after(watch: bool) -> dict[str, torch.Tensor]:
        run = trainings.run(trainings.digits(), trainings.job("digits", objectives=[optimizer("adam")]))
        told = measure(run, lambda: 0.0) if measure is Timing else measure(run)
        for batch in list(run.batches(0, 0))[:3]:
            step = partial(run.engine.step, batch, run.step)
            told.take(step) if watch else step()
            run.step += 1
        return {name: value.clone() for name, value in run.net.state_dict().items()}

    plain, watched = after(False), after(True)
    for name, value in plain.items():
        assert torch.equal(watched[name], value)


def test_histograms_are_those_of_numpy() -> None:
    run = trainings.run(trainings.digits(), trainings.job("digits", objectives=[optimizer("sgd", lr=0.5)]))
    before = run.net.state_dict()["conv.weight"].clone()
    bias = run.net.state_dict()["conv.bias"].clone()
    batch = next(iter(run.batches(0, 0)))
    measure = Histograms(run)
    measure.take(lambda: run.engine.step(batch, 0))
    [picture] = measure.tell()
    assert isinstance(picture, Picture)
    conv = picture.data["nodes"]["conv"]
    state = run.net.state_dict()
    after = torch.cat([state["conv.weight"].reshape(-1), state["conv.bias"]]).numpy()
    low, high, counts, bad = conv["weight"]
    assert (low, high, bad) == (pytest.approx(after.min(), rel=1e-4), pytest.approx(after.max(), rel=1e-4), 0)
    assert sum(abs(np.histogram(after, BINS)[0] - counts)) <= 2  # a number on an edge may fall to either side
    slope = torch.cat([(before - state["conv.weight"]).reshape(-1), bias - state["conv.bias"]]).numpy() / 0.5
    assert conv["gradient"][:2] == [pytest.approx(slope.min(), rel=1e-3), pytest.approx(slope.max(), rel=1e-3)]
    assert sum(picture.data["nodes"]["norm"]["activation"][2]) == 16 * 8 * 8 * 8


def test_a_histogram_counts_what_is_no_number() -> None:
    assert counted(np.array([1.0, np.nan, 3.0, np.inf]))[3] == 2
    assert counted(np.array([np.nan]))[:3] == [0.0, 0.0, [0] * BINS]
    assert sum(counted(np.full(7, 2.0))[2]) == 7


def test_the_time_of_a_step_is_split_into_what_it_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    run = trainings.run(trainings.moons(), trainings.job(objectives=[optimizer("adam")]))
    batch = next(iter(run.batches(0, 0)))
    spent = iter((0.004, 0.014))
    timing = Timing(run, lambda: next(spent))
    timing.waited = 0.003
    compute, stepped = run.engine.compute, run.engine.trainers[0].optimizer.step

    def slow(given: Any) -> Any:
        time.sleep(0.02)
        return compute(given)

    def slow_step(*args: Any) -> Any:
        time.sleep(0.01)
        return stepped(*args)

    run.engine.compute = slow
    monkeypatch.setattr(run.engine.trainers[0].optimizer, "step", slow_step)
    timing.take(lambda: run.engine.step(batch, 0))
    assert run.engine.compute is slow
    assert "gather" not in vars(run.engine.trainers[0])
    [points] = timing.tell()
    assert isinstance(points, Points)
    values = {name: value[0] for name, value in points.series.items()}
    assert values["time/data"] == pytest.approx(3.0)
    assert "time/monitoring" not in values  # it is a mean over the steps since the last
    assert values["time/forward"] >= 20
    assert values["time/optimizer"] >= 10
    assert 0 < values["time/backward"] < values["time/forward"]
    run.step = 5
    [points] = timing.tell()
    assert isinstance(points, Points)
    assert points.series["time/monitoring"] == [pytest.approx(2.0)]  # ten milliseconds over five steps


def test_an_optimizer_that_looks_again_does_not_count_twice() -> None:
    run = trainings.run(trainings.moons(dropout=False), trainings.job(objectives=[optimizer("lbfgs")]))
    batch = next(iter(run.batches(0, 0)))
    timing = Timing(run, lambda: 0.0)
    start = time.perf_counter()
    timing.take(lambda: run.engine.step(batch, 0))
    whole = 1e3 * (time.perf_counter() - start)
    [points] = timing.tell()
    assert isinstance(points, Points)
    parts = [points.series[f"time/{part}"][0] for part in ("forward", "backward", "optimizer")]
    assert min(parts) >= 0
    assert sum(parts) <= whole


def test_a_run_tells_time_and_load_as_series() -> None:
    told = list(train(trainings.run(trainings.moons(), trainings.job(epochs=60))))
    names = {name for points in of(Points, told) for name in points.series}
    assert names >= {"time/forward", "time/backward", "time/optimizer"}
    assert names >= {"system/samples", "system/memory", "system/cpu", "system/machine"}
    assert of(Progress, told)


# -- answers to the same examples


def answers(program: Program, job: Any) -> tuple[Run, dict[str, Any]]:
    run = trainings.run(program, job)
    reporter = Answers(run)
    [first] = reporter.tell()
    [second] = reporter.tell()
    assert isinstance(first, Picture)
    assert isinstance(second, Picture)
    assert "fixed" not in second.data
    assert first.data["outputs"] == second.data["outputs"]
    return run, first.data


def test_answers_of_classes_are_the_nets_probabilities() -> None:
    run, data = answers(trainings.digits(), trainings.job("digits"))
    [(name, told)] = data["outputs"].items()
    fixed = data["fixed"]
    assert fixed["part"] == "validation"
    rows = np.array(fixed["positions"])
    part = run.prepared.splits["validation"]
    with torch.no_grad():
        run.net.eval()
        chances = run.net(torch.from_numpy(part["features"][rows])).softmax(1).numpy()
    np.testing.assert_allclose(np.array(told["chances"], float), chances, rtol=1e-3, atol=1e-6)
    assert told["guess"] == chances.argmax(1).tolist()
    assert fixed["outputs"][name]["truth"] == part["target"][rows].tolist()
    np.testing.assert_allclose(told["right"], chances[np.arange(len(rows)), part["target"][rows]], rtol=1e-3)
    assert len(fixed["given"]) == len(rows) == 24
    assert len(fixed["given"][0]["pixels"]) == 8


def test_answers_of_numbers_are_in_the_units_of_the_data() -> None:
    standard = [{"kind": "standardise", "field": field} for field in ("features", "target")]
    run, data = answers(trainings.regression(), trainings.job("diabetes", transforms=standard))
    [(name, told)] = data["outputs"].items()
    truth = np.array(data["fixed"]["outputs"][name]["truth"])
    rows = run.prepared.indices["validation"][np.array(data["fixed"]["positions"])]
    from sklearn.datasets import load_diabetes

    np.testing.assert_allclose(truth[:, 0], load_diabetes(scaled=False).target[rows], rtol=1e-3)
    assert 50 < np.mean(told["guess"]) < 250


def test_answers_of_two_classes_by_one_number() -> None:
    _, data = answers(trainings.binary(), trainings.job())
    [told] = data["outputs"].values()
    for guess, chance, (no, yes) in zip(told["guess"], told["chance"], told["chances"], strict=True):
        assert no + yes == pytest.approx(1, abs=1e-3)
        assert chance == max(no, yes)
        assert guess == int(yes > no)


def test_answers_like_the_input_stand_beside_it_and_samples_by_themselves() -> None:
    d = drawn.Drawing("Auto", "Auto")
    x = d.input("features", 1, 8, 8)
    flat = d.layer("linear", "narrow", d.layer("flatten", "flat", x), params={"out_features": 2})
    wide = d.layer("linear", "wide", flat, params={"out_features": 64})
    made = d.layer("unflatten", "made", wide, params={"dim": 1, "sizes": (1, 8, 8)})
    d.output(made)
    d.output(flat)
    d.loss(d.layer("mse_loss", "mse", made, x))
    program = d.program()
    _, data = answers(program, trainings.job("digits"))
    kinds = {name: told["kind"] for name, told in data["fixed"]["outputs"].items()}
    first, second = kinds
    if kinds[first] == "pairs":
        assert data["fixed"]["outputs"][first]["truth"] == data["fixed"]["given"]
    else:
        assert kinds[first] == "made"
    assert len(data["outputs"][first][{"pairs": "guess"}.get(kinds[first], "made")][0]["pixels"]) == 8
    assert kinds[second] == "points"
    assert len(data["outputs"][second]["points"][0]) == 2


def test_pictures_come_before_the_first_step_and_after_the_last() -> None:
    told = list(train(trainings.run(trainings.moons(), trainings.job(epochs=2))))
    steps = [picture.step for picture in pictures("answers", told)]
    assert steps[0] == 0
    assert steps[-1] == max(points.step[-1] for points in of(Points, told))


# -- weights to look at


def test_weights_are_written_when_somebody_asks(tmp_path: Path) -> None:
    run = trainings.run(trainings.moons(), trainings.job(epochs=4000))
    folder = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job())
    commands: SimpleQueue[Command] = SimpleQueue()
    commands.put(Command("look"))
    folder.lock.claim()
    looked: list[Looked] = []
    for event in train(run, folder=folder.checkpoints, commands=commands):
        if isinstance(event, Looked):
            looked.append(event)
            found = read_weights(moment(folder).path)
            assert moment(folder).which == checkpoint.LOOK
            assert moment(folder).step == event.step == run.step
            assert all(torch.equal(found[n], v) for n, v in run.net.state_dict().items())
            commands.put(Command("stop"))
    assert len(looked) == 1
    assert moment(folder).which == "last"
    assert not (folder.checkpoints / checkpoint.LOOK).exists()
    folder.lock.release()
