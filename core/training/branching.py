"""A new run from a checkpoint of another."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.files import MEGABYTE, atomic_write, file_error, read_text
from core.problem import LayerloomError
from core.program.program import Program
from core.training.eventlog import EventLog
from core.training.job import Job
from core.training.live import differences
from core.training.runs import RunFolder

START = "start"  # the checkpoint whose weights a run begins with


def branch(
    run: RunFolder, folder: str | Path, *, which: Literal["last", "best"] = "last", job: Job | None = None,
    weights_only: bool = False,
) -> RunFolder:  # fmt: skip
    """Make a run that begins where another was saved; train it with ``resume``.

    From ``last`` it goes on exactly: weights, optimizer, random numbers and the curves so far; `job` may then differ in
    what can be steered live (`core.training.live`), and the run ends with the job's epochs. From ``best``, or with
    `weights_only`, a fresh run of any job begins with those weights.

    Raises:
        LayerloomError: the folder is not empty, the run has no such checkpoint, or the job asks for more than that.
    """
    source = run.checkpoints / which
    if not (source / "weights.safetensors").is_file():
        raise LayerloomError(f"The run in {run.path} has no checkpoint {which!r} to branch from.", code="no-checkpoint")
    old, new = run.job, job or run.job
    goes_on = which == "last" and not weights_only
    pending = differences(old, run.program, new, run.program) if goes_on else []
    if goes_on:
        _check(old, new)
    made = RunFolder.create(folder, run.program, old if goes_on else new, run.design, run.title, run.base)
    try:
        step = 0
        if goes_on:
            step = _copy_state(run, made, pending)
        else:
            (made.checkpoints / START).mkdir(parents=True)
            shutil.copy(source / "weights.safetensors", made.checkpoints / START)
        if run.masks.is_file():
            shutil.copy(run.masks, made.masks)
    except OSError as error:
        raise file_error("branch into", made.path, error) from error
    return _told(made, {"run": str(run.path), "checkpoint": which, "step": step})


def free_branch(folder: Path) -> Path:
    """A folder beside a run's that does not exist yet: ``<run>-branch-<n>``."""
    stem, number = folder.name.partition("-branch-")[0], 1
    while (made := folder.with_name(f"{stem}-branch-{number}")).exists():
        number += 1
    return made


@dataclass(frozen=True)
class Start:
    """What a run begins with that was made out of another run's weights.

    Attributes:
        weights, masks: safetensors files, as bytes; without masks nothing is pruned.
        note: what was done to the weights, for people.
        program, design: where the network was changed too, both; else those of the other run.
    """

    weights: bytes
    note: str
    masks: bytes | None = None
    program: Program | None = None
    design: str = ""


def plant(run: RunFolder, folder: str | Path, start: Start, *, which: str = "", job: Job | None = None) -> RunFolder:
    """Make a fresh run of another's job, or of `job`, that begins with weights made of those that `which` names; train
    it with ``resume``.

    Raises:
        LayerloomError: the folder is not empty, or cannot be written.
    """
    program, design = start.program or run.program, start.design or run.design
    made = RunFolder.create(folder, program, job or run.job, design, run.title, run.base)
    try:
        (made.checkpoints / START).mkdir(parents=True)
        atomic_write(made.checkpoints / START / "weights.safetensors", start.weights)
        if start.masks is not None:
            atomic_write(made.masks, start.masks)
    except OSError as error:
        raise file_error("branch into", made.path, error) from error
    return _told(made, {"run": str(run.path), "checkpoint": which, "step": 0, "note": start.note})


def _told(made: RunFolder, origin: Mapping[str, Any]) -> RunFolder:
    """The same run, whose head says where it comes from."""
    head = json.loads(read_text(made.path / "run.json", MEGABYTE))
    atomic_write(made.path / "run.json", json.dumps({**head, "branch": dict(origin)}, indent=1) + "\n")
    return RunFolder.open(made.path)


def _copy_state(run: RunFolder, made: RunFolder, pending: list[tuple[str, float | None]]) -> int:
    for which in ("last", "best"):
        if (run.checkpoints / which).is_dir():
            shutil.copytree(run.checkpoints / which, made.checkpoints / which)
    path = made.checkpoints / "last" / "state.json"
    state: dict[str, Any] = json.loads(read_text(path, 64 * MEGABYTE))
    state["pending"] = [list(change) for change in pending]
    atomic_write(path, json.dumps(state, indent=1))
    step = int(state["step"])
    if run.events.path.is_file():
        shutil.copy(run.events.path, made.events.path)
        EventLog(made.events.path).rewind(step)
    if (run.path / "pictures").is_dir():
        shutil.copytree(run.path / "pictures", made.path / "pictures")
        made.films.rewind(step)
    status = {"state": "stopped", "message": f"Branched from {run.path.name} at step {step}.", "step": step}
    atomic_write(made.path / "status.json", json.dumps(status))
    return step


def _check(old: Job, new: Job) -> None:
    """Raises LayerloomError where the jobs differ in more than can be steered."""
    live = {"clip_norm", "clip_value", "l1", "l2", "losses"}

    def fixed(job: Job) -> dict[str, Any]:
        plain = job.model_dump(mode="json", exclude={"epochs", "search"})
        for objective in plain["objectives"]:
            for name in live:
                objective.pop(name)
            params = objective["optimizer"]["params"]
            objective["optimizer"]["params"] = {n: v for n, v in params.items() if not isinstance(v, int | float)}
        return plain

    before, after = fixed(old), fixed(new)
    names = [name for name in before if before[name] != after[name]]
    if names:
        raise LayerloomError(
            f"A run that goes on keeps its {', '.join(names)}; to change that, branch with the weights only.",
            code="job",
            received=names[0],
        )
