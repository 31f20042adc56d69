"""What inference and the checks say of a graph, read into its view model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.problem import Severity
from designer.canvas.parts import tell_values
from designer.canvas.summary import shape_text
from designer.numbers import short

if TYPE_CHECKING:
    from designer.canvas.model import SceneModel

_RANK = {Severity.ERROR: 3, Severity.WARNING: 2, Severity.HINT: 1}


def read_types(model: SceneModel) -> None:
    """Shapes on wires and loose outputs, numbers of parameters on nodes."""
    found = model.session.inference.scope(model.path)
    for wire in model.wires.values():
        type = found.types.get((wire.source, wire.source_port))
        if type is not wire.type:
            wire.type, wire.label = type, shape_text(type)
            wire.full = str(type) if type is not None else ""
    for id, view in model.nodes.items():
        cost = found.costs.get(id)
        view.set_params(short(cost.parameters) if cost is not None and cost.parameters else "")
        loose = next((p.end for p in view.outputs if p.end not in view.used_outputs), "")
        view.shape = shape_text(found.types.get((id, loose))) if loose else ""


def read_promoted(model: SceneModel) -> None:
    """Values that the block instance which is looked through sets of the nodes inside."""
    document = model.session.document
    promoted = model.session.inference.scope(model.path).findings.promoted
    for id in model.through | promoted.keys():
        if id in model.nodes:
            node = document.graph(model.scope).node(id)
            values, inside = {**node.params, **promoted.get(id, {})}, model.size(node.block)
            tell_values(model.nodes[id], node, document.spec(node.layer), values, inside=inside)
    model.through = set(promoted)


def read_problems(model: SceneModel) -> None:
    """The worst problem of each node; for a block, of what lies inside it too."""
    worst: dict[str, Severity] = {}
    prefix = f"{model.path}/" if model.path else ""
    for problem in model.session.problems:
        if problem.node.startswith(prefix):
            id = problem.node.removeprefix(prefix).partition("/")[0]
            if id not in worst or _RANK[problem.severity] > _RANK[worst[id]]:
                worst[id] = problem.severity
    for id, view in model.nodes.items():
        view.set_severity(str(worst.get(id, "")))
    model.marked = {}
    for id, severity in worst.items():
        if id in model.nodes:
            model.marked.setdefault(str(severity), []).append(id)
