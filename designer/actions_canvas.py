"""The part of the table of actions that works on the drawing: structure, wires, blocks, places, order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from designer import arrange, edit, structure
from designer.action import Action, Run, Test, nodes
from designer.arrange import Direction, Edge
from designer.canvas import bookmarks
from designer.canvas.hit import shown_fields
from designer.canvas.keys import edit_value
from designer.edit import selected_block
from designer.shell import dialogs
from graph.grow import can_grow, grower

if TYPE_CHECKING:
    from designer.window import MainWindow


_EDGES: tuple[tuple[Edge, str, str, bool], ...] = (
    ("left", "Align left", "Ctrl+Alt+L", True),
    ("centre", "Align centres", "Ctrl+Alt+C", False),
    ("right", "Align right", "Ctrl+Alt+R", False),
    ("top", "Align top", "Ctrl+Alt+T", True),
    ("middle", "Align middles", "Ctrl+Alt+M", False),
    ("bottom", "Align bottom", "Ctrl+Alt+B", False),
)


def _align(edge: Edge) -> Run:
    return lambda w: w.canvas.move_nodes(arrange.align(w.canvas.selected_boxes(), edge))


def _distribute(direction: Direction) -> Run:
    return lambda w: w.canvas.move_nodes(arrange.distribute(w.canvas.selected_boxes(), direction))


def _node(w: MainWindow) -> bool:
    return bool(w.session.selection.node)


def _block(w: MainWindow) -> bool:
    return bool(selected_block(w.session))


def _valued(w: MainWindow) -> bool:
    """A node with a value beside one of its sockets."""
    node = w.canvas.stage.model.nodes.get(w.session.selection.node)
    return node is not None and bool(shown_fields(node))


def _grows(w: MainWindow) -> bool:
    """A layer of the main graph whose width can grow, and a run that has weights for it."""
    selection = w.session.selection
    return w.studio.record is not None and can_grow(w.session.document, selection.path, selection.node)


def _deepened(w: MainWindow) -> str:
    """The layer behind which another can stand: the selected one, or the one that feeds the selected wire, or whose
    activation or norm that is."""
    selection, graph = w.session.selection, w.session.document.graph()
    if selection.path or w.studio.record is None:
        return ""
    wires = [graph.links[id] for id in selection.links if id in graph.links]
    source = selection.node or (wires[0].source if len(wires) == 1 else "")
    return grower(w.session.document, source)


def _inside(test: Test) -> Test:
    """Within a block, and the test holds."""
    return lambda w: bool(w.session.selection.path) and test(w)


def _colours() -> list[Action]:
    """One action a colour, and one that takes it away."""
    choices = {"None": "", **structure.COLOURS}
    return [
        Action(
            f"colour-{label.lower()}", "Edit/Colour", label,
            lambda w, value=value: structure.colour(w.session, value),  # type: ignore[misc]
            f"Alt+{number}",
            enabled=lambda w: bool(w.session.selection.nodes or w.session.selection.frames),
            words=("colour", "color", "tint"),
        )
        for number, (label, value) in enumerate(choices.items())
    ]  # fmt: skip


def _bookmarks() -> list[Action]:
    """Nine places to come back to."""
    go = [
        Action(
            f"bookmark-{n}", "View/Bookmarks", f"Go to bookmark {n}",
            lambda w, n=n: bookmarks.go(w.canvas, n),  # type: ignore[misc]
            f"Shift+{n}", enabled=lambda w, n=n: bookmarks.place(w.session, n) is not None,  # type: ignore[misc]
        )
        for n in range(1, 10)
    ]  # fmt: skip
    keep = [
        Action(
            f"set-bookmark-{n}", "View/Bookmarks", f"Set bookmark {n} here",
            lambda w, n=n: bookmarks.keep(w.canvas, n),  # type: ignore[misc]
            f"Ctrl+Shift+{n}", ruled=n == 1,
        )
        for n in range(1, 10)
    ]  # fmt: skip
    return [*go, *keep]


EDIT = (
    Action(
        "replace", "Edit", "Replace by…", lambda w: w.canvas.replace_layer(), "Shift+S", "reset",
        "Another layer in its place; wires stay", enabled=_node, ruled=True, words=("change type", "switch layer"),
    ),
    Action(
        "edit-value", "Edit", "Edit value on the node", lambda w: edit_value(w.canvas), "Shift+F2", "rename",
        "The value beside a socket; a wire into the socket takes its place", enabled=_valued,
        words=("inline", "field", "parameter", "constant"),
    ),
    Action(
        "swap-inputs", "Edit", "Swap inputs", lambda w: structure.swap_inputs(w.session), "Alt+S",
        tip="The wires of the node change places", enabled=_node, words=("exchange", "flip"),
    ),
    Action(
        "detach", "Edit", "Detach from wires", lambda w: structure.detach(w.session), "Alt+D",
        tip="Take the node out of its wires and heal them", enabled=nodes(), words=("extract", "unplug", "shake"),
    ),
    Action(
        "solo", "Edit", "Solo", lambda w: structure.solo(w.session), "Alt+M", "eye",
        "Mute what else feeds the same nodes", enabled=nodes(), words=("isolate", "mute others"),
    ),
    Action(
        "mute-activations", "Edit", "Mute all activations", lambda w: structure.straighten_out(w.session),
        "Alt+Shift+M", "activation",
        "What is left is linear, however deep: train both and compare; again, and they work",
        words=("linear", "nonlinearity", "remove activations", "unmute"),
    ),
    Action(
        "collapse", "Edit", "Collapse", lambda w: w.canvas.collapse(), "Ctrl+H",
        tip="Show the node as a badge", enabled=nodes(), words=("minimise", "fold", "expand", "hide"),
    ),
    Action(
        "pin", "Edit", "Pin", lambda w: edit.toggle(w.session, "pinned"), "Ctrl+Shift+P", "lock",
        "The node stays where it is when others are dragged, aligned or tidied up", enabled=nodes(),
        words=("lock", "fix in place"),
    ),
    Action(
        "bind-note", "Edit", "Bind note to node", lambda w: structure.bind_note(w.session), "Ctrl+B", "link",
        "The selected note follows the selected node; without a node it stands free",
        enabled=lambda w: bool(w.session.selection.notes), words=("comment", "attach"),
    ),
    Action(
        "grow-deeper", "Edit/Grow", "Add a layer, keep the weights",
        lambda w: w.tab.offshoots.grow(_deepened(w)), "Alt+G", "plus",
        "A layer behind this one that begins as the identity: the network answers as before, and has more to learn in",
        enabled=lambda w: bool(_deepened(w)), words=("net2net", "deeper", "insert", "identity"),
    ),
    Action(
        "grow-wider", "Edit/Grow", "Make wider, keep the weights…", dialogs.widen, "Alt+Shift+G", "plus",
        "More units, copied from those that it has: the network answers as before, and has more to learn in",
        enabled=_grows, words=("net2net", "units", "channels", "features"),
    ),
    *_colours(),
    Action(
        "select-upstream", "Edit/Select", "All that feeds it",
        lambda w: structure.select_flow(w.session, upstream=True), "Ctrl+Shift+Left",
        enabled=nodes(), words=("upstream", "ancestors"),
    ),
    Action(
        "select-downstream", "Edit/Select", "All that it feeds",
        lambda w: structure.select_flow(w.session, upstream=False), "Ctrl+Shift+Right",
        enabled=nodes(), words=("downstream", "descendants"),
    ),
)  # fmt: skip

VIEW = (
    Action("camera-back", "View", "Back", lambda w: w.canvas.navigator.back(), "Ctrl+Alt+Left; Back", ruled=True),
    Action("camera-forward", "View", "Forward", lambda w: w.canvas.navigator.forward(), "Ctrl+Alt+Right; Forward"),
    Action(
        "next-problem", "View", "Next problem", lambda w: structure.next_problem(w.session), "F8", "error",
        "Go to the next node with a problem", enabled=lambda w: bool(w.session.problems), words=("error", "warning"),
    ),
    Action(
        "previous-problem", "View", "Previous problem",
        lambda w: structure.next_problem(w.session, back=True), "Shift+F8",
        enabled=lambda w: bool(w.session.problems),
    ),
    *_bookmarks(),
)  # fmt: skip

INSERT = (
    Action(
        "repeat-more", "Insert", "Repeat block once more", lambda w: structure.repeat(w.session, 1), "Ctrl+]",
        enabled=_block, ruled=True, words=("times", "stack", "loop"),
    ),
    Action(
        "repeat-less", "Insert", "Repeat block once less", lambda w: structure.repeat(w.session, -1), "Ctrl+[",
        enabled=_block,
    ),
    Action(
        "share-weights", "Insert", "Share weights", lambda w: structure.share_weights(w.session), "Alt+W", "link",
        "The selected nodes use the same weights, or get their own again",
        enabled=lambda w: structure.can_share(w.session), words=("tie", "siamese", "tied"),
    ),
    Action(
        "promote", "Insert", "Promote a parameter…", lambda w: w.promote(), "Ctrl+Alt+P",
        tip="Each instance of the block sets it for itself", enabled=_inside(_node), words=("expose",),
    ),
    Action(
        "move-into", "Insert", "Move into the block",
        lambda w: structure.move_into(w.session, structure.target_block(w.session)), "Ctrl+Shift+Down", "entry",
        "The other selected nodes go into the selected block",
        enabled=lambda w: bool(structure.target_block(w.session)), words=("add to group",),
    ),
    Action(
        "move-out", "Insert", "Move out of the block", lambda w: structure.move_out(w.session), "Ctrl+Shift+Up", "exit",
        enabled=_inside(nodes()), words=("remove from group",),
    ),
    Action(
        "port-up", "Insert", "Port of the block up", lambda w: structure.move_port(w.session, -1), "Alt+PgUp",
        enabled=lambda w: structure.is_port(w.session), words=("reorder ports",),
    ),
    Action(
        "port-down", "Insert", "Port of the block down", lambda w: structure.move_port(w.session, 1), "Alt+PgDown",
        enabled=lambda w: structure.is_port(w.session), words=("reorder ports",),
    ),
    Action(
        "keep-block", "Insert", "Keep block in my library", lambda w: structure.keep_block(w.session), "Ctrl+Alt+G",
        "save", "Use it in any design, from the palette's My blocks", enabled=_block,
        words=("library", "publish", "save block"),
    ),
)  # fmt: skip

ARRANGE = (
    Action(
        "tidy", "Arrange", "Tidy up", lambda w: w.canvas.tidy(), "Ctrl+L", "tidy",
        "Lay out the nodes from left to right; Esc gives it up", words=("layout", "arrange", "clean"),
    ),
    Action(
        "straighten", "Arrange", "Straighten", lambda w: w.canvas.straighten(), "Alt+L",
        tip="Wires among the selected nodes run level", enabled=nodes(2), words=("level", "line up"),
    ),
    Action(
        "bend-wires", "Arrange", "Bend the wire", lambda w: w.canvas.bend_wires(), "Alt+B",
        tip="Put a dot on the selected wires, to lead them by",
        enabled=lambda w: bool(w.session.selection.links), ruled=True, words=("reroute", "dot", "knot"),
    ),
    Action(
        "unbend-wires", "Arrange", "Take away bends", lambda w: structure.straighten_wires(w.session), "Alt+Shift+B",
        tip="Selected wires, and those of selected nodes, find their way by themselves",
        enabled=lambda w: bool(w.session.selection.links or w.session.selection.nodes), words=("reroute", "straight"),
    ),
    *(
        Action(
            f"align-{edge}", "Arrange", label, _align(edge), key, f"align-{edge}", enabled=nodes(2), ruled=ruled,
        )
        for edge, label, key, ruled in _EDGES
    ),
    Action(
        "distribute-across", "Arrange", "Distribute across", _distribute("across"), "Ctrl+Alt+H",
        icon="distribute-across", enabled=nodes(3), ruled=True,
    ),
    Action(
        "distribute-down", "Arrange", "Distribute down", _distribute("down"), "Ctrl+Alt+V", icon="distribute-down",
        enabled=nodes(3),
    ),
)  # fmt: skip
