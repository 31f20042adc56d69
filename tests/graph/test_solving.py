"""A block instance with a solver: what it gives, when it is refused, what mends that, what it costs, how it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.catalog.families import default_catalog
from core.catalog.solvers import SOLVERS
from core.problem import LayerloomError, Problem, Severity
from core.program.codec import from_json, to_json
from core.program.cost import program_cost
from core.program.program import Solver
from graph.check import problems
from graph.clipboard import copy, paste
from graph.codec import decode, encode
from graph.commands import AddNode, Connect, MakeBlock, ReplaceLayer, SetNode, SetParam, Unpack
from graph.document import Document
from graph.fixes import command
from graph.history import History
from graph.infer import Inference
from graph.lower import lower
from graph.records import Node
from tests.solved import decay, flow


def errors(document: Document) -> list[Problem]:
    return [p for p in problems(document, Inference(document)) if p.severity == Severity.ERROR]


def shape(document: Document, instance: str) -> str:
    scope = Inference(document).scope()
    [type] = [type for (node, _), type in scope.types.items() if node == instance]
    return str(type)


@pytest.mark.parametrize("method", SOLVERS)
def test_what_leaves_is_the_state_or_its_whole_path(method: str) -> None:
    points = {"points": 7} if SOLVERS[method].adaptive else {"steps": 7}
    document, instance = flow(method, timed=True, steered=True)
    assert shape(document, instance) == "B x 2"
    document.apply(
        SetNode(instance, {"solver": {"method": method, "params": {"path": True, **points}}}).changes(document)
    )
    assert shape(document, instance) == "B x 8 x 2"
    assert not errors(document)


@pytest.mark.parametrize(
    ("method", "evaluations"), [("euler", 10), ("midpoint", 20), ("heun", 20), ("rk4", 40), ("dopri5", 8)]
)
def test_weights_count_once_and_work_as_often_as_the_block_is_evaluated(method: str, evaluations: int) -> None:
    document, instance = flow(method)
    inference = Inference(document)
    cost = inference.scope().costs[instance]
    once = 2 * 16 + 16 * 2
    assert cost.parameters == once + 16 + 2
    assert str(cost.macs) == str(inference.scope(instance).total.macs * evaluations) == f"{once * evaluations}*B"
    program = lower(document, inference)
    assert program_cost(program)[instance] == cost


def test_a_slope_of_another_shape_is_refused_and_mended_inside() -> None:
    document, instance = flow(width=5)
    [problem] = errors(document)
    assert problem.node == instance
    assert (problem.expected, problem.received) == ("B x 2", "B x 5")
    history = History(document)
    before = encode(document)
    assert problem.fixes[0].label == "Insert a Linear of 2 inside"
    history.do(command(document, problem, problem.fixes[0]))
    assert not errors(document)
    assert history.undo_label == "Insert a Linear of 2 inside"
    history.undo()
    assert encode(document) == before


def wrong(change: dict[str, Any]) -> Problem:
    document, instance = flow(steered=True)
    document.apply(SetNode(instance, change).changes(document))
    [problem] = errors(document)
    history = History(document)
    history.do(command(document, problem, problem.fixes[0]))
    assert not errors(document)
    return problem


def test_a_solver_and_repeats_exclude_each_other() -> None:
    assert "3 copies" in wrong({"repeat": 3}).received


def test_the_adjoint_method_knows_only_state_and_weights() -> None:
    problem = wrong({"solver": {"method": "dopri5", "params": {"adjoint": True}}})
    assert "no gradient to wind" in problem.message


def test_time_without_a_solver_is_refused_and_mended_at_the_instance() -> None:
    document, instance = flow(timed=True)
    document.apply(SetNode(instance, {"solver": None}).changes(document))
    [problem] = errors(document)
    assert problem.node.startswith(f"{instance}/")
    assert "no solver runs this block" in problem.message
    document.apply(command(document, problem, problem.fixes[0]).changes(document))
    assert document.graph().node(instance).solver == Solver("rk4")
    assert not errors(document)


def test_time_belongs_in_blocks() -> None:
    document, _ = decay()
    document.apply(AddNode(Node("", "time")).changes(document))
    assert any(p.code == "place" for p in problems(document, Inference(document)))


def test_a_block_of_whole_numbers_has_no_slope() -> None:
    document, instance = decay()
    [link] = document.graph().incoming(instance)
    document.apply(SetParam(link.source, "shape", ()).changes(document))
    document.apply(SetNode(instance, {"solver": {"method": "euler"}}).changes(document))
    assert errors(document)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"method": "leapfrog"}, "expected one of the methods euler"),
        ({"method": "rk4", "params": {"start": 1.0}}, "time must pass"),
        ({"method": "rk4", "params": {"steps": 0}}, "steps"),
        ({"method": "rk4", "params": {"rtol": 0.1}}, "no field rtol"),
        ({"method": "rk4", "params": 3}, "params must be an object"),
        ("rk4", "expected one of the methods"),
    ],
)
def test_a_wrong_solver_is_refused_by_commands_and_left_out_of_files(value: Any, sentence: str) -> None:
    document, instance = decay()
    with pytest.raises(LayerloomError, match=sentence):
        SetNode(instance, {"solver": value}).changes(document)
    text = encode(document).replace('"solver": {"method": "rk4"}', f'"solver": {json.dumps(value)}')
    assert text != encode(document)
    opened, found = decode(text, default_catalog())
    assert any(sentence in problem.message for problem in found)
    assert opened.graph().node(instance).solver is None


def test_file_and_program_keep_the_solver() -> None:
    document, instance = flow("dopri5", timed=True, adjoint=True, rtol=1e-6)
    opened, found = decode(encode(document), default_catalog())
    assert not found
    assert encode(opened) == encode(document)
    assert opened.graph().node(instance).solver == Solver("dopri5", {"adjoint": True, "rtol": 1e-6})
    program = lower(opened)
    assert from_json(to_json(program)) == program
    [step] = [step for step in program.steps if step.solver is not None]
    assert step.solver is not None
    assert step.solver.params == SOLVERS["dopri5"].values({"adjoint": True, "rtol": 1e-6})


def test_a_copy_brings_its_solver_along() -> None:
    document, instance = flow("midpoint", steps=7)
    pasted = paste(document, "", copy(document, "", {instance}))
    assert pasted is not None
    document.apply(pasted.changes(document))
    assert document.graph().node(pasted.items[0]).solver == Solver("midpoint", {"steps": 7})


def test_defaults_are_not_kept_and_saying_what_was_done_reads_well() -> None:
    document, instance = decay()
    history = History(document)
    history.do(SetNode(instance, {"solver": {"method": "rk4", "params": {"steps": 10, "end": 2.0}}}))
    assert document.graph().node(instance).solver == Solver("rk4", {"end": 2.0})
    assert history.undo_label == "Set the solver of flow"
    history.do(SetNode(instance, {"solver": None}))
    assert history.undo_label == "Solve flow no more"


def test_what_is_solved_is_not_unpacked_and_another_layer_has_no_solver() -> None:
    document, instance = decay()
    with pytest.raises(LayerloomError, match="Take it off first"):
        Unpack(instance).changes(document)
    document.apply(ReplaceLayer(instance, "linear").changes(document))
    assert document.graph().node(instance).solver is None


def test_the_time_stays_in_the_block_that_is_solved() -> None:
    document, instance = flow(timed=True)
    block = document.graph().node(instance).block
    [time] = [node.id for node in document.graph(block).nodes if node.layer == "time"]
    with pytest.raises(LayerloomError, match="the time to the block that is solved"):
        MakeBlock((time,), scope=block).changes(document)


def test_two_instances_solve_the_same_weights_differently() -> None:
    document, instance = flow()
    node = document.graph().node(instance)
    [link] = document.graph().incoming(instance)
    twin = document.new_id()
    document.apply(AddNode(Node(twin, node.layer, name="whole")).changes(document))
    document.apply(Connect(link.source, link.source_port, twin, link.target_port).changes(document))
    values = {"shares": instance, "solver": {"method": "euler", "params": {"path": True}}}
    document.apply(SetNode(twin, values).changes(document))
    document.apply(AddNode(Node("seen", "output", name="path")).changes(document))
    document.apply(Connect(twin, next(iter(document.spec(node.layer).output)), "seen", "x").changes(document))  # type: ignore[union-attr]
    assert not errors(document)
    program = lower(document)
    assert [step.module for step in program.steps] == ["flow", "flow"]
    assert program_cost(program)[""].parameters == program_cost(program)[instance].parameters


def test_an_adaptive_solver_is_hinted_at_before_the_export() -> None:
    document, instance = flow("dopri5")
    [hint] = [p for p in problems(document, Inference(document)) if p.code == "adaptive-solver"]
    assert (hint.severity, hint.node) == (Severity.HINT, instance)
    assert "ONNX" in hint.message
    document.apply(command(document, hint, hint.fixes[0]).changes(document))
    assert document.graph().node(instance).solver == Solver("rk4", {"steps": 40})
