"""A tiny catalogue and a terse way to draw, for tests of what a graph means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from core.catalog import Catalog, io
from core.problem import Fix
from core.spec import rules
from core.spec.layer import Call, Expr, Given, LayerSpec, Mismatch, Port, Role, Types, dim
from core.spec.params import Float, Int
from core.spec.shape import broadcast, product
from graph.document import Document
from graph.records import BLOCK_PREFIX, Block, Change, Link, Node, Promotion, Setting


def _flatten(given: Given) -> Types:
    x = given.type()
    return {"y": x.with_shape(x.shape[0], product(x.shape[1:]))}


def _elementwise(given: Given) -> Types:
    types = list(given.types.values())
    common = broadcast(*(t.shape for t in types))
    if common is None:
        raise Mismatch("the inputs cannot be combined.", expected="one shape")
    return {"y": types[0].with_shape(*common)}


def _flat_linear(given: Given) -> Types:
    if given.type().rank != 2:
        fix = Fix("Insert a Flatten", "insert_before", {"port": "x", "layer": "flatten", "params": {}})
        raise Mismatch("expected B x features.", port="x", received=str(given.type()), fixes=(fix,))
    return rules.linear(given)


def _loss(given: Given) -> Types:
    if given.type("input").shape != given.type("target").shape:
        raise Mismatch("the two must have one shape.", port="target")
    return {"loss": given.type("input").with_shape()}


def _cross_entropy(given: Given) -> Types:
    return {"loss": given.type("input").with_shape()}


def _weights(given: Given) -> dict[str, tuple[int, ...]]:
    return {"weight": (given["out_features"], dim("x", -1)(given)), "bias": (given["out_features"],)}


def _split(given: Given) -> Types:
    x = given.type()
    return {"a": x, "b": x.with_shape(*x.shape[:-1], 1)}


def _groups(given: Given) -> Types:
    width = given.type().shape[-1]
    if isinstance(width, int) and width % given["n"]:
        fix = Fix("Set n to 1", "set_param", {"name": "n", "value": 1})
        raise Mismatch(f"{given['n']} does not divide {width}.", port="x", fixes=(fix,))
    return rules.same(given)


def _needs_width(given: Given) -> Types:
    x = given.type()
    return {"y": x.with_shape(*x.shape[:-1], 1)} if x.shape[-1] != 1 else _refuse_width()


def _wider(given: Given) -> Types:
    x = given.type()
    return {"y": x.with_shape(*x.shape[:-1], x.shape[-1] + 1)}


def _refuse_width() -> Types:
    raise Mismatch("expected more than one feature.", port="x")


def _faulty(given: Given) -> Types:
    return {"y": given.types["nowhere"]}


LINEAR = LayerSpec(
    "linear",
    "Linear",
    "Weighted sums.",
    _flat_linear,
    Call("torch.nn.Linear", computed={"in_features": dim("x", -1)}),
    params=(Int("out_features", 4, min=1, implied=None),),
    weights=_weights,
    macs=rules.linear_macs,
)
LAYERS = (
    *io.LAYERS,
    LINEAR,
    LayerSpec("relu", "ReLU", "Cuts off below zero.", rules.same, Expr("F.relu({x})")),
    LayerSpec("softmax", "Softmax", "Shares that sum to one.", rules.same, Expr("F.softmax({x}, dim=-1)")),
    LayerSpec("flatten", "Flatten", "One row for each example.", _flatten, Expr("torch.flatten({x}, 1)")),
    LayerSpec("add", "Add", "The sum.", _elementwise, Expr("{a} + {b}"), inputs=(Port("a"), Port("b"))),
    LayerSpec(
        "stack", "Stack", "The sum of many.", _elementwise, Expr("sum([{xs}])"), inputs=(Port("xs", variadic=True),)
    ),
    LayerSpec(
        "mix",
        "Mix",
        "One, another, and a third that may be missing.",
        _elementwise,
        Expr("{q} * {k}"),
        inputs=(Port("q"), Port("k", same_as="q"), Port("v", same_as="k"), Port("mask", optional=True)),
    ),
    LayerSpec("split", "Split", "Two outputs.", _split, Expr("({x}, {x}[..., :1])"), outputs=(Port("a"), Port("b"))),
    LayerSpec("groups", "Groups", "Divides the features.", _groups, Expr("{x}"), params=(Int("n", 3, min=1),)),
    LayerSpec("wider", "Wider", "One feature more.", _wider, Expr("F.pad({x}, (0, 1))")),
    LayerSpec("needs_width", "Needs width", "Refuses what is one wide already.", _needs_width, Expr("{x}[..., :1]")),
    LayerSpec("faulty", "Faulty", "A rule that fails.", _faulty, Expr("{x}")),
    LayerSpec("lookup", "Lookup", "Takes an index.", rules.same, Expr("{x}"), inputs=(Port("x", dtype="int"),)),
    LayerSpec(
        "mse",
        "MSE",
        "Mean squared error.",
        _loss,
        Expr("F.mse_loss({input}, {target})"),
        inputs=(Port("input"), Port("target")),
        outputs=(Port("loss"),),
        params=(Float("weight", 1.0),),
        role=Role.LOSS,
    ),
    LayerSpec(
        "nll_loss",
        "NLL",
        "After LogSoftmax.",
        _cross_entropy,
        Expr("F.nll_loss({input}, {target})"),
        inputs=(Port("input"), Port("target", dtype="int")),
        outputs=(Port("loss"),),
        role=Role.LOSS,
    ),
    LayerSpec("log_softmax", "LogSoftmax", "Logarithms of shares.", rules.same, Expr("F.log_softmax({x}, dim=-1)")),
    LayerSpec(
        "cross_entropy",
        "Cross-entropy",
        "For classes.",
        _cross_entropy,
        Expr("F.cross_entropy({input}, {target})"),
        inputs=(Port("input"), Port("target", dtype="int")),
        outputs=(Port("loss"),),
        role=Role.LOSS,
    ),
)


class Sketch:
    """Draws into a document: ``s.node("linear", "x1", out_features=3)`` adds a node and wires x1 to its first input."""

    def __init__(self, **job: Any) -> None:
        self.document = Document(Catalog(LAYERS))
        if job:
            self.setting("job", job)

    def setting(self, id: str, value: Any) -> None:
        held = self.document.record("", "setting", id)
        self.document.apply([Change("", held, Setting(id, value))])

    def data(self, kind: str, **params: Any) -> None:
        self.setting("job", {"data": {"source": {"kind": kind, "params": params}}})

    def node(
        self,
        layer: str,
        *sources: str,
        id: str = "",
        scope: str = "",
        record: dict[str, Any] | None = None,
        **params: Any,
    ) -> str:
        """Sources are ``node`` or ``node.port`` (output), in the order of the input ports; "" leaves a port empty."""
        id = id or self.document.new_id()
        node = Node(id, layer, params=params, **(record or {}))
        self.document.apply([Change(scope, None, node)])
        spec = self.document.spec(layer)
        for index, source in enumerate(sources):
            if source and spec is not None:
                port = spec.inputs[min(index, len(spec.inputs) - 1)]
                self.wire(source, f"{id}:{port.id}.{index}" if port.variadic else f"{id}:{port.id}", scope)
        return id

    def wire(self, source: str, target: str, scope: str = "") -> str:
        """From ``node`` or ``node.port`` to ``node:end``."""
        node, _, out = source.partition(".")
        spec = self.document.spec(self.document.graph(scope).node(node).layer)
        out = out or (spec.outputs[0].id if spec else "y")
        end, _, port = target.partition(":")
        link = Link(self.document.new_id("w"), node, out, end, port)
        self.document.apply([Change(scope, None, link)])
        return link.id

    def cut(self, link: str, scope: str = "") -> None:
        self.document.apply([Change(scope, self.document.graph(scope).links[link], None)])

    def set(self, node: str, scope: str = "", **fields: Any) -> None:
        before = self.document.graph(scope).node(node)
        self.document.apply([Change(scope, before, replace(before, **fields))])

    def params(self, node: str, scope: str = "", **params: Any) -> None:
        self.set(node, scope, params={**self.document.graph(scope).node(node).params, **params})

    def remove(self, node: str, scope: str = "") -> None:
        graph = self.document.graph(scope)
        links = {*graph.incoming(node), *graph.outgoing(node)}
        changes = [Change(scope, link, None) for link in links]
        self.document.apply([*changes, Change(scope, graph.node(node), None)])

    def block(self, id: str, name: str, *promoted: Promotion) -> str:
        self.document.apply([Change("", None, Block(id, name, promoted=promoted))])
        return BLOCK_PREFIX + id

    def promote(self, id: str, *promoted: Promotion) -> None:
        before = self.document.blocks[id]
        self.document.apply([Change("", before, replace(before, promoted=promoted))])


def dense_block(sketch: Sketch, id: str = "dense", name: str = "Dense block") -> str:
    """Entry, Linear (promoted `width`), ReLU, exit; the ids are ``<id>_in``, ``_linear``, ``_relu``, ``_out``."""
    layer = sketch.block(id, name)
    entry = sketch.node("entry", scope=id, id=f"{id}_in")
    linear = sketch.node("linear", entry, scope=id, id=f"{id}_linear", out_features=4)
    relu = sketch.node("relu", linear, scope=id, id=f"{id}_relu")
    sketch.node("exit", relu, scope=id, id=f"{id}_out")
    sketch.promote(id, Promotion("width", linear, "out_features"))
    return layer


def random_design(data: st.DataObject) -> Sketch:
    """A design on iris of up to 12 nodes with blocks, repeats, shared weights, muted nodes and odd names."""
    s = Sketch()
    s.data("iris")
    s.node("input", id="x")
    dense = dense_block(s)
    labels = st.sampled_from(["", "", "relu", "Größe 2", "forward", "1st", "class", "self"])
    nodes = ["x"]
    for _ in range(data.draw(st.integers(1, 12))):
        layer = data.draw(st.sampled_from(["linear", "relu", "add", "stack", "mix", "split", dense]))
        feeds = [data.draw(st.sampled_from(nodes)) for _ in range(2 if layer in ("add", "stack", "mix") else 1)]
        record = {"name": data.draw(labels), "muted": data.draw(st.sampled_from([False, False, False, True]))}
        if layer == dense:
            record["repeat"] = data.draw(st.integers(1, 3))
        equals = [n.id for n in s.document.graph().nodes if n.layer == layer and not n.shares]
        record["shares"] = data.draw(st.sampled_from(["", "", *equals]))
        id = s.node(layer, *feeds, record=record)
        nodes.append(f"{id}.a" if layer == "split" else id)
    s.node("output", data.draw(st.sampled_from(nodes)), record={"name": data.draw(labels)})
    return s
