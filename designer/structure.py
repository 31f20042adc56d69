"""What the person does to the structure of the drawing: one undo step each. No widget."""

from __future__ import annotations

from collections.abc import Mapping

from core.problem import LayerloomError
from core.spec.layer import Role
from designer.language import tr
from designer.selection import join, scope_at
from designer.session import Session
from graph import library
from graph.blocks import ports
from graph.commands import (
    Batch,
    BendLinks,
    Command,
    Detach,
    MoveInto,
    MoveOut,
    ReorderPorts,
    SetFrame,
    SetNode,
    SetNote,
    SwapInputs,
)
from graph.commands.rewire import crossing
from graph.records import MAIN, Node

COLOURS: Mapping[str, str] = {
    "Red": "#d9605a", "Orange": "#d98a3d", "Yellow": "#c9a227", "Green": "#4f9d69", "Blue": "#4a86c5",
    "Violet": "#8a6fc4",
}  # fmt: skip
_LEFT_OUT = (Role.LAYER, Role.BLOCK)  # what can be muted to let another be heard alone


def colour(session: Session, value: str) -> bool:
    """Give the selected nodes and frames a colour; an empty one takes it away."""
    selection, name = session.selection, next((n for n, v in COLOURS.items() if v == value), "no colour")
    commands: list[Command] = [SetNode(id, {"colour": value}, selection.scope) for id in sorted(selection.nodes)]
    commands += [SetFrame(id, {"colour": value}, selection.scope) for id in sorted(selection.frames)]
    return bool(commands) and session.do(Batch(f"Colour {len(commands)} items: {name}", tuple(commands)))


def solo(session: Session) -> bool:
    """Mute the branches that else feed what the selected nodes feed, and unmute those of the selected ones; where that
    is so already, all are heard again. One undo step."""
    scope, chosen = session.selection.scope, session.selection.nodes
    graph = session.document.graph(scope)
    fed = {link.target for id in chosen for link in graph.outgoing(id)} - chosen
    kept = graph.upstream(set(chosen))
    heads = {link.source for id in fed for link in graph.incoming(id)} - kept
    rivals = _branch(session, scope, heads, fed, kept)
    if not rivals:
        session.notify(tr("Nothing else feeds what the selected nodes feed, so there is nothing to mute."))
        return False
    silent = [node for node in _branch(session, scope, set(chosen), fed, set()) if node.muted]
    alone = not silent and all(node.muted for node in rivals)
    label = "Hear all again" if alone else f"Solo {_what(session)}"
    wanted = {**{node.id: not alone for node in rivals}, **{node.id: False for node in silent}}
    return session.do(Batch(label, tuple(SetNode(id, {"muted": muted}, scope) for id, muted in wanted.items())))


def straighten_out(session: Session) -> bool:
    """Mute every activation of the design, in blocks too, so that all it computes is linear; where all are muted, they
    work again. One undo step."""
    document = session.document
    found = [
        (scope, node)
        for scope in document.scopes
        for node in document.graph(scope).nodes
        if (spec := document.spec(node.layer)) is not None and spec.category == "Activation"
    ]
    if not found:
        session.notify(tr("The design has no activations, so there is nothing to mute."))
        return False
    muted = not all(node.muted for _, node in found)
    label = "Mute all activations" if muted else "Unmute all activations"
    return session.do(Batch(label, tuple(SetNode(node.id, {"muted": muted}, scope) for scope, node in found)))


def _branch(session: Session, scope: str, heads: set[str], fed: set[str], kept: set[str]) -> list[Node]:
    """The layers and blocks among the heads and behind them that nothing else but them and `fed` makes use of."""
    graph, document, found = session.document.graph(scope), session.document, set[str]()
    todo = sorted(heads)
    while todo:
        id = todo.pop()
        spec = document.spec(graph.node(id).layer)
        alone = id in heads or all(link.target in found | fed for link in graph.outgoing(id))
        if id not in found | kept and alone and spec is not None and spec.role in _LEFT_OUT:
            found.add(id)
            todo += [link.source for link in graph.incoming(id)]
    return [graph.node(id) for id in sorted(found)]


def bind_note(session: Session) -> bool:
    """The selected notes are bound to the selected node; without one, they stand free again."""
    selection = session.selection
    commands = tuple(SetNote(id, {"node": selection.node}, selection.scope) for id in sorted(selection.notes))
    return bool(commands) and session.do(Batch("Bind note" if selection.node else "Free note", commands))


def swap_inputs(session: Session) -> bool:
    return session.attempt(lambda: SwapInputs(session.selection.node, session.selection.scope))


def detach(session: Session) -> bool:
    """The selected nodes leave their wires; what fed them feeds what they fed."""
    selection = session.selection
    return bool(selection.nodes) and session.do(Detach(tuple(sorted(selection.nodes)), selection.scope))


def straighten_wires(session: Session) -> bool:
    """The selected wires, and those of selected nodes, lose their bends."""
    selection = session.selection
    graph = session.document.graph(selection.scope)
    wires = [
        w for w in graph.links.values()
        if w.bends and (w.id in selection.links or {w.source, w.target} & selection.nodes)
    ]  # fmt: skip
    return bool(wires) and session.do(BendLinks({w.id: () for w in wires}, selection.scope))


def select_flow(session: Session, *, upstream: bool) -> None:
    """Add all that feeds the selection, or all that it feeds."""
    selection = session.selection
    graph = session.document.graph(selection.scope)
    reach = graph.upstream if upstream else graph.downstream
    selection.set(reach(set(selection.nodes)), selection.links, frames=selection.frames, notes=selection.notes)


# -- blocks


def repeat(session: Session, more: int) -> bool:
    """The selected block stands once more, or once less, in a row."""
    selection = session.selection
    count = session.document.graph(selection.scope).node(selection.node).repeat + more
    return session.do(SetNode(selection.node, {"repeat": count}, selection.scope, token="repeat")) if count else False


def share_weights(session: Session) -> bool:
    """The selected nodes use the weights of the leftmost; where they do already, each gets weights of its own."""
    selection = session.selection
    graph = session.document.graph(selection.scope)
    owner, *others = sorted((graph.node(id) for id in selection.nodes), key=lambda n: (bool(n.shares), n.x, n.id))
    shared = all(node.shares == owner.id for node in others)
    commands = tuple(SetNode(n.id, {"shares": "" if shared else owner.id}, selection.scope) for n in others)
    label = "Give each its own weights" if shared else f"Share the weights of {_name(session, owner.id)}"
    return session.attempt(lambda: Batch(label, commands))


def can_share(session: Session) -> bool:
    """Whether several nodes of one layer are selected."""
    selection = session.selection
    graph = session.document.graph(selection.scope)
    return len(selection.nodes) > 1 and len({graph.node(id).layer for id in selection.nodes}) == 1


def keep_block(session: Session) -> bool:
    """Keep the selected block in the person's library."""
    selection = session.selection
    block = session.document.graph(selection.scope).node(selection.node).block
    try:
        library.keep(session.document, block)
    except LayerloomError as error:
        session.notify(error.problem)
        return False
    name = session.document.blocks[block].name
    session.notify(
        tr(
            "{name} is in your library now. You find it under {place} in every design.",
            name=name,
            place=tr(library.CATEGORY),
        )
    )
    return True


def target_block(session: Session) -> str:
    """The one block instance among several selected nodes, into which the others can go; empty where there is none."""
    selection = session.selection
    graph = session.document.graph(selection.scope)
    found = [id for id in selection.nodes if graph.node(id).block]
    return found[0] if len(found) == 1 and len(selection.nodes) > 1 else ""


def move_into(session: Session, instance: str) -> bool:
    """The other selected nodes go into the block of an instance."""
    selection = session.selection
    nodes = tuple(sorted(selection.nodes - {instance}))
    return _moved(session, MoveInto(nodes, instance, selection.scope), selection.scope)


def move_out(session: Session) -> bool:
    """The selected nodes leave the block that is looked into; they stay selected."""
    selection = session.selection
    outer, _, instance = selection.path.rpartition("/")
    nodes, scope = tuple(sorted(selection.nodes)), scope_at(session.document, outer) or MAIN
    if not _moved(session, MoveOut(nodes, selection.scope, instance, scope), selection.scope):
        return False
    selection.set(nodes, path=outer)
    return True


def _moved(session: Session, move: MoveInto | MoveOut, scope: str) -> bool:
    """Do it, and say where wires to other nodes could not go along."""
    lost = bool(crossing(session.document.graph(scope), set(move.nodes))) and not move.keeps_wires(session.document)
    done = session.do(move)
    if done and lost:
        session.notify(tr("Without its wires: they go along with neighbours of a block that stands once, unrepeated."))
    return done


def move_port(session: Session, by: int) -> bool:
    """The selected input or output of the block that is looked into takes the place before it, or after it."""
    found = _port(session)
    if found is None:
        return False
    role, order, index = found
    if not 0 <= index + by < len(order):
        return False
    order.insert(index + by, order.pop(index))
    return session.do(ReorderPorts(session.selection.scope, role, tuple(order)))


def _port(session: Session) -> tuple[Role, list[str], int] | None:
    selection = session.selection
    for role in (Role.ENTRY, Role.EXIT) if selection.scope else ():
        order = [node.id for node in ports(session.document, selection.scope, role)]
        if selection.node in order:
            return role, order, order.index(selection.node)
    return None


def is_port(session: Session) -> bool:
    """Whether an input or output of the block that is looked into is selected."""
    return _port(session) is not None


# -- problems


def next_problem(session: Session, *, back: bool = False) -> bool:
    """Go to the next node with a problem, after the selected one."""
    nodes = list(dict.fromkeys(p.node for p in session.problems if p.node))
    if not nodes:
        session.notify(tr("There is no problem with any node."))
        return False
    here = join(session.selection.path, session.selection.node)
    step = -1 if back else 1
    index = (nodes.index(here) + step) % len(nodes) if here in nodes else (-1 if back else 0)
    session.reveal(nodes[index])
    return True


def _what(session: Session) -> str:
    nodes = session.selection.nodes
    return _name(session, next(iter(nodes))) if len(nodes) == 1 else f"{len(nodes)} nodes"


def _name(session: Session, node: str) -> str:
    return session.document.label(session.selection.scope, node)
