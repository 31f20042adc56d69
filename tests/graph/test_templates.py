"""Every ready design is sound, and the example files are what the templates draw."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.catalog.families import default_catalog
from core.program.source import source
from graph.check import problems
from graph.codec import decode
from graph.document import Document
from graph.infer import Inference
from graph.lower import lower
from graph.records import MAIN
from graph.templates import TEMPLATES
from graph.templates.write import examples, main

FOLDER = Path(__file__).parents[2] / "assets" / "examples"
DRAWN = [id for id in TEMPLATES if id != "blank"]
EXAMPLES = [id for id, template in TEMPLATES.items() if template.example]


def build(id: str) -> Document:
    return TEMPLATES[id].build(default_catalog())


def boxes(document: Document, scope: str) -> list[tuple[float, float, float, float]]:
    """The nodes as the canvas lays them out: 176 wide, and as tall as their rows of ports."""
    found = []
    for node in document.graph(scope).nodes:
        spec = document.spec(node.layer)
        assert spec is not None
        rows = max(len(spec.inputs) if len(spec.inputs) > 1 else 0, len(spec.outputs) if len(spec.outputs) > 1 else 0)
        found.append((node.x, node.y, node.x + 176, node.y + 48 + rows * 22 + 6 * bool(rows)))
    return found


@pytest.mark.parametrize("id", DRAWN)
def test_a_template_is_without_problems_and_becomes_a_program(id: str) -> None:
    document = build(id)
    found = problems(document, Inference(document))
    assert [p.code for p in found] == ([] if TEMPLATES[id].data else ["no-data"] * len(found))
    program = lower(document)
    program.verify()
    assert bool(program.losses) == TEMPLATES[id].data
    assert "nn.Module" in source(program).text


@pytest.mark.parametrize("id", DRAWN)
def test_data_flows_from_left_to_right_and_nothing_overlaps(id: str) -> None:
    document = build(id)
    for scope in document.scopes:
        graph = document.graph(scope)
        for link in graph.links.values():
            assert graph.node(link.source).x < graph.node(link.target).x, (scope, link)
        placed = boxes(document, scope)
        for i, (left, top, right, bottom) in enumerate(placed):
            for other in placed[i + 1 :]:
                assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1], (scope, other)


def test_blank_is_empty() -> None:
    assert len(build("blank").graph(MAIN)) == 0


def test_every_template_says_what_it_is() -> None:
    for template in TEMPLATES.values():
        assert template.label
        assert template.doc.endswith(".")
        assert "\n" not in template.doc
        assert len(template.doc) <= 110, "its card in the gallery has three lines"


@pytest.mark.parametrize("id", EXAMPLES)
def test_example_files_are_up_to_date_and_open_cleanly(id: str) -> None:
    text = (FOLDER / f"{id}.loom").read_text(encoding="utf-8")
    assert text == examples()[f"{id}.loom"], "run: python -m graph.templates.write assets/examples"
    document, told = decode(text, default_catalog())
    assert told == []
    assert problems(document, Inference(document)) == []
    assert lower(document) == lower(build(id))


def test_nothing_else_lies_among_the_examples() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.loom")) == sorted(examples())


def test_writer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "new")]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(examples())
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
