"""What the plain fields of records may hold: commands refuse a wrong value, the codec reports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.catalog.solvers import SOLVERS
from core.problem import LayerloomError
from core.program.program import Init, Solver
from core.spec.params import Bool, Float, Int, Param, Text
from graph.records import Bends

MAX_REPEAT = 1000
MAX_BENDS = 64  # of one wire
_FAR = 1e7  # canvas units; beyond it a float no longer holds a pixel well enough to paint with


def _table(*fields: Param) -> Mapping[str, Param]:
    return {field.name: field for field in fields}


X, Y = Float("x", 0.0, min=-_FAR, max=_FAR), Float("y", 0.0, min=-_FAR, max=_FAR)
_COLOUR = Text("colour", "", max_length=32)

NODE = _table(
    Text("name", "", max_length=200),
    Bool("muted"),
    Bool("frozen"),
    Text("shares", "", max_length=64),
    Int("repeat", 1, min=1, max=MAX_REPEAT),
    Bool("collapsed"),
    Bool("pinned"),
    _COLOUR,
    X,
    Y,
)
LOGIC = ("name", "muted", "frozen", "shares", "repeat")  # the rest of NODE is layout
FRAME = _table(
    Text("title", "", max_length=400),
    X,
    Y,
    Float("width", 300.0, min=1.0, max=_FAR),
    Float("height", 200.0, min=1.0, max=_FAR),
    _COLOUR,
)
NOTE = _table(
    Text("text", "", max_length=100_000),
    X,
    Y,
    Float("width", 220.0, min=1.0, max=_FAR),
    Text("node", "", max_length=64),
)
BLOCK = _table(Text("name", "", max_length=200), Text("doc", "", max_length=20_000))


def read_bends(data: Any) -> Bends:
    """The points that a wire is led through, from plain data.

    Raises:
        ValueError: it is no list of at most `MAX_BENDS` pairs of numbers.
    """
    if not isinstance(data, list | tuple) or len(data) > MAX_BENDS:
        raise ValueError(f"bends must be a list of at most {MAX_BENDS} points, received {data!r:.60}.")
    if any(not isinstance(point, list | tuple) or len(point) != 2 for point in data):
        raise ValueError(f"each bend must be a pair of numbers, received {data!r:.60}.")
    return tuple((X.check(x), Y.check(y)) for x, y in data)


def read_init(data: Any) -> Init | None:
    """How weights start, from plain data; None stays None.

    Raises:
        ValueError: a field is unknown or has a wrong kind of value.
    """
    if data is None or isinstance(data, Init):
        return data
    if not isinstance(data, Mapping):
        raise ValueError(f"init: expected an object, received {data!r:.60}.")
    kinds = {"weight": str, "weight_params": Mapping, "bias": str, "bias_params": Mapping}
    for name, value in data.items():
        if name not in kinds or not isinstance(value, kinds[name]):
            raise ValueError(f"init: {name} cannot be {value!r:.60}.")
    return Init(**data)


def plain_init(init: Init) -> dict[str, Any]:
    """The reverse of `read_init`; what is at its default is left out."""
    every = {
        "weight": init.weight,
        "weight_params": dict(init.weight_params),
        "bias": init.bias,
        "bias_params": dict(init.bias_params),
    }
    return {name: value for name, value in every.items() if value and value != "default"}


def read_solver(data: Any) -> Solver | None:
    """How a block is solved, from plain data, without the values that equal their defaults; None stays None.

    Raises:
        ValueError: the method or a parameter is unknown, or a value does not fit.
    """
    if data is None:
        return None
    if isinstance(data, Solver):
        data = plain_solver(data)
    method = data.get("method") if isinstance(data, Mapping) else None
    if not isinstance(method, str) or method not in SOLVERS or not data.keys() <= {"method", "params"}:
        raise ValueError(f"solver: expected one of the methods {', '.join(SOLVERS)}, received {data!r:.60}.")
    params = data.get("params", {})
    if not isinstance(params, Mapping):
        raise ValueError(f"solver: params must be an object, received {params!r:.60}.")
    spec = SOLVERS[method]
    values = spec.values(params)
    if values["start"] == values["end"]:
        raise ValueError(f"solver: start and end are both {values['start']:g}; time must pass between them.")
    return Solver(method, {p.name: values[p.name] for p in spec.params if values[p.name] != p.default})


def plain_solver(solver: Solver) -> dict[str, Any]:
    """The reverse of `read_solver`."""
    return {"method": solver.method, **({"params": dict(solver.params)} if solver.params else {})}


RECORDS: Mapping[str, Callable[[Any], Any]] = {"init": read_init, "solver": read_solver}  # fields of a node by reader


def checked(what: str, table: Mapping[str, Param], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in their normal forms. Raises LayerloomError, with `what` in front, where one does not fit."""
    unknown = sorted(set(values) - set(table))
    if unknown:
        raise LayerloomError(f"{what}: there is no field {unknown[0]}; there are {', '.join(table)}.", code="value")
    try:
        return {name: table[name].check(value) for name, value in values.items()}
    except ValueError as error:
        raise LayerloomError(f"{what}: {error}", code="value") from error
