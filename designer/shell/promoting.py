"""Choose the parameter of a node inside a block that each instance shall set for itself."""

from __future__ import annotations

from functools import partial

from designer.session import Session
from designer.shell.launcher import Entry
from graph.commands import SetPromotion


def promotion_entries(session: Session) -> list[Entry]:
    """One entry for each parameter of the selected node: promote it, or keep it in the block."""
    selection = session.selection
    scope, node = selection.scope, selection.node
    spec = session.document.spec(session.document.graph(scope).node(node).layer) if scope and node else None
    held = {p.param for p in session.document.blocks[scope].promoted if p.node == node} if scope else set()
    entries = []
    for field in spec.params if spec is not None else ():
        name = "" if field.name in held else field.name
        act = partial(session.do, SetPromotion(scope, node, field.name, name))
        entries.append(Entry(field.title, "each instance sets it" if field.name in held else "set here", act))
    return entries
