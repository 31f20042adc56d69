"""Checkpoints: everything from which a run goes on to the same numbers. Tensors as safetensors, the rest as JSON.

    weights.safetensors    the network's state_dict
    best.safetensors       that of the best epoch, where one is known
    training.safetensors   memory of the optimizers, random numbers, sums of the epoch
    state.json             counts, live settings, early stopping

A checkpoint is a folder that is written beside the old one and takes its place when it is whole on the disk.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.files import MEGABYTE, file_error, read_text
from core.problem import LayerloomError

FORMAT = 1
LOOK = "look"  # weights to look at while a run goes on; nobody goes on from them
Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """The contents of one checkpoint; tensors lie on the CPU."""

    weights: Tensors
    training: Tensors = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    best: Tensors | None = None


def save(folder: Path, checkpoint: Checkpoint, *, settle: bool = True) -> None:
    """Write the checkpoint; at any moment, a kill included, `load` finds the old one or this one whole.

    Without `settle` that holds for kills of the process, not of the system: the disk may take its time.

    Raises:
        LayerloomError: the disk refused (full, no permission); the old checkpoint is still there.
    """
    partial, new = _beside(folder, "partial"), _beside(folder, "new")
    try:
        _remove(partial)
        partial.mkdir(parents=True)
        _write(partial, checkpoint, settle)
        _remove(new)
        partial.rename(new)  # from here on it counts
        _take_place(folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise _refused("save the checkpoint", folder, error) from error


def load(folder: Path) -> Checkpoint:
    """Raises LayerloomError where there is no checkpoint (code ``no-checkpoint``) or it is damaged."""
    try:
        _take_place(folder)
        if not folder.is_dir():
            message = f"There is no checkpoint in {folder.parent.parent} to go on from; start the run anew."
            raise LayerloomError(message, code="no-checkpoint")
        state = json.loads(read_text(folder / "state.json", 64 * MEGABYTE))
        best = folder / "best.safetensors"
        if state["format"] > FORMAT:
            message = f"The checkpoint {folder} was written by a later version of Layerloom."
            raise LayerloomError(message, code="version")
        return Checkpoint(
            load_file(folder / "weights.safetensors"),
            load_file(folder / "training.safetensors"),
            state,
            load_file(best) if best.is_file() else None,
        )
    except (OSError, SafetensorError) as error:
        raise _refused("open the checkpoint", folder, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, error) from error


def remove(folder: Path) -> None:
    """Take a checkpoint away, where there is one."""
    for path in (folder, _beside(folder, "new"), _beside(folder, "old"), _beside(folder, "partial")):
        shutil.rmtree(path, ignore_errors=True)


def exists(folder: Path) -> bool:
    return any(f.is_dir() for f in (folder, _beside(folder, "new"), _beside(folder, "old")))


def plain(tensors: Tensors) -> dict[str, Tensor]:
    """Copies on the CPU that share no memory, each contiguous: what safetensors can hold."""
    return {name: t.detach().to("cpu", copy=True).contiguous() for name, t in tensors.items()}


def _write(folder: Path, checkpoint: Checkpoint, settle: bool) -> None:
    save_file(plain(checkpoint.weights), folder / "weights.safetensors")
    save_file(plain(checkpoint.training), folder / "training.safetensors")
    if checkpoint.best is not None:
        save_file(plain(checkpoint.best), folder / "best.safetensors")
    (folder / "state.json").write_text(json.dumps({"format": FORMAT, **checkpoint.state}, indent=1))
    for path in (*folder.iterdir(), folder) if settle else ():
        _settle(path)


def _take_place(folder: Path) -> None:
    """Finish what a kill may have interrupted: a whole new checkpoint replaces the one in `folder`."""
    new, old = _beside(folder, "new"), _beside(folder, "old")
    if new.is_dir():
        if folder.is_dir():
            _remove(old)
            folder.rename(old)
        new.rename(folder)
        _settle(folder.parent)
    elif old.is_dir() and not folder.is_dir():
        old.rename(folder)
    _remove(old)


def _settle(path: Path) -> None:
    """Bring a file or folder to the disk; Windows cannot do so for folders, and needs not."""
    if os.name == "nt" and path.is_dir():
        return
    file = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.{what}")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _refused(doing: str, folder: Path, error: Exception) -> LayerloomError:
    if isinstance(error, OSError):
        return file_error(doing, folder, error)
    text = str(error)
    if "No space left" in text or "os error 28" in text:
        return LayerloomError(f"Could not {doing} {folder}: the disk is full.", code="disk-full", detail=text)
    return _damaged(folder, error)


def _damaged(folder: Path, error: Exception) -> LayerloomError:
    return LayerloomError(
        f"The checkpoint {folder} is damaged ({type(error).__name__}); the run cannot go on from it.",
        code="damaged",
        detail=str(error),
    )


def random_state(device: torch.device) -> dict[str, Tensor]:
    """The state of the random numbers, by device."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def restore_random_state(states: Tensors, device: torch.device) -> None:
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    elif device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])
