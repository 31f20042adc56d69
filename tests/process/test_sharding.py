"""Weights shared out over two processes: the curve of one, a checkpoint like any other, a life after a death."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from core.problem import LayerloomError
from core.training.distributed.ranks import check
from core.training.launch import Machines, worker_command, worker_environment
from core.training.protocol import EpochEnded, Finished, Met
from core.training.runs import RunFolder
from tests import trainings
from tests.process.logging import trained, warnings
from tests.process.test_distributed import both, ended, going, losses, make, rank_of, same, tell, until, weights

WHOLE = 10 * 16 + 16 + 16 + 1


def test_two_processes_that_hold_half_each_reach_the_curve_of_one(tmp_path: Path) -> None:
    """Batches of odd sizes, accumulation, clipping by the global norm, decay, penalties, an average of weights, the
    best weights."""
    changes = {"accumulate": 2, "clip_norm": 5.0, "l2": 1e-3, "l1": 1e-4}
    job = {"epochs": 4, "batch_size": 33, "average": 0.9, "stopping": {"enabled": True}, "sharding": "full"}
    one = make(
        tmp_path / "1", trainings.regression(), "diabetes", 1, objectives=[trainings.objective(**changes)], **job
    )
    two = make(
        tmp_path / "2", trainings.regression(), "diabetes", 2, objectives=[trainings.objective(**changes)], **job
    )
    trained(one)
    [note] = warnings(trained(two))
    assert note == f"The {WHOLE} weights are shared out: each of the 2 processes holds 88 to 105 of them."
    same(one, two)
    assert RunFolder.open(two).state() == "finished"
    for part in ("weights", "best", "training"):
        left, right = (load_file(run / "checkpoints" / "last" / f"{part}.safetensors") for run in (one, two))
        own = {name for name in right if name.startswith("recorder.random")}
        assert {n: t.shape for n, t in left.items()} == {n: t.shape for n, t in right.items() if n not in own}


@pytest.mark.slow
def test_another_number_of_processes_goes_on(tmp_path: Path) -> None:
    job = {"epochs": 60, "sharding": "full"}
    folder = make(tmp_path / "run", trainings.regression(), "diabetes", 2, **job)
    with going(folder) as process:
        until(process, lambda e: isinstance(e, EpochEnded))
        tell(process, "stop")
        assert ended(process) == 0
    command = worker_command(folder, True, Machines(processes=1))
    done = subprocess.run(command, env=worker_environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    alone = make(tmp_path / "alone", trainings.regression(), "diabetes", 1, **job)
    trained(alone)
    same(alone, folder)


@pytest.mark.slow
def test_a_process_that_dies_is_started_again(tmp_path: Path) -> None:
    changes = {"epochs": 40, "checkpoint_seconds": 0.3, "sharding": "full"}
    folder = make(tmp_path / "run", trainings.regression(), "diabetes", 2, **changes)
    with going(folder) as process:
        until(process, lambda e: e.type == "saved")
        os.kill(rank_of(process, "1"), signal.SIGKILL)
        until(process, lambda e: isinstance(e, Finished))
        assert ended(process) == 0
    alone = make(tmp_path / "alone", trainings.regression(), "diabetes", 2, **changes)
    trained(alone)
    assert losses(folder) == losses(alone)
    assert all(torch.equal(weights(folder)[name], value) for name, value in weights(alone).items())


@pytest.mark.slow
def test_pictures_with_norms_train(tmp_path: Path) -> None:
    """Batch normalisation on a CPU sees a part of each batch, so the numbers are near those of one process, not the
    same; a convolution's weights are shared out too."""
    one, two = both(tmp_path, trainings.digits(), "digits", sharding="full", epochs=2)
    assert losses(two) == pytest.approx(losses(one), rel=0.2)


@pytest.mark.slow
def test_live_freezing_is_refused_with_a_sentence(tmp_path: Path) -> None:
    folder = make(tmp_path / "run", trainings.regression(), "diabetes", 2, sharding="full", epochs=50)
    with going(folder) as process:
        until(process, lambda e: isinstance(e, EpochEnded))
        tell(process, "set", path="nodes.hidden.frozen", value=True)
        met = until(process, lambda e: isinstance(e, Met))
        tell(process, "stop")
        assert ended(process) == 0
    assert isinstance(met, Met)
    assert "not frozen or thawed while they train" in met.problem["message"]


def test_several_objectives_are_refused() -> None:
    two = [trainings.objective(name="a"), trainings.objective(name="b")]
    with pytest.raises(LayerloomError, match="shared out for one objective"):
        check(trainings.job(objectives=two, sharding="full"), 2)


def test_lbfgs_is_refused() -> None:
    with pytest.raises(LayerloomError, match="all weights as one vector"):
        check(trainings.job(objectives=[{"optimizer": {"kind": "lbfgs"}}], sharding="full"), 2)
