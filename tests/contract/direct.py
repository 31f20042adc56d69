"""The layer as a declaration says, built directly from torch: every argument written out, nothing generated."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from core.spec.layer import Call, Expr, Given
from core.spec.param import UNSET
from core.spec.shape import TensorType
from tests.contract.cases import HINTS, Case, Hint

LETTERS = "abcdefghijklmnop"


def module(case: Case) -> nn.Module | None:
    """The module that the declaration calls for; None for an expression."""
    call = case.spec.torch
    if not isinstance(call, Call):
        return None
    path, _, name = call.target.rpartition(".")
    built = getattr(importlib.import_module(path), name)(**arguments(call, case.given))
    assert isinstance(built, nn.Module)
    return built


def arguments(call: Call | Expr, given: Given) -> dict[str, Any]:
    """All arguments by name, those that torch assumes anyway included."""
    skip = call.skip if isinstance(call, Call) else ()
    values = {name: value for name, value in given.params.items() if name not in skip}
    values |= {name: compute(given) for name, compute in call.computed.items()}
    return {name: value for name, value in values.items() if value is not UNSET}


def run(case: Case, built: nn.Module | None, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The outputs by port."""
    spec, given, code = case.spec, case.given, case.spec.torch
    assert code is not None
    names = dict(zip(tensors, LETTERS, strict=False))
    rows: dict[str, list[str]] = {}
    for end, name in names.items():
        rows.setdefault(end.partition(".")[0], []).append(name)
    fields = {port: ", ".join(row) for port, row in rows.items()} | {"self": "layer"}
    template = code.forward if isinstance(code, Call) else code.text
    text = template if isinstance(template, str) else template(given)
    if isinstance(code, Expr):
        fields = {name: repr(value) for name, value in arguments(code, given).items()} | fields
    scope: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional, "math": math, "layer": built}
    scope |= {name: tensors[end] for end, name in names.items()}
    result = eval(text.format_map(fields), scope)
    results = result if isinstance(result, tuple) else (result,)
    return dict(zip((port.id for port in spec.outputs), results, strict=False))


def tensors(case: Case, batch: int, seed: int = 0) -> dict[str, Tensor]:
    """Something for every wire, with that many examples."""
    made = torch.Generator().manual_seed(seed)
    below = HINTS.get(case.spec.id, Hint()).below or 2
    return {end: tensor(type.evaluate({"B": batch}), made, below) for end, type in case.given.types.items()}


def tensor(type: TensorType, made: torch.Generator, below: int) -> Tensor:
    shape = tuple(int(size) for size in type.shape if isinstance(size, int))
    match type.dtype:
        case "int":
            return torch.randint(0, below, shape, generator=made)
        case "bool":  # as a mask: what lies ahead is hidden, so nobody sees nothing
            return torch.ones(shape[-2:], dtype=torch.bool).triu(1).expand(shape).clone()
    return torch.rand(shape, generator=made)


def shapes(outputs: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {port: tuple(value.shape) for port, value in outputs.items()}


def kind(value: Tensor) -> str:
    return "float" if value.is_floating_point() else "bool" if value.dtype == torch.bool else "int"
