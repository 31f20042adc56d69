"""A case as a program of one step, its inputs named after the ends they enter."""

from __future__ import annotations

from core.program.program import Program, Result, Step, Value
from core.spec.layer import Call
from tests.contract.cases import Case


def program(case: Case, *only: str) -> Program:
    """Takes every wire as an input of its own and returns every output, or those ports only."""
    spec, given = case.spec, case.given
    names = {end: end.replace(".", "_") + "_in" for end in given.types}
    outputs = {port: f"{port}_out" for port in only or case.result()}
    step = Step(
        name="layer",
        node="n1",
        layer=spec.id,
        module="layer" if isinstance(spec.torch, Call) else "",
        params=given.params,
        inputs=names,
        outputs=outputs,
        input_types=given.types,
        output_types=case.result(),
    )
    return Program(
        name="One",
        inputs=tuple(Value(names[end], type, "n0") for end, type in given.types.items()),
        outputs=tuple(Result(port, name, case.result()[port], "n1") for port, name in outputs.items()),
        steps=(step,),
    )
