"""`Program` as JSON, and back with every part checked: names, layers, parameters, shapes. Nothing in it is executed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.catalog import Catalog
from core.program.plain import expect, number, part, read_type, refusal, rows, texts
from core.program.program import Init, Program, Result, Solver, Step, Value
from core.spec.layer import Call, LayerSpec
from core.spec.shape import TensorType

FORMAT = 1
MOST_COPIES = 10_000


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
        raise refusal(f"expected format {FORMAT}, received {data.get('format')!r:.40}")
    reader = _Reader(catalog)
    program = reader.program(
        data, {n: reader.program(b) for n, b in expect(dict, data.get("blocks", {}), "blocks").items()}
    )
    try:
        program.verify()
    except AssertionError as error:
        raise refusal(str(error).removeprefix("Program: ").rstrip(".")) from error
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
    if step.solver is not None:
        data["solver"] = {"method": step.solver.method, "params": _plain(step.solver.params)}
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
        data = expect(dict, data, "the program")
        return Program(
            name=part(str, data, "name"),
            title=part(str, data, "title"),
            inputs=tuple(self.value(row) for row in rows(data, "inputs")),
            targets=tuple(self.value(row) for row in rows(data, "targets")),
            outputs=tuple(self.result(row) for row in rows(data, "outputs")),
            losses=tuple(self.result(row) for row in rows(data, "losses")),
            steps=tuple(self.step(row) for row in rows(data, "steps")),
            blocks=blocks or {},
        )

    def value(self, data: Any) -> Value:
        data = expect(dict, data, "an input")
        named = {key: part(str, data, key) for key in ("name", "node", "field", "encoding")}
        return Value(type=read_type(data.get("type")), **named)

    def result(self, data: Any) -> Result:
        data = expect(dict, data, "an output")
        named = {key: part(str, data, key) for key in ("name", "value", "node")}
        return Result(type=read_type(data.get("type")), weight=number(data, "weight"), **named)

    def step(self, data: Any) -> Step:
        data = expect(dict, data, "a step")
        named = {key: part(str, data, key) for key in ("name", "node", "layer", "block", "module", "label")}
        repeat = part(int, data, "repeat")
        if not 1 <= repeat <= MOST_COPIES:
            raise refusal(f"{named['name']}: repeat must be from 1 to {MOST_COPIES}, received {repeat}")
        step = Step(
            repeat=repeat,
            params=part(dict, data, "params"),
            inputs=texts(data, "inputs"),
            outputs=texts(data, "outputs"),
            input_types={end: read_type(type) for end, type in part(dict, data, "input_types").items()},
            output_types={port: read_type(type) for port, type in part(dict, data, "output_types").items()},
            init=self.init(data["init"]) if data.get("init") is not None else None,
            frozen=part(bool, data, "frozen"),
            solver=_solver(data["solver"]) if data.get("solver") is not None else None,
            **named,
        )
        return self._checked(step) if step.layer else step

    def init(self, data: Any) -> Init:
        from core.catalog.initialisers import INITIALISERS

        data = expect(dict, data, "init")
        init = Init(
            weight=part(str, data, "weight"),
            weight_params=part(dict, data, "weight_params"),
            bias=part(str, data, "bias"),
            bias_params=part(dict, data, "bias_params"),
        )
        for id, params in ((init.weight, init.weight_params), (init.bias, init.bias_params)):
            if id != "default" and id not in INITIALISERS:
                raise refusal(f"there is no initialisation {id!r:.60}")
            if id != "default":
                _told(id, INITIALISERS[id].values, params)
        return init

    def _checked(self, step: Step) -> Step:
        """The step with its parameters checked and completed by its layer's declaration."""
        spec = self.catalog.get(step.layer)
        if spec is None or spec.torch is None:
            raise refusal(f"{step.name} is of the unknown layer {step.layer!r:.60}")
        if isinstance(spec.torch, Call) != bool(step.module):
            raise refusal(f"{step.name}: a {spec.label} {'needs a' if not step.module else 'has no'} module")
        if step.inputs.keys() != step.input_types.keys():
            raise refusal(f"{step.name} does not say the type of each of its inputs")
        self._check_ports(spec, step)
        params = _told(step.name, spec.values, step.params)
        return Step(**{**{name: getattr(step, name) for name in Step.__slots__}, "params": params})

    def _check_ports(self, spec: LayerSpec, step: Step) -> None:
        given = {end.partition(".")[0] for end in step.inputs}
        for port in spec.inputs:
            if port.id not in given and not port.optional:
                raise refusal(f"{step.name}: nothing arrives at {port.id}")
        unknown = sorted((given - spec.input.keys()) | (step.outputs.keys() - spec.output.keys()))
        if unknown:
            raise refusal(f"{step.name}: {spec.label} has no port {unknown[0]!r:.60}")


def _solver(data: Any) -> Solver:
    from core.catalog.solvers import SOLVERS

    data = expect(dict, data, "solver")
    method = part(str, data, "method")
    if method not in SOLVERS:
        raise refusal(f"there is no solver {method!r:.60}")
    return Solver(method, _told(method, SOLVERS[method].values, part(dict, data, "params")))


def _told(name: str, check: Any, params: Any) -> Any:
    try:
        return check(params)
    except ValueError as error:
        raise refusal(f"{name}: {str(error).rstrip('.')}") from error
