"""The palette: what is offered where, search, keys, drag data."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from designer.fuzzy import rank, score
from designer.palette.entries import groups, search, tip
from designer.palette.model import MIME_LAYER, layer_of
from designer.palette.panel import PalettePanel
from designer.selection import Selection
from designer.session import Session
from graph.commands import MakeBlock, SetBlock
from graph.document import Document


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> PalettePanel:
    panel = PalettePanel(session)
    qtbot.addWidget(panel)
    panel.resize(240, 600)
    panel.show()
    return panel


@pytest.fixture
def added(session: Session) -> list[str]:
    found: list[str] = []
    session.add_requested.connect(found.append)
    return found


def rows(panel: PalettePanel) -> list[str]:
    return [str(panel.model.index(i, 0).data()) for i in range(panel.model.rowCount())]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("relu", "ReLU"),
        ("dense", "Linear"),
        ("fully connected", "Linear"),
        ("conv 2d", "Conv 2D"),
        ("conv2", "Conv 2D"),
        ("maxp2", "Max pool 2D"),
        ("batchnorm", "Batch norm"),
        ("skip", "Add"),
        ("softmax", "Softmax"),
        ("drop", "Dropout"),
        ("lstm", "LSTM"),
        ("cross", "Cross entropy"),
    ],
)
def test_search_finds_what_people_mean(query: str, first: str) -> None:
    document = Document(default_catalog())
    found = search(groups(document, Selection(document)), query)
    assert found[0].label.startswith(first), [spec.label for spec in found[:5]]


def test_scores() -> None:
    assert score("relu", "ReLU") > score("relu", "Leaky ReLU") > 0
    assert score("xyz", "ReLU") == 0
    assert score("", "ReLU") > 0
    assert rank("b", ["ab", "ba"], lambda name: (name, ())) == ["ba", "ab"]


def test_every_layer_of_the_catalogue_is_offered_somewhere(qtbot: QtBot) -> None:
    document = Document(default_catalog())
    offered = {spec.id for specs in groups(document, Selection(document)).values() for spec in specs}
    assert {spec.id for spec in default_catalog()} - offered == {"entry", "exit", "time"}


def test_inside_a_block_its_ports_are_offered_and_itself_is_not(session: Session) -> None:
    session.do(MakeBlock(("n2", "n3"), "Body"))
    instance = next(n for n in session.document.graph().nodes if n.block)
    assert [s.label for s in groups(session.document, session.selection)["Blocks"]] == ["Body"]
    session.selection.enter(instance.id)
    inside = groups(session.document, session.selection)
    labels = {spec.label for specs in inside.values() for spec in specs}
    assert {"Block input", "Block output", "Linear"} <= labels
    assert not labels & {"Input", "Target", "Output", "Cross entropy", "Body"}


def test_typing_and_enter_adds(qtbot: QtBot, panel: PalettePanel, added: list[str]) -> None:
    panel.field.setFocus()
    qtbot.keyClicks(panel.field, "relu")
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert added == ["relu"]


def test_arrow_keys_choose_among_results(qtbot: QtBot, panel: PalettePanel, added: list[str]) -> None:
    qtbot.keyClicks(panel.field, "l")
    shown = rows(panel)
    qtbot.keyClick(panel.field, Qt.Key.Key_Down)
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert panel.model.item(1).text() == shown[1]
    assert added == [layer_of(panel.model.index(1, 0))]


def test_double_click_adds(qtbot: QtBot, panel: PalettePanel, added: list[str]) -> None:
    index = panel.model.index(0, 0, panel.model.index(0, 0))
    spot = panel.tree.visualRect(index).center()
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    qtbot.mouseDClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert added == [layer_of(index)]


def test_a_category_folds_and_stays_folded(qtbot: QtBot, panel: PalettePanel, session: Session) -> None:
    head = panel.model.index(0, 0)
    assert panel.tree.isExpanded(head)
    spot = panel.tree.visualRect(head).center()
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert not panel.tree.isExpanded(head)
    again = PalettePanel(session)
    qtbot.addWidget(again)
    assert not again.tree.isExpanded(again.model.index(0, 0))


def test_letters_typed_in_the_list_search(qtbot: QtBot, panel: PalettePanel) -> None:
    panel.tree.setFocus()
    qtbot.keyClicks(panel.tree, "d")
    assert panel.field.text() == "d"


def test_nothing_found_says_so_and_escape_clears(qtbot: QtBot, panel: PalettePanel) -> None:
    qtbot.keyClicks(panel.field, "zzzz")
    assert panel._stack.currentIndex() == 1
    qtbot.keyClick(panel.field, Qt.Key.Key_Escape)
    assert panel.field.text() == ""
    assert panel._stack.currentIndex() == 0


def test_drag_carries_the_layer(panel: PalettePanel) -> None:
    index = panel.model.index(0, 0, panel.model.index(0, 0))
    data = panel.model.mimeData([index])
    assert bytes(data.data(MIME_LAYER).data()).decode() == layer_of(index)
    assert not panel.model.mimeData([panel.model.index(0, 0)]).hasFormat(MIME_LAYER)


def test_blocks_appear_when_they_are_made(panel: PalettePanel, session: Session) -> None:
    assert "Blocks" not in rows(panel)
    session.do(MakeBlock(("n2", "n3"), "Body"))
    assert "Blocks" in rows(panel)


def test_a_block_from_a_stranger_cannot_write_markup_into_the_tip(session: Session) -> None:
    session.do(MakeBlock(("n2", "n3"), "<img src='x'>"))
    block = next(iter(session.document.blocks))
    session.do(SetBlock(block, {"doc": "<script>"}))
    spec = session.document.spec(f"block:{block}")
    assert spec is not None
    assert "<img" not in tip(spec)
    assert "<script" not in tip(spec)
