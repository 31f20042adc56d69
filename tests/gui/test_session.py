"""The open document: edits, problems once a turn, selection that follows, messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.problem import Fix, Problem, Severity
from designer.session import Notice, RunControls, Session
from graph.commands import MakeBlock, RemoveNodes, SetParam
from graph.document import Document


def test_a_refused_edit_is_told_and_changes_nothing(session: Session, notices: list[Notice]) -> None:
    assert not session.do(SetParam("n2", "out_features", -1))
    assert "out features" in notices[0].problem.message
    assert not session.is_dirty


def test_dirty_and_title_follow_history(session: Session) -> None:
    told: list[str] = []
    session.titled.connect(lambda: told.append(session.title))
    assert session.title == "Untitled"
    session.do(SetParam("n2", "out_features", 8))
    assert session.is_dirty
    session.path = Path("/designs/spirals.loom")
    session.history.mark_saved()
    assert not session.is_dirty
    assert told[-1] == "spirals"


def test_problems_are_gathered_once_a_turn_and_read_fresh(document: Document) -> None:
    turns: list[Callable[[], None]] = []
    session = Session(document, later=turns.append)
    announced: list[int] = []
    session.problems_changed.connect(lambda: announced.append(len(session.problems)))
    before = len(session.problems)
    session.do(RemoveNodes(("n1",)))
    session.do(RemoveNodes(("n4",)))
    assert len(session.problems) > before
    assert (len(turns), announced) == (1, [])
    turns.pop()()
    assert len(announced) == 1
    session.undo()
    assert len(turns) == 1


def test_selection_forgets_what_vanishes(session: Session) -> None:
    session.selection.set(["n2", "n3"], ["l2"])
    told: list[int] = []
    session.selection.changed.connect(lambda: told.append(len(session.selection.nodes)))
    session.do(RemoveNodes(("n2",)))
    assert session.selection.nodes == {"n3"}
    assert session.selection.links == frozenset()
    assert told == [1]


def test_selection_leaves_a_block_that_vanishes(session: Session) -> None:
    assert session.do(MakeBlock(("n2", "n3"), "Body"))
    instance = next(n.id for n in session.document.graph().nodes if n.block)
    session.selection.enter(instance)
    assert session.selection.scope == session.document.graph().node(instance).block
    session.undo()
    assert (session.selection.path, session.selection.scope) == ("", "")


def test_selection_passes_over_what_is_not_there(session: Session) -> None:
    session.selection.set(["n2", "n99"], ["l9"])
    assert session.selection.nodes == {"n2"}
    assert not session.selection.links


def test_selection_refuses_a_place_that_is_not(session: Session) -> None:
    with pytest.raises(LookupError, match="n2"):
        session.selection.enter("n2")


def test_reveal_goes_into_blocks(session: Session) -> None:
    session.do(MakeBlock(("n2", "n3"), "Body"))
    instance = next(n for n in session.document.graph().nodes if n.block)
    inner = next(n.id for n in session.document.graph(instance.block).nodes if n.layer == "linear")
    seen: list[str] = []
    session.revealed.connect(seen.append)
    session.reveal(f"{instance.id}/{inner}")
    assert session.selection.path == instance.id
    assert session.selection.node == inner
    assert seen == [f"{instance.id}/{inner}"]
    session.reveal("n99/n1")
    assert len(seen) == 1


def test_leave_selects_where_it_came_from(session: Session) -> None:
    session.do(MakeBlock(("n2", "n3"), "Body"))
    instance = next(n.id for n in session.document.graph().nodes if n.block)
    session.selection.enter(instance)
    session.selection.leave()
    assert session.selection.nodes == {instance}


def test_a_fix_is_one_undo_step(session: Session) -> None:
    problem = Problem("p", "Too many.", node="n2")
    assert session.fix(problem, Fix("Set it to 5", "set_param", {"name": "out_features", "value": 5}))
    assert session.document.graph().node("n2").params["out_features"] == 5
    session.undo()
    assert session.document.graph().node("n2").params["out_features"] == 16


def test_a_fix_that_no_longer_applies_is_told(session: Session, notices: list[Notice]) -> None:
    problem = Problem("p", "Too many.", node="n77")
    assert not session.fix(problem, Fix("Set", "set_param", {"name": "out_features", "value": 5}))
    assert notices


def test_what_a_run_met_stands_at_its_node_until_it_is_past(session: Session) -> None:
    known = list(session.problems)
    fix = Fix("Units 8", "set_param", {"name": "out_features", "value": 8})
    met = Problem("diverged", "The logarithm of 0.", "n2", fixes=(fix,))
    session.meet(met)
    [fresh] = [problem for problem in session.problems if problem not in known]
    assert (fresh.node, fresh.severity, fresh.fixes) == ("n2", Severity.WARNING, (fix,))
    session.meet(met)
    assert len(session.problems) == len(known) + 1
    assert session.fix(fresh, fix)
    assert "diverged" not in {problem.code for problem in session.problems}
    session.meet(met)
    session.meet(Problem("disk-full", "The disk is full."))  # of no node: told, and nothing stays
    session.do(RemoveNodes(("n2",)))
    assert "diverged" not in {problem.code for problem in session.problems}
    session.undo()
    assert "diverged" in {problem.code for problem in session.problems}
    session.forget_met()
    assert {"diverged", "disk-full"}.isdisjoint(problem.code for problem in session.problems)


def test_plain_messages_are_hints(session: Session, notices: list[Notice]) -> None:
    session.notify("Saved.", done=True)
    assert notices[0].problem.severity is Severity.HINT
    assert notices[0].done


def test_run_state_is_told_once() -> None:
    controls, told = RunControls(), list[str]()
    controls.changed.connect(lambda: told.append(controls.state))
    controls.state = "running"
    controls.state = "running"
    assert controls.is_active
    controls.state = "finished"
    assert told == ["running", "finished"]
    assert not controls.is_active
