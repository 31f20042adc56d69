"""Old formats: the steps between them, and a file of each that must open for ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from graph.codec import encode
from graph.migrations import FORMAT, MIGRATIONS, Migration, migrate
from graph.storage import load

DOCUMENTS = sorted((Path(__file__).parents[1] / "documents").glob("format_*.loom"))


def rename(data: dict[str, Any]) -> dict[str, Any]:
    return {**{k: v for k, v in data.items() if k != "vertices"}, "nodes": data["vertices"]}


def add_title(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "title": f"{len(data['nodes'])} nodes"}


STEPS = (Migration(1, "Nodes were called vertices.", rename), Migration(2, "Titles became required.", add_title))


def test_each_step_is_taken_once_and_in_order() -> None:
    old = {"format": 1, "vertices": {"n1": {}}}
    assert migrate(old, "x", STEPS) == {"format": 3, "nodes": {"n1": {}}, "title": "1 nodes"}
    assert old == {"format": 1, "vertices": {"n1": {}}}
    assert migrate({"format": 2, "nodes": {}}, "x", STEPS)["title"] == "0 nodes"
    assert migrate({"format": 3, "nodes": {}}, "x", STEPS) == {"format": 3, "nodes": {}}


def test_what_a_step_cannot_read_is_called_damaged() -> None:
    for data in ({"format": 1}, {"format": 2, "nodes": 4}):
        with pytest.raises(LayerloomError, match=r"design: it is damaged: .* from format \d to \d"):
            migrate(data, "design", STEPS)


def test_a_later_format_is_refused() -> None:
    with pytest.raises(LayerloomError, match="format 4; this version reads up to 3") as caught:
        migrate({"format": 4}, "design", STEPS)
    assert caught.value.problem.code == "too-new"


def test_the_steps_are_numbered_without_gaps_and_give_their_reason() -> None:
    assert [step.since for step in MIGRATIONS] == list(range(1, FORMAT))
    assert all(step.why for step in MIGRATIONS)


def test_there_is_a_document_of_every_format() -> None:
    assert {json.loads(path.read_text())["format"] for path in DOCUMENTS} == set(range(1, FORMAT + 1))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_of_every_format_opens(path: Path) -> None:
    document, problems = load(path, default_catalog())
    assert problems == []
    instance = document.graph().node("n11")
    assert (instance.block, instance.repeat, instance.params) == ("b1", 2, {"width": 24})
    assert document.graph().node("n20").shares == "n7"
    assert document.graph().node("n7").init is not None
    assert document.graph().order()[-1] in ("n10", "n8", "n20")
    assert (len(document.graph()), len(document.graph("b1"))) == (9, 5)
    assert (document.job.epochs, document.job.objectives[0].optimizer.kind) == (3, "sgd")
    assert [note.node for note in document.graph().notes.values()] == ["n9"]
    assert document.title == "Format 1, everything in it"


def test_the_newest_format_is_written_as_it_was() -> None:
    """A change of what is written must be a new format, or harmless to every reader: then replace this file."""
    newest = next(path for path in DOCUMENTS if path.stem == f"format_{FORMAT}")
    document, _ = load(newest, default_catalog())
    assert encode(document) == newest.read_text(encoding="utf-8")
