"""From a step and its declaration to Python: the constructor's arguments and the call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.problem import LayerloomError
from core.program.program import Step
from core.program.text import literal
from core.spec.layer import Call, Expr, Given, LayerSpec, Mismatch, Template
from core.spec.params import UNSET


@dataclass(frozen=True, slots=True)
class Reference:
    """An argument that is a parameter of the surrounding constructor."""

    name: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a constructor.

    `implied` is what the constructor assumes without it; `derived` ones follow from shapes, not from a choice.
    """

    name: str
    value: Any
    positional: bool = False
    implied: Any = UNSET
    derived: bool = False

    @property
    def text(self) -> str:
        """As it stands in the call; empty where it is left out."""
        if self.positional:
            return written(self.value)
        return "" if same_value(self.value, self.implied) else f"{self.name}={written(self.value)}"


def arguments(spec: LayerSpec, call: Call, step: Step) -> tuple[Argument, ...]:
    """What the layer's constructor takes, in the order of writing, arguments that may be left out included.

    Raises:
        LayerloomError: a computed argument cannot be had from what arrives.
    """
    values = _values(spec, call, step)
    order = [*call.positional, *(name for name in values if name not in call.positional)]
    return tuple(
        Argument(name, values[name], name in call.positional, _implied(spec, name), name in call.computed)
        for name in order
    )


def arguments_text(row: Iterable[Argument]) -> str:
    """What stands between the parentheses of the constructor's call."""
    return ", ".join(text for argument in row if (text := argument.text))


def call_text(spec: LayerSpec, step: Step, itself: str = "") -> str:
    """The expression that computes the step: ``self.conv1(x)``, ``a + b``; `itself` stands in for ``self.conv1``."""
    code = spec.torch
    if code is None:
        raise LayerloomError(f"{label(step)}: {spec.label} computes nothing.", code="not-computed", node=step.node)
    template = code.forward if isinstance(code, Call) else code.text
    fields = {**{port.id: "None" for port in spec.inputs}, **_rows(step)}
    if isinstance(code, Expr):
        values = {name: written(value) for name, value in _values(spec, code, step).items()}
        held = {port.id: values[port.field] for port in spec.inputs if port.field and port.id not in step.inputs}
        fields = {**values, **fields, **held}
    return _fill(template, step, {**fields, "self": itself or f"self.{step.module}"})


def result_text(spec: LayerSpec, step: Step) -> str:
    """What the call's value is assigned to: the values' names, ``_`` for those nobody uses."""
    template = spec.torch.results if isinstance(spec.torch, Call) else ""
    names = {port.id: step.outputs.get(port.id, "_") for port in spec.outputs}
    if template:
        return _fill(template, step, names).replace("(_, _)", "_")
    return ", ".join(names.values())


def parameter_names(spec: LayerSpec, step: Step) -> tuple[list[str], list[str]]:
    """The layer's parameters that a weight initialisation goes to, and its biases (see `Init`)."""
    return initialised(spec.weights(Given(step.input_types, step.params)) if spec.weights else {})


def initialised(shapes: Mapping[str, tuple[int, ...]]) -> tuple[list[str], list[str]]:
    """The same for the parameters of a layer by name."""
    biases = [name for name in shapes if "bias" in name.rpartition(".")[2]]
    weights = [name for name, shape in shapes.items() if len(shape) > 1 and name not in biases]
    return weights or [name for name in shapes if name == "weight"], biases


def label(step: Step) -> str:
    """What the person calls the node."""
    return step.label or step.name


def written(value: Any) -> str:
    """The value as source text: a literal, or a parameter's name."""
    return value.name if isinstance(value, Reference) else literal(value)


def same_value(left: Any, right: Any) -> bool:
    """Equal, and of the same kind: 1 is not True."""
    return type(left) is type(right) and bool(left == right)


def _values(spec: LayerSpec, code: Call | Expr, step: Step) -> dict[str, Any]:
    given = Given(step.input_types, step.params)
    skip = code.skip if isinstance(code, Call) else ()
    values = {
        param.name: step.params[param.name] if param.applies(step.params) else param.implied_value
        for param in spec.params
        if param.name not in skip
    }
    try:
        return {**values, **{name: compute(given) for name, compute in code.computed.items()}}
    except Mismatch as error:
        raise LayerloomError(f"{label(step)}: {error}", code="shape", node=step.node) from error


def _implied(spec: LayerSpec, name: str) -> Any:
    return spec.param[name].implied_value if name in spec.param else UNSET


def _rows(step: Step) -> dict[str, str]:
    """The names of the arriving values by port; those of a variadic port as a comma-separated row."""
    rows: dict[str, list[str]] = {}
    for end, name in step.inputs.items():
        rows.setdefault(end.partition(".")[0], []).append(name)
    return {port: ", ".join(names) for port, names in rows.items()}


def _fill(template: Template, step: Step, fields: Mapping[str, str]) -> str:
    given = Given(step.input_types, step.params, frozenset(step.outputs))
    text = template if isinstance(template, str) else template(given)
    return text.format_map(fields)
