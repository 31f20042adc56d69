"""Names, the rules of a program, where its nodes are met, and what it costs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.program.cost import Cost, program_cost
from core.program.module import build
from core.program.names import MODULE_ATTRIBUTES, identifier, is_module_name, is_name
from core.program.program import Program, Result, Step
from core.spec.shape import BATCH
from tests import drawn


def test_every_attribute_of_a_torch_module_is_reserved() -> None:
    public = {name for name in dir(torch.nn.Module()) if not name.startswith("_")}
    assert public <= MODULE_ATTRIBUTES


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Conv 2D", "conv_2d"),
        ("ResidualBlock", "residual_block"),
        ("größe", "größe"),
        ("3 layers", "value_3_layers"),
        ("", "value"),
        ("…", "value"),
        ("class", "class_2"),
        ("train", "train_2"),
        ("_hidden", "hidden"),
        ("ﬁlter", "filter"),
        ("taken", "taken_3"),
    ],
)
def test_labels_become_identifiers(label: str, name: str) -> None:
    assert identifier(label, {"taken", "taken_2"}) == name
    assert is_module_name(name)


@pytest.mark.parametrize("text", ["a b", "1a", "class", "self", "_a", "ﬁ", "", "a" * 65, "torch"])
def test_what_is_no_name(text: str) -> None:
    assert not is_name(text)


def test_a_value_may_be_called_as_a_layer_may_not() -> None:
    assert is_name("train")
    assert not is_module_name("train")


@pytest.mark.parametrize("name", drawn.ALL)
def test_placed_modules_are_those_of_the_built_one(name: str) -> None:
    program = drawn.ALL[name]()
    net = build(program)
    for placed in program.placed():
        for path in placed.modules:
            net.get_submodule(path)
    paths = {path for placed in program.placed() if placed.step.layer for path in placed.modules}
    owners = {key.rpartition(".")[0] for key, _ in net.named_parameters()}
    assert all(any(owner == path or owner.startswith(f"{path}.") for path in paths) for owner in owners)


def test_repeated_blocks_are_placed_with_all_their_copies() -> None:
    placed = {p.node: p.modules for p in drawn.resnet(2).placed()}
    assert placed["stage1"] == ("stage1.0", "stage1.1")
    assert placed["stage1/conv1"] == ("stage1.0.conv1", "stage1.1.conv1")
    assert placed["stage2/conv1"] == ("stage2.conv1",)
    assert placed["stage2/add"] == ()


@pytest.mark.parametrize("name", drawn.ALL)
def test_counted_parameters_are_those_of_the_module(name: str) -> None:
    program = drawn.ALL[name]()
    costs = program_cost(program)
    assert costs[""].parameters == sum(p.numel() for p in build(program).parameters())


def test_costs_add_up_along_the_path() -> None:
    costs = program_cost(drawn.resnet(2))
    inside = [cost for node, cost in costs.items() if node.startswith("stage1/")]
    assert sum(inside, Cost()) == costs["stage1"]
    assert costs["stage1/conv1"] == Cost(2 * 8 * 8 * 9, BATCH * (2 * 8 * 8 * 9 * 64))
    assert program_cost(drawn.siamese())["encoder_right"] == Cost(0, BATCH * 24)


def broken(program: Program, change: str) -> Program:
    first, *rest = program.steps
    last = program.steps[-1]
    steps = {
        "order": (*rest, first),
        "twice": (first, first, *rest),
        "block": (replace(first, layer="", block="Missing"), *rest),
        "both": (replace(first, block="Block"), *rest),
        "shared": (first, replace(rest[0], module="nowhere"), *rest[1:]),
        "attribute": (replace(first, name="train", module="train"), *rest),
        "copies": (replace(first, repeat=0), *rest),
    }
    if change in steps:
        return replace(program, steps=steps[change])
    if change == "target":
        return replace(program, outputs=(Result("out", "target", program.targets[0].type, "n"),))
    if change == "scalar":
        return replace(program, losses=(Result("loss", "logits", program.outputs[0].type, "n"),))
    assert change == "result"
    return replace(program, losses=(Result("loss", "nothing", last.output_types["loss"], "n"),))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("order", "before it is made"),
        ("twice", "constructed twice"),
        ("block", "missing block Missing"),
        ("both", "must be a layer or a block"),
        ("shared", "shared before it exists"),
        ("attribute", "'train' cannot name a layer"),
        ("copies", "0 copies"),
        ("target", "an output needs the target target"),
        ("scalar", "not a scalar"),
        ("result", "which nothing makes"),
    ],
)
def test_a_program_that_breaks_a_rule_does_not_verify(change: str, sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        broken(drawn.mlp(), change).verify()


def test_blocks_stand_before_those_that_use_them() -> None:
    program = drawn.resnet()
    block = program.blocks["ResidualBlock"]
    itself = Step(name="again", node="again", block="ResidualBlock", module="again", outputs={})
    with pytest.raises(AssertionError, match="missing block ResidualBlock"):
        replace(program, blocks={"ResidualBlock": replace(block, steps=(*block.steps, itself))}).verify()


def test_a_block_is_fed_at_its_own_ports() -> None:
    program = drawn.recurrent_block()
    [mix] = program.steps
    with pytest.raises(AssertionError, match="does not feed Mix's inputs"):
        replace(program, steps=(replace(mix, inputs={"state": "x"}),)).verify()
    with pytest.raises(AssertionError, match="Mix has no such output"):
        replace(program, steps=(replace(mix, outputs={"nowhere": "mix"}),)).verify()
