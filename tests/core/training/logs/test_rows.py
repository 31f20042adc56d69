"""What logs of other tools are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.problem import LayerloomError
from core.training.logs.known import LOGS, LogSpec
from core.training.logs.logger import About, fresh, rows, thinned
from core.training.protocol import Changed, EpochEnded, Finished, Picture, Points, Progress, Saved, Signals
from tests import trainings


def test_every_number_in_an_event_has_a_tag() -> None:
    assert list(rows(Points((1, 2), {"train/loss": (0.5, 0.4)}))) == [((1, 2), {"train/loss": (0.5, 0.4)})]
    epoch = EpochEnded(1, 9, {"train": {"loss": 1.0}, "validation": {"loss": 2.0}}, 0.5)
    values = {"epoch/train/loss": (1.0,), "epoch/validation/loss": (2.0,), "epoch/seconds": (0.5,)}
    assert list(rows(epoch)) == [((9,), values)]
    assert list(rows(Signals(3, {"n1": {"dead": 0.1}}))) == [((3,), {"signals/dead/n1": (0.1,)})]
    assert list(rows(Changed("objectives.0.lr", 0.1, 4))) == [((4,), {"set/objectives.0.lr": (0.1,)})]
    assert list(rows(Finished({"test": {"loss": 3.0}}, 1.0, 9, 1.0))) == [((9,), {"final/test/loss": (3.0,)})]
    speed = {"system/examples_per_second": (100.0,), "system/monitoring": (0.01,)}
    assert list(rows(Progress(5, 10, 0.5, 100.0, 1.0, 0.01))) == [((5,), speed)]
    for silent in (Points((), {"lr": ()}), Saved("x", 1, False), Picture("boundary", 1, {}), Changed("clip", None, 1)):
        assert list(rows(silent)) == []


def test_what_is_known_is_not_told_again() -> None:
    given = ((1, 2, 3), {"a": (0.1, 0.2, 0.3), "b": (1.0, 2.0, 3.0)})
    assert list(fresh(given, {})) == [given]
    assert list(fresh(given, {"a": 2})) == [([3], {"a": [0.3]}), ([1, 2, 3], {"b": [1.0, 2.0, 3.0]})]
    assert list(fresh(given, {"a": 3, "b": 9})) == []


def test_thinning_keeps_the_last_step_and_spreads_the_rest() -> None:
    steps = list(range(1, 101))
    kept, columns = thinned((steps, {"a": [float(s) for s in steps]}), 10)
    assert list(kept) == list(range(10, 101, 10))
    assert columns["a"] == [float(s) for s in kept]
    short = ((1, 2), {"a": (0.0, 1.0)})
    assert thinned(short, 10) is short


def test_hyper_parameters_are_the_job_in_dotted_paths_with_the_defaults_of_its_optimizer(tmp_path: Path) -> None:
    given = trainings.job(epochs=7, objectives=[{"optimizer": {"kind": "sgd"}, "trains": ["a", "b"]}])
    about = About.of(trainings.folder(tmp_path / "run", trainings.moons(), given))
    assert about.hyper["epochs"] == 7
    assert about.hyper["objectives.0.optimizer.params.lr"] == 0.01
    assert about.hyper["objectives.0.trains"] == "a, b"
    assert not any(path.startswith("data.signature") for path in about.hyper)
    assert "class Moons" in about.source


def test_a_log_whose_library_is_missing_says_what_installs_it() -> None:
    assert set(LOGS) == {"tensorboard", "mlflow", "wandb"}
    absent = LogSpec("Absent", "", "absent_library.logs:Log", "absent_library", "absent")
    with pytest.raises(LayerloomError, match=r'Absent is not installed.*pip install "layerloom\[absent\]"') as caught:
        absent.make()
    assert caught.value.problem.code == "missing"
