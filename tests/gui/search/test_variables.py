"""The list of variables: ranges and choices edited by hand, added, taken out."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.training.search import Choices, Range
from designer.search.setup import Setup, sized
from designer.search.spreads import as_choices, as_range, changed, in_steps
from designer.search.variables import VariableRow
from designer.session import Session
from designer.shell.launcher import Launcher
from graph.commands import RemoveNodes, SetJob
from graph.variants import vary
from tests.core.search.studies import KIND, LR, WIDTH


@pytest.fixture
def setup(session: Session, qtbot: QtBot) -> Setup:
    setup = Setup(session)
    qtbot.addWidget(setup)
    setup.resize(300, 700)
    setup.show()
    return setup


def variable(session: Session, path: str) -> Any:
    return session.document.job.search.variables[path]


def retype(qtbot: QtBot, row: VariableRow, field: str, text: str) -> None:
    assert row.range is not None
    line = row.range.editors[field].focusProxy()
    line.setFocus()
    line.selectAll()  # type: ignore[attr-defined]
    qtbot.keyClicks(line, text)


def test_a_range_is_edited_in_place_as_one_step(qtbot: QtBot, session: Session, setup: Setup) -> None:
    steps = len(session.history.entries)
    row = setup.variables.rows[LR]
    retype(qtbot, row, "high", "0.05")
    assert variable(session, LR) == Range(low=1e-4, high=0.05, log=True)
    assert list(session.document.job.search.variables) == [LR, WIDTH, KIND], "it keeps its place"
    assert len(session.history.entries) == steps + 1
    assert row.range is not None
    qtbot.mouseClick(row.range.log, Qt.MouseButton.LeftButton)
    assert not variable(session, LR).log
    session.undo()
    session.undo()
    qtbot.waitUntil(lambda: row.range is not None and row.range.log.isChecked())
    assert variable(session, LR).high == 0.1


def test_what_is_no_range_is_refused_with_a_sentence(qtbot: QtBot, session: Session, setup: Setup) -> None:
    row = setup.variables.rows[LR]
    retype(qtbot, row, "high", "0")
    assert row._error.text() == "The range ends at 0, below its beginning 0.0001."
    assert variable(session, LR).high == 0.1
    retype(qtbot, row, "high", "0.01")
    assert row._error.isHidden()
    retype(qtbot, setup.variables.rows[WIDTH], "low", "8.5")
    assert "whole number" in setup.variables.rows[WIDTH]._error.text()


def test_choices_are_ticked_and_one_stays(qtbot: QtBot, session: Session, setup: Setup) -> None:
    pick = setup.variables.rows[KIND].pick
    assert pick is not None
    offered = {action.text(): action for action in pick.menu.actions()}
    assert {"sgd", "adam", "rmsprop", "adamw", "nadam"} <= set(offered), "all that the field takes"
    offered["adamw"].trigger()
    assert set(variable(session, KIND).choices) == {"sgd", "adam", "rmsprop", "adamw"}
    for name in ("sgd", "adam", "rmsprop", "adamw"):
        offered[name].trigger()
    assert variable(session, KIND).choices == ("adamw",)
    qtbot.waitUntil(lambda: offered["adamw"].isChecked())


def test_single_values_are_typed(qtbot: QtBot, session: Session, setup: Setup) -> None:
    session.do(vary(session.document, "job.batch_size", Choices(choices=(16, 32))))
    qtbot.waitUntil(lambda: "job.batch_size" in setup.variables.rows)
    editor = setup.variables.rows["job.batch_size"].list
    assert editor is not None
    assert editor.line.text() == "16, 32"
    editor.line.selectAll()
    qtbot.keyClicks(editor.line, "8, 64, full")
    assert variable(session, "job.batch_size").choices == (8, 64, "full")


def test_a_variable_is_added_by_a_few_letters(qtbot: QtBot, session: Session, setup: Setup) -> None:
    qtbot.mouseClick(setup.variables.add, Qt.MouseButton.LeftButton)
    launcher = next(child for child in setup.window().findChildren(Launcher) if child.isVisible())
    labels = {entry.label for entry in launcher._entries}
    assert "learning rate" not in labels, "it is searched already"
    qtbot.keyClicks(launcher.field, "weight dec")
    qtbot.keyClick(launcher.field, Qt.Key.Key_Return)
    path = "job.objectives.0.optimizer.params.weight_decay"
    assert variable(session, path) == Range(low=1e-6, high=1e-2, log=True)
    qtbot.waitUntil(lambda: path in setup.variables.rows)


def test_a_variable_is_taken_out_and_leads_to_its_node(qtbot: QtBot, session: Session, setup: Setup) -> None:
    revealed: list[str] = []
    session.revealed.connect(revealed.append)
    row = setup.variables.rows[WIDTH]
    assert row._now.text() == "now 32"
    qtbot.mouseClick(row.link, Qt.MouseButton.LeftButton)
    assert revealed == ["n2"]
    qtbot.mouseClick(row._close, Qt.MouseButton.LeftButton)
    assert WIDTH not in session.document.job.search.variables
    qtbot.waitUntil(lambda: WIDTH not in setup.variables.rows)


def test_a_variable_whose_node_is_gone_says_so(qtbot: QtBot, session: Session, setup: Setup) -> None:
    session.do(RemoveNodes(("n2",)))
    row = setup.variables.rows[WIDTH]
    qtbot.waitUntil(lambda: row._now.text() == "not in the design")
    assert row.range is not None
    assert row.range.isVisible()


def test_other_forms_of_a_variable_hold() -> None:
    rate, width = Range(low=1e-4, high=1e-1, log=True), Range(low=8, high=64, integer=True)
    assert as_choices(rate).choices == (0.0001, 0.000562, 0.00316, 0.0178, 0.1)
    assert len(as_choices(width).choices) <= 12
    assert all(width.holds(value) for value in as_choices(width).choices)
    assert as_range(Choices(choices=(16, 64, 1024))) == Range(low=16, high=1024, integer=True, log=True)
    assert as_range(Choices(choices=(0.1, 0.5))) == Range(low=0.1, high=0.5)
    assert as_range(Choices(choices=("sgd", "adam"))) is None
    assert as_range(Choices(choices=(False, True))) is None
    assert in_steps(width).step == 6
    assert in_steps(in_steps(width)).step is None
    assert in_steps(rate) == changed(rate, {"log": False, "step": 0.01})


def test_the_size_of_a_grid_is_told_and_what_is_in_its_way(qtbot: QtBot, session: Session, setup: Setup) -> None:
    assert sized(session.document.job.search) == ""
    assert not setup.issues.isVisible()
    session.do(SetJob("search.strategy", {"kind": "grid"}))
    qtbot.waitUntil(setup.issues.isVisible)
    [problem] = setup.issues._shown
    offered = next(child for child in setup.issues.findChildren(QPushButton))
    qtbot.mouseClick(offered, Qt.MouseButton.LeftButton)
    assert variable(session, LR).points == 5, problem.message
    qtbot.waitUntil(lambda: setup.variables.rows[LR]._now.text() == "5 points · now 0.01")
    assert [text for text, _ in setup.variables.rows[LR].entries()] == [
        "In steps", "Single values", "3 points for a grid", "9 points for a grid",
    ]  # fmt: skip
    qtbot.waitUntil(lambda: not setup.issues.isVisible())
    assert setup._size.text() == f"The grid has {5 * 8 * 3} points; all are tried."


def test_strategy_and_goal_are_edited_and_undone(qtbot: QtBot, session: Session, setup: Setup) -> None:
    assert "yardstick" in setup._advice.text(), "when to take random search"
    line = setup.goal.form.rows["trials"].editor.focusProxy()
    line.selectAll()  # type: ignore[union-attr]
    qtbot.keyClicks(line, "7")
    assert session.document.job.search.trials == 7
    session.undo()
    assert session.document.job.search.trials == 16
    setup.strategy.form.picked.emit("gp")
    assert session.document.job.search.strategy.kind == "gp"
    assert "Matérn" not in setup._advice.text()
    assert "trial is dear" in setup._advice.text()
