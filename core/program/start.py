"""How a constructor leaves its layers: initialised, frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.problem import LayerloomError
from core.program.calls import label, parameter_names, written
from core.program.classes import Classes, Specs
from core.program.program import Step
from core.program.writer import Writer
from core.spec.param import Param

_FEW = 2


def start_lines(out: Writer, step: Step, specs: Specs) -> None:
    """Write what gives the step's parameters the start that its `Init` asks for; nothing where that is torch's own."""
    init = step.init
    if init is None or init.weight == init.bias == "default":
        return
    weight = _initialiser(step, init.weight, init.weight_params)
    bias = _initialiser(step, init.bias, init.bias_params)
    weights, biases = parameter_names(specs(step), step) if step.layer else ([], [])
    if step.layer and step.repeat == 1 and len(weights) <= _FEW and len(biases) <= _FEW:
        for names, call in ((weights, weight), (biases, bias)):
            for name in names if call else ():
                out.put("", call.format(f"self.{step.name}.{name}"), step.node)
    else:
        _start_all(out, step, weight, bias)


def _start_all(out: Writer, step: Step, weight: str, bias: str) -> None:
    out.line(f"for name, parameter in self.{step.name}.named_parameters():", step.node)
    tests = {'"bias" in name.rpartition(".")[2]': bias, "parameter.dim() > 1": weight}
    out.depth += 1
    for index, (test, call) in enumerate((t, c) for t, c in tests.items() if c):
        out.line(f"{'elif' if index else 'if'} {test}:", step.node)
        out.depth += 1
        out.put("", call.format("parameter"), step.node)
        out.depth -= 1
    out.depth -= 1


def _initialiser(step: Step, id: str, params: Mapping[str, Any]) -> str:
    """The call of the initialiser with ``{}`` for the parameter; empty for torch's own start."""
    from core.catalog.initialisers import INITIALISERS

    if id == "default":
        return ""
    option = INITIALISERS.get(id)
    if option is None:
        raise LayerloomError(f"{label(step)}: there is no initialisation {id!r}.", code="init", node=step.node)
    try:
        values = option.values(params)
    except ValueError as error:
        raise LayerloomError(f"{label(step)}: {error}", code="init", node=step.node) from error
    chosen = (name for name, value in values.items() if _matters(option.param[name], value, values))
    named = "".join(f", {name}={written(values[name])}" for name in chosen)
    return f"{option.torch.removeprefix('torch.')}({{}}{named})"


def _matters(param: Param, value: Any, values: Mapping[str, Any]) -> bool:
    """Whether leaving the argument out would change anything."""
    return param.applies(values) and value != param.implied_value


def frozen_statistics(steps: Iterable[Step], classes: Classes) -> dict[str, list[str]]:
    """Frozen attributes that keep running statistics -> the classes inside that do; empty for the layer itself."""
    found: dict[str, list[str]] = {}
    for step in steps:
        if step.frozen and step.layer and classes.specs(step).follows_data:
            found[step.name] = []
        elif step.frozen and step.block and (inside := sorted(_inside(step, classes))):
            found[step.name] = inside
    return found


def _inside(step: Step, classes: Classes) -> set[str]:
    found: set[str] = set()
    for inner in classes.blocks[step.block].steps:
        if inner.block:
            found |= _inside(inner, classes)
        elif classes.specs(inner).follows_data:
            found.add(classes.target(inner))
    return found
