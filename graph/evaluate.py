"""One node, worked out from what arrives at it: what leaves, what it costs, or what troubles it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.problem import Fix, Severity
from core.program.cost import Cost, layer_cost
from core.spec.layer import Given, LayerSpec, Mismatch, Port, Types
from core.spec.shape import TensorType
from graph.graph import end_port
from graph.trouble import Trouble

if TYPE_CHECKING:
    from graph.findings import Findings

NO_COST = Cost()
Arriving = Mapping[str, TensorType | None]  # port end -> type; None: a wire is there, its type is not known
Values = Mapping[str, Any]

# What a faulty rule raises: one bad declaration must leave the other nodes alone.
_RULE_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of one node.

    Attributes:
        outputs: the types at the output ports; empty where unknown.
        cut: nothing leaves, as if its wires were not there (a muted node with nothing to pass through).
        given: what the rules were given; None where something is missing, unknown or does not hold.
        inside: for a block, what was found inside, with the number of equal copies in a row that it stands for.
    """

    outputs: Types = field(default_factory=dict)
    trouble: Trouble | None = None
    cost: Cost = NO_COST
    cut: bool = False
    given: Given | None = None
    inside: tuple[tuple[Findings, int], ...] = ()


UNKNOWN = Outcome()


@dataclass(frozen=True, slots=True)
class Gathered:
    """The wires into a node, held against its ports; `stray` is an end that no port has."""

    types: dict[str, TensorType]
    unknown: bool
    missing: Port | None
    stray: str

    @property
    def trouble(self) -> Trouble | None:
        """A required input is empty."""
        if self.missing is None:
            return None
        several = "needs at least one wire" if self.missing.variadic else "has no wire"
        return Trouble("missing-input", f"the input {self.missing.title} {several}.", self.missing.id)


def gather(spec: LayerSpec, arriving: Arriving) -> Gathered:
    """What arrives, in the order of the declared ports, with `same_as` ports filled in."""
    types, unknown, missing, used = dict[str, TensorType](), False, None, 0
    for port in spec.inputs:
        ends = [e for e in arriving if end_port(e) == port.id] if port.variadic else [port.id]
        met = [end for end in ends if end in arriving]
        used += len(met)
        for end in met:
            type = arriving[end]
            if type is None:
                unknown = True
            else:
                types[end] = type
        if not met and port.same_as in types:
            types[port.id] = types[port.same_as]
        elif not met and not port.optional and port.same_as not in arriving and missing is None:
            missing = port
    stray = _stray(spec, arriving) if used < len(arriving) else ""
    return Gathered(types, unknown, missing, stray)


def _stray(spec: LayerSpec, arriving: Arriving) -> str:
    """The first end that no port of the layer has."""
    for end in arriving:
        port = spec.input.get(end_port(end))
        if port is None or (end != port.id and not port.variadic):
            return end
    return ""


def checked(spec: LayerSpec, params: Values) -> tuple[Values | None, Trouble | None]:
    """Every parameter's value; with a trouble where one does not hold, or (a warning) is of an unknown name."""
    known = {name: value for name, value in params.items() if name in spec.param}
    try:
        values = spec.values(known)
    except ValueError as error:
        return None, Trouble("param", str(error), fixes=_default_fix(spec, known))
    if len(known) == len(params):
        return values, None
    names = ", ".join(sorted(set(params) - set(known)))
    text = f"{spec.label} has no parameter {names}. It is kept in the file and has no effect."
    return values, Trouble("unknown-param", text, severity=Severity.WARNING)


def _default_fix(spec: LayerSpec, params: Values) -> tuple[Fix, ...]:
    for name, value in params.items():
        field = spec.param[name]
        try:
            field.check(value)
        except ValueError:
            text = field.format(field.default) or "none"
            return (Fix(f"Set {field.title} to {text}", "set_param", {"name": name, "value": field.default}),)
    return ()


def by_rules(spec: LayerSpec, given: Given) -> Outcome:
    """What the declaration's own rules say."""
    return guarded(lambda: Outcome(spec.shape(given), cost=layer_cost(spec, given), given=given))


def by_data(given: Given, type: TensorType | Trouble, spec: LayerSpec) -> Outcome:
    """A node whose type comes from outside: from the data, or from the instance of the block."""
    if isinstance(type, Trouble):
        return Outcome(trouble=type)
    return Outcome({port.id: type for port in spec.outputs}, given=given)


def guarded(rule: Callable[[], Outcome]) -> Outcome:
    """The outcome of a rule, or its refusal as a trouble."""
    try:
        return rule()
    except Mismatch as mismatch:
        return Outcome(trouble=Trouble.of(mismatch))
    except _RULE_FAULTS as fault:
        text = f"its shape could not be worked out: the layer's own rule failed ({fault})."
        return Outcome(trouble=Trouble("rule", text, ends=True, detail=traceback.format_exc()))


def wrong_kind(spec: LayerSpec, types: Types) -> Trouble | None:
    """Where a port takes one kind of number and another arrives."""
    for end, type in types.items():
        port = spec.input[end_port(end)]
        if port.dtype is not None and type.dtype != port.dtype:
            text = f"{port.title} takes {_KIND[port.dtype]}, not {_KIND[type.dtype]}."
            return Trouble("dtype", text, end, port.dtype, type.dtype, ends=True)
    return None


_KIND = {"float": "real numbers (float)", "int": "whole numbers (int)", "bool": "yes or no (bool)"}
