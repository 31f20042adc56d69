"""`Program` as JSON, and back with every part checked: names, layers, parameters, shapes. Nothing in it is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from core.catalog import Catalog
from core.problem import LayerloomError
from core.program.program import Init, Program, Result, Step, Value
from core.spec.layer import Call, LayerSpec
from core.spec.shape import Dim, DType, TensorType, symbol

FORMAT = 1
MOST_STEPS = 100_000
MOST_COPIES = 10_000
MOST_TERMS = 100
_DTYPES: tuple[DType, ...] = ("float", "int", "bool")

T = TypeVar("T")


def to_json(program: Program) -> dict[str, Any]:
    """Plain dicts, lists, texts and numbers; `from_json` gives an equal program back."""
    return {"format": FORMAT, **_program_data(program)}


def from_json(data: Mapping[str, Any], catalog: Catalog | None = None) -> Program:
    """The program in plain data, which may come from a stranger.

    Raises:
        LayerloomError: something is missing, of the wrong kind, unknown to the catalogue, or the whole does not hold
            together.
    """
    if catalog is None:
        from core.catalog.families import default_catalog

        catalog = default_catalog()
    if data.get("format") != FORMAT:
        raise _refusal(f"expected format {FORMAT}, received {data.get('format')!r:.40}")
    reader = _Reader(catalog)
    program = reader.program(
        data, {n: reader.program(b) for n, b in _is(dict, data.get("blocks", {}), "blocks").items()}
    )
    try:
        program.verify()
    except AssertionError as error:
        raise _refusal(str(error).removeprefix("Program: ").rstrip(".")) from error
    return program


# -- writing


def _program_data(program: Program) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": program.name,
        "title": program.title,
        "inputs": [_value_data(value) for value in program.inputs],
        "targets": [_value_data(value) for value in program.targets],
        "outputs": [_result_data(result) for result in program.outputs],
        "losses": [_result_data(result) for result in program.losses],
        "steps": [_step_data(step) for step in program.steps],
    }
    if program.blocks:
        data["blocks"] = {name: _program_data(block) for name, block in program.blocks.items()}
    return data


def _value_data(value: Value) -> dict[str, Any]:
    data = {"name": value.name, "type": _type_data(value.type), "node": value.node}
    return {**data, "field": value.field, "encoding": value.encoding}


def _result_data(result: Result) -> dict[str, Any]:
    data = {"name": result.name, "value": result.value, "type": _type_data(result.type), "node": result.node}
    return {**data, "weight": result.weight}


def _step_data(step: Step) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": step.name,
        "node": step.node,
        "layer": step.layer,
        "block": step.block,
        "module": step.module,
        "repeat": step.repeat,
        "params": _plain(step.params),
        "inputs": dict(step.inputs),
        "outputs": dict(step.outputs),
        "input_types": {end: _type_data(type) for end, type in step.input_types.items()},
        "output_types": {port: _type_data(type) for port, type in step.output_types.items()},
        "frozen": step.frozen,
        "label": step.label,
    }
    if step.init is not None:
        init = step.init
        data["init"] = {"weight": init.weight, "weight_params": _plain(init.weight_params), "bias": init.bias}
        data["init"]["bias_params"] = _plain(init.bias_params)
    return data


def _type_data(type: TensorType) -> dict[str, Any]:
    return {"shape": [d if isinstance(d, int) else str(d) for d in type.shape], "dtype": type.dtype}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value


# -- reading


class _Reader:
    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def program(self, data: Any, blocks: Mapping[str, Program] | None = None) -> Program:
        data = _is(dict, data, "the program")
        return Program(
            name=_part(str, data, "name"),
            title=_part(str, data, "title"),
            inputs=tuple(self.value(row) for row in _rows(data, "inputs")),
            targets=tuple(self.value(row) for row in _rows(data, "targets")),
            outputs=tuple(self.result(row) for row in _rows(data, "outputs")),
            losses=tuple(self.result(row) for row in _rows(data, "losses")),
            steps=tuple(self.step(row) for row in _rows(data, "steps")),
            blocks=blocks or {},
        )

    def value(self, data: Any) -> Value:
        data = _is(dict, data, "an input")
        texts = {key: _part(str, data, key) for key in ("name", "node", "field", "encoding")}
        return Value(type=read_type(data.get("type")), **texts)

    def result(self, data: Any) -> Result:
        data = _is(dict, data, "an output")
        texts = {key: _part(str, data, key) for key in ("name", "value", "node")}
        return Result(type=read_type(data.get("type")), weight=_number(data, "weight"), **texts)

    def step(self, data: Any) -> Step:
        data = _is(dict, data, "a step")
        texts = {key: _part(str, data, key) for key in ("name", "node", "layer", "block", "module", "label")}
        repeat = _part(int, data, "repeat")
        if not 1 <= repeat <= MOST_COPIES:
            raise _refusal(f"{texts['name']}: repeat must be from 1 to {MOST_COPIES}, received {repeat}")
        step = Step(
            repeat=repeat,
            params=_part(dict, data, "params"),
            inputs=_texts(data, "inputs"),
            outputs=_texts(data, "outputs"),
            input_types={end: read_type(type) for end, type in _part(dict, data, "input_types").items()},
            output_types={port: read_type(type) for port, type in _part(dict, data, "output_types").items()},
            init=self.init(data["init"]) if data.get("init") is not None else None,
            frozen=_part(bool, data, "frozen"),
            **texts,
        )
        return self._checked(step) if step.layer else step

    def init(self, data: Any) -> Init:
        from core.catalog.initialisers import INITIALISERS

        data = _is(dict, data, "init")
        init = Init(
            weight=_part(str, data, "weight"),
            weight_params=_part(dict, data, "weight_params"),
            bias=_part(str, data, "bias"),
            bias_params=_part(dict, data, "bias_params"),
        )
        for id, params in ((init.weight, init.weight_params), (init.bias, init.bias_params)):
            if id != "default" and id not in INITIALISERS:
                raise _refusal(f"there is no initialisation {id!r:.60}")
            if id != "default":
                _told(id, INITIALISERS[id].values, params)
        return init

    def _checked(self, step: Step) -> Step:
        """The step with its parameters checked and completed by its layer's declaration."""
        spec = self.catalog.get(step.layer)
        if spec is None or spec.torch is None:
            raise _refusal(f"{step.name} is of the unknown layer {step.layer!r:.60}")
        if isinstance(spec.torch, Call) != bool(step.module):
            raise _refusal(f"{step.name}: a {spec.label} {'needs a' if not step.module else 'has no'} module")
        if step.inputs.keys() != step.input_types.keys():
            raise _refusal(f"{step.name} does not say the type of each of its inputs")
        self._check_ports(spec, step)
        params = _told(step.name, spec.values, step.params)
        return Step(**{**{name: getattr(step, name) for name in Step.__slots__}, "params": params})

    def _check_ports(self, spec: LayerSpec, step: Step) -> None:
        given = {end.partition(".")[0] for end in step.inputs}
        for port in spec.inputs:
            if port.id not in given and not port.optional:
                raise _refusal(f"{step.name}: nothing arrives at {port.id}")
        unknown = sorted((given - spec.input.keys()) | (step.outputs.keys() - spec.output.keys()))
        if unknown:
            raise _refusal(f"{step.name}: {spec.label} has no port {unknown[0]!r:.60}")


def read_type(data: Any) -> TensorType:
    """The type in plain data. Raises LayerloomError where it is none."""
    data = _is(dict, data, "a type")
    dtype = data.get("dtype", "float")
    if dtype not in _DTYPES:
        raise _refusal(f"expected a dtype of {', '.join(_DTYPES)}, received {dtype!r:.40}")
    return TensorType(tuple(read_dim(dim) for dim in _rows(data, "shape")), dtype)


def read_dim(data: Any) -> Dim:
    """A size: a whole number, or a formula such as ``B`` or ``(H-2)//2+1``. Raises LayerloomError for anything else."""
    if isinstance(data, int) and not isinstance(data, bool):
        return data
    if not isinstance(data, str) or len(data) > 200:
        raise _refusal(f"expected a size, received {data!r:.60}")
    try:
        return _formula(ast.parse(data, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError, ZeroDivisionError) as error:
        raise _refusal(f"expected a size or a formula of sizes, received {data!r:.60}") from error


def _formula(node: ast.expr) -> Dim:
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            return value
        case ast.Name(id=name):
            return symbol(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_formula(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _formula(left) + _formula(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _formula(left) - _formula(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _product(_formula(left), _formula(right))
        case ast.BinOp(left=left, op=ast.FloorDiv(), right=ast.Constant(value=int() as divisor)) if divisor > 0:
            return _formula(left) // divisor
    raise ValueError(ast.dump(node))


def _product(left: Dim, right: Dim) -> Dim:
    """Bounded, since the terms of a product of sums multiply."""
    terms = [1 if isinstance(dim, int) else len(dim.terms) for dim in (left, right)]
    if terms[0] * terms[1] > MOST_TERMS:
        raise ValueError("too many terms")
    return left * right


def _told(name: str, check: Any, params: Any) -> Any:
    try:
        return check(params)
    except ValueError as error:
        raise _refusal(f"{name}: {str(error).rstrip('.')}") from error


def _is(kind: type[T], value: Any, what: str) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _refusal(f"{what} should be {kind.__name__}, received {value!r:.60}")
    return value


def _part(kind: type[T], data: Mapping[str, Any], key: str) -> T:
    if key not in data:
        raise _refusal(f"{key} is missing in {dict(data)!r:.60}")
    return _is(kind, data[key], key)


def _rows(data: Mapping[str, Any], key: str) -> Sequence[Any]:
    rows = _part(list, data, key)
    if len(rows) > MOST_STEPS:
        raise _refusal(f"{key} has {len(rows)} entries, more than {MOST_STEPS}")
    return rows


def _texts(data: Mapping[str, Any], key: str) -> dict[str, str]:
    def pairs() -> Iterator[tuple[str, str]]:
        for name, text in _part(dict, data, key).items():
            yield _is(str, name, key), _is(str, text, key)

    return dict(pairs())


def _number(data: Mapping[str, Any], key: str) -> float:
    value = data.get(key, 1.0)
    return float(_is(int, value, key) if isinstance(value, int) else _is(float, value, key))


def _refusal(what: str) -> LayerloomError:
    return LayerloomError(f"This program cannot be read: {what}.", code="program")
