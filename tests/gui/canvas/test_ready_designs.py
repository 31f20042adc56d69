"""Ready designs look as they should on the canvas: no wire runs through a node, notes lie clear of the drawing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.catalog.families import default_catalog
from designer.canvas.geometry import note_rect
from designer.canvas.model import SceneModel
from designer.session import Session
from graph.document import Document
from graph.records import MAIN
from graph.templates import TEMPLATES

DRAWN = [id for id in TEMPLATES if id != "blank"]
INSET = 2.0  # a wire may touch the edge of its own nodes


def places(document: Document, scope: str = MAIN, path: str = "") -> Iterator[str]:
    """The main graph, and one instance of each block."""
    yield path
    seen = set()
    for node in document.graph(scope).nodes:
        if node.block and node.block not in seen:
            seen.add(node.block)
            yield from places(document, node.block, f"{path}/{node.id}".lstrip("/"))


@pytest.mark.parametrize("id", DRAWN)
def test_wires_run_clear_of_nodes(id: str) -> None:
    session = Session(TEMPLATES[id].build(default_catalog()))
    for path in places(session.document):
        model = SceneModel(session, path)
        for wire in model.wires.values():
            for view in model.nodes.values():
                if view.id in (wire.source, wire.target):
                    continue
                left, top, right, bottom = view.rect
                inside = [
                    point
                    for point in wire.route.points
                    if left + INSET < point[0] < right - INSET and top + INSET < point[1] < bottom - INSET
                ]
                assert not inside, f"{path or 'main'}: a wire from {wire.source} runs through {view.id}"
        model.close()


@pytest.mark.parametrize("id", DRAWN)
def test_notes_lie_clear(id: str) -> None:
    session = Session(TEMPLATES[id].build(default_catalog()))
    model = SceneModel(session)
    rects = [note_rect(note) for note in model.notes.values()]
    for number, (left, top, right, bottom) in enumerate(rects):
        for other in [view.rect for view in model.nodes.values()] + rects[number + 1 :]:
            assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]
    model.close()
