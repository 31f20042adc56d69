"""A node in words, for those who hear the design: what it is, what it gives, where its wires lead, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.catalog.solvers import SOLVERS
from core.problem import Problem, Severity
from designer.language import marked, tr
from designer.sentences import told
from designer.session import Session
from graph.records import Node

SEVERITIES: Mapping[Severity, str] = {
    Severity.ERROR: marked("Error"),
    Severity.WARNING: marked("Warning"),
    Severity.HINT: marked("Remark"),
}


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
    parts += [tr(mark) for mark, is_so in ((marked("muted"), node.muted), (marked("frozen"), node.frozen)) if is_so]
    if node.repeat > 1:
        parts.append(tr("repeated {count} times", count=node.repeat))
    if node.solver is not None:
        method = SOLVERS[node.solver.method].label
        parts.append(tr("solved as a differential equation by {method}", method=tr(method)))
    given = [str(types[node.id, port.id]) for port in (spec.outputs if spec else ()) if (node.id, port.id) in types]
    if given:
        parts.append(tr("gives {types}", types=_joined(given)))
    sources = [labels.of(scope, end) for end in dict.fromkeys(link.source for link in graph.incoming(node.id))]
    targets = [labels.of(scope, end) for end in dict.fromkeys(link.target for link in graph.outgoing(node.id))]
    parts.append(tr("from {names}", names=_joined(sources)) if sources else tr("nothing comes in"))
    parts.append(tr("to {names}", names=_joined(targets)) if targets else tr("leads nowhere"))
    whole = ", ".join(parts)
    return f"{whole}. {tr(SEVERITIES[problem.severity])}: {told(problem.message)}" if problem else f"{whole}."


def _joined(names: Sequence[str]) -> str:
    return f" {tr('and')} ".join(names)
