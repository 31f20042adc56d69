"""What the actions do to the drawing, each by its shortcut in the real window: one step, undone to the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from core.program.source import source
from core.spec.layer import Role
from designer.actions import by_id
from designer.canvas.camera import Camera
from designer.canvas.overlay import Overlay, Reading
from designer.canvas.paint import flow
from designer.canvas.skin import UNUSED
from designer.canvas.stage import InPlaceOf, LinkEnd, OnWire
from designer.selection import join
from designer.session import Notice
from designer.shell.launcher import Launcher
from designer.window import MainWindow
from graph import library
from graph.blocks import ports
from graph.codec import decode, encode
from graph.commands import AddFrame, AddNode, AddNote, BendLinks, Connect, MakeBlock, SetNode
from graph.document import Document
from graph.lower import lower
from graph.records import Frame, Node, Note

CATALOG = default_catalog()


class Person:
    """At the keyboard of one window."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.told: list[Notice] = []
        window.session.noticed.connect(self.told.append)

    @property
    def session(self) -> Any:
        return self.window.session

    @property
    def graph(self) -> Any:
        return self.session.document.graph(self.session.selection.scope)

    @property
    def text(self) -> str:
        return encode(self.session.document)

    def act(self, id: str) -> None:
        """Press the shortcut of an action, as the table has it."""
        self.window.menus.refresh()
        self.window.canvas.setFocus()
        QTest.keySequence(self.window.canvas, QKeySequence(by_id(id).shortcut.split("; ")[0]))
        QApplication.processEvents()

    def reverts(self, before: str) -> bool:
        """The act was one step; the file holds it, and undo leads back to the same bytes."""
        after, problems = decode(self.text, CATALOG)
        assert problems == []
        assert encode(after) == self.text
        self.session.undo()
        return self.text == before


@pytest.fixture
def person(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """input -> a (linear) -> b (relu) -> sum -> out; c (linear) from the input too, into the sum."""
    monkeypatch.setattr(QMessageBox, "exec", lambda _box: QMessageBox.StandardButton.Discard)
    window = MainWindow(warm=False)
    qtbot.addWidget(window)
    document = Document(CATALOG)
    spots = {"in": (0, 0), "a": (260, 10), "b": (520, 30), "c": (260, 200), "sum": (800, 60), "out": (1060, 10)}
    layers = {"in": "input", "a": "linear", "b": "relu", "c": "linear", "sum": "add", "out": "output"}
    for id, (x, y) in spots.items():
        params: dict[str, Any] = {"input": {"shape": (8,)}, "linear": {"out_features": 8}}.get(layers[id], {})
        AddNode(Node(id, layers[id], params=params, x=x, y=y)).apply(document)
    wires = [
        ("in", "a", "x"),
        ("a", "b", "x"),
        ("b", "sum", "a"),
        ("in", "c", "x"),
        ("c", "sum", "b"),
        ("sum", "out", "x"),
    ]
    for index, (giver, taker, end) in enumerate(wires):
        Connect(giver, "y", taker, end, id=f"l{index}").apply(document)
    window.open_tab(document, None)
    window.resize(1600, 1000)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    window.canvas.navigator.animated = window.canvas.glide.animated = False
    yield Person(window)
    window.session.history.mark_saved()
    window.close()


def into_block(person: Person) -> str:
    """a and b become a block; the path of its instance."""
    person.session.do(MakeBlock(("a", "b"), "Body", block="body", instance="inst"))
    person.session.history.clear()
    return "inst"


# -- wires


def test_swap_inputs(person: Person) -> None:
    before = person.text
    person.session.selection.set(["sum"])
    person.act("swap-inputs")
    assert person.graph.link_into("sum", "a").source == "c"
    assert person.reverts(before)


def test_detach(person: Person) -> None:
    before = person.text
    person.session.selection.set(["b"])
    person.act("detach")
    assert person.graph.link_into("sum", "a").source == "a"
    assert not person.graph.incoming("b")
    assert person.reverts(before)


def test_replace_by_another_layer_keeps_the_wires(person: Person) -> None:
    before = person.text
    person.session.selection.set(["b"])
    person.act("replace")
    popup = person.window.canvas.quick_add
    assert popup.isVisible()
    QTest.keyClicks(popup.field, "gelu")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert person.graph.node("b").layer == "gelu"
    assert person.graph.link_into("sum", "a").source == "b"
    assert person.session.selection.nodes == {"b"}
    assert person.reverts(before)


def test_bend_and_take_away_bends(person: Person) -> None:
    before = person.text
    person.session.selection.set(links=["l4"])
    person.act("bend-wires")
    assert len(person.graph.links["l4"].bends) == 1
    bent = person.text
    person.act("unbend-wires")
    assert person.graph.links["l4"].bends == ()
    assert person.reverts(bent)
    assert person.reverts(before)


def test_a_bent_design_has_the_same_source(person: Person) -> None:
    text = source(lower(person.session.document)).text
    person.session.do(BendLinks({"l4": ((700.0, 300.0),)}))
    assert source(lower(person.session.document)).text == text


# -- structure


def test_mute_and_freeze_are_drawn(person: Person) -> None:
    """A muted merge node passes its first wire on; the other one is drawn as unused."""
    before, canvas = person.text, person.window.canvas
    person.session.selection.set(["sum"])
    plain = canvas.grab().toImage()
    person.act("mute")
    view, wires = canvas.stage.model.nodes["sum"], canvas.stage.model.wires
    assert view.passed == "a"
    assert (flow(canvas.stage.model, wires["l2"]), flow(canvas.stage.model, wires["l4"])) == ("float", UNUSED)
    muted = canvas.grab().toImage()
    assert muted != plain
    assert person.reverts(before)
    person.session.selection.set(["a"])
    person.act("freeze")
    assert canvas.stage.model.nodes["a"].frozen
    assert person.reverts(before)


def test_solo_mutes_what_feeds_the_same_node_and_again_unmutes(person: Person) -> None:
    before = person.text
    person.session.selection.set(["b"])
    person.act("solo")
    assert person.graph.node("c").muted
    assert not person.graph.node("a").muted
    assert person.session.history.undo_label == "Solo ReLU"
    person.act("solo")
    assert not person.graph.node("c").muted
    person.session.undo()
    assert person.reverts(before)


def test_solo_of_what_is_alone_says_so(person: Person) -> None:
    person.session.selection.set(["sum"])
    person.act("solo")
    assert "nothing to mute" in person.told[-1].problem.message


def test_collapse_to_a_badge_with_merged_ports(person: Person) -> None:
    before = person.text
    person.session.selection.set(["sum"])
    person.act("collapse")
    view = person.window.canvas.stage.model.nodes["sum"]
    assert (view.width, view.height) == (48.0, 48.0)
    assert {(port.dx, port.dy) for port in view.inputs} == {(0.0, 24.0)}
    person.window.canvas.repaint()
    assert person.reverts(before)
    assert person.window.canvas.stage.model.nodes["sum"].width == 176.0


def test_a_wire_dropped_on_a_badge_finds_a_free_port(person: Person) -> None:
    canvas = person.window.canvas
    person.session.do(AddNode(Node("more", "add", x=800, y=300)))
    person.session.do(SetNode("more", {"collapsed": True}))
    look(canvas)
    for giver in ("a", "c"):
        start, end = canvas.port_position(giver, "y", output=True), canvas.port_position("more", "a", output=False)
        drag(canvas, start.toPoint(), end.toPoint())
    assert {link.target_port: link.source for link in person.graph.incoming("more")} == {"a": "a", "b": "c"}


def test_a_pinned_node_stays(person: Person) -> None:
    before, canvas = person.text, person.window.canvas
    person.session.selection.set(["c"])
    person.act("pin")
    pinned = person.text
    assert canvas.stage.model.nodes["c"].pinned
    person.session.selection.set(["a", "c"])
    person.act("align-top")
    person.act("tidy")
    look(canvas)
    drag(canvas, centre(canvas, "a"), centre(canvas, "a") + QPoint(0, 150))
    assert (person.graph.node("c").x, person.graph.node("c").y) == (260, 200)
    while person.text != pinned:
        person.session.undo()
    person.session.selection.clear()
    drag(canvas, centre(canvas, "c"), centre(canvas, "c") + QPoint(0, 150))
    assert person.text == pinned
    assert person.reverts(before)


def test_colours_of_nodes_and_frames(person: Person) -> None:
    person.session.do(AddFrame(Frame("f", "Body", -20, -60, 500, 400)))
    before = person.text
    person.session.selection.set(["a", "b"], frames=["f"])
    person.act("colour-green")
    assert (
        person.graph.node("a").colour == person.graph.node("b").colour == person.graph.frames["f"].colour == "#4f9d69"
    )
    person.window.canvas.repaint()
    assert person.reverts(before)


def test_a_note_bound_to_a_node_goes_with_it(person: Person) -> None:
    person.session.do(AddNote(Note("t", "why", 260, 100)))
    before = person.text
    person.session.selection.set(["c"], notes=["t"])
    person.act("bind-note")
    assert person.graph.notes["t"].node == "c"
    person.window.canvas.repaint()
    person.session.selection.set(["c"])
    QTest.keyClick(person.window.canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert person.graph.notes["t"].y == 102.0
    person.session.undo()
    assert person.reverts(before)


def test_a_frame_round_the_selection(person: Person) -> None:
    before = person.text
    person.session.selection.set(["a", "b"])
    person.act("add-frame")
    [frame] = person.graph.frames.values()
    assert frame.x < 260
    assert frame.x + frame.width > 520 + 176
    assert person.reverts(before)


# -- order


def test_tidy_keeps_frames_whole(person: Person) -> None:
    person.session.do(AddFrame(Frame("f", "Branch", 240, -40, 480, 140)))
    person.session.do(BendLinks({"l4": ((700.0, 300.0),)}))
    before = person.text
    person.act("tidy")
    frame, a, b = person.graph.frames["f"], person.graph.node("a"), person.graph.node("b")
    for node in (a, b):
        assert frame.x < node.x < node.x + 176 < frame.x + frame.width
        assert frame.y < node.y < node.y + 48 < frame.y + frame.height
    assert a.y == b.y
    assert person.graph.links["l4"].bends == ()
    assert person.session.history.undo_label == "Tidy up"
    assert person.reverts(before)


def large(person: Person, count: int = 700) -> None:
    """So many nodes that Tidy up goes to the background."""
    document = person.session.document
    for i in range(count):
        AddNode(Node(f"m{i}", "relu", x=5.0 * i, y=400.0)).apply(document)
        Connect("in" if not i else f"m{i - 1}", "y", f"m{i}", "x").apply(document)
    person.session.history.clear()
    person.session.selection.clear()


def test_a_large_design_is_tidied_in_the_background(person: Person, qtbot: QtBot) -> None:
    large(person)
    before = person.text
    by_id("tidy").run(person.window)  # the layout begins; events are looked at later
    assert person.window.canvas.gesture is not None
    assert person.text == before
    person.window.canvas.repaint()
    qtbot.waitUntil(lambda: person.window.canvas.gesture is None, timeout=20_000)
    assert person.session.history.undo_label == "Tidy up"
    assert person.reverts(before)


def test_escape_gives_a_large_tidy_up(person: Person) -> None:
    large(person)
    before = person.text
    by_id("tidy").run(person.window)  # the layout begins; events are looked at later
    QTest.keyClick(person.window.canvas, Qt.Key.Key_Escape)
    assert person.window.canvas.gesture is None
    QTest.qWait(80)
    assert person.text == before
    assert not person.session.history.can_undo


def test_moved_nodes_glide_while_the_document_has_them_there(person: Person, qtbot: QtBot) -> None:
    canvas = person.window.canvas
    canvas.glide.animated = True
    person.session.selection.set(["a", "c"])
    person.act("align-top")
    assert person.graph.node("c").y == 10.0
    assert canvas.stage.model.nodes["c"].y > 10.0
    qtbot.waitUntil(lambda: canvas.stage.model.nodes["c"].y == 10.0, timeout=3000)


def test_straighten_levels_the_wires(person: Person) -> None:
    before = person.text
    person.session.selection.set(["in", "a", "b", "out"])
    person.act("straighten")
    assert {person.graph.node(id).y for id in ("in", "a", "b")} == {0.0}
    assert person.graph.node("out").y == 10.0
    assert person.reverts(before)


def test_align_and_distribute_reckon_with_badges(person: Person) -> None:
    person.session.do(SetNode("b", {"collapsed": True}))
    person.session.selection.set(["a", "b"])
    person.act("align-right")
    assert person.graph.node("b").x + 48 == max(260 + 176, 520 + 48)
    person.session.undo()
    person.session.selection.set(["in", "b", "sum"])
    person.act("distribute-across")
    assert person.graph.node("b").x - 176 == pytest.approx(800 - person.graph.node("b").x - 48)


# -- blocks


def test_make_enter_leave_and_unpack(person: Person) -> None:
    before = person.text
    person.session.selection.set(["a", "b"])
    person.act("make-block")
    instance = person.session.selection.node
    assert person.graph.node(instance).block
    person.act("enter")
    assert person.session.selection.path == instance
    person.act("leave")
    assert person.session.selection.path == ""
    person.act("unpack")
    assert {"a", "b"} <= set(person.graph.node_ids)
    person.session.undo()
    assert person.reverts(before)


def test_repeat_more_and_less(person: Person) -> None:
    instance = into_block(person)
    before = person.text
    person.session.selection.set([instance])
    person.act("repeat-more")
    person.act("repeat-more")
    assert person.graph.node(instance).repeat == 3
    person.act("repeat-less")
    assert person.graph.node(instance).repeat == 2
    assert person.reverts(before)
    person.act("repeat-less")
    assert person.graph.node(instance).repeat == 1


def test_share_weights_and_take_them_apart(person: Person) -> None:
    before = person.text
    person.session.selection.set(["a", "c"])
    person.act("share-weights")
    assert person.graph.node("c").shares == "a"
    shared = person.text
    person.act("share-weights")
    assert person.graph.node("c").shares == ""
    assert person.reverts(shared)
    assert person.reverts(before)


def test_promote_a_parameter(person: Person, qtbot: QtBot) -> None:
    instance = into_block(person)
    before = person.text
    person.session.selection.set(["a"], path=instance)
    person.act("promote")
    launcher = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Launcher) and w.isVisible())
    QTest.keyClicks(launcher.field, "out")
    QTest.keyClick(launcher.field, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert [p.param for p in person.session.document.blocks["body"].promoted] == ["out_features"]
    assert person.reverts(before)


def test_ports_change_their_order_by_key_and_by_drag(person: Person) -> None:
    person.session.do(MakeBlock(("a", "b", "c", "sum"), "Body", block="body", instance="inst"))
    person.session.do(AddNode(Node("more", "entry", y=300.0), "body"))
    person.session.history.clear()
    before = person.text
    order = [node.id for node in ports(person.session.document, "body", Role.ENTRY)]
    assert len(order) == 2
    person.session.selection.set(["more"], path="inst")
    person.act("port-up")
    assert [n.id for n in ports(person.session.document, "body", Role.ENTRY)] == order[::-1]
    assert person.reverts(before)
    person.session.selection.leave()
    canvas = person.window.canvas
    look(canvas)
    at = canvas.port_position("inst", order[0], output=False).toPoint()
    drag(canvas, at, at + QPoint(0, 60), Qt.KeyboardModifier.ShiftModifier)
    assert [n.id for n in ports(person.session.document, "body", Role.ENTRY)] == order[::-1]
    assert person.reverts(before)


def test_into_a_block_and_out_again_by_keys(person: Person) -> None:
    instance = into_block(person)
    before = person.text
    person.session.selection.set(["c", instance])
    person.act("move-into")
    assert "c" in person.session.document.graph("body")
    inside = person.text
    person.session.selection.set(["c"], path=instance)
    person.act("move-out")
    assert person.session.selection.path == ""
    assert person.session.selection.nodes == {"c"}
    assert person.reverts(inside)
    assert person.reverts(before)


def test_dropped_on_a_block_a_lone_node_goes_in_and_on_the_path_it_goes_out(person: Person) -> None:
    instance = into_block(person)
    canvas = person.window.canvas
    person.session.do(AddNode(Node("lone", "dropout", x=520, y=400)))
    look(canvas)
    drag(canvas, centre(canvas, "lone"), centre(canvas, instance))
    assert "lone" in person.session.document.graph("body")
    assert person.session.history.undo_label == "Move Dropout into Body"
    person.session.selection.enter(instance)
    QApplication.processEvents()
    look(canvas)
    drag(canvas, centre(canvas, "lone"), canvas.breadcrumbs.geometry().center())
    assert "lone" in person.session.document.graph()
    assert person.session.selection.path == ""


def test_a_wired_node_laid_over_a_block_stays_outside(person: Person) -> None:
    instance = into_block(person)
    canvas = person.window.canvas
    look(canvas)
    drag(canvas, centre(canvas, "c"), centre(canvas, instance))
    assert "c" in person.session.document.graph()


def test_a_block_is_kept_and_used_in_another_design(person: Person) -> None:
    instance = into_block(person)
    before = person.text
    person.session.selection.set([instance])
    person.act("keep-block")
    assert "library" in person.told[-1].problem.message
    assert person.text == before
    [kept] = library.specs(CATALOG)
    assert (kept.label, kept.category) == ("Body", "My blocks")
    person.session.history.mark_saved()
    person.window.open_tab(Document(CATALOG), None)
    person.window.canvas.navigator.animated = person.window.canvas.glide.animated = False
    session = person.window.session
    panel: Any = person.window.show_panel("palette")
    assert person.window.canvas.isVisible()
    panel.field.setText("body")
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    [node] = session.document.graph().nodes
    assert session.document.blocks[node.block].name == "Body"
    assert {n.layer for n in session.document.graph(node.block).nodes} == {"entry", "linear", "relu", "exit"}
    empty = encode(Document(CATALOG))
    assert person.reverts(empty)
    session.history.mark_saved()


def test_a_kept_block_is_wired_and_inserted_like_a_layer(person: Person) -> None:
    instance = into_block(person)
    library.keep(person.session.document, "body")
    [kept] = library.specs(CATALOG)
    before, canvas = person.text, person.window.canvas
    id = canvas.add_layer(kept.id, (300.0, 500.0), LinkEnd("in", "y", True))
    assert [link.source for link in person.graph.incoming(id)] == ["in"]
    assert person.graph.node(id).block == person.graph.node(instance).block, "the design has the block already"
    assert person.reverts(before)
    id = canvas.add_layer(kept.id, (700.0, 200.0), OnWire("l4"))
    assert person.graph.link_into("sum", "b").source == id
    assert person.reverts(before)
    assert canvas.add_layer(kept.id, (0.0, 0.0), InPlaceOf("c")) == "c"
    assert person.graph.node("c").block == "body"
    assert person.reverts(before)
    library.forget(kept.id)
    assert canvas.add_layer(kept.id, (0.0, 0.0)) == ""
    assert person.told[-1].problem.message


def test_a_kept_block_is_taken_out_of_the_library_in_the_palette(person: Person) -> None:
    into_block(person)
    library.keep(person.session.document, "body")
    person.session.history.mark_saved()
    person.window.open_tab(Document(CATALOG), None)
    panel: Any = person.window.show_panel("palette")
    panel.field.setText("body")
    index = panel.model.index(0, 0)
    assert str(index.data()) == "Body"
    panel.tree.setCurrentIndex(index)
    QTest.keyClick(panel.tree, Qt.Key.Key_Delete)
    assert library.specs(CATALOG) == []
    assert panel.model.rowCount() == 0 or str(panel.model.index(0, 0).data()) != "Body"


# -- finding one's way


def test_bookmarks_are_set_kept_in_the_file_and_gone_to(person: Person) -> None:
    canvas = person.window.canvas
    canvas.stage.camera = Camera(0.8, -300.0, 40.0)
    before = person.text
    person.act("set-bookmark-3")
    assert person.session.history.undo_label == "Set bookmark 3"
    place = canvas.stage.camera.to_canvas(canvas.width() / 2, canvas.height() / 2)
    canvas.fit()
    person.act("bookmark-3")
    assert canvas.stage.camera.scale == 0.8
    assert canvas.stage.camera.to_canvas(canvas.width() / 2, canvas.height() / 2) == pytest.approx(place, abs=0.1)
    assert person.reverts(before)
    canvas.fit()
    fitted = canvas.stage.camera
    person.act("bookmark-3")
    assert canvas.stage.camera == fitted


@pytest.mark.parametrize("bad", [{"path": "gone", "x": 0, "y": 0, "scale": 1}, {"path": "", "x": "far"}, 7])
def test_a_bookmark_that_leads_nowhere_is_none(person: Person, bad: object) -> None:
    person.session.document.settings["view"] = {"bookmarks": {"1": bad}}
    before = person.window.canvas.stage.camera
    by_id("bookmark-1").run(person.window)
    assert person.window.canvas.stage.camera == before
    assert "no bookmark 1" in person.told[-1].problem.message


def test_back_and_forward(person: Person) -> None:
    canvas = person.window.canvas
    canvas.stage.camera = start = Camera(0.7, 10.0, 20.0)
    canvas.fit()
    there = canvas.stage.camera
    person.act("camera-back")
    assert canvas.stage.camera == start
    person.act("camera-forward")
    assert canvas.stage.camera == there


def test_select_what_feeds_it_and_what_it_feeds(person: Person) -> None:
    person.session.selection.set(["b"])
    person.act("select-upstream")
    assert person.session.selection.nodes == {"in", "a", "b"}
    person.session.selection.set(["b"])
    person.act("select-downstream")
    assert person.session.selection.nodes == {"b", "sum", "out"}
    assert not person.session.history.can_undo


def test_jump_from_problem_to_problem(person: Person) -> None:
    person.session.do(AddNode(Node("bad", "linear", x=300, y=500)))
    person.session.do(AddNode(Node("worse", "linear", x=600, y=500)))
    nodes = list(dict.fromkeys(p.node for p in person.session.problems if p.node))
    assert {"bad", "worse"} <= set(nodes)
    person.act("next-problem")
    first = person.session.selection.node
    person.act("next-problem")
    assert person.session.selection.node != first
    person.act("previous-problem")
    assert person.session.selection.node == first == nodes[0]


# -- live signals


def test_an_overlay_colours_wires_and_nodes(person: Person) -> None:
    canvas = person.window.canvas
    canvas.fit()
    plain = canvas.grab().toImage()
    canvas.set_overlay({"a": Reading(0.2, "0.2"), "b": Reading(1.0, "9.1"), "c": Reading(float("nan"))})
    assert canvas.grab().toImage() != plain
    canvas.stage.camera = Camera(0.2, 100.0, 100.0)
    far = canvas.grab().toImage()
    canvas.set_overlay({})
    assert canvas.grab().toImage() != far
    canvas.fit()
    assert canvas.grab().toImage() == plain
    assert not person.told


def test_a_block_shows_the_strongest_signal_inside(person: Person) -> None:
    overlay = Overlay(
        {join("inst", "a"): Reading(0.3), join("inst", "b"): Reading(0.8, "b")}, {("c", "y"): Reading(0.5)}
    )
    assert overlay.node("inst") == Reading(0.8, "b")
    assert overlay.wire("c", "y") == Reading(0.5)
    assert overlay.wire("inst", "any") == Reading(0.8, "b")
    assert overlay.node("c") is None


def look(canvas: Any) -> None:
    """Show the whole graph, once the window has found its size."""
    QTest.qWait(20)
    canvas.fit()
    QApplication.processEvents()


def centre(canvas: Any, node: str) -> QPoint:
    found: QPoint = canvas.node_rect(node).center().toPoint()
    return found


def drag(canvas: Any, start: QPoint, end: QPoint, held: Any = Qt.KeyboardModifier.NoModifier) -> None:
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(canvas, left, held, start)
    for point in (QPoint((start.x() + end.x()) // 2, (start.y() + end.y()) // 2), end):
        where = QPointF(point)
        none = Qt.MouseButton.NoButton
        QApplication.sendEvent(
            canvas, QMouseEvent(QEvent.Type.MouseMove, where, canvas.mapToGlobal(where), none, left, held)
        )
    QTest.mouseRelease(canvas, left, held, end)
