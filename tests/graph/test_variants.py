"""Values of a search: where they go, what can be searched, and what a search cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from core.catalog.families import default_catalog
from core.problem import LayerloomError, Problem, Severity
from core.training.search import Choices, Range, Search, Variable
from graph import check, fixes
from graph.codec import decode, encode
from graph.commands import AddNode, Connect, MakeBlock, RemoveNodes, SetJob, SetNode, SetPromotion
from graph.document import Document
from graph.history import History
from graph.infer import Inference
from graph.records import Node
from graph.searchable import TRAINING, declared, searchable
from graph.templates import TEMPLATES
from graph.values import refusal, value_at
from graph.variants import apply, variant, vary
from tests.cli.small import iris_mlp

LR, KIND = "job.objectives.0.optimizer.params.lr", "job.objectives.0.optimizer.kind"


def with_block() -> Document:
    """The network for iris with its hidden layer and activation in a block of which n9 and n20 are instances; the
    width of the layer is promoted."""
    document = iris_mlp()
    MakeBlock(("n2", "n3"), "Dense", block="b1", instance="n9").apply(document)
    SetPromotion("b1", "n2", "out_features").apply(document)
    AddNode(Node("n20", "block:b1")).apply(document)
    [entry], [exit_] = document.spec("block:b1").inputs, document.spec("block:b1").outputs  # type: ignore[union-attr]
    [link] = [link for link in document.graph().links.values() if link.source == "n9"]
    Connect("n9", exit_.id, "n20", entry.id).apply(document)
    Connect("n20", exit_.id, link.target, link.target_port, replace=True).apply(document)
    return document


def test_values_go_where_their_paths_lead_and_one_undo_takes_them_back() -> None:
    document = iris_mlp()
    before, history = encode(document), History(document)
    values = {LR: 0.2, KIND: "sgd", "job.batch_size": "full", "node.n2.out_features": 24, "node.n3.layer": "tanh"}
    history.do(apply(document, values))
    assert {path: value_at(document, path) for path in values} == values
    assert document.job.objectives[0].optimizer.params == {"lr": 0.2}  # kinds first, whatever the order
    history.undo()
    assert encode(document) == before


def test_another_kind_starts_with_its_own_defaults_and_the_same_kind_keeps_its_fields() -> None:
    document = iris_mlp()
    apply(document, {KIND: "adam"}).apply(document)
    assert document.job.objectives[0].optimizer.params == {"lr": 0.03}
    apply(document, {KIND: "sgd"}).apply(document)
    assert document.job.objectives[0].optimizer.params == {}


def test_paths_lead_into_blocks_and_to_the_instance_where_a_parameter_is_promoted() -> None:
    document = with_block()
    apply(document, {"node.n9/n2.out_features": 20, "node.n9/n3.layer": "gelu", "node.n20.repeat": 2}).apply(document)
    graph = document.graph()
    assert graph.node("n9").params == {"out_features": 20}
    assert "out_features" not in graph.node("n20").params
    assert document.graph("b1").node("n3").layer == "gelu"
    assert graph.node("n20").repeat == 2
    assert value_at(document, "node.n9/n2.out_features") == 20
    assert value_at(document, "node.n20/n2.out_features") == 16


def test_a_variant_is_made_of_a_copy_and_searches_nothing() -> None:
    document = iris_mlp()
    vary(document, "node.n2.out_features", Range(low=8, high=32, integer=True, also=("job.batch_size",))).apply(
        document
    )
    before = encode(document)
    made = variant(document, {"node.n2.out_features": 8})
    assert encode(document) == before
    assert made.job.search.is_empty
    assert made.job == document.job.model_copy(update={"search": Search(), "batch_size": 8})
    [wide] = [step for step in made.program.steps if step.node == "n2"]
    assert wide.params["out_features"] == 8
    again, _ = decode(made.design, default_catalog(), "")
    assert value_at(again, "node.n2.out_features") == 8


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        ({"node.n4.out_features": 0}, "value", "expected a whole number of 1 or more, received 0"),
        ({"node.n3.layer": "max_pool2d"}, None, "Max pool"),
        ({LR: -1.0}, "option", "expected a number above 0.0"),
        ({"job.batch_size": 0}, "job", "expected a whole number of 1 or more, or full"),
        ({"node.n77.p": 0.5}, "missing-node", "There is no node n77"),
        ({KIND: "magic"}, "option", "there is no 'magic'"),
        ({"lr": 1}, "search-path", "a path begins with job. or node."),
    ],
)
def test_values_that_make_no_network_are_refused_with_the_sentence_of_the_check(
    values: Mapping[str, Any], code: str | None, words: str
) -> None:
    with pytest.raises(LayerloomError) as caught:
        variant(iris_mlp(), values)
    assert words in str(caught.value)
    assert code in (None, caught.value.problem.code)


@pytest.mark.parametrize(
    "template", ["iris_mlp", "digits_resnet", "mnist1d_gru", "vit_digits", "ring_gan", "autoencoder"]
)
def test_whatever_is_offered_can_take_both_ends_of_what_is_suggested(template: str) -> None:
    document = TEMPLATES[template].build(default_catalog())
    offered = searchable(document, Inference(document))
    assert len({one.path for one in offered}) == len(offered)
    for one in offered:
        for value in (one.suggestion.at(0.0), one.suggestion.at(1.0)):
            assert refusal(document, one.path, value) == "", one.path
            one.param.check(value)
        field = declared(document, one.path)
        assert field is None or field.kind == one.param.kind


def test_what_people_search_is_marked() -> None:
    document = iris_mlp()
    offered = {one.path: one for one in searchable(document, Inference(document))}
    usual = {path for path, one in offered.items() if one.usual}
    assert {LR, KIND, "job.batch_size", "node.n2.out_features", "node.n3.layer"} <= usual
    assert not usual & {"node.n4.out_features", "node.n2.bias", "job.seed"}  # n4 makes the three scores
    assert offered[LR].suggestion == Range(low=1e-5, high=1e-1, log=True)
    assert (offered[LR].value, offered[LR].group, offered[LR].label) == (0.03, TRAINING, "learning rate")
    width = offered["node.n2.out_features"]
    assert (width.group, width.node, width.value) == ("hidden", "n2", 16)
    assert width.suggestion == Range(low=4, high=64, log=True, integer=True)


def test_the_momentum_of_a_batch_norm_is_not_that_of_an_optimizer() -> None:
    document = TEMPLATES["digits_resnet"].build(default_catalog())
    SetJob("objectives.0.optimizer", {"kind": "sgd"}).apply(document)
    usual = {one.path: one.usual for one in searchable(document, Inference(document))}
    assert usual["job.objectives.0.optimizer.params.momentum"]
    assert not any(is_usual for path, is_usual in usual.items() if path.startswith("node.") and "momentum" in path)


def test_nodes_in_blocks_are_offered_by_path_and_muted_ones_are_not() -> None:
    document = with_block()
    SetNode("n20", {"muted": True}).apply(document)
    paths = {one.path: one for one in searchable(document, Inference(document))}
    assert paths["node.n9/n3.layer"].group == "Dense 1 / ReLU"
    assert "node.n9.repeat" in paths
    assert not any(path.startswith("node.n20") for path in paths)


def test_what_a_block_shares_is_offered_once_and_searched_once() -> None:
    document = with_block()
    every = {one.path for one in searchable(document, Inference(document))}
    assert {"node.n9/n3.layer", "node.n20/n3.layer"} <= every
    paths = [one.path for one in searchable(document, Inference(document), once=True)]
    assert [path for path in paths if path.endswith(".out_features")] == [
        "node.n4.out_features", "node.n9.out_features", "node.n20.out_features",
    ]  # fmt: skip
    assert [path for path in paths if path.endswith("n3.layer")] == ["node.n9/n3.layer"]
    kinds = Choices(choices=("relu", "tanh"))
    search(document, {"node.n9/n3.layer": kinds, "node.n20/n3.layer": kinds})
    [problem] = told(document)
    assert problem.message == "Search: layer of ReLU is searched twice; it can have one value alone."
    fixes.command(document, problem, problem.fixes[0]).apply(document)
    assert list(document.job.search.variables) == ["node.n9/n3.layer"]
    width = Range(low=4, high=8, integer=True)
    search(document, {"node.n9.out_features": width, "node.n9/n2.out_features": width})
    assert len(told(document)) == 1
    search(document, {"node.n9.out_features": width, "node.n20.out_features": width})
    assert told(document) == []


def search(document: Document, variables: Mapping[str, Variable], **more: Any) -> Document:
    plain = {path: variable.model_dump(mode="json") for path, variable in variables.items()}
    SetJob("search", {"variables": plain, **more}).apply(document)
    return document


def told(document: Document) -> list[Problem]:
    found = check.problems(document, Inference(document))
    assert not any(problem.severity == Severity.ERROR for problem in found)  # the design can still be trained
    return [problem for problem in found if problem.message.startswith("Search: ")]


FREE = Range(low=1e-3, high=1.0, log=True)


@pytest.mark.parametrize(
    ("variables", "more", "words"),
    [
        ({"node.n77.p": FREE}, {}, "There is no node n77"),
        ({"node.n2.p": FREE}, {}, "hidden has no parameter p; it has out_features, bias"),
        ({"job.learning": FREE}, {}, "there is no field learning"),
        ({LR: Range(low=-1, high=1)}, {}, "learning rate cannot be -1.0. learning rate: expected a number above 0.0"),
        ({"node.n2.out_features": Choices(choices=(8, 2.5))}, {}, "out features of hidden cannot be 2.5."),
        ({LR: FREE}, {"strategy": {"kind": "grid"}}, "learning rate has a range without a step"),
        ({LR: FREE}, {"strategy": {"kind": "magic"}}, "there is no strategy 'magic'"),
        ({LR: FREE}, {"strategy": {"kind": "tpe", "params": {"startup": 0}}}, "random trials first: expected"),
        ({LR: FREE}, {"pruner": {"kind": "median"}, "folds": 3}, "trials of several folds are never pruned"),
        ({"node.n2.out_features": Range(low=1, high=20000, step=1, integer=True)}, {"strategy": {"kind": "grid"}},
         "the grid has 20,000 points"),
        ({KIND: Choices(choices=("sgd", "adam")), "job.objectives.0.optimizer.params.momentum": Range(low=0, high=0.9)},
         {}, "momentum is searched, which Adam has not"),
        ({LR: FREE.model_copy(update={"also": (LR,)})}, {}, "is searched twice"),
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_is_told_and_its_fixes_mend_it(
    variables: Mapping[str, Variable], more: dict[str, Any], words: str
) -> None:
    document = iris_mlp()
    if KIND in variables:
        SetJob("objectives.0.optimizer", {"kind": "sgd"}).apply(document)
    search(document, variables, **more)
    problem = told(document)[0]
    assert words in problem.message
    assert problem.fixes
    for fix in problem.fixes:
        other, _ = decode(encode(document), default_catalog(), "")
        fixes.command(other, problem, fix).apply(other)
        assert all(words not in left.message for left in told(other))


def test_without_validation_a_search_has_nothing_to_judge_by() -> None:
    document = search(iris_mlp(), {LR: FREE})
    assert told(document) == []
    SetJob("data.split.validation", 0.0).apply(document)
    [problem] = told(document)
    assert "none of the data is set aside" in problem.message
    SetJob("search.folds", 4).apply(document)
    assert told(document) == []


def test_a_variable_of_a_node_that_is_removed_is_told_and_left_out_by_the_fix() -> None:
    document = search(iris_mlp(), {"node.n2.out_features": Range(low=8, high=16, integer=True), LR: FREE})
    RemoveNodes(("n2",), heal=True).apply(document)
    [problem] = told(document)
    fixes.command(document, problem, problem.fixes[0]).apply(document)
    assert list(document.job.search.variables) == [LR]
    assert told(document) == []


def test_variables_are_set_and_taken_away_one_by_one() -> None:
    document = iris_mlp()
    vary(document, LR, FREE).apply(document)
    vary(document, "job.batch_size", Choices(choices=(8, 16))).apply(document)
    assert list(document.job.search.variables) == [LR, "job.batch_size"]
    assert document.settings["job"]["search"]["variables"][LR] == {"low": 1e-3, "high": 1.0, "log": True}
    again, notes = decode(encode(document), default_catalog(), "")
    assert (again.job.search, notes) == (document.job.search, [])
    for path in (LR, "job.batch_size"):
        vary(document, path, None).apply(document)
    assert document.job.search.is_empty
