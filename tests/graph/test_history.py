"""Undo, redo, merging, groups, the saved mark."""

from __future__ import annotations

import pytest

from core.problem import LayerloomError
from graph.codec import encode
from graph.commands import AddNode, Connect, MoveNodes, RemoveNodes, SetParam, SetSetting
from graph.history import History
from graph.records import Change, Node, Setting
from tests.graph.small import chain, empty


def labels(history: History) -> list[str]:
    return [entry.label for entry in history.entries]


def close_a_circle(history: History) -> None:
    with history.group("Break"):
        history.do(Connect("a", "y", "b", "x"))
        history.do(Connect("b", "y", "a", "x"))


def test_undo_and_redo_walk_the_same_bytes() -> None:
    document = empty()
    history, states = History(document), [encode(document)]
    for command in (
        AddNode(Node("a", "linear")),
        AddNode(Node("b", "relu")),
        Connect("a", "y", "b", "x"),
        SetParam("a", "out_features", 5),
        RemoveNodes(("a",)),
    ):
        history.do(command)
        states.append(encode(document))
    assert labels(history) == [
        "Add Linear",
        "Add ReLU",
        "Connect Linear to ReLU",
        "Set out_features of Linear to 5",
        "Remove Linear",
    ]
    for position in (0, 3, 5, 2, 4):
        history.jump(position)
        assert encode(document) == states[position]
        assert history.position == position
    assert (history.undo_label, history.redo_label) == ("Set out_features of Linear to 5", "Remove Linear")
    with pytest.raises(IndexError):
        history.jump(6)


def test_nothing_to_undo_is_no_error() -> None:
    history = History(empty())
    history.undo()
    history.redo()
    assert (history.can_undo, history.can_redo, history.undo_label, history.redo_label) == (False, False, "", "")


def test_a_new_act_ends_what_could_be_redone() -> None:
    history = History(empty())
    history.do(AddNode(Node("a", "relu")))
    history.undo()
    history.do(AddNode(Node("b", "linear")))
    assert labels(history) == ["Add Linear"]
    assert not history.can_redo


def test_an_act_that_changes_nothing_or_fails_is_not_noted() -> None:
    document = chain("relu")
    history, heard = History(document), list[None]()
    history.changed.connect(lambda: heard.append(None))
    history.do(MoveNodes({"n1": (200.0, 40.0)}))
    with pytest.raises(LayerloomError):
        history.do(SetParam("n1", "gain", 2))
    assert labels(history) == []
    assert heard == []


def test_a_drag_is_one_step() -> None:
    document = chain("relu", "linear")
    history, before = History(document), encode(document)
    for x in range(5):
        history.do(MoveNodes({"n1": (x, 0.0)}, token=1))
    history.do(MoveNodes({"n1": (50.0, 0.0)}, token=2))
    assert labels(history) == ["Move ReLU"] * 2
    history.undo()
    assert document.graph().node("n1").x == 4
    history.undo()
    assert encode(document) == before


def test_a_drag_back_to_where_it_began_is_no_step() -> None:
    history = History(chain("relu"))
    history.do(MoveNodes({"n1": (5.0, 0.0)}, token="a"))
    history.do(MoveNodes({"n1": (200.0, 40.0)}, token="a"))
    assert labels(history) == []


def test_typing_merges_to_the_last_value_and_not_across_fields_or_saves() -> None:
    document = chain("linear")
    history = History(document)
    for value in (1, 12, 128):
        history.do(SetParam("n1", "out_features", value, token="key"))
    assert labels(history) == ["Set out_features of Linear to 128"]
    history.mark_saved()
    history.do(SetParam("n1", "out_features", 5, token="key"))
    history.do(SetParam("n1", "bias", False, token="key"))
    assert len(history.entries) == 3
    history.jump(1)
    assert history.is_saved
    assert document.graph().node("n1").params == {"out_features": 128}


def test_a_group_is_one_step_or_nothing() -> None:
    document = empty()
    history, before = History(document), encode(document)
    with history.group("Build"):
        history.do(AddNode(Node("a", "relu")))
        with history.group("inner"):
            history.do(AddNode(Node("b", "linear")))
        assert not history.can_undo
    assert labels(history) == ["Build"]
    after = encode(document)
    with pytest.raises(LayerloomError):
        close_a_circle(history)
    assert encode(document) == after
    assert labels(history) == ["Build"]
    history.undo()
    assert encode(document) == before
    with history.group("Nothing"):
        pass
    assert labels(history) == ["Build"]


def test_the_saved_mark() -> None:
    history = History(empty())
    assert history.is_saved
    history.do(AddNode(Node("a", "relu")))
    assert not history.is_saved
    history.mark_saved()
    history.do(AddNode(Node("b", "relu")))
    history.undo()
    assert history.is_saved
    history.undo()
    history.do(AddNode(Node("c", "relu")))
    assert not history.is_saved
    history.undo()
    assert not history.is_saved
    history.mark_saved()
    history.mark_unsaved()
    assert not history.is_saved


def test_old_steps_are_forgotten_and_with_them_the_saved_one() -> None:
    history = History(empty(), limit=3)
    for i in range(5):
        history.do(AddNode(Node(f"n{i}", "relu")))
    assert (len(history.entries), history.position) == (3, 3)
    history.jump(0)
    assert not history.is_saved
    assert len(history.document.graph()) == 2
    history.clear()
    assert (history.entries, history.can_redo) == ((), False)


def test_a_listener_that_fails_leaves_no_step_out() -> None:
    document = empty()
    history, before = History(document), encode(document)

    def fail(changes: object) -> None:
        raise RuntimeError("a broken view")

    stop = document.changed.connect(fail)
    with pytest.raises(RuntimeError):
        history.do(AddNode(Node("a", "relu")))
    stop()
    assert labels(history) == ["Add ReLU"]
    history.undo()
    assert encode(document) == before


def test_a_change_past_the_history_can_be_undone() -> None:
    document = empty()
    history = History(document)
    document.apply([Change("", None, Setting("title", "x"))])
    assert labels(history) == ["Edit"]
    history.undo()
    assert document.settings == {}
    history.close()
    SetSetting("title", "y").apply(document)
    assert labels(history) == ["Edit"]


def test_merging_looks_at_the_last_act_alone() -> None:
    history = History(chain("linear", "relu"))
    history.do(SetParam("n1", "out_features", 2, token=1))
    history.do(MoveNodes({"n2": (0.0, 0.0)}, token=1))
    history.do(SetParam("n1", "out_features", 3, token=1))
    assert len(history.entries) == 3
