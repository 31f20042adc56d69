"""The problems panel and the live source."""

from __future__ import annotations

import ast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from designer.code.highlight import tokens
from designer.code.panel import CodePanel
from designer.problems.panel import ProblemRow, ProblemsPanel
from designer.session import Session
from graph.commands import AddNode, Disconnect, SetJob, SetParam
from graph.records import Node


@pytest.fixture
def problems(qtbot: QtBot, session: Session) -> ProblemsPanel:
    panel = ProblemsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(600, 300)
    panel.show()
    return panel


@pytest.fixture
def code(qtbot: QtBot, session: Session) -> CodePanel:
    panel = CodePanel(session)
    qtbot.addWidget(panel)
    panel.resize(600, 400)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def test_a_sound_design_says_so(problems: ProblemsPanel) -> None:
    assert [row for row in problems.rows if row.problem.severity == "error"] == []
    assert problems._stack.currentIndex() == (0 if problems.rows else 1)


def test_a_click_leads_to_the_node(qtbot: QtBot, problems: ProblemsPanel, session: Session) -> None:
    session.do(Disconnect(("l2",)))
    qtbot.waitUntil(lambda: any(row.problem.node == "n3" for row in problems.rows))
    row = next(row for row in problems.rows if row.problem.node == "n3")
    seen: list[str] = []
    session.revealed.connect(seen.append)
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    assert seen == ["n3"]
    assert session.selection.nodes == {"n3"}
    assert int(problems.badge()) >= 1
    qtbot.keyClick(row, Qt.Key.Key_Return)
    assert seen == ["n3", "n3"]


def test_one_click_mends(qtbot: QtBot, problems: ProblemsPanel, session: Session) -> None:
    """Ten classes cannot be one number of 0 or 1; an index can tell them apart."""
    session.do(SetJob("data.source.kind", "digits"))
    session.do(AddNode(Node("t", "target", params={"encoding": "binary"})))

    def mendable() -> list[ProblemRow]:
        return [row for row in problems.rows if row.problem.node == "t" and row.problem.fixes]

    qtbot.waitUntil(lambda: bool(mendable()))
    row = mendable()[0]
    count = len(session.history.entries)
    qtbot.mouseClick(row.findChildren(QPushButton)[0], Qt.MouseButton.LeftButton)
    assert session.document.graph().node("t").params["encoding"] == "index"
    assert len(session.history.entries) == count + 1
    qtbot.waitUntil(lambda: not mendable())


def test_the_source_is_live_and_parses(qtbot: QtBot, code: CodePanel, session: Session) -> None:
    ast.parse(code.text)
    session.do(SetParam("n2", "out_features", 77))
    qtbot.waitUntil(lambda: "77" in code.view.toPlainText(), timeout=3000)


def test_with_errors_the_last_good_source_stays_dimmed(qtbot: QtBot, code: CodePanel, session: Session) -> None:
    good = code.text
    session.do(Disconnect(("l2",)))
    qtbot.waitUntil(lambda: code.view.highlighter.dimmed, timeout=3000)
    assert code.view.toPlainText() == good
    assert code.note.whole.startswith("Last good code: ")
    session.undo()
    qtbot.waitUntil(lambda: not code.view.highlighter.dimmed, timeout=3000)


def test_selecting_a_node_marks_its_lines(code: CodePanel, session: Session) -> None:
    session.selection.set(["n2"])
    lines = code.text.splitlines()
    marked = [lines[number - 1] for number in code.view.marked]
    assert len(marked) >= 2
    assert all("linear" in text for text in marked)


def test_clicking_a_line_selects_its_node(qtbot: QtBot, code: CodePanel, session: Session) -> None:
    number = next(i for i, text in enumerate(code.text.splitlines(), 1) if "nn.Linear" in text)
    block = code.view.document().findBlockByNumber(number - 1)
    at = code.view.blockBoundingGeometry(block).translated(code.view.contentOffset()).center().toPoint()
    at.setX(60)
    qtbot.mouseClick(code.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert session.selection.nodes == {"n2"}


def test_copy(code: CodePanel) -> None:
    code.copy()
    assert QGuiApplication.clipboard().text() == code.text


def test_an_unseen_panel_does_no_work(qtbot: QtBot, code: CodePanel, session: Session) -> None:
    code.hide()
    before = code.text
    session.do(SetParam("n2", "out_features", 78))
    qtbot.wait(250)
    assert code.text == before
    code.show()
    qtbot.waitUntil(lambda: "78" in code.text)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("def f(self): # no", [("def", "keyword"), ("f", "definition"), ("self", "self"), ("# no", "comment")]),
        ("x = 'a # b' + 1.5e-3", [("'a # b'", "string"), ("1.5e-3", "number")]),
        ('"""one"""', [('"""one"""', "string")]),
        ("return None", [("return", "keyword"), ("None", "keyword")]),
    ],
)
def test_tokens(line: str, expected: list[tuple[str, str]]) -> None:
    assert [(line[s : s + n], kind) for s, n, kind in tokens(line, inside=False)] == expected


def test_a_text_over_several_lines() -> None:
    assert [kind for *_, kind in tokens('"""start', inside=False)] == ["string", "open"]
    assert [kind for *_, kind in tokens("for x in y", inside=True)] == ["string", "open"]
    assert [kind for *_, kind in tokens('end""" + 1', inside=True)] == ["string", "number"]
