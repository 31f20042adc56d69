"""A node in words, for those who hear the design: what it is, what it gives, where its wires lead, what is wrong."""

from __future__ import annotations

from core.catalog.solvers import SOLVERS
from core.problem import Problem
from designer.session import Session
from graph.records import Node


def tell(session: Session, place: str, scope: str, node: Node, problem: Problem | None = None) -> str:
    """``Conv 2D 2, frozen, gives (B, 32, 8, 8), from ReLU, to Add and Output. Error: …``

    `place` is the path of the block instance that the node lies in, `scope` the graph.
    """
    document, labels = session.document, session.inference.labels
    graph, types = document.graph(scope), session.inference.scope(place).types
    name, spec = labels.of(scope, node.id), document.spec(node.layer)
    parts = [name]
    if spec is not None and not name.startswith(spec.label):
        parts.append(spec.label)
    parts += [mark for mark, is_so in (("muted", node.muted), ("frozen", node.frozen)) if is_so]
    if node.repeat > 1:
        parts.append(f"repeated {node.repeat} times")
    if node.solver is not None:
        parts.append(f"solved as a differential equation by {SOLVERS[node.solver.method].label}")
    given = [str(types[node.id, port.id]) for port in (spec.outputs if spec else ()) if (node.id, port.id) in types]
    if given:
        parts.append(f"gives {' and '.join(given)}")
    for word, ends in (
        ("from", [link.source for link in graph.incoming(node.id)]),
        ("to", [link.target for link in graph.outgoing(node.id)]),
    ):
        names = [labels.of(scope, end) for end in dict.fromkeys(ends)]
        parts.append(
            f"{word} {' and '.join(names)}" if names else "nothing comes in" if word == "from" else "leads nowhere"
        )
    told = ", ".join(parts)
    return f"{told}. {problem.severity.capitalize()}: {problem.message}" if problem else f"{told}."
