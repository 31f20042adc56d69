"""One node and one wire as they are drawn: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from core.catalog.solvers import SOLVERS
from core.spec.layer import LayerSpec, Role
from core.spec.shape import TensorType
from designer import icons
from designer.canvas.camera import Rect
from designer.canvas.geometry import PortView, Shape, badge, shape, unknown_shape
from designer.canvas.route import LONG, NOWHERE
from designer.canvas.summary import summary, value_text
from designer.language import marked
from graph.records import Link, Node

_ORDER = count()  # later boxes are drawn over earlier ones


class NodeView:
    """One box: where it is, how large, what it says. `look` is equal for boxes that are drawn alike."""

    __slots__ = (
        "_look",
        "badge",
        "block",
        "category",
        "collapsed",
        "colour",
        "doc",
        "fields",
        "frozen",
        "height",
        "icon",
        "id",
        "inputs",
        "known",
        "muted",
        "order",
        "outputs",
        "painted",
        "params",
        "passed",
        "pinned",
        "repeat",
        "role",
        "severity",
        "shape",
        "shares",
        "summary",
        "title",
        "used",
        "used_outputs",
        "width",
        "x",
        "y",
    )  # fmt: skip

    def __init__(self, node: Node, spec: LayerSpec | None, outline: Shape) -> None:
        self.id, self.x, self.y = node.id, node.x, node.y
        self.width, self.height = outline.width, outline.height
        self.inputs, self.outputs = outline.inputs, outline.outputs
        self.known, self.block = spec is not None, node.block
        self.title = node.name or (spec.label if spec else node.layer)
        self.category = spec.category if spec else ""
        self.icon = icons.of_layer(spec) if spec else "help"
        self.doc = spec.doc if spec else marked("This layer is unknown here; it is kept as the file has it.")
        self.role = spec.role if spec else Role.LAYER
        self.summary = ""
        self.muted, self.frozen, self.shares = node.muted, node.frozen, bool(node.shares)
        self.repeat, self.colour, self.collapsed = node.repeat, node.colour, node.collapsed
        self.badge = _badge(node)
        self.pinned = node.pinned
        self.passed = ""  # the input end that a muted node passes on
        self.fields: tuple[tuple[str, str], ...] = ()  # input ends without a wire whose field stands in, and its value
        self.params = self.shape = self.severity = ""
        self.used: frozenset[str] = frozenset()
        self.used_outputs: frozenset[str] = frozenset()
        self.order = next(_ORDER)
        self.painted: Any = None  # the painter's own
        self._look: tuple[Any, ...] | None = None

    @property
    def rect(self) -> Rect:
        return self.x, self.y, self.x + self.width, self.y + self.height

    @property
    def look(self) -> tuple[Any, ...]:
        if self._look is None:
            self._look = (
                self.title, self.summary, self.params, self.category, self.icon, self.inputs, self.outputs, self.used,
                self.used_outputs, self.height, self.severity, self.muted, self.frozen, self.shares, self.badge,
                self.colour, bool(self.block), self.collapsed, self.passed, self.pinned, self.fields,
            )  # fmt: skip
        return self._look

    def set_params(self, text: str) -> None:
        if text != self.params:
            self.params, self._look, self.painted = text, None, None

    def set_severity(self, severity: str) -> None:
        if severity != self.severity:
            self.severity, self._look, self.painted = severity, None, None

    def port(self, end: str, *, output: bool) -> PortView | None:
        return next((p for p in (self.outputs if output else self.inputs) if p.end == end), None)


class WireView:
    """One wire: its ends, its way, the type that flows. `painted` is the painter's own cache, dropped on changes."""

    __slots__ = (
        "bends", "full", "id", "label", "order", "painted", "route", "source", "source_port", "target", "target_port",
        "type",
    )  # fmt: skip

    def __init__(self, link: Link) -> None:
        self.id, self.source, self.source_port = link.id, link.source, link.source_port
        self.target, self.target_port = link.target, link.target_port
        self.bends = link.bends
        self.order = next(_ORDER)
        self.route = NOWHERE
        self.type: TensorType | None = None
        self.label = self.full = ""  # the shape without the batch, for the wire; the whole of it, for the tip
        self.painted: Any = None

    @property
    def is_long(self) -> bool:
        knots = self.route.knots
        return abs(knots[-1][0] - knots[0][0]) > LONG


def node_view(
    node: Node, spec: LayerSpec | None, incoming: Sequence[str], outgoing: Sequence[str], *, inside: int = 0
) -> NodeView:
    """The box of a node; `incoming` and `outgoing` are its port ends that have wires, `inside` what a block holds."""
    outline = shape(spec, incoming) if spec else unknown_shape(incoming, outgoing)
    view = NodeView(node, spec, badge(outline) if node.collapsed else outline)
    view.used, view.used_outputs = frozenset(incoming), frozenset(outgoing)
    tell_values(view, node, spec, node.params, inside=inside)
    if node.muted:
        view.passed = next((port.end for port in view.inputs if port.end in view.used), "")
    return view


def tell_values(
    view: NodeView, node: Node, spec: LayerSpec | None, params: Mapping[str, Any], *, inside: int = 0
) -> None:
    """Say these values of the node's parameters: its own, or those that the instance around it sets."""
    told = _subtitle(node, spec, params)
    if inside and not told:
        told = f"{inside} layers" if inside > 1 else "1 layer"
    fields = tuple(
        (port.end, value_text(spec.param[port.field], params.get(port.field, spec.defaults[port.field])))
        for port in view.inputs
        if spec and port.field and port.end not in view.used
    )
    if (told, fields) != (view.summary, view.fields):
        view.summary, view.fields, view._look, view.painted = told, fields, None, None


def _badge(node: Node) -> str:
    """How often a block stands in a row, or what solves it."""
    if node.repeat > 1:
        return f"×{node.repeat}"
    return f"∫ {SOLVERS[node.solver.method].short}" if node.solver is not None else ""


def _subtitle(node: Node, spec: LayerSpec | None, params: Mapping[str, Any]) -> str:
    if spec is None:
        return "unknown layer"
    told = summary(spec, params)
    return told if not node.name or told else spec.label
