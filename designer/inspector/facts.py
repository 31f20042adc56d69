"""What the rules say of one node, as text: shapes at its ports, parameters and how they come about, cost. No widget."""

from __future__ import annotations

from dataclasses import dataclass

from core.spec.layer import Given, LayerSpec, Mismatch
from core.spec.shape import TensorType
from designer.language import marked, tr
from designer.numbers import exact, macs
from designer.selection import scope_at
from designer.session import Session
from graph.graph import end_port

UNKNOWN = marked("not known yet")


@dataclass(frozen=True, slots=True)
class Facts:
    """`inputs` and `outputs`: port title and shape. `made_of`: one line for each weight tensor."""

    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]
    parameters: str = ""
    made_of: tuple[str, ...] = ()
    cost: str = ""


def facts(session: Session, path: str, node: str) -> Facts:
    """The facts of a node in the place at `path`."""
    document, scope = session.document, session.inference.scope(path)
    graph = document.graph(scope_at(document, path) or "")
    spec = document.spec(graph.node(node).layer)
    if spec is None:
        return Facts((), ())
    arriving = scope.incoming(node)
    inputs = [
        (
            _end_title(spec, link.target_port),
            _shown(arriving.get(link.target_port)),
        )
        for link in graph.incoming(node)
    ]
    outputs = [(port.title, _shown(scope.types.get((node, port.id)))) for port in spec.outputs]
    cost, outcome = scope.costs.get(node), scope.findings.outcomes.get(node)
    if cost is None:
        return Facts(tuple(inputs), tuple(outputs))
    made_of = _made_of(spec, outcome.given) if outcome is not None and outcome.given is not None else ()
    parameters = exact(cost.parameters) if cost.parameters else tr("none")
    return Facts(tuple(inputs), tuple(outputs), parameters, made_of, macs(cost.macs) if cost.macs != 0 else tr("none"))


def _made_of(spec: LayerSpec, given: Given) -> tuple[str, ...]:
    if spec.weights is None:
        return ()
    try:
        shapes = spec.weights(given)
    except Mismatch:
        return ()
    return tuple(f"{name}  {' x '.join(map(str, shape)) or 'scalar'}" for name, shape in shapes.items())


def _end_title(spec: LayerSpec, end: str) -> str:
    port = spec.input.get(end_port(end))
    title = port.title if port is not None else end_port(end)
    _, _, index = end.partition(".")
    return f"{title} {int(index) + 1}" if index.isdigit() else title


def _shown(type: TensorType | None) -> str:
    return str(type) if type is not None else tr(UNKNOWN)
