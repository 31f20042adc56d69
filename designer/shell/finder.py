"""Every node of the design, blocks included, for the search by name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from designer import icons
from designer.selection import join
from designer.session import Session
from designer.shell.launcher import Entry
from graph.records import MAIN

LIMIT = 5000


def node_entries(session: Session) -> list[Entry]:
    """One entry for each node; running it selects the node and brings it into view."""
    found: list[Entry] = []
    for entry in _walk(session, MAIN, "", session.title):
        found.append(entry)
        if len(found) >= LIMIT:
            break
    return found


def _walk(session: Session, scope: str, path: str, place: str) -> Iterator[Entry]:
    document = session.document
    for node in document.graph(scope).nodes:
        spec, here = document.spec(node.layer), join(path, node.id)
        name = document.label(scope, node.id)
        words = (spec.label, *spec.keywords) if spec else ()
        icon = icons.of_layer(spec) if spec else "help"
        where = f"{spec.label} in {place}" if spec else place
        yield Entry(name, where, partial(session.reveal, here), icon, words=words)
        if node.block in document.blocks:
            yield from _walk(session, node.block, here, name)
