"""Acts on the state of nodes, frames and notes: shortcuts in the real window, one step each."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from designer.canvas.paint import flow
from designer.canvas.skin import UNUSED
from graph.commands import AddFrame, AddNode, AddNote, InsertOnLink, RemoveNodes, SetNode
from graph.lower import lower
from graph.records import Frame, Node, Note
from tests.gui.acts.person import Person, centre, drag, look


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


def test_solo_silences_a_whole_branch_and_goes_over_to_another(person: Person) -> None:
    """The rival's branch is muted up to what both share; to solo the rival then turns it round; the network follows."""
    person.session.do(InsertOnLink("l4", Node("d", "tanh", x=520, y=200)))
    person.session.history.clear()
    before = person.text
    person.session.selection.set(["b"])
    person.act("solo")
    assert [n.id for n in person.graph.nodes if n.muted] == ["c", "d"]
    assert [step.node for step in lower(person.session.document).steps] == ["a", "b", "sum"]
    person.session.selection.set(["d"])
    person.act("solo")
    assert [n.id for n in person.graph.nodes if n.muted] == ["a", "b"]
    assert [step.node for step in lower(person.session.document).steps] == ["c", "d", "sum"]
    person.act("solo")
    assert not any(n.muted for n in person.graph.nodes)
    for _ in range(2):
        person.session.undo()
    assert person.reverts(before)


def test_solo_of_what_is_alone_says_so(person: Person) -> None:
    person.session.selection.set(["sum"])
    person.act("solo")
    assert "nothing to mute" in person.told[-1].problem.message


def test_all_activations_are_muted_in_one_step_and_again_unmuted(person: Person) -> None:
    person.session.do(AddNode(Node("again", "relu", x=900.0)))
    before = person.text
    activations = [n.id for n in person.graph.nodes if n.layer == "relu"]
    assert len(activations) == 2
    person.act("mute-activations")
    assert all(person.graph.node(id).muted for id in activations)
    assert not any(n.muted for n in person.graph.nodes if n.layer != "relu")
    assert person.session.history.undo_label == "Mute all activations"
    person.act("mute-activations")
    assert person.text == before
    person.session.do(RemoveNodes(tuple(activations)))
    person.act("mute-activations")
    assert "no activations" in person.told[-1].problem.message


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
