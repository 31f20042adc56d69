"""What the person does to what is selected: copy, paste, delete, arrange. Each act is one undo step."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from core.problem import LayerloomError
from designer.arrange import Box
from designer.language import tr
from designer.selection import join
from designer.session import Session
from graph import clipboard
from graph.commands import (
    AddFrame,
    AddNode,
    AddNote,
    Batch,
    Command,
    MakeBlock,
    MoveNodes,
    RemoveItems,
    SetNode,
    SetParam,
    Unpack,
)
from graph.records import MAIN, Frame, Node, Note

Point = tuple[float, float]
_FRAME_MARGIN, _FRAME_HEAD = 24.0, 40.0
_ABOVE = 64.0  # between the top of a node and that of a note bound to it


@dataclass(frozen=True)
class Together(Batch):
    """The same edit of several nodes; keystrokes with the same token (anything that is not None) are one undo step."""

    token: Hashable = None

    @property
    def merge_key(self) -> Hashable | None:
        return None if self.token is None else ("together", self.token)


def copy(session: Session) -> str:
    """What is selected, with the wires between, as text; empty where nothing that can be copied is selected."""
    selection = session.selection
    items = selection.nodes | selection.frames | selection.notes
    return clipboard.copy(session.document, selection.scope, items) if items else ""


def paste(session: Session, text: str, at: Point | None = None, *, incoming: bool = False) -> bool:
    """Put a copy into the graph looked at (top left corner at `at`, else beside the original) and select it.

    With `incoming`, the wires that entered it from outside are drawn too. A text that is no copy is told to the person.
    """
    try:
        pasted = clipboard.paste(session.document, session.selection.scope, text, at, incoming=incoming)
    except LayerloomError as error:
        session.notify(error.problem)
        return False
    if pasted is None:
        session.notify(tr("The clipboard holds no part of a design."))
        return False
    if not session.do(pasted):
        return False
    graph, items = session.document.graph(session.selection.scope), set(pasted.items)
    session.selection.set(
        items & set(graph.node_ids), frames=items & graph.frames.keys(), notes=items & graph.notes.keys()
    )
    return True


def duplicate(session: Session) -> bool:
    text = copy(session)
    return bool(text) and paste(session, text)


def delete(session: Session, *, heal: bool = False) -> bool:
    """Remove what is selected; with `heal`, what fed a removed node feeds what it fed."""
    selection = session.selection
    items = (*selection.nodes, *selection.links, *selection.frames, *selection.notes)
    return bool(items) and session.do(RemoveItems(tuple(sorted(items)), selection.scope, heal))


def select_all(session: Session) -> None:
    graph = session.document.graph(session.selection.scope)
    session.selection.set(graph.node_ids, graph.links, frames=graph.frames, notes=graph.notes)


def add_layer(session: Session, layer: str, at: Point) -> bool:
    """A new node with its top left corner at a point of the graph looked at; it is selected."""
    return _adding(session, lambda: AddNode(Node("", layer, x=at[0], y=at[1]), session.selection.scope))


def add_note(session: Session, at: Point) -> bool:
    """A note at a point; with one node selected, above that node and bound to it."""
    selection = session.selection
    if not selection.node:
        return session.do(AddNote(Note("", "Note", at[0], at[1]), selection.scope))
    node = session.document.graph(selection.scope).node(selection.node)
    return session.do(AddNote(Note("", "Note", node.x, node.y - _ABOVE, node=node.id), selection.scope))


def add_frame(session: Session, boxes: Mapping[str, Box], at: Point) -> bool:
    """A frame around the selected nodes, or an empty one at a point."""
    around = [boxes[id] for id in session.selection.nodes if id in boxes]
    if around:
        left, top = min(b.x for b in around) - _FRAME_MARGIN, min(b.y for b in around) - _FRAME_HEAD
        right, bottom = (max(b.right for b in around), max(b.bottom for b in around))
        frame = Frame("", "Frame", left, top, right - left + _FRAME_MARGIN, bottom - top + _FRAME_MARGIN)
    else:
        frame = Frame("", "Frame", at[0], at[1], 320.0, 200.0)
    return session.do(AddFrame(frame, session.selection.scope))


def toggle(session: Session, field: str) -> bool:
    """Turn a yes-or-no field (``muted``, ``frozen``, ``collapsed``) of the selected nodes on; off where all have it."""
    selection = session.selection
    graph = session.document.graph(selection.scope)
    nodes = [graph.node(id) for id in sorted(selection.nodes)]
    value = not all(getattr(node, field) for node in nodes)
    return set_all(session, {field: value})


def set_all(session: Session, values: Mapping[str, Any], token: Hashable = None) -> bool:
    """Give every selected node these values, as one step."""
    scope = session.selection.scope
    return _to_each(session, [SetNode(node, values, scope, token) for node in sorted(session.selection.nodes)], token)


def set_param_of_all(session: Session, name: str, value: Any, token: Hashable = None) -> bool:
    """Give one parameter of every selected node this value (UNSET: its default), as one step."""
    nodes, scope = sorted(session.selection.nodes), session.selection.scope
    return _to_each(session, [SetParam(node, name, value, scope, token) for node in nodes], token)


def make_block(session: Session) -> bool:
    """Fold the selected nodes into a block; its instance is selected."""
    nodes = tuple(sorted(session.selection.nodes))
    return bool(nodes) and _adding(session, lambda: MakeBlock(nodes, "Block", session.selection.scope))


def unpack(session: Session) -> bool:
    """Replace the selected block instance by what is inside it."""
    return _adding(session, lambda: Unpack(session.selection.node, session.selection.scope))


def enter_block(session: Session) -> None:
    """Look inside the selected block instance."""
    selection = session.selection
    if selected_block(session):
        selection.enter(join(selection.path, selection.node))


def selected_block(session: Session) -> str:
    """The id of the block whose instance is the one selected node; else empty."""
    node = session.selection.node
    return session.document.graph(session.selection.scope).node(node).block if node else ""


def move_all(session: Session, places: Mapping[str, Point]) -> bool:
    return bool(places) and session.do(MoveNodes(places, session.selection.scope))


def _adding(session: Session, make: Callable[[], Command]) -> bool:
    """Do a command that adds nodes, and select what it added."""
    graph = session.document.graph(session.selection.scope or MAIN)
    before = set(graph.node_ids)
    if not session.attempt(make):
        return False
    added = [id for id in session.document.graph(session.selection.scope).node_ids if id not in before]
    if added:
        session.selection.set(added)
    return True


def _to_each(session: Session, commands: list[SetNode] | list[SetParam], token: Hashable) -> bool:
    if not commands:
        return False
    if len(commands) == 1:
        return session.do(commands[0])
    return session.do(Together(f"Change {len(commands)} nodes", tuple(commands), token))
