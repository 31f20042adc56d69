"""Why a wire cannot be, for the cursor while it is dragged: nothing changes, and only the wire's target is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.problem import Fix, Problem
from core.spec.layer import Given, LayerSpec, Role
from graph.commands.links import free_end
from graph.document import Document
from graph.engine import Engine
from graph.evaluate import by_rules, gather, guarded, wrong_kind
from graph.findings import Findings
from graph.graph import end_port
from graph.infer import Inference, ScopeTypes
from graph.records import Link, Node
from graph.trouble import SEPARATOR, Arrival, Trouble, told


def refusal(
    document: Document, inference: Inference, scope_path: str, link: Link, replugged: str = ""
) -> Problem | None:
    """Why this wire cannot be; None where it can, where a parameter of its target can mend it, or where what is known
    does not tell.

    `scope_path` is ``""`` or the path of the block instance that is drawn in; the link's id does not matter. A wire
    that enters the same port, and the one called `replugged`, count as taken away. The problem's fixes make the wire
    together with what lets it fit.
    """
    scope = inference.scope(scope_path)
    return next(_reasons(document, inference, scope, link, replugged), None)


def _reasons(
    document: Document, inference: Inference, scope: ScopeTypes, link: Link, replugged: str
) -> Iterator[Problem]:
    findings = scope.findings
    graph, labels = findings.graph, inference.labels
    if link.source not in graph or link.target not in graph:
        yield Problem("scope", "A wire cannot leave its drawing: use a Block input or a Block output.", link.target)
        return
    source, target = (labels.of(findings.scope, node) for node in (link.source, link.target))
    if link.source == link.target:
        yield Problem("same-node", f"{source} cannot feed itself.", link.target)
    giver, taker = (document.spec(graph.node(node).layer) for node in (link.source, link.target))
    port = taker.input.get(end_port(link.target_port)) if taker is not None else None
    if (giver is not None and link.source_port not in giver.output) or (taker is not None and port is None):
        text = (
            f"A wire leads from an output to an input: {source} has no output {link.source_port}, or {target} no input "
        )
        yield Problem("direction", f"{text}{end_port(link.target_port)}.", link.target)
        return
    if graph.would_cycle(link.source, link.target):
        text = f"A wire from {source} to {target} would close a circle; data must flow one way."
        yield Problem("cycle", text, link.target)
    if taker is None or port is None:
        return
    if port.variadic and link.target_port == port.id:
        link = replace(link, target_port=free_end(graph, link.target, port.id))
    arrivals = _arrivals(findings, link, replugged)
    trouble = _trouble(inference.engine, findings, graph.node(link.target), taker, link.target_port, arrivals)
    if trouble is not None:
        problem = told(
            trouble, link.target, labels, scope=findings.scope, place=scope.path, spec=taker, arrivals=arrivals
        )
        yield replace(problem, fixes=tuple(_with_wire(fix, link) for fix in problem.fixes))


def _with_wire(fix: Fix, link: Link) -> Fix:
    ends = {"source": link.source, "source_port": link.source_port, "target_port": link.target_port}
    return Fix(fix.label, "connect", {**ends, "then": {"action": fix.action, "args": dict(fix.args)}})


def _arrivals(findings: Findings, link: Link, replugged: str) -> list[Arrival]:
    """The wires into the target as they would be."""
    type = findings.types.get((link.source, link.source_port))
    kept = (w for w in findings.wires(link.target) if w.target_port != link.target_port and w.id != replugged)
    old = [Arrival(w.target_port, w.source, findings.types.get((w.source, w.source_port))) for w in kept]
    return [*old, Arrival(link.target_port, link.source, type)]


def _trouble(
    engine: Engine,
    findings: Findings,
    node: Node,
    spec: LayerSpec,
    end: str,
    arrivals: list[Arrival],
) -> Trouble | None:
    """What the target would complain about, where the wire has a part in it."""
    gathered = gather(spec, {arrival.end: arrival.type for arrival in arrivals})
    values, _ = findings.values(node, spec)
    brought = gathered.types.get(end)
    if brought is None or values is None or node.muted:
        return None
    wrong = wrong_kind(spec, {end: brought})
    if wrong is not None or gathered.unknown:
        return wrong
    return _refused(engine, node, spec, Given(gathered.types, values), whole=gathered.missing is None)


def _refused(engine: Engine, node: Node, spec: LayerSpec, given: Given, *, whole: bool) -> Trouble | None:
    if spec.role == Role.BLOCK:
        inside = engine.inside(node.block, given.types, given.params)
        troubles = ((inside.scope, n, t) for n, t in inside.troubles.items() if t.code in ("mismatch", "dtype"))
        scope, inner, trouble = next(troubles, ("", "", None))
        if trouble is None:
            return None
        label = engine.document.label(scope, inner)
        return Trouble(trouble.code, f"{SEPARATOR.strip()} {label}: {trouble.text}", ends=True)
    trouble = guarded(lambda: by_rules(spec, given)).trouble
    # A rule that misses an input it needs fails by a lookup: only a considered refusal counts.
    if trouble is None or trouble.code == "rule" or (not whole and trouble.code != "mismatch"):
        return None
    return None if any(_is_own_param(fix) for fix in trouble.fixes) else trouble


def _is_own_param(fix: Fix) -> bool:
    """The wire is right and a parameter of its target is not yet: people wire first and set afterwards."""
    return fix.action == "set_param" and "node" not in fix.args
