"""Pictures of cards: which one does for another zoom, and what a muted node looks like."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from designer.canvas.card import draw_card
from designer.canvas.model import MANY, SceneModel
from designer.canvas.parts import NodeView, node_view
from designer.canvas.skin import Skin
from designer.canvas.sprites import Sprites
from designer.session import Session
from designer.theme import load
from graph.commands import RemoveNodes
from graph.document import Document
from graph.records import MAIN, Change, Link, Node


def linear(*, muted: bool = False) -> NodeView:
    return node_view(Node("n1", "linear", muted=muted), default_catalog().get("linear"), (), ())


def test_while_zooming_a_picture_of_the_same_detail_does(qtbot: QtBot) -> None:
    sprites, view = Sprites(Skin(load("light")), 1.0), linear()
    first = sprites.card(view, 1.0, selected=False, exact=True)
    assert sprites.card(view, 0.8, selected=False, exact=False) is first
    assert sprites.card(view, 0.8, selected=False, exact=True).scale == 0.8
    far = sprites.card(view, 0.5, selected=False, exact=False)
    assert far.scale == 0.5, "from afar a card has other, larger letters"
    assert sprites.card(view, 0.4, selected=False, exact=False) is far
    assert sprites.card(view, 1.0, selected=False, exact=False).scale == 1.0


def darkest(theme: str, view: NodeView) -> int:
    """The darkest grey within the title."""
    image = QImage(200, 60, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    draw_card(painter, Skin(load(theme)), view, 1.0, selected=False)
    painter.end()
    return min(image.pixelColor(x, y).lightness() for x in range(46, 90) for y in range(8, 28))


@pytest.mark.parametrize(("theme", "is_pale"), [("light", True), ("contrast", False)])
def test_a_muted_node_is_pale_but_where_contrast_counts(qtbot: QtBot, theme: str, is_pale: bool) -> None:
    plain, muted = darkest(theme, linear()), darkest(theme, linear(muted=True))
    assert abs(plain - 128) > 60
    assert (abs(muted - plain) > 40) is is_pale


def test_many_changes_at_once_leave_what_a_fresh_look_gives(qtbot: QtBot) -> None:
    document = Document(default_catalog())
    count = MANY + 50
    nodes = [Node(f"n{i}", "linear" if i else "input", x=i % 20 * 232.0, y=i // 20 * 96.0) for i in range(count)]
    links = [Link(f"l{i}", f"n{i - 1}", "y", f"n{i}", "x") for i in range(1, count)]
    records: list[Node | Link] = [*nodes, *links]
    document.apply([Change(MAIN, None, record) for record in records])
    session = Session(document)
    model = SceneModel(session)
    session.do(RemoveNodes(tuple(node.id for node in nodes[2:])))
    assert (set(model.nodes), set(model.wires)) == ({"n0", "n1"}, {"l1"})
    session.undo()
    fresh = SceneModel(session)
    model.refresh()
    fresh.refresh()
    assert model.bounds() == fresh.bounds()
    assert {id: (v.rect, v.look) for id, v in model.nodes.items()} == {
        id: (v.rect, v.look) for id, v in fresh.nodes.items()
    }
    assert {id: (w.route.knots, w.label) for id, w in model.wires.items()} == {
        id: (w.route.knots, w.label) for id, w in fresh.wires.items()
    }
    model.close()
    fresh.close()
