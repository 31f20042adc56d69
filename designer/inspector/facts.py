"""What the rules say of one node, as text: shapes at its ports, parameters and how they come about, cost. No widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """`inputs` and `outputs`: port title and shape. `weights`: the shape of each weight tensor; `made_of`: a line for
    each."""

    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]
    parameters: str = ""
    made_of: tuple[str, ...] = ()
    cost: str = ""
    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


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
    weights = _weights(spec, outcome.given) if outcome is not None and outcome.given is not None else {}
    made_of = tuple(f"{name}  {' x '.join(map(str, shape)) or 'scalar'}" for name, shape in weights.items())
    parameters = exact(cost.parameters) if cost.parameters else tr("none")
    told = macs(cost.macs) if cost.macs != 0 else tr("none")
    return Facts(tuple(inputs), tuple(outputs), parameters, made_of, told, weights)


def _weights(spec: LayerSpec, given: Given) -> Mapping[str, tuple[int, ...]]:
    if spec.weights is None:
        return {}
    try:
        return spec.weights(given)
    except Mismatch:
        return {}


def _end_title(spec: LayerSpec, end: str) -> str:
    port = spec.input.get(end_port(end))
    title = port.title if port is not None else end_port(end)
    _, _, index = end.partition(".")
    return f"{title} {int(index) + 1}" if index.isdigit() else title


def _shown(type: TensorType | None) -> str:
    return str(type) if type is not None else tr(UNKNOWN)
