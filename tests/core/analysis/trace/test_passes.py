"""Forward and back, node by node, against the network itself, and against the equations by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.analysis.trace import Scene, Wish, scene, trace
from core.analysis.trace.passes import Pass
from core.analysis.trace.update import update
from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.program.module import build
from core.training.runs import RunFolder
from graph.commands import SetJob, SetParam
from graph.document import Document
from graph.lower import lower
from graph.templates import TEMPLATES
from tests import drawn, trainings

SOME = (
    "perceptron_and", "xor_mlp", "deep_mlp", "lenet_digits", "digits_resnet", "digits_attention", "mnist1d_gru",
    "digits_vae", "ring_gan", "capsules_digits", "spirals_experts", "moons_rbf",
)  # fmt: skip


def document(id: str, **job: Any) -> Document:
    made = TEMPLATES[id].build(default_catalog())
    for path, value in job.items():
        SetJob(path.replace("__", "."), value).apply(made)
    return made


def made(id: str, wish: Wish | None = None, /, **job: Any) -> tuple[Scene, Pass]:
    design = document(id, **job)
    given = scene(lower(design), design.job, None, wish or Wish(count=3))
    return given, given.start(0 if wish is None else wish.objective)


def whole(given: Scene) -> nn.Module:
    net = build(given.program)
    net.load_state_dict(given.weights)
    return net.double().eval()


def exact(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: t.double() if t.is_floating_point() else t for name, t in batch.items()}


def loss_of(given: Scene, net: nn.Module) -> Tensor:
    _, losses = net.step(exact(given.batch))  # type: ignore[operator]
    return torch.stack([losses[name] * weight for name, weight in given.weighs(0).items()]).sum()


@pytest.mark.parametrize("id", SOME)
class TestAgainstTheNetwork:
    def test_every_value_is_what_a_hook_sees(self, id: str) -> None:
        given, at = made(id)
        net, seen = whole(given), dict[str, list[Any]]()
        for name, module in net.named_children():
            module.register_forward_hook(lambda _m, _i, out, name=name: seen.setdefault(name, []).append(out))
        with torch.no_grad():
            loss_of(given, net)
        compared = 0
        for visit in at.visits:
            if visit.step.module not in seen:
                continue
            out = seen[visit.step.module].pop(0)
            together = [out] if isinstance(out, Tensor) else [t for t in out if isinstance(t, Tensor)]
            mine = next((v for port, v in visit.made.items() if port != "weights"), visit.output).detach()
            assert any(t.shape == mine.shape and torch.allclose(mine, t, rtol=1e-12, atol=1e-12) for t in together)
            compared += 1
        assert compared

    def test_gradients_add_up_to_those_of_the_network(self, id: str) -> None:
        given, at = made(id)
        net = whole(given)
        torch.autograd.backward(loss_of(given, net))
        mine: dict[str, Tensor] = {}
        for visit in at.visits:
            for name, gradient in visit.weight_gradients.items():
                mine[visit.prefix + name] = mine.get(visit.prefix + name, torch.zeros(())) + gradient
        for name, parameter in net.named_parameters():
            if parameter.grad is not None:
                torch.testing.assert_close(mine[name], parameter.grad, rtol=1e-9, atol=1e-12)

    def test_the_loss_is_the_loss(self, id: str) -> None:
        given, _ = made(id)
        design = document(id)
        told = trace(lower(design), design.job, None, Wish(count=3))
        assert told["loss"] == pytest.approx(float(loss_of(given, whole(given)).detach()), rel=1e-12)


class TestByHand:
    """XOR, two layers: the equations of the textbook in NumPy."""

    def test_forward_and_back(self) -> None:
        given, at = made("xor_mlp")
        w1, b1, w2, b2 = (t.double().numpy() for t in given.weights.values())
        x, t = (given.batch[name].double().numpy() for name in ("two_bits", "target"))
        z1 = x @ w1.T + b1
        a1 = np.tanh(z1)
        z2 = a1 @ w2.T + b2
        p = 1 / (1 + np.exp(-z2))
        loss = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
        d2 = (p - t) / len(x)
        dw2, db2, da1 = d2.T @ a1, d2.sum(0), d2 @ w2
        d1 = da1 * (1 - a1**2)
        dw1, db1, dx = d1.T @ x, d1.sum(0), d1 @ w1
        hidden, tanh, score, bce = at.visits
        pairs = [
            (hidden.output, z1), (tanh.output, a1), (score.output, z2), (bce.output, loss),
            (score.upstream["y"], d2), (tanh.upstream["y"], da1), (hidden.upstream["y"], d1),
            (score.weight_gradients["weight"], dw2), (score.weight_gradients["bias"], db2),
            (hidden.weight_gradients["weight"], dw1), (hidden.weight_gradients["bias"], db1),
            (hidden.given_gradients["x"], dx),
        ]  # fmt: skip
        for mine, hand in pairs:
            np.testing.assert_allclose(mine.detach().numpy(), hand, rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize(
        ("kind", "params", "reference"),
        [
            ("sgd", {"lr": 0.1, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
            ("adam", {"lr": 0.01}, lambda p: torch.optim.Adam(p, lr=0.01)),
            ("adamw", {"lr": 0.01, "weight_decay": 0.1}, lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1)),
        ],
    )
    def test_the_update_is_the_optimizers(
        self, kind: str, params: dict[str, Any], reference: Callable[[Any], torch.optim.Optimizer]
    ) -> None:
        job = {"objectives__0": {"optimizer": {"kind": kind, "params": params}}}
        given, _ = made("xor_mlp", None, **job)
        step, net = update(given, 0), whole(given)
        optimizer = reference(net.parameters())
        torch.autograd.backward(loss_of(given, net))
        optimizer.step()
        assert step.rate == params["lr"]
        for name, parameter in net.named_parameters():
            torch.testing.assert_close(step.after[name], parameter.detach(), rtol=1e-12, atol=1e-12)

    def test_plain_descent_by_hand(self) -> None:
        job = {"objectives__0": {"optimizer": {"kind": "sgd", "params": {"lr": 0.5}}}}
        given, at = made("xor_mlp", None, **job)
        step = update(given, 0)
        for visit in at.visits:
            for name, gradient in visit.weight_gradients.items():
                before = given.weights[visit.prefix + name].double()
                torch.testing.assert_close(step.after[visit.prefix + name], before - 0.5 * gradient)

    def test_a_warm_up_does_not_hide_the_step(self) -> None:
        objective = {"optimizer": {"kind": "sgd", "params": {"lr": 0.5}}, "warmup": {"length": 10, "start_factor": 0}}
        given, _ = made("xor_mlp", objectives__0=objective)
        assert update(given, 0).rate == 0.5


@pytest.mark.slow
@pytest.mark.parametrize("id", [id for id, template in TEMPLATES.items() if template.example])
def test_every_example_can_be_traced(id: str) -> None:
    design = document(id)
    told = trace(lower(design), design.job, None, Wish(count=2))
    json.dumps(told)
    assert told["back"]
    assert any(node["update"] for node in told["nodes"])
    assert all(e["terms"] for node in told["nodes"] for e in node["forward"])


def fork() -> Any:
    """One value with two readers, one of which reads it at both ends."""
    d = drawn.Drawing("Fork")
    x, target = d.input("features", 2), d.target("target", 1)
    y = d.layer("linear", "hidden", x, params={"out_features": 1})
    squared = d.layer("multiply", "squared", y, y)
    d.output(total := d.layer("add", "total", squared, y))
    d.loss(d.layer("mse_loss", "mse", total, target))
    return d.program()


def test_gradients_that_meet_are_summed_and_told_apart() -> None:
    program = replace(fork(), targets=(replace(fork().targets[0], encoding="binary"),))
    given = scene(program, trainings.job(), None, Wish())
    at = given.start(0)
    hidden = at.visits[0]
    back = {(one.node, one.end): one.gradient for one in hidden.returned["y"]}
    assert set(back) == {("squared", "a"), ("squared", "b"), ("total", "b")}
    y, upstream = hidden.output.detach(), at.visits[2].upstream["y"]
    torch.testing.assert_close(back["squared", "a"], upstream * y)
    torch.testing.assert_close(back["total", "b"], upstream)
    torch.testing.assert_close(hidden.upstream["y"], upstream * (2 * y + 1))
    told = trace(program, trainings.job(), None, Wish())
    [node] = [node for node in told["nodes"] if node["node"] == "hidden"]
    assert node["back"][0]["title"] == "Gradients meet"
    assert [term["before"] for term in node["back"][0]["terms"]] == ["", "+", "+", "="]


class TestInside:
    def test_of_each_copy_of_a_repeated_block(self) -> None:
        given, at = made("deep_mlp")
        [node] = [visit.path for visit in at.visits if visit.step.repeat > 1]
        net, seen = whole(given), list[Tensor]()
        [stack] = [module for module in net.children() if isinstance(module, nn.Sequential)]
        for copy in stack:
            copy.get_submodule("linear").register_forward_hook(lambda _m, _i, out: seen.append(out))
        torch.autograd.backward(loss_of(given, net))
        for index in (0, 3, 7):
            inside = at.inside(node, index)
            linear = inside.visits[0]
            torch.testing.assert_close(linear.output.detach(), seen[index].detach(), rtol=1e-12, atol=1e-12)
            assert linear.path.startswith(f"{node}/")
            for name, gradient in linear.weight_gradients.items():
                truth = dict(net.named_parameters())[linear.prefix + name].grad
                torch.testing.assert_close(gradient, truth, rtol=1e-9, atol=1e-14)

    def test_what_is_no_block_or_no_copy_is_refused(self) -> None:
        _, at = made("deep_mlp")
        [node] = [visit.path for visit in at.visits if visit.step.repeat > 1]
        with pytest.raises(LayerloomError, match="no copy 8; they are 0 to 7"):
            at.inside(node, 8)
        with pytest.raises(LayerloomError, match="no block at 'n99'"):
            at.inside("n99")

    def test_by_place(self) -> None:
        design = document("digits_resnet")
        program = lower(design)
        block = next(step.node for step in program.steps if step.block)
        told = trace(program, design.job, None, Wish(place=block))
        assert told["place"] == block
        assert all(node["node"].startswith(f"{block}/") for node in told["nodes"])
        assert any(node["inside"] for node in told["nodes"]), "blocks within blocks"
        assert told["back"], "the way back goes through blocks"


class TestWords:
    def test_workings_are_true(self) -> None:
        """Every product that is written out sums to what is written behind it."""
        told = 0
        for id in ("xor_mlp", "lenet_digits", "perceptron_and"):
            design = document(id)
            for node in trace(lower(design), design.job, None, Wish(count=2))["nodes"]:
                for equation in (*node["forward"], *node["back"]):
                    found = re.fullmatch(r"[^=]*\[[\d, ]*\] = ([^=a-z→]+) = ([^=,]+)", equation["working"])
                    if found and "·" in found[1]:
                        assert evaluated(found[1]) == pytest.approx(
                            float(found[2].replace("−", "-")), rel=2e-3, abs=2e-4
                        )
                        told += 1
        assert told >= 12

    @pytest.mark.parametrize("id", ["xor_mlp", "lenet_digits", "mnist1d_mlp", "iris_mlp"])
    def test_every_plain_layer_is_worked_out_both_ways(self, id: str) -> None:
        design = document(id)
        plain = ("Linear", "Tanh", "ReLU", "Conv 2D", "Average pool 2D")
        for node in trace(lower(design), design.job, None, Wish())["nodes"]:
            if node["layer"] in plain or node["kind"] == "loss":
                assert all(equation["working"] for equation in node["forward"]), node["label"]
            if node["layer"] in plain[:3] or node["kind"] == "loss":
                assert all(e["working"] for e in node["back"] if e["title"] != "To the bias"), node["label"]

    def test_what_a_layer_does_otherwise_is_not_told_wrongly(self) -> None:
        """Label smoothing changes cross entropy: the plain formula with numbers would be false, so it is not shown."""
        design = document("iris_mlp")
        [loss] = [node for node in design.graph().nodes if node.layer == "cross_entropy"]
        SetParam(loss.id, "label_smoothing", 0.3).apply(design)
        [told] = [n for n in trace(lower(design), design.job, None, Wish())["nodes"] if n["kind"] == "loss"]
        assert [equation["working"] for equation in (*told["forward"], *told["back"])] == ["", ""]

    def test_another_number_is_worked_out_when_asked_for(self) -> None:
        design = document("xor_mlp")
        program = lower(design)
        hidden = program.steps[0].node
        told = trace(program, design.job, None, Wish(count=2, node=hidden, unit=7))
        [node] = [node for node in told["nodes"] if node["node"] == hidden]
        assert node["unit"] == [1, 3]
        assert node["forward"][0]["working"].startswith("y[1, 3] = ")

    def test_large_tensors_are_told_by_a_corner_and_statistics(self) -> None:
        design = document("mnist1d_mlp")
        told = trace(lower(design), design.job, None, Wish(count=2))
        linear = next(node for node in told["nodes"] if node["layer"] == "Linear")
        weight = linear["forward"][0]["terms"][1]
        assert weight["shape"] == [40, 100]
        assert not weight["whole"]
        assert (len(weight["rows"]), len(weight["rows"][0])) == (6, 6)
        top, left = weight["origin"]
        given = scene(lower(design), design.job, None, Wish(count=2))
        matrix = next(t for name, t in given.weights.items() if name.endswith("weight")).T.double()
        assert weight["rows"] == matrix[top : top + 6, left : left + 6].tolist()
        assert weight["max"] == pytest.approx(float(matrix.max()))
        assert left <= weight["mark"][1] < left + 6, "the column that is worked out is among those shown"


class TestScene:
    @pytest.mark.parametrize(
        ("wish", "words"),
        [
            (Wish(example=10_000), "no example 10,000; those of train are 0 to"),
            (Wish(part="all"), "no 'all' examples; there are train"),
            (Wish(count=9), "1 to 8 examples"),
            (Wish(objective=1), "no objective 1"),
            (Wish(place="n99"), "no block at 'n99'"),
        ],
    )
    def test_what_is_not_there_is_refused(self, wish: Wish, words: str) -> None:
        design = document("xor_mlp")
        with pytest.raises(LayerloomError, match=words):
            trace(lower(design), design.job, None, wish)

    def test_a_design_without_data_is_told_what_to_do(self) -> None:
        design = document("xor_mlp")
        SetJob("data", None).apply(design)
        [node] = [node.id for node in design.graph().nodes if node.layer == "input"]
        SetParam(node, "shape", [2]).apply(design)
        with pytest.raises(LayerloomError, match="Choose a source in the Data panel"):
            trace(lower(design), design.job, None, Wish())

    def test_fresh_weights_are_those_that_a_run_begins_with(self) -> None:
        given, _ = made("xor_mlp")
        begun = trainings.run(given.program, given.job.model_copy(update={"threads": 1}))
        for name, tensor in begun.net.state_dict().items():
            torch.testing.assert_close(given.weights[name], tensor, rtol=0, atol=0)

    def test_weights_of_a_run(self, trained: Callable[[str], RunFolder]) -> None:
        run = trained("moons")
        told = trace(run.program, run.job, run.base, Wish(run=run.path))
        assert not told["fresh"]
        assert run.path.name in told["weights"]
        held = scene(run.program, run.job, run.base, Wish(run=run.path)).weights
        fresh = scene(run.program, run.job, run.base, Wish(run=run.path, weights="fresh"))
        assert fresh.fresh
        assert any(not torch.equal(held[name], fresh.weights[name]) for name in held)

    def test_a_design_that_was_changed_since_gets_fresh_ones_and_is_told(
        self, trained: Callable[[str], RunFolder]
    ) -> None:
        run = trained("moons")
        design = document("spirals_mlp")
        told = trace(lower(design), design.job, None, Wish(run=run.path))
        assert told["fresh"]
        assert "changed since the run" in told["notes"][0]

    def test_of_two_objectives_one_is_followed(self) -> None:
        design = document("ring_gan")
        program = lower(design)
        one, other = (trace(program, design.job, None, Wish(objective=i)) for i in (0, 1))
        assert one["objectives"] == other["objectives"]
        assert [loss["name"] for loss in one["losses"]] != [loss["name"] for loss in other["losses"]]


def evaluated(text: str) -> float:
    """A sum of products as it is printed."""
    text = re.sub(r"… \(\d+ more: ([^)]*)\)", r"(\1)", text)
    return float(eval(text.replace("−", "-").replace("·", "*"), {}))
