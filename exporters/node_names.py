"""Names for the nodes of an exported graph: where they came from on the canvas, and nothing about this machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import onnx

from core.program.program import Program
from core.program.source import Source

_FRAME = re.compile(r'File "<layerloom [^>]*>", line (\d+)')
_WRAPPED = "net."


def name_nodes(model: onnx.ModelProto, program: Program, source: Source) -> None:
    """Name every node ``<path in the module>/<operator>``; leave of the exporter's notes only the node of the canvas.

    The notes quote the stack, and so the folders of whoever exported.
    """
    names = {placed.node: placed.step.name for placed in program.placed()}
    used: dict[str, int] = {}
    for graph in _graphs(model):
        for node in graph.node:
            notes = {note.key: note.value for note in node.metadata_props}
            del node.metadata_props[:]
            path = canvas_path(source, notes.get("pkg.torch.onnx.stack_trace", ""))
            if path:
                node.metadata_props.add(key="layerloom.node", value=path)
            place = _place(notes.get("pkg.torch.onnx.name_scopes", ""), names.get(path, ""))
            name = f"{place}/{node.op_type}" if place else node.op_type
            used[name] = used.get(name, 0) + 1
            node.name = name if used[name] == 1 else f"{name}_{used[name]}"
        for value in (*graph.value_info, *graph.input, *graph.output, *graph.initializer):
            del value.metadata_props[:]
        del graph.metadata_props[:]
    _unwrap_initializers(model)


def canvas_path(source: Source, stack: str) -> str:
    """The node of the canvas whose line a printed stack went through last, as a path through the blocks."""
    lines = map(int, _FRAME.findall(stack))
    return "/".join(source.nodes[line].rpartition("/")[2] for line in lines if line in source.nodes)


def _place(scopes: str, name: str) -> str:
    """The innermost module's path, and the value's name behind it where an expression of that module computes it."""
    try:
        modules = [str(scope) for scope in ast.literal_eval(scopes or "[]")][:-1]
    except (ValueError, SyntaxError):
        modules = []
    module = modules[-1].removeprefix(_WRAPPED) if modules else ""
    module = "" if module == _WRAPPED.rstrip(".") else module
    if not name or name in module.split("."):
        return module
    return f"{module}.{name}" if module else name


def _graphs(model: onnx.ModelProto) -> Iterator[onnx.GraphProto]:
    """The main graph and those inside its nodes (loops, conditions)."""
    todo = [model.graph]
    while todo:
        graph = todo.pop()
        yield graph
        todo += [a.g for node in graph.node for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]


def _unwrap_initializers(model: onnx.ModelProto) -> None:
    """Weights have their names in the source, with or without baked preparation."""
    new = {tensor.name: tensor.name.removeprefix(_WRAPPED) for tensor in model.graph.initializer}
    for graph in _graphs(model):
        for node in graph.node:
            node.input[:] = [new.get(name, name) for name in node.input]
    for tensor in model.graph.initializer:
        tensor.name = new[tensor.name]
