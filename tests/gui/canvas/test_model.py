"""The view model follows the document; geometry, routes, texts; what is drawn at each zoom."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtGui import QPainter

from core.catalog.families import default_catalog
from core.problem import Severity
from designer.canvas import paint
from designer.canvas.camera import Camera
from designer.canvas.geometry import shape
from designer.canvas.grid import GridIndex
from designer.canvas.hit import hit
from designer.canvas.model import SceneModel
from designer.canvas.route import route
from designer.canvas.summary import shape_text, summary
from designer.canvas.view import CanvasView
from designer.session import Session
from graph.commands import AddNode, MoveNodes, SetNode, SetParam, SetPromotion
from graph.document import Document
from graph.records import MAIN, Change, Link, Node
from graph.templates.drawing import Drawing


def test_the_grid_index_finds_what_touches() -> None:
    index = GridIndex(100.0)
    index.put("a", [(0, 0, 50, 50)])
    index.put("b", [(250, 0, 450, 50)])
    assert index.near((10, 10, 20, 20)) == {"a"}
    assert index.near((-1e4, -1e4, 1e4, 1e4)) == {"a", "b"}
    index.put("a", [(900, 900, 910, 910)])
    assert index.near((0, 0, 99, 99)) == set()
    index.remove("b")
    assert len(index) == 1
    assert index.near((-1e4, -1e4, 1e4, 1e4)) == {"a"}


def test_a_vast_thing_does_not_fill_the_index() -> None:
    index = GridIndex()
    index.put("wire", [(0, 0, 1e12, 10)])
    index.put("node", [(0, 0, 10, 10)])
    assert index.near((5e9, 0, 5e9 + 1, 1)) == {"wire"}
    index.put("wire", [(0, 0, 10, 10)])
    assert index.near((5e9, 0, 5e9 + 1, 1)) == set()


def test_a_card_inside_a_block_says_what_the_instance_around_it_sets() -> None:
    d = Drawing(default_catalog(), "Two widths")
    layer, inside = d.block("Wide", "One linear layer.")
    fc = inside.node("linear", inside.node("entry", at=(0, 0)), at=(1, 0), out_features=16)
    inside.node("exit", fc, at=(2, 0))
    inside.promote("width", (fc, "out_features"))
    x = d.node("input", at=(0, 0), shape=(4,))
    first = d.node(layer, x, at=(1, 0), width=5)
    second = d.node(layer, first, at=(2, 0))
    d.node("output", second, at=(3, 0))
    session = Session(d.document)

    def told(path: str) -> str:
        if model.path != path:
            model.look_at(path)
        model.refresh()
        return model.nodes[fc].summary

    model = SceneModel(session, first)
    assert (told(first), told(second)) == ("5", "16")
    session.do(SetParam(first, "width", 7))
    session.do(MoveNodes({fc: (10.0, 10.0)}, inside.scope))
    assert (told(first), told(second)) == ("7", "16")
    session.do(SetParam(fc, "out_features", 9, inside.scope))
    assert (told(first), told(second)) == ("7", "9")
    model.look_at(first)
    session.do(SetPromotion(inside.scope, fc, "out_features", ""))
    assert told(first) == "9", "the instance sets it no more"
    model.close()


def test_a_node_at_the_end_of_the_world_can_be_drawn(hand: Any) -> None:
    hand.session.do(MoveNodes({"act": (900_000.0, -900_000.0)}))
    hand.canvas.fit()
    hand.canvas.repaint()
    assert max(hand.canvas.grab_image(2.0).width(), hand.canvas.grab_image(2.0).height()) <= 16_001
    assert not hand.notices


def test_a_wire_passes_by_what_stands_in_its_way() -> None:
    box = (300.0, 0.0, 476.0, 48.0)

    def met(rect: tuple[float, float, float, float]) -> list[tuple[float, float, float, float]]:
        apart = rect[2] < box[0] or rect[0] > box[2] or rect[3] < box[1] or rect[1] > box[3]
        return [] if apart else [box]

    way = route((176.0, 24.0), (700.0, 24.0), met)
    assert len(way.curves) == 3
    inside = [p for p in way.points if box[0] <= p[0] <= box[2] and box[1] <= p[1] <= box[3]]
    assert not inside
    assert way.points[0] == (176.0, 24.0)
    assert way.points[-1] == (700.0, 24.0)
    assert len(route((176.0, 24.0), (290.0, 24.0), met).curves) == 1
    assert way.distance(438.0, way.knots[1][1]) == pytest.approx(0.0)


def test_nested_skips_take_lanes_of_their_own() -> None:
    boxes = [(x, 0.0, x + 176.0, 48.0) for x in range(248, 2500, 248)]

    def met(rect: tuple[float, float, float, float]) -> list[tuple[float, float, float, float]]:
        return [b for b in boxes if rect[0] <= b[2] and b[0] <= rect[2] and rect[1] <= b[3] and b[1] <= rect[3]]

    outer, inner = route((176.0, 24.0), (2480.0, 44.0), met), route((672.0, 24.0), (1984.0, 44.0), met)
    assert len(outer.curves) == len(inner.curves) == 3
    assert abs(outer.knots[1][1] - 24.0) > abs(inner.knots[1][1] - 24.0) + 8.0


def test_lone_ports_line_up_and_several_have_rows() -> None:
    catalog = default_catalog()
    relu, attention = shape(catalog["relu"], ()), shape(catalog["multihead_attention"], ())
    assert relu.inputs[0].dy == relu.outputs[0].dy == 24.0
    rows = [port.dy for port in attention.inputs]
    assert rows == sorted(rows)
    assert len(set(rows)) == len(rows)
    assert attention.height > rows[-1]
    many = shape(catalog["concatenate"], ["xs.0", "xs.3"])
    assert [port.end for port in many.inputs] == ["xs.0", "xs.1", "xs.2", "xs.3", "xs.4"]
    assert [port.slot for port in many.inputs] == [False] * 4 + [True]


def test_texts() -> None:
    catalog = default_catalog()
    conv = catalog["conv2d"]
    assert summary(conv, {"out_channels": 64}) == "64 · 3×3"
    assert summary(conv, {"out_channels": 64, "kernel_size": (3, 5), "stride": 2}) == "64 · 3×5 · stride 2"
    assert "no bias" in summary(conv, {"bias": False})
    assert summary(catalog["relu"], {}) == ""
    assert summary(catalog["dropout"], {}) == "p 0.5"
    assert summary(catalog["max_pool2d"], {}).startswith("2×2")
    assert "4" in summary(catalog["multihead_attention"], {}).split()
    assert shape_text(None) == ""


def test_every_layer_has_a_face(qtbot: Any) -> None:
    """The whole catalogue is drawn, each layer at each level of detail, without a fault."""
    document = Document(default_catalog())
    session = Session(document)
    for i, spec in enumerate(default_catalog()):
        session.do(AddNode(Node(f"k{i}", spec.id, x=(i % 8) * 220.0, y=(i // 8) * 260.0)))
    view = CanvasView(session)
    qtbot.addWidget(view)
    view.resize(900, 700)
    notices: list[object] = []
    session.noticed.connect(notices.append)
    for scale in (0.05, 0.4, 0.8, 2.0):
        view.stage.camera = Camera(scale, 10.0, 10.0)
        view.grab()
    qtbot.wait(5)
    assert not notices
    view.stage.model.close()


def test_names_parameters_and_marks_follow(hand: Any) -> None:
    model, session = hand.canvas.stage.model, hand.session
    model.refresh()
    assert model.wires["l2"].label == "16"
    assert model.wires["l2"].full == "B x 16"
    assert model.nodes["hidden"].params == "144"
    look = model.nodes["hidden"].look
    session.do(SetParam("hidden", "out_features", 24))
    model.refresh()
    assert model.wires["l2"].label == "24"
    assert model.nodes["hidden"].summary.startswith("24")
    assert model.nodes["hidden"].look != look
    session.do(SetNode("hidden", {"name": "Encoder", "frozen": True}))
    view = model.nodes["hidden"]
    assert (view.title, view.frozen) == ("Encoder", True)


def test_problems_mark_their_node(hand: Any) -> None:
    model = hand.canvas.stage.model
    model.refresh()
    assert model.nodes["lone"].severity in (Severity.ERROR, Severity.WARNING, Severity.HINT)
    assert model.message_for("lone")
    assert model.nodes["act"].severity == ""


def test_an_unknown_layer_is_drawn_with_the_ports_of_its_wires(hand: Any) -> None:
    document = hand.session.document
    strange = Node("odd", "from_a_later_version", x=512, y=200)
    document.apply([Change(MAIN, None, strange), Change(MAIN, None, Link("l9", "act", "y", "odd", "q"))])
    view = hand.canvas.stage.model.nodes["odd"]
    assert [port.end for port in view.inputs] == ["q"]
    assert not view.known
    hand.canvas.repaint()


def test_hits(hand: Any) -> None:
    model = hand.canvas.stage.model
    assert hit(model, (432.0, 24.0), 1.0).port == "y"
    assert hit(model, (300.0, 24.0), 1.0).node == "hidden"
    assert hit(model, (472.0, 24.0), 1.0).link == "l2"
    assert not hit(model, (472.0, 80.0), 1.0)
    hand.session.do(MoveNodes({"lone": (260.0, 4.0)}))
    assert hit(model, (300.0, 30.0), 1.0).node == "lone"


def test_a_fault_in_painting_is_told_and_not_raised(hand: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object, **__: object) -> None:
        raise RuntimeError("broken brush")

    monkeypatch.setattr(paint.ScenePainter, "_cards", fault)
    hand.canvas.repaint()
    hand.canvas.repaint()
    qtbot.waitUntil(lambda: bool(hand.notices), timeout=1000)
    assert len(hand.notices) == 1
    assert "broken brush" in hand.notices[0].problem.detail
    painter = QPainter()
    assert not painter.isActive()


def test_a_thousand_nodes(qtbot: Any) -> None:
    document = Document(default_catalog())
    changes = [Change(MAIN, None, Node(f"k{i}", "relu", x=(i % 50) * 240.0, y=(i // 50) * 100.0)) for i in range(1000)]
    changes += [Change(MAIN, None, Link(f"w{i}", f"k{i}", "y", f"k{i + 1}", "x")) for i in range(999)]
    document.apply(changes)
    view = CanvasView(Session(document))
    view.navigator.animated = False
    qtbot.addWidget(view)
    view.resize(1600, 1000)
    view.show()
    view.fit()
    view.repaint()
    view.stage.model.shift(["k500"], 30.0, 30.0)
    view.repaint()
    view.stage.model.settle()
    view.session.selection.set(document.graph().node_ids)
    view.repaint()
    view.stage.camera = Camera(1.0)
    view.repaint()
    assert len(view.stage.model.nodes_in((0.0, 0.0, 300.0, 190.0))) == 4
    view.stage.model.close()
