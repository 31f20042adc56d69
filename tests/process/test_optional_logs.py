"""MLflow and Weights & Biases, read back from what they left on the disk. `make test-logs` installs them."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import trainings
from tests.process.logging import told, trained, warnings

BLOCK, HEAD = 1 << 15, 7  # of a log of LevelDB, which is what W&B writes


def test_mlflow_has_every_epoch_and_the_job_and_goes_on_in_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    folder = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(epochs=3, logs=["mlflow"])).path
    assert warnings(trained(folder)) == []
    client = mlflow.MlflowClient((tmp_path / "mlruns").as_uri())
    [run] = client.search_runs([client.get_experiment_by_name("Layerloom").experiment_id])
    assert (run.info.status, run.info.run_name) == ("FINISHED", "run")
    assert run.data.params["epochs"] == "3"
    held = told(folder)
    for tag in ("epoch/validation/loss", "epoch/train/accuracy", "final/test/loss"):
        kept = {m.step: m.value for m in client.get_metric_history(run.info.run_id, tag)}
        assert kept == pytest.approx({step: float(value) for step, value in held[tag]}), tag
    steps = [m.step for m in client.get_metric_history(run.info.run_id, "train/loss")]
    assert set(steps) <= {step for step, _ in held["train/loss"]}
    assert max(steps) == 27
    _again(folder)
    trained(folder, resume=True)
    [same] = client.search_runs([run.info.experiment_id])
    assert same.info.run_id == run.info.run_id
    kept_steps = [m.step for m in client.get_metric_history(run.info.run_id, "epoch/train/loss")]
    assert sorted(kept_steps) == [9, 18, 27]


def test_wandb_writes_offline_what_the_run_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    from wandb.proto.wandb_internal_pb2 import Record

    for name in ("WANDB_MODE", "WANDB_PROJECT", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(epochs=3, logs=["wandb"])).path
    assert warnings(trained(folder)) == []
    [path] = (folder / "wandb").glob("offline-run-*/*.wandb")
    kept: dict[str, list[tuple[int, float]]] = {}
    for data in _leveldb(path.read_bytes()):
        record = Record.FromString(data)
        row = {item.key or item.nested_key[0]: json.loads(item.value_json) for item in record.history.item}
        for tag, value in row.items():
            kept.setdefault(tag, []).append((int(row["step"]), value))
    held = told(folder)
    for tag in ("epoch/validation/loss", "epoch/train/accuracy", "final/test/loss"):
        assert dict(kept[tag]) == pytest.approx({step: float(value) for step, value in held[tag]}), tag
    assert {step for step, _ in kept["train/loss"]} <= {step for step, _ in held["train/loss"]}
    assert json.loads((folder / "wandb" / "known.json").read_text())["train/loss"] == 27


def _again(folder: Path) -> None:
    """Let a finished run look as if it had been killed at its end."""
    (folder / "status.json").write_text(json.dumps({"state": "running"}))


def _leveldb(data: bytes) -> Iterator[bytes]:
    """The records of a log of LevelDB, whose pieces never cross the border of a block."""
    at, held = HEAD, b""  # behind W&B's own head
    while at + HEAD <= len(data):
        room = BLOCK - at % BLOCK
        if room < HEAD:
            at += room
            continue
        _, length, kind = struct.unpack_from("<IHB", data, at)
        held += data[at + HEAD : at + HEAD + length]
        at += HEAD + length
        if kind in (1, 4):  # whole, or the last piece
            yield held
            held = b""
