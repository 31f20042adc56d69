"""Every value of a network, seen as the network itself computes it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.analysis.observe import Scope, completed
from core.problem import LayerloomError
from core.program.module import build, seed_everything
from core.program.program import Program
from tests import drawn, trainings
from tests.core.program.test_random_programs import SIZE
from tests.core.program.test_random_programs import _Maker as Maker


def residual() -> Program:
    """x + relu(linear(x)) as a block, two instances, the second one repeated and with a block of its own inside."""
    inner = drawn.Drawing("Inner", path="n9/n1")
    x = inner.input("x", 6)
    inner.output(inner.layer("relu", "bend", inner.layer("linear", "line", x, params={"out_features": 6})))
    outer = drawn.Drawing("Outer", path="n9")
    x = outer.input("x", 6)
    y = outer.block("Inner", inner.program(), "branch", x)
    outer.output(outer.layer("add", "total", y, x))
    whole = replace(outer.program(), blocks={})
    d = drawn.Drawing("Net")
    d.blocks = {"Inner": inner.program(), "Outer": whole}
    x, target = d.input("features", 6), d.target("target", dtype="int")
    x = d.block("Outer", whole, "first", x)
    x = d.block("Outer", whole, "second", x, repeat=3)
    scores = d.layer("linear", "scores", x, params={"out_features": 3})
    d.output(scores)
    d.loss(d.layer("cross_entropy", "loss", scores, target))
    return d.program()


@pytest.fixture
def scope() -> Scope:
    seed_everything(0)
    program = residual()
    batch = {"features": torch.randn(5, 6), "target": torch.tensor([0, 1, 2, 0, 1])}
    return Scope.main(program, build(program).state_dict(), batch)


def test_the_values_are_those_of_the_network(scope: Scope) -> None:
    program = residual()
    net = build(program)
    net.load_state_dict(dict(scope.weights))
    net.eval()
    seen: dict[str, torch.Tensor] = {}
    for name in ("first", "second.0", "second.2", "scores"):
        net.get_submodule(name).register_forward_hook(lambda _m, _i, out, name=name: seen.update({name: out.detach()}))
    outputs, losses = net.step(dict(scope.given))
    assert torch.equal(scope.values["scores"], outputs["scores"])
    assert torch.equal(scope.values["loss"], losses["loss"])
    assert torch.equal(scope.values["first"], seen["first"])
    assert torch.equal(scope.values["second"], seen["second.2"])
    inside = scope.inside("second")
    assert torch.equal(inside.values["total"], seen["second.0"]), "the first of three copies"


def test_paths_are_those_of_the_canvas(scope: Scope) -> None:
    placed = {placed.node: placed for placed in residual().placed()}
    inner = scope.at("first/branch")
    assert inner.place == "first/branch"
    for step in inner.program.steps:
        path = inner.path(step.node)
        assert path in placed
        if step.module:
            assert placed[path].modules == (inner.prefix + step.module,)
    x = scope.given["features"]
    bend = inner.values["bend"]
    assert torch.equal(scope.at("first").values["total"], bend + x)
    weight, bias = scope.weights["first.branch.line.weight"], scope.weights["first.branch.line.bias"]
    torch.testing.assert_close(bend, (x @ weight.T + bias).relu())


def test_one_node_alone_is_the_same(scope: Scope) -> None:
    for step in scope.program.steps:
        for port, value in scope.values_of(step).items():
            assert torch.equal(value, scope.outputs(step)[port])


def test_an_output_is_the_node_whose_value_it_returns(scope: Scope) -> None:
    step = scope.step("out_scores")
    assert step is not None
    assert step.name == "scores"
    assert scope.step("nowhere") is None


def test_outputs_that_nobody_uses_get_names_of_their_own() -> None:
    d = drawn.Drawing("Net")
    x = d.input("features", 4, 3)
    used = d.layer("lstm", "read", x, params={"hidden_size": 5}, uses=["sequence"])
    d.output(used[0])
    [step] = completed(d.program()).steps
    assert set(step.outputs) == set(step.output_types)
    assert len(set(step.outputs.values())) == len(step.outputs)
    scope = Scope.main(d.program(), build(d.program()).state_dict(), {"features": torch.randn(2, 4, 3)})
    assert set(scope.outputs(d.program().steps[0])) == set(step.output_types)


def test_nothing_learns_and_nothing_is_left_to_chance() -> None:
    program = trainings.moons()
    weights = build(program).state_dict()
    before = {name: value.clone() for name, value in weights.items()}
    batch = {"features": torch.randn(9, 2), "target": torch.zeros(9, dtype=torch.long)}
    first = Scope.main(program, weights, batch).values["logits"]
    again = Scope.main(program, weights, batch).values["logits"]
    assert torch.equal(first, again), "dropout is off"
    assert all(torch.equal(weights[name], before[name]) for name in before), "statistics of batch norm stay"


def test_a_place_that_is_no_block_is_refused(scope: Scope) -> None:
    with pytest.raises(LayerloomError, match="has no block first/nowhere") as caught:
        scope.at("first/nowhere")
    assert caught.value.problem.code == "node"
    with pytest.raises(LayerloomError, match="has no block scores"):
        scope.at("scores")


@pytest.mark.parametrize("seed", range(8))
def test_any_program_is_seen_as_its_modules_compute_it(seed: int) -> None:
    program = Maker(seed).program()
    net = build(program).eval()
    zero = torch.zeros(2, *(int(str(d)) for t in program.targets[1:] for d in t.type.shape[1:]))
    batch = {"image": torch.randn(2, 3, SIZE, SIZE), "target": torch.tensor([0, 4]), "zero": zero}
    seen: dict[str, torch.Tensor] = {}
    for name, module in net.named_modules():
        module.register_forward_hook(lambda _m, _i, out, name=name: seen.update({name: out.detach()}))
    outputs, losses = net.step(batch)
    main = Scope.main(program, net.state_dict(), batch)
    for result, value in zip((*program.outputs, *program.losses), (*outputs.values(), *losses.values()), strict=True):
        torch.testing.assert_close(main.values[result.value], value)
    checked = 0
    for placed in program.placed():
        place, _, node = placed.node.rpartition("/")
        scope = main.at(place)
        step = scope.step(node)
        assert step is not None
        if placed.step.layer and placed.modules and placed.modules[0] in seen:  # what nobody needs is not computed
            torch.testing.assert_close(scope.outputs(step)["y"], seen[placed.modules[0]])
            checked += 1
    assert checked
