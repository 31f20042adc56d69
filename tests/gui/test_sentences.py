"""What the engine says in English, shown in another language: read back from the sentences that it is made of."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from itertools import count, product
from pathlib import Path

import pytest

import core
from core.catalog import Catalog
from core.catalog.families import default_catalog
from designer import language
from designer.language import FOLDER, catalogue
from designer.sentences import expression, patterns, told
from designer.session import Session
from graph.commands import AddNode, Connect, MakeBlock, MoveNodes, RemoveNodes, SetNode, SetParam
from graph.document import Document
from graph.records import Node

ROOT = Path(core.__file__).parents[1]
SAYING = ("core", "graph", "exporters", "designer")  # packages whose sentences may be translated
COMPLETE = (  # of these every sentence with a value is: what a person meets while drawing
    "graph/rules_topology.py",
    "graph/commands/nodes.py",
    "graph/commands/links.py",
    "graph/wiring.py",
    "core/training/fit.py",
)


@pytest.fixture
def german() -> None:
    language.use("de")


def templates(node: ast.JoinedStr) -> Iterator[str]:
    """A text with places for its values; where a value is one of two words, the text with each."""
    parts: list[list[str]] = []
    for part in node.values:
        match part:
            case ast.Constant(value=str() as text):
                parts.append([text])
            case ast.FormattedValue(value=ast.IfExp(body=ast.Constant(value=a), orelse=ast.Constant(value=b))):
                parts.append([str(a), str(b)])
            case _:
                parts.append([""])
    for chosen in product(*parts):
        places = count(1)
        yield "".join(text or f"{{{next(places)}}}" for text in chosen)


def sentences(path: Path) -> Iterator[str]:
    """Every text of a module, those with values in them with places for these."""
    within: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            within |= {id(part) for part in ast.walk(node)} - {id(node)}
            yield from templates(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in within:
            yield node.value


def test_nothing_is_changed_in_english() -> None:
    text = "Conv 2D: the input x has no wire."
    assert told(text) == text


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("english", "other"),
    [
        ("Set kernel size of Conv 2D to 3", "kernel size von Conv 2D auf 3 setzen"),
        ("Move 3 nodes", "3 Knoten verschieben"),
        ("Conv 2D 2: the input x has no wire.", "Conv 2D 2: am Eingang x liegt keine Leitung."),
        ("overfits since epoch 8", "überangepasst seit Epoche 8"),
        (
            "Add 1: a is B x 16 from Linear 1 and b is B x 32 from Linear 2; a and b must agree in all but their last "
            "dimension.",
            "Add 1: a ist B x 16 von Linear 1 und b ist B x 32 von Linear 2; a und b müssen in allen Dimensionen bis "
            "auf die letzte übereinstimmen.",
        ),
        (
            "As it starts now, over one layer: signals hold (1.1 times), gradients are 0 on their way back. That is a "
            "start to train from.",
            "So, wie es jetzt startet, über eine Schicht: Signale halten sich (1.1-fach), Gradienten sind 0 auf dem "
            "Rückweg. Von diesem Start aus lässt sich trainieren.",
        ),
        ("Add a loss nobody has heard of.", "Add a loss nobody has heard of."),
        ("Linear: sentence one that no one knows. The loss has levelled off.", None),
        ("", ""),
    ],
)
def test_a_sentence_is_read_back(english: str, other: str | None) -> None:
    assert told(english) == (english if other is None else other)


@pytest.mark.usefixtures("german")
def test_a_name_that_the_person_gave_is_not_translated() -> None:
    assert told("Rename Linear to File") == "Linear in File umbenennen"
    assert told("Move Undo") == "Undo verschieben"


def test_a_place_that_comes_twice_has_one_value() -> None:
    assert re.fullmatch(expression("{1} and {1}"), "a and a")
    assert not re.fullmatch(expression("{1} and {1}"), "a and b")


@pytest.mark.parametrize("code", [code for code in language.languages() if code != language.ENGLISH])
def test_every_pattern_stands_for_a_sentence_of_the_code(code: str) -> None:
    own = json.loads((FOLDER / code / "sentences.json").read_text("utf-8"))
    said = {text for package in SAYING for path in (ROOT / package).rglob("*.py") for text in sentences(path)}
    general = [re.compile(expression(text), re.DOTALL) for text in said if re.search(r"\{\d\}", text) and fixed(text)]
    stale = [
        text
        for text in own
        if text not in said
        and not any(form.fullmatch(way) for way in (filled(text), f"name: {filled(text)}") for form in general)
    ]
    assert stale == []


def fixed(text: str) -> bool:
    """Whether a sentence says something beside its values."""
    return bool(re.search(r"[A-Za-z]{2,}|: ", re.sub(r"\{\d\}", "", text)))


def filled(text: str) -> str:
    return re.sub(r"\{(\w)\}", lambda place: "7" if place[1] == "n" else f"value {place[1]}", text)


@pytest.mark.parametrize("code", [code for code in language.languages() if code != language.ENGLISH])
@pytest.mark.parametrize("module", COMPLETE)
def test_what_a_person_meets_while_drawing_is_translated(module: str, code: str) -> None:
    language.use(code)
    wanted = [text for text in sentences(ROOT / module) if is_sentence(text)]
    assert [text for text in wanted if text not in catalogue(code) and told(filled(text)) == filled(text)] == []


def is_sentence(text: str) -> bool:
    """Whether a text has a value in it, says something, and is no piece of a longer one."""
    words = re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\d\}", "", text))
    return "{1}" in text and len(words) > 1 and text == text.strip() and text[-1] not in ";,"


@pytest.mark.usefixtures("german")
def test_steps_of_the_history_are_told(document: Document) -> None:
    session = Session(document)
    acts = (
        AddNode(Node("n9", "dropout", x=10.0)),
        SetParam("n2", "out_features", 7),
        MoveNodes({"n9": (5.0, 5.0)}),
        SetNode("n2", {"name": "Hidden"}),
        SetNode("n2", {"muted": True}),
        MakeBlock(("n2", "n3"), "Body"),
        RemoveNodes(("n9",)),
    )
    for act in acts:
        assert session.do(act)
    labels = [entry.label for entry in session.history.entries]
    assert [label for label in labels if told(label) == label] == []


@pytest.mark.usefixtures("german")
def test_problems_of_a_wrong_drawing_are_told(catalog: Catalog) -> None:
    document = Document(default_catalog())
    session = Session(document)
    for id, layer in (("a", "linear"), ("b", "add"), ("c", "relu"), ("d", "conv2d"), ("o", "output")):
        session.do(AddNode(Node(id, layer)))
    session.do(Connect("c", "y", "d", "x"))
    untold = [problem.message for problem in session.problems if told(problem.message) == problem.message]
    assert session.problems
    assert untold == []


def test_patterns_that_say_most_come_first() -> None:
    language.use("de")
    lengths = [len(pattern.matches.pattern) for pattern in patterns("de")]
    assert len(lengths) > 200
    assert lengths[0] > lengths[-1]
