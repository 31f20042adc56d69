"""A foreign network as a design: what the operations become, what of them no layer does, and where the weights go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.catalog import Catalog
from core.problem import LayerloomError, Problem, Severity, listed
from core.program.foreign import Array, Entry, Model, Operation
from core.program.names import identifier
from core.program.program import Program
from graph.document import Document
from graph.importing import weighted
from graph.importing.builder import Builder, Handler, Unknown, fixed
from graph.importing.plain import PLAIN
from graph.importing.shaping import SHAPING
from graph.layout import tidy
from graph.records import MAIN, Change, Record, Setting

HANDLERS: Mapping[str, Handler] = {
    **PLAIN,
    **SHAPING,
    "Conv": weighted.conv,
    "ConvTranspose": weighted.conv_transpose,
    "Gemm": weighted.gemm,
    "MatMul": weighted.matmul,
    "BatchNormalization": weighted.batch_norm,
    "LayerNormalization": weighted.layer_norm,
    "InstanceNormalization": weighted.instance_norm,
    "Gather": weighted.gather,
    "PRelu": weighted.prelu,
}
SIZE = (176.0, 64.0)  # of a node, for the layout


@dataclass(frozen=True, slots=True)
class Imported:
    """A design, the weights of its nodes by torch's names, and what could not be taken over, as warnings.

    `batch` is the only batch size that the file takes; None for any.
    """

    document: Document
    weights: Mapping[str, Mapping[str, Array]]
    problems: tuple[Problem, ...]
    batch: int | None

    @property
    def complete(self) -> bool:
        """Whether every operation has become a layer."""
        return not self.problems

    def state(self, program: Program) -> dict[str, Array]:
        """The weights by the names that the built module of the lowered design gives them."""
        places = {placed.node: placed.modules for placed in program.placed()}
        return {
            f"{module}.{name}": array
            for node, weights in self.weights.items()
            for name, array in weights.items()
            for module in places.get(node, ())
        }


def design(model: Model, catalog: Catalog) -> Imported:
    """The design of a network. Operations that no layer does stand in it as unknown layers, and are told."""
    builder = Builder(model, catalog)
    fields = _fields(model)
    for entry in model.inputs:
        builder.put("input", (), entry.name, field=fields[entry.name], shape=_example(entry))
    left: dict[str, list[str]] = {}
    for operation in _needed(model):
        if id(operation) in builder.done:
            continue
        handler = None if operation.domain else HANDLERS.get(operation.op)
        try:
            if handler is None:
                raise Unknown("there is no layer that does it")
            handler(builder, operation)
        except (ValueError, ArithmeticError) as why:
            left.setdefault(f"{operation.op}: {why}", []).append(operation.name or operation.outputs[0])
            builder.put_unknown(operation)
    for entry in model.outputs:
        if builder.is_constant(entry.name):
            message = f"The output {entry.name} is fixed, whatever the network is given; there is nothing to draw."
            raise LayerloomError(message, code="onnx")
        builder.put("output", [entry.name], {}, name=entry.name)
    batch = model.inputs[0].shape[0] if model.inputs and model.inputs[0].shape else None
    return Imported(
        _document(builder, catalog),
        {id: placed.weights for id, placed in builder.placed.items() if placed.weights},
        tuple(_problem(why, names) for why, names in left.items()),
        batch if isinstance(batch, int) and batch > 0 else None,
    )


def _needed(model: Model) -> list[Operation]:
    """The operations that an output rests on. What only works out a shape that is known already is left out."""
    wanted, found = {entry.name for entry in model.outputs}, []
    for operation in reversed(model.operations):
        if not wanted.isdisjoint(operation.outputs):
            found.append(operation)
            inferred = model.shapes.get(operation.outputs[0], (None, None))
            is_known = operation.op == "Reshape" and all(isinstance(size, int) for size in inferred[1:])
            wanted.update(operation.inputs[:1] if is_known else operation.inputs)
    return found[::-1]


def _example(entry: Entry) -> tuple[int, ...]:
    """The shape of one example. Raises LayerloomError where it varies."""
    try:
        return fixed(entry.shape[1:])
    except Unknown as error:
        shape = ", ".join("?" if size is None else str(size) for size in entry.shape)
        message = (
            f"The input {entry.name} has the shape ({shape}): sizes beside the batch vary. Export the model with fixed "
            "sizes; the batch, in front, may vary."
        )
        raise LayerloomError(message, code="onnx") from error


def _fields(model: Model) -> dict[str, str]:
    """The field of the data that each input is bound to."""
    found: dict[str, str] = {}
    for entry in model.inputs:
        found[entry.name] = identifier(entry.name, found.values(), default="features")
    return found


def _job(model: Model) -> dict[str, Any]:
    """What the inputs are made of, which a design without data is told by its job."""
    kinds, names = {"f": "float", "i": "int", "u": "int", "b": "bool"}, _fields(model)
    fields = {names[entry.name]: {"shape": entry.shape[1:], "dtype": kinds[entry.dtype.kind]} for entry in model.inputs}
    whole = any(field["dtype"] != "float" for field in fields.values())
    return {"data": {"signature": {"fields": fields}}} if whole else {}


def _problem(why: str, names: list[str]) -> Problem:
    return Problem("not-imported", f"Not taken over: {why} ({listed(names)}).", severity=Severity.WARNING)


def _document(builder: Builder, catalog: Catalog) -> Document:
    document = Document(catalog)
    nodes = [placed.node for placed in builder.placed.values()]
    records: list[Record] = [*nodes, *builder.links]
    document.apply([Change(MAIN, None, record) for record in records])
    places = tidy(document.graph(), {node.id: SIZE for node in nodes})
    moved = [
        Change(MAIN, node, replace(node, x=places[node.id][0], y=places[node.id][1]))
        for node in nodes
        if node.id in places
    ]
    settings = [Setting("title", builder.model.name)]
    if job := _job(builder.model):
        settings.append(Setting("job", job))
    document.apply([*moved, *(Change(MAIN, None, setting) for setting in settings)])
    return document
