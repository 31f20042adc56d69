"""From a run folder to a `Run` that is ready to train or to go on."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from core.data.prepare import Prepared, prepare
from core.program.program import Program
from core.training import checkpoint as files
from core.training import loop
from core.training.branching import START
from core.training.choices import Choices
from core.training.job import Job
from core.training.run import Run
from core.training.runs import RunFolder

_LATER = ("sklearn.datasets", "safetensors.torch", "core.program.source")  # imported when used; slow at the first use


def start(
    folder: RunFolder,
    resume: bool,
    *,
    fit: Callable[[Job], Job] = lambda job: job,
    kind: Callable[[Program, Job, Prepared, Choices | None], Run] = Run,
    notes: bool = True,
) -> tuple[Run, int]:
    """The run of a folder, and the step at which it begins; notes the environment and the preparation of the data.

    Where a run goes on that was killed before its first checkpoint, it begins again, with the choices made then.

    Args:
        fit: settles in the job what is not to be settled by measuring.
        kind: makes the run.
        notes: False leaves the folder as it is.

    Raises:
        LayerloomError: the data, the device, the design or the checkpoint does not hold.
    """
    job, program, last = fit(folder.job), folder.program, folder.checkpoints / "last"
    saved = files.load(last) if resume and files.exists(last) else None
    noted: Mapping[str, Any] = folder.environment() if resume else {}
    choices = saved.state["choices"] if saved else noted.get("choices")
    prepared = prepare(job.data, (*program.inputs, *program.targets), folder.base)
    run = kind(program, job, prepared, Choices.from_json(choices) if choices else None)
    given = folder.checkpoints / START / "weights.safetensors"
    if saved:
        run.restore(saved)
    elif given.is_file():
        run.begin_with(load_file(given))
    if folder.masks.is_file():
        run.engine.prune(load_file(folder.masks))
    if not notes:
        return run, run.step
    folder.write("environment", environment(run))
    signature = prepared.signature.model_dump(mode="json")
    folder.write("preparation", {"fitted": prepared.fitted.to_json(), "signature": signature})
    return run, run.step


def environment(run: Run) -> dict[str, Any]:
    """Where and with what a run is computed."""
    return {
        "layerloom": _version("layerloom"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "device": _device_name(run.device),
        "started": time.time(),
        "choices": run.choices.to_json(),
    }


def warm_up() -> None:
    """Do now what would make the first step of a run slow: imports, and whatever torch does at its first step."""
    for name in _LATER:
        importlib.import_module(name)
    assert loop
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    optimizer = torch.optim.Adam(net.parameters(), fused=True)
    for _ in range(2):
        loss = nn.functional.cross_entropy(net(torch.zeros(4, 4)), torch.zeros(4, dtype=torch.long))
        torch.autograd.backward(loss)
        optimizer.step()


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
