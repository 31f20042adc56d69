"""Weights in files: safetensors out, and whatever holds a state_dict in."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from core.files import atomic_write, file_error
from core.problem import LayerloomError, listed
from core.program.module import build
from core.program.program import Program
from exporters.formats import Delivery, Weights

_NAMED = 3  # how many names a message lists


def write(delivery: Delivery, path: Path) -> None:
    export_safetensors(delivery.program, delivery.weights, path)


def export_safetensors(program: Program, weights: Weights, path: str | Path) -> None:
    """Write the program's weights, by the names that its source gives them, each with storage of its own.

    Raises:
        LayerloomError: the weights do not fit the program, or the file cannot be written.
    """
    state = module_with(program, weights).state_dict()
    tensors = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format) for name, tensor in state.items()
    }
    notes = {"format": "pt", "title": program.title, "class": program.name}
    atomic_write(path, save(tensors, metadata=notes))


def module_with(program: Program, weights: Weights) -> nn.Module:
    """The built module with these weights, on the CPU, in evaluation mode.

    Raises:
        LayerloomError: a file cannot be read, or the weights are not those of this program.
    """
    module = build(program)
    state = weights if isinstance(weights, Mapping) else None if weights is None else read_weights(weights)
    if state is not None:
        _check_names(module, state)
        try:
            module.load_state_dict(dict(state))
        except RuntimeError as error:
            raise _misfit(_shapes(module, state), error) from error
    return module.eval()


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """The state_dict in a safetensors file, or in one of ``torch.save`` read without executing anything in it.

    Raises:
        LayerloomError: it cannot be read or holds something else.
    """
    path = Path(path)
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise file_error("open", path, error) from error
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise LayerloomError(
            f"{path} holds no weights that can be read.", code="weights", detail=repr(error)
        ) from error
    if not isinstance(loaded, dict) or not all(isinstance(v, Tensor) for v in loaded.values()):
        raise LayerloomError(f"{path} holds no table of weights by name (a state_dict).", code="weights")
    return loaded


def _check_names(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    expected = module.state_dict().keys()
    missing, extra = sorted(expected - state.keys()), sorted(state.keys() - expected)
    if missing or extra:
        told = [
            f"{what}: {listed(names, _NAMED)}" for what, names in (("missing", missing), ("unknown", extra)) if names
        ]
        raise _misfit("; ".join(told))


def _shapes(module: nn.Module, state: Mapping[str, Tensor]) -> str:
    for name, own in module.state_dict().items():
        if own.shape != state[name].shape:
            return f"{name} is {tuple(state[name].shape)} where the design has {tuple(own.shape)}"
    return "they cannot be copied"


def _misfit(what: str, error: Exception | None = None) -> LayerloomError:
    return LayerloomError(
        f"The weights are not those of this design ({what}). It was changed after the training: train again, "
        "or export from the run, which keeps the design that it trained.",
        code="weights",
        detail=repr(error) if error else "",
    )
