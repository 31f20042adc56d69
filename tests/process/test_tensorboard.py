"""TensorBoard's own reader against the event log of the run."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from core.training.logs.tensorboard import cut, records
from core.training.protocol import Picture, Signals
from core.training.runs import RunFolder
from tests import trainings
from tests.process.logging import Series, killed, told, trained, warnings

EPOCHS = 300


def accumulated(folder: Path) -> Any:
    accumulator = EventAccumulator(  # type: ignore[no-untyped-call]
        str(folder / "tensorboard"), size_guidance={"scalars": 0, "tensors": 0, "histograms": 0}
    )
    return accumulator.Reload()  # type: ignore[no-untyped-call]


def scalars(folder: Path) -> Series:
    if not (folder / "tensorboard").is_dir():
        return {}
    accumulator = accumulated(folder)
    return {
        tag: [(event.step, np.float32(event.value)) for event in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }


def log(tmp_path: Path, **changes: Any) -> Path:
    return trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(logs=["tensorboard"], **changes)).path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that ended well."""
    folder = log(tmp_path_factory.mktemp("log"), epochs=4, objectives=[trainings.objective()])
    assert warnings(trained(folder)) == []
    return folder


def test_it_reads_back_exactly_what_the_event_log_holds(whole: Path) -> None:
    folder = whole
    read = scalars(folder)
    assert {tag: row for tag, row in read.items() if not tag.startswith("signals/")} == told(folder)
    assert [step for step, _ in read["train/loss"]] == list(range(1, 4 * 9 + 1))
    assert {"lr", "epoch/validation/loss", "final/test/accuracy", "system/examples_per_second"} < set(read)


def test_it_has_the_source_and_the_hyper_parameters(whole: Path) -> None:
    accumulator = accumulated(whole)
    [source] = accumulator.Tensors("program/source/text_summary")
    assert b"class Moons" in source.tensor_proto.string_val[0]
    content = accumulator.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    started = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
    assert started.hparams["objectives.0.optimizer.params.lr"].number_value == 0.01
    assert started.hparams["objectives.0.optimizer.kind"].string_value == "adam"
    assert "_hparams_/session_end_info" in accumulator.summary_metadata


def test_a_killed_run_is_readable_and_goes_on_without_a_step_twice(tmp_path: Path) -> None:
    folder = log(tmp_path, epochs=EPOCHS, checkpoint_seconds=0.05)
    made = RunFolder.open(folder)

    killed(folder, lambda: (made.checkpoints / "last" / "state.json").is_file())
    held = told(folder)["train/loss"]
    deadline = time.monotonic() + 60  # the log takes in what the worker left
    while scalars(folder).get("train/loss") != held and time.monotonic() < deadline:
        time.sleep(1)
    assert scalars(folder)["train/loss"] == held
    trained(folder, resume=True)
    read = scalars(folder)
    losses = read["train/loss"]
    assert losses == told(folder)["train/loss"]
    assert [step for step, _ in losses] == list(range(1, EPOCHS * 9 + 1))
    on_disk = [
        event.step
        for path in (folder / "tensorboard").glob("*tfevents*")
        for _, event in records(path.read_bytes())
        if any(value.tag == "train/loss" for value in event.summary.value)
    ]
    assert sorted(on_disk) == list(range(1, EPOCHS * 9 + 1))  # for readers that know no marks of restarts


def test_histograms_and_signals_are_those_of_the_films(tmp_path: Path) -> None:
    folder = log(tmp_path, epochs=EPOCHS)
    trained(folder)
    films = RunFolder.open(folder).films
    accumulator = accumulated(folder)
    reel = films.reel("histograms")
    assert len(reel)
    for index, step in enumerate(reel.steps):
        frame = reel.frame(index)
        assert isinstance(frame, Picture)
        low, high, counts, _ = frame.data["nodes"]["hidden"]["weight"]
        [held] = [event.histogram_value for event in accumulator.Histograms("weight/hidden") if event.step == step]
        assert (held.min, held.max, list(held.bucket)) == (low, high, counts)
        assert held.bucket_limit[-1] == pytest.approx(high)
    signals = films.reel("signals")
    newest = signals.frame(len(signals) - 1)
    assert isinstance(newest, Signals)
    value = np.float32(newest.nodes["hidden"]["gradient"])
    assert (newest.step, value) in scalars(folder)["signals/gradient/hidden"]


def test_what_was_written_of_later_steps_is_cut_out_and_so_is_half_a_record(whole: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(whole, tmp_path / "run")
    [path] = (folder / "tensorboard").glob("*tfevents*")
    held = scalars(folder)
    path.write_bytes(path.read_bytes() + b"\x40\0\0\0\0\0\0\0half")
    last = cut(folder / "tensorboard", 10)
    assert (last["train/loss"], last["epoch/train/loss"]) == (10, 9)
    assert scalars(folder)["train/loss"] == held["train/loss"][:10]


def test_a_log_that_fails_is_a_warning_and_the_run_ends_well(tmp_path: Path) -> None:
    folder = log(tmp_path, epochs=1)
    (folder / "tensorboard").write_text("in the way")
    events = trained(folder)
    [warning] = warnings(events)
    assert warning.startswith("The log for TensorBoard broke off (exit code 1); the run itself goes on.")
    assert RunFolder.open(folder).state() == "finished"


@pytest.mark.parametrize("name", ["mlflow", "wandb"])
def test_a_library_that_is_not_there_is_told_with_what_installs_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "shadow" / name).mkdir(parents=True)
    (tmp_path / "shadow" / name / "__init__.py").write_text(f"raise ModuleNotFoundError('no', name={name!r})\n")
    folder = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(epochs=1, logs=[name])).path
    [warning] = warnings(trained(folder, PYTHONPATH=str(tmp_path / "shadow")))
    assert f'pip install "layerloom[{name}]"' in warning
