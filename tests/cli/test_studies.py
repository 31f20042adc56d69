"""Branches, cross-validation and baselines on the command line, with real worker processes."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from typer.testing import CliRunner

from core.problem import LayerloomError
from core.search.study import Study
from core.training.across import Spread, across, spread
from core.training.job import Job
from core.training.runs import RunFolder
from designer.cli import app
from designer.cli_study_runs import job_with
from graph.storage import save
from tests.cli.small import iris_mlp

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs, which no test changes."""
    place = tmp_path_factory.mktemp("trained")
    save(iris_mlp(), place / "iris.loom")
    words = ["train", place / "iris.loom", "--run", place / "first", "--epochs", "2", "--json"]
    assert CliRunner().invoke(app, list(map(str, words))).exit_code == 0
    return place / "first"


def weights(folder: Path, which: str = "last") -> dict[str, Any]:
    return load_file(folder / "checkpoints" / which / "weights.safetensors")


def test_a_branch_goes_on_and_ends_as_the_longer_run(
    layerloom: Run, design: Path, trained: Path, tmp_path: Path
) -> None:
    said = layerloom("branch", trained, "--out", tmp_path / "longer", "--set", "epochs=4", "--train", "--json")
    assert said.code == 0
    assert said.last["epochs"] == 4
    assert layerloom("train", design, "--run", tmp_path / "whole", "--epochs", "4", "--json").code == 0
    whole, longer = weights(tmp_path / "whole"), weights(tmp_path / "longer")
    assert all(np.array_equal(whole[name], longer[name]) for name in whole)


def test_a_branch_is_made_and_told_how_to_train(layerloom: Run, trained: Path, tmp_path: Path) -> None:
    said = layerloom(
        "branch", trained, "-o", tmp_path / "hot", "--weights-only", "--set", "batch_size=8", "--json"
    ).json
    assert (said["checkpoint"], said["step"]) == ("last", 0)
    made = RunFolder.open(tmp_path / "hot")
    assert (made.job.batch_size, made.job.epochs) == (8, 2)
    assert made.branch["run"] == str(trained)
    words = layerloom("branch", trained, "-o", tmp_path / "best", "--from", "best")
    assert "begins anew with the best weights of first" in words.out
    assert f"layerloom train --run {tmp_path / 'best'} --resume" in words.out.replace("\n", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--set", "batch_size=8"), "keeps its batch_size; to change that, branch with the weights only"),
        (("--set", "hidden.out_features=8"), "a branch keeps the network"),
        (("--from", "middle"), "--from takes last or best, not middle"),
        (("--set", "objectives.0.nothing.x=1"), "there is no field objectives.0.nothing"),
    ],
)
def test_what_a_branch_cannot_be_is_told(
    layerloom: Run, trained: Path, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    said = layerloom("branch", trained, "--out", tmp_path / "b", *words)
    assert said.code == 2
    assert sentence in " ".join(said.err.split())
    assert not (tmp_path / "b").exists()


@pytest.mark.slow
def test_every_example_validates_once_and_the_spread_is_that_of_the_folds(
    layerloom: Run, design: Path, tmp_path: Path
) -> None:
    said = layerloom("cross-validate", design, "--folds", "3", "--epochs", "2", "--out", tmp_path / "cv", "--json")
    assert said.code == 0
    told = said.last
    folders = [RunFolder.open(row["run"]) for row in told["folds"]]
    assert [(run.job.data.split.folds, run.job.data.split.fold) for run in folders] == [(3, 0), (3, 1), (3, 2)]
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert {line["fold"] for line in lines if line.get("event") == "trial_epoch"} == {0, 1, 2}
    reached = [row["metrics"]["validation"]["accuracy"] for row in told["folds"]]
    over = told["across"]["validation"]["accuracy"]
    assert over["mean"] == pytest.approx(statistics.fmean(reached))
    assert over["deviation"] == pytest.approx(statistics.stdev(reached))
    assert over["count"] == 3
    assert set(told["across"]) == {"train", "validation", "test"}
    assert len(layerloom("runs", tmp_path / "cv" / "trials" / "000", "--json").json) == 3
    assert Study.open(tmp_path / "cv").trials[0].result == pytest.approx(told["across"]["validation"]["loss"]["mean"])


@pytest.mark.slow
def test_people_see_a_table_of_the_folds(layerloom: Run, design: Path, tmp_path: Path) -> None:
    said = layerloom("cross-validate", design, "--folds", "2", "--epochs", "1", "-o", tmp_path / "cv")
    assert said.code == 0
    for words in ("fold 1", "fold 2", "validation", "accuracy", "±"):
        assert words in said.out


def test_baselines_stand_beside_the_network(layerloom: Run, trained: Path) -> None:
    answer = layerloom("baselines", trained, "--json").json
    [task] = answer["tasks"]
    reached = {row["method"]: row["value"] for row in task["rows"]}
    assert next(iter(reached)) == "network"
    result = RunFolder.open(trained).result()
    assert result is not None
    assert reached["network"] == pytest.approx(result["metrics"]["test"]["accuracy"])
    words = layerloom("baselines", trained, "--part", "validation").out
    assert "logistic regression" in words
    assert "validation part" in words
    assert layerloom("baselines", trained / "nothing").code == 2


def test_spreads() -> None:
    found = spread([1.0, 2.0, 4.0])
    assert [found.mean, found.deviation, found.count] == pytest.approx([7 / 3, 1.527525, 3])
    assert spread([2.0]).deviation == 0.0
    assert str(Spread(0.95321, 0.0213, 5)) == "0.953 ± 0.021"
    assert str(Spread(1523.4, 210.0, 5)) == "1523 ± 210"
    assert str(Spread(2.0, 0.0, 1)) == "2 ± 0"
    both = across([{"test": {"a": 1.0}}, {"test": {"a": 3.0, "b": 5.0}}])
    assert (both["test"]["a"].mean, both["test"]["b"].count) == (2.0, 1)
    with pytest.raises(ValueError, match="no values"):
        spread([])


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("objectives.0.warmup.length=5", "objectives.0.warmup.length", 5),
        ("objectives.0.warmup.unit=epoch", "objectives.0.warmup.unit", "epoch"),
        ("objectives.0.clip_norm=1.5", "objectives.0.clip_norm", 1.5),
        ("objectives.0.clip_value=0.5", "objectives.0.clip_value", 0.5),
        ("objectives.0.l1=1e-4", "objectives.0.l1", 1e-4),
        ("objectives.0.l2=1e-3", "objectives.0.l2", 1e-3),
        ("objectives.0.l1_shrinks=true", "objectives.0.l1_shrinks", True),
        ('objectives.0.penalised=["n2"]', "objectives.0.penalised", ["n2"]),
        ("objectives.0.rates.n2=0.1", "objectives.0.rates.n2", 0.1),
        ("objectives.0.losses.loss=2", "objectives.0.losses.loss", 2.0),
        ("objectives.0.loss_schedules.loss.kind=cosine", "objectives.0.loss_schedules.loss.kind", "cosine"),
        ("objectives.0.loss_schedules.loss.warmup.length=9", "objectives.0.loss_schedules.loss.warmup.length", 9),
        ("objectives.0.accumulate=4", "objectives.0.accumulate", 4),
        ("objectives.0.every=2", "objectives.0.every", 2),
        ("objectives.0.split=validation", "objectives.0.split", "validation"),
        ("objectives.0.schedule.kind=step", "objectives.0.schedule.kind", "step"),
        ("average=0.99", "average", 0.99),
        ("average_shown=false", "average_shown", False),
        ("balance=sampling", "balance", "sampling"),
        ("stopping.enabled=true", "stopping.enabled", True),
        ("stopping.metric=accuracy", "stopping.metric", "accuracy"),
        ("stopping.patience=3", "stopping.patience", 3),
        ("stopping.min_delta=0.01", "stopping.min_delta", 0.01),
        ("precision=bf16", "precision", "bf16"),
        ('logs=["tensorboard"]', "logs", ["tensorboard"]),
        ('recompute=["n2"]', "recompute", ["n2"]),
        ("compile=true", "compile", True),
        ("processes=2", "processes", 2),
        ("data.split.order=kept", "data.split.order", "kept"),
        ("data.split.folds=5", "data.split.folds", 5),
        ("data.split.fold=4", "data.split.fold", 4),
        ("data.split.stratify=false", "data.split.stratify", False),
        ("data.split.apart=true", "data.split.apart", True),
        ("data.split.seed=7", "data.split.seed", 7),
    ],
)
def test_every_part_of_the_job_is_set(setting: str, path: str, value: object) -> None:
    held: Any = job_with(Job(), [setting]).model_dump(mode="json")
    for part in path.split("."):
        held = held[int(part)] if isinstance(held, list) else held[part]
    assert held == value


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("objectives.0.clip_norm=0", "objectives.0.clip_norm"),
        ("objectives.1.l1=0", "there is no field|no item 1"),
        ("average=2", "average"),
        ("balance=much", "balance"),
        ("precision=int8", "precision"),
        ('logs=["paper"]', "logs"),
        ("data.split.folds=-1", "data.split.folds"),
        ("data.split.order=random", "data.split.order"),
        ("objectives.0.loss_schedules.loss.speed=1", "there is no field objectives.0.loss_schedules.loss.speed"),
    ],
)
def test_what_does_not_fit_is_told(setting: str, sentence: str) -> None:
    with pytest.raises(LayerloomError, match=sentence):
        job_with(Job(), [setting])
