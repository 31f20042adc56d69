"""The run folder: readable after any kill, and clear about what the disk refuses."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from core.problem import LayerloomError
from core.training import checkpoint as files
from core.training.checkpoint import Checkpoint
from core.training.eventlog import EventLog
from core.training.launch import worker_command, worker_environment
from core.training.lock import Lock
from core.training.protocol import EpochEnded, Points, Progress, Saved, StateChanged, encode_event
from core.training.runs import RunFolder, StatusKeeper, list_runs
from tests import trainings


@pytest.fixture
def made(tmp_path: Path) -> RunFolder:
    return trainings.folder(tmp_path / "runs" / "first", trainings.moons(), trainings.job())


def test_a_folder_gives_back_what_it_was_made_of(made: RunFolder) -> None:
    again = RunFolder.open(made.path)
    assert again.job == trainings.job()
    assert again.program == trainings.moons()
    assert (again.title, again.design, again.state(), again.result()) == ("Test", "{}", "new", None)
    assert not again.can_resume
    with pytest.raises(LayerloomError, match="no weights yet"):
        again.weights()


def test_a_new_run_needs_a_folder_of_its_own(made: RunFolder) -> None:
    with pytest.raises(LayerloomError, match="is not empty; a new run needs a folder of its own"):
        trainings.folder(made.path, trainings.moons(), trainings.job())


def test_what_is_no_run_is_told(tmp_path: Path, made: RunFolder) -> None:
    with pytest.raises(LayerloomError, match="does not exist"):
        RunFolder.open(tmp_path / "nowhere")
    with pytest.raises(LayerloomError, match=r"is not the folder of a run: it has no run\.json"):
        RunFolder.open(tmp_path)
    (made.path / "run.json").write_text('{"format": 99}')
    with pytest.raises(LayerloomError, match="later version"):
        RunFolder.open(made.path)
    (made.path / "run.json").write_text("{")
    with pytest.raises(LayerloomError, match="is damaged: it is not JSON"):
        RunFolder.open(made.path)


def test_a_list_of_runs_leaves_none_out(made: RunFolder, tmp_path: Path) -> None:
    second = trainings.folder(made.path.parent / "second", trainings.moons(), trainings.job())
    (made.path.parent / "notes").mkdir()
    (second.path / "run.json").write_text("[]")
    rows = list_runs(made.path.parent)
    assert [(row.folder.name, row.state) for row in rows] == [("first", "new"), ("second", "damaged")]
    assert "expected an object, found list" in rows[1].message
    assert list_runs(tmp_path / "nowhere") == []


def test_the_state_is_right_with_and_without_a_living_process(made: RunFolder) -> None:
    keeper = StatusKeeper(made)
    keeper.follow(StateChanged("running"))
    assert made.state() == "interrupted"
    assert "can be resumed" in made.status().message
    made.lock.claim()
    assert RunFolder.open(made.path).state() == "running"
    made.lock.release()
    keeper.follow(StateChanged("stopped", "Stopped."))
    assert (made.state(), made.status().message) == ("stopped", "Stopped.")


def test_a_half_written_status_does_not_hurt(made: RunFolder) -> None:
    (made.path / "status.json").write_text('{"state": "run')
    assert made.state() == "new"
    made.events.append(encode_event(StateChanged("running")))
    made.events.close()
    assert made.state() == "interrupted"


def test_a_lock_is_released_by_death_alone(tmp_path: Path) -> None:
    code = (
        "import time; from core.training.lock import Lock; from pathlib import Path\n"
        f"lock = Lock(Path({str(tmp_path / 'lock')!r})); lock.claim(); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env=worker_environment(), text=True
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == "held\n"
        lock = Lock(tmp_path / "lock")
        assert lock.held()
        with pytest.raises(LayerloomError, match=f"already going on in another process \\(process {child.pid}\\)"):
            lock.claim(patience=0.1)
        child.kill()
        child.wait()
    assert not lock.held()
    lock.claim()
    assert lock.held()
    lock.release()


def test_looking_at_a_lock_does_not_keep_a_worker_from_it(tmp_path: Path) -> None:
    lock, stop = Lock(tmp_path / "lock"), threading.Event()
    lock.claim()
    lock.release()

    def look() -> None:
        while not stop.is_set():
            Lock(tmp_path / "lock").held()

    looker = threading.Thread(target=look)
    looker.start()
    try:
        for _ in range(10):
            lock.claim()
            lock.release()
    finally:
        stop.set()
        looker.join()


# -- events


def log(path: Path, *lines: str) -> EventLog:
    made = EventLog(path / "events.jsonl")
    for line in lines:
        made.append(line)
    made.close()
    return made


def points(*steps: int) -> str:
    return encode_event(Points(list(steps), {"train/loss": [float(s) for s in steps]}))


def test_a_line_cut_short_is_skipped_and_the_log_goes_on(tmp_path: Path) -> None:
    made = log(tmp_path, points(1, 2), points(3)[:-9])
    assert [e.step for e in made] == [(1, 2)]  # type: ignore[attr-defined]
    made.append(points(4))
    made.close()
    assert [e.step for e in made] == [(1, 2), (4,)]  # type: ignore[attr-defined]


def test_events_of_later_versions_are_left_out(tmp_path: Path) -> None:
    made = log(tmp_path, '{"v":9,"event":"hologram"}\n', points(1), "null\n", "\x00\x00\n")
    assert len(list(made)) == 1


@pytest.mark.parametrize(("step", "left"), [(9, 9), (7, 7), (6, 6), (4, 4), (3, 3), (2, 2), (1, 1), (0, 0)])
def test_rewinding_forgets_later_steps_and_nothing_else(tmp_path: Path, step: int, left: int) -> None:
    made = log(
        tmp_path,
        encode_event(StateChanged("running")),
        points(1, 2, 3),
        encode_event(EpochEnded(1, 3, {}, 0.1)),
        points(4),
        encode_event(Saved("last", 4, False)),
        points(5, 6, 7),
        encode_event(Progress(4, 9, 0.5, 1.0, 1.0)),
        encode_event(StateChanged("paused")),
        points(8, 9)[:-4],
    )
    made.rewind(step)
    steps = [s for e in made if isinstance(e, Points) for s in e.step]
    assert steps == list(range(1, min(left, 7) + 1))
    assert all(getattr(e, "step", 0) <= step for e in made if not isinstance(e, Points))


def test_a_full_disk_is_told_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = log(tmp_path, points(1))

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(LayerloomError, match=r"Could not write to .*events\.jsonl: the disk is full"):
        made.append(points(2))
    made.close()


# -- checkpoints


def saved(step: int) -> Checkpoint:
    value = torch.full((3,), float(step))
    return Checkpoint({"w": value}, {"m": value, "n": value[:2]}, {"step": step}, {"w": value})


def test_a_checkpoint_comes_back_whole_and_unpickled(tmp_path: Path) -> None:
    shared = torch.arange(6.0)
    given = Checkpoint({"a": shared[:3], "b": shared.view(2, 3).t(), "n": torch.tensor(3)}, {}, {"step": 5})
    files.save(tmp_path / "last", given)
    back = files.load(tmp_path / "last")
    assert all(torch.equal(back.weights[name], value) for name, value in given.weights.items())
    assert (back.state["step"], back.best) == (5, None)
    assert sorted(f.suffix for f in (tmp_path / "last").iterdir()) == [".json", ".safetensors", ".safetensors"]


@pytest.mark.parametrize("survives", range(7))
def test_a_kill_at_any_moment_leaves_the_old_one_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survives: int
) -> None:
    """Death is simulated at each move and removal of folders in turn."""

    class Killed(BaseException):
        pass

    files.save(tmp_path / "last", saved(1))
    left = [survives]

    def dying(real: Any) -> Any:
        def act(*given: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return real(*given, **more)

        return act

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", dying(Path.rename))
        patched.setattr(files.shutil, "rmtree", dying(files.shutil.rmtree))
        patched.setattr(files, "save_file", dying(files.save_file))
        try:
            files.save(tmp_path / "last", saved(2))
            finished = True
        except Killed:
            finished = False
    assert files.exists(tmp_path / "last")
    back = files.load(tmp_path / "last")
    assert back.state["step"] in ((2,) if finished else (1, 2))
    assert torch.equal(back.weights["w"], saved(back.state["step"]).weights["w"])
    files.save(tmp_path / "last", saved(3))
    assert files.load(tmp_path / "last").state["step"] == 3
    assert [f.name for f in tmp_path.iterdir()] == ["last"]


def test_a_full_disk_keeps_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.save(tmp_path / "last", saved(1))

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files, "save_file", full)
        with pytest.raises(LayerloomError, match=r"Could not save the checkpoint .*last: the disk is full"):
            files.save(tmp_path / "last", saved(2))
    assert files.load(tmp_path / "last").state["step"] == 1


def test_a_damaged_or_missing_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match="There is no checkpoint"):
        files.load(tmp_path / "run" / "checkpoints" / "last")
    files.save(tmp_path / "last", saved(1))
    weights = tmp_path / "last" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-5])
    with pytest.raises(LayerloomError, match="is damaged"):
        files.load(tmp_path / "last")
    files.save(tmp_path / "last", saved(1))
    (tmp_path / "last" / "state.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(LayerloomError, match="later version"):
        files.load(tmp_path / "last")


# -- launching


def test_commands_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker_command()[1:] == ["-m", "core.training.worker", "--warm"]
    assert worker_command("a b", resume=True)[1:] == ["-m", "core.training.worker", "a b", "--resume"]
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert worker_environment()["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert worker_environment()["OMP_WAIT_POLICY"] == "ACTIVE"


def test_what_the_window_loads_of_training_is_light() -> None:
    light = "runs, launch, throttle, eventlog, lock, job, protocol, stopping"
    code = (
        f"import sys; from core.training import {light}; from core.catalog import optimizers, schedules, metrics\n"
        "sys.exit(any(m in sys.modules for m in ('torch', 'sklearn', 'scipy', 'pandas', 'PySide6')))"
    )
    assert subprocess.run([sys.executable, "-c", code], env=worker_environment()).returncode == 0
