"""Blocks kept on this machine: what is kept, replaced, forgotten, and what a damaged or hostile file does."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from graph import library
from graph.codec import encode
from graph.commands import AddBlock, AddNode, SetBlock, SetPromotion
from graph.document import Document
from graph.records import BLOCK_PREFIX, MAIN, Block, Node

CATALOG = default_catalog()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "folder", lambda: tmp_path / "blocks")


@pytest.fixture
def document() -> Document:
    """A block ``outer`` that holds a linear layer with a promoted size, and an instance of a block ``inner``."""
    result = Document(CATALOG)
    AddBlock(Block("inner", "Inner")).apply(result)
    AddBlock(Block("outer", "Outer / step: 1")).apply(result)
    AddNode(Node("lin", "linear"), "outer").apply(result)
    AddNode(Node("in1", BLOCK_PREFIX + "inner"), "outer").apply(result)
    SetPromotion("outer", "lin", "out_features", "size").apply(result)
    return result


def test_kept_and_used_elsewhere_with_the_blocks_inside(document: Document) -> None:
    file = library.keep(document, "outer")
    assert file.parent == library.folder()
    [spec] = library.specs(CATALOG)
    assert (spec.label, spec.category, [p.name for p in spec.params]) == ("Outer / step: 1", "My blocks", ["size"])
    other = Document(CATALOG)
    used = library.use(other, MAIN, spec.id, (10.0, 20.0))
    used.apply(other)
    [node] = other.graph().nodes
    assert (node.x, node.y) == (10.0, 20.0)
    assert sorted(block.name for block in other.blocks.values()) == ["Inner", "Outer / step: 1"]
    used = library.use(other, MAIN, spec.id, (300.0, 20.0))
    used.apply(other)
    assert len(other.graph()) == 2


def test_keeping_changes_nothing_and_replaces_what_has_the_name(document: Document) -> None:
    before = encode(document)
    library.keep(document, "inner")
    library.keep(document, "inner")
    assert len(library.specs(CATALOG)) == 1
    assert encode(document) == before
    SetBlock("inner", {"doc": "Newer."}).apply(document)
    told: list[bool] = []
    disconnect = library.changed.connect(lambda: told.append(True))
    library.keep(document, "inner")
    disconnect()
    assert told == [True]
    assert library.specs(CATALOG)[0].doc == "Newer."


def test_forgotten(document: Document) -> None:
    library.keep(document, "inner")
    [spec] = library.specs(CATALOG)
    library.forget(spec.id)
    assert library.specs(CATALOG) == []
    with pytest.raises(LayerloomError):
        library.use(document, MAIN, spec.id, (0.0, 0.0))


def test_a_block_that_is_not_there(document: Document) -> None:
    with pytest.raises(LayerloomError, match="no block"):
        library.keep(document, "gone")


@pytest.mark.parametrize("text", ["", "{", '{"kind": "other"}', "[1, 2]"])
def test_files_that_are_no_blocks_are_passed_over(document: Document, text: str) -> None:
    library.keep(document, "inner")
    (library.folder() / "bad.block").write_text(text)
    assert [spec.label for spec in library.specs(CATALOG)] == ["Inner"]
    with pytest.raises(LayerloomError, match="holds no block"):
        library.use(document, MAIN, "library:bad", (0.0, 0.0))


def test_an_id_cannot_lead_out_of_the_folder(document: Document, tmp_path: Path) -> None:
    """Ids come from drags, which anything may have made."""
    library.keep(document, "inner")
    secret = tmp_path / "secret.block"
    secret.write_text("{}")
    library.forget("library:../secret")
    assert secret.exists()
    assert library.spec("library:../secret", CATALOG) is None
