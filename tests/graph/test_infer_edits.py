"""Following edits step by step finds exactly what a fresh start finds."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.problem import LayerloomError
from graph.check import problems
from graph.findings import Findings
from graph.infer import Inference
from graph.records import Promotion
from tests.graph.sketch import Sketch, dense_block

LAYERS = ["linear", "relu", "flatten", "add", "stack", "mix", "split", "input", "target", "mse", "output", "quantum"]
pick = st.integers(0, 10_000)


def snapshot(findings: Findings) -> object:
    inside = {node: [(snapshot(f), count) for f, count in runs] for node, runs in findings.insides.items()}
    return findings.types, findings.costs, findings.troubles, inside


class Edits(RuleBasedStateMachine):
    """Random edits of the main graph, of a block and of a block that holds it."""

    def __init__(self) -> None:
        super().__init__()
        self.s = Sketch()
        self.s.data("iris")
        self.s.node("input", id="x")
        self.dense = dense_block(self.s)
        outer = self.s.block("outer", "Outer")
        self.s.node("entry", scope="outer", id="o_in")
        self.s.node(self.dense, "o_in", scope="outer", id="o_mid")
        self.s.node("exit", "o_mid", scope="outer", id="o_out")
        self.s.promote("outer", Promotion("size", "o_mid", "width"))
        self.s.node(outer, "x", size=3)
        self.layers = [*LAYERS, self.dense, outer]
        self.inference = Inference(self.s.document)

    def choose(self, scope: str, number: int) -> str:
        nodes = self.s.document.graph(scope).node_ids
        return nodes[number % len(nodes)] if nodes else ""

    @rule(scope=st.sampled_from(["", "", "dense", "outer"]), layer=pick, source=pick)
    def add(self, scope: str, layer: int, source: int) -> None:
        with suppress(LayerloomError, LookupError):  # nothing there, a block within itself, a source without outputs
            self.s.node(self.layers[layer % len(self.layers)], self.choose(scope, source), scope=scope)

    @rule(scope=st.sampled_from(["", "", "dense", "outer"]), source=pick, taker=pick, port=pick)
    def wire(self, scope: str, source: int, taker: int, port: int) -> None:
        into, out = self.choose(scope, taker), self.choose(scope, source)
        spec = self.s.document.spec(self.s.document.graph(scope).node(into).layer) if into else None
        ends = [f"{p.id}.{port}" if p.variadic else p.id for p in spec.inputs] if spec else ["x"]
        with suppress(LayerloomError, LookupError):  # nothing there, occupied, a circle, a source without outputs
            self.s.wire(out, f"{into}:{(ends or ['x'])[port % max(len(ends), 1)]}", scope)

    @rule(scope=st.sampled_from(["", "", "dense", "outer"]), number=pick)
    def unwire(self, scope: str, number: int) -> None:
        links = list(self.s.document.graph(scope).links)
        if links:
            self.s.cut(links[number % len(links)], scope)

    @rule(scope=st.sampled_from(["", "", "dense", "outer"]), number=pick)
    def remove(self, scope: str, number: int) -> None:
        node = self.choose(scope, number)
        if node and not node.startswith(("dense_", "o_")):
            self.s.remove(node, scope)

    @rule(
        scope=st.sampled_from(["", "", "dense", "outer"]),
        number=pick,
        fields=st.one_of(
            st.fixed_dictionaries(
                {"params": st.sampled_from([{}, {"out_features": 3}, {"out_features": 0}, {"size": 5}])}
            ),
            st.fixed_dictionaries({"muted": st.booleans()}),
            st.fixed_dictionaries({"name": st.sampled_from(["", "a", "b"])}),
            st.fixed_dictionaries({"repeat": st.integers(0, 3)}),
            st.fixed_dictionaries({"layer": st.sampled_from(["linear", "relu", "split", "add", "quantum"])}),
        ),
    )
    def set(self, scope: str, number: int, fields: dict[str, object]) -> None:
        node = self.choose(scope, number)
        if node and not ("layer" in fields and node.startswith(("dense_in", "dense_out", "o_"))):
            self.s.set(node, scope, **fields)

    @rule(owner=pick, node=pick)
    def share(self, owner: int, node: int) -> None:
        if self.choose("", node):
            self.s.set(self.choose("", node), shares=self.choose("", owner))

    @rule(kind=st.sampled_from(["iris", "digits", "none", "oracle"]))
    def data(self, kind: str) -> None:
        self.s.data(kind)

    @rule(width=st.booleans())
    def promote(self, width: bool) -> None:
        self.s.promote("dense", *([Promotion("width", "dense_linear", "out_features")] if width else []))

    @invariant()
    def equals_a_fresh_start(self) -> None:
        fresh = Inference(self.s.document)
        assert snapshot(self.inference.main) == snapshot(fresh.main)
        assert problems(self.s.document, self.inference) == problems(self.s.document, fresh)
        fresh.close()


TestEdits = Edits.TestCase
TestEdits.settings = settings(
    max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
