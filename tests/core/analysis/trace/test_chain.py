"""The product of Jacobians, against autograd on the whole network and against closed forms."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.analysis.trace import Scene, Wish, trace
from core.analysis.trace.chain import Chain, chain, largest
from core.analysis.trace.passes import Pass
from tests import drawn, trainings
from tests.core.analysis.trace.test_passes import document, exact, loss_of, made, whole


def of(id: str, count: int = 3) -> tuple[Scene, Pass, Chain]:
    given, at = made(id, Wish(count=count))
    found = chain(at, {value.name for value in given.program.targets})
    assert found is not None
    return given, at, found


@pytest.mark.parametrize("id", ["perceptron_and", "xor_mlp", "deep_mlp", "mnist1d_gru", "ring_gan", "spirals_experts"])
def test_the_product_is_the_gradient_that_autograd_gives_the_whole_network(id: str) -> None:
    given, _, found = of(id)
    assert found.factors
    net, batch = whole(given), exact(given.batch)
    batch[found.source].requires_grad_(True)
    _, losses = net.step(batch)  # type: ignore[operator]
    weights = given.weighs(0)
    loss = torch.stack([losses[name] * weight for name, weight in weights.items()]).sum()
    [slope] = torch.autograd.grad(loss, [batch[found.source]])
    assert torch.allclose(found.gradient, slope[0].reshape(-1), rtol=1e-12, atol=1e-15)
    assert found.error < 1e-12
    product = found.factors[-1].back
    for factor in reversed(found.factors):
        product = product @ factor.jacobian
    assert torch.allclose(product, slope[0].reshape(-1), rtol=1e-11, atol=1e-15)


def test_each_jacobian_is_torchs_own() -> None:
    given, at, found = of("xor_mlp", 1)
    net, here = whole(given), exact(given.batch)[found.source][0].reshape(-1)
    for factor in found.factors[:-1]:  # all but the loss
        [visit] = factor.visits
        layer = net.get_submodule(visit.step.module)

        def alone(x: Tensor, layer: Any = layer, visit: Any = visit) -> Tensor:
            shape = next(iter(visit.given.values())).shape[1:]
            y: Tensor = layer(x.reshape(1, *shape))
            return y.reshape(-1)

        wanted = torch.autograd.functional.jacobian(alone, here)  # type: ignore[no-untyped-call]
        assert torch.allclose(factor.jacobian, wanted, rtol=1e-12, atol=1e-15), visit.path
        here = alone(here).detach()
    assert at.visits


def residual() -> Any:
    """Two branches that meet again: what lies between is one stretch."""
    d = drawn.Drawing("Residual", "Residual")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    x = d.layer("linear", "enter", x, params={"out_features": 5})
    inner = d.layer("tanh", "bend", d.layer("linear", "mix", x, params={"out_features": 5}))
    x = d.layer("add", "meet", ends={"a": x, "b": inner})
    logits = d.layer("linear", "out", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def test_branches_are_one_stretch_whose_jacobian_is_the_sum_over_paths() -> None:
    from core.analysis.trace import scene

    given = scene(residual(), trainings.job(), None, Wish(count=2))
    found = chain(given.start(0), {"target"})
    assert found is not None
    assert [[v.step.name for v in f.visits] for f in found.factors] == [
        ["enter"], ["mix", "bend", "meet"], ["out"], ["loss"],
    ]  # fmt: skip
    weight, bias = given.weights["mix.weight"].double(), given.weights["mix.bias"].double()
    x = (
        exact(given.batch)["features"][0] @ given.weights["enter.weight"].double().T
        + given.weights["enter.bias"].double()
    )
    slope = 1 - torch.tanh(x @ weight.T + bias) ** 2
    wanted = torch.eye(5, dtype=torch.float64) + slope[:, None] * weight
    assert torch.allclose(found.factors[1].jacobian, wanted, rtol=1e-12)


def sigmoids(depth: int) -> Any:
    d = drawn.Drawing("Chain", "Chain")
    x, target = d.input("features", 2), d.target("target", 1)
    x = d.layer("linear", "enter", x, params={"out_features": 1})
    for k in range(depth):
        x = d.layer("sigmoid", f"bend{k}", x)
    d.output(x)
    d.loss(d.layer("mse_loss", "loss", x, target))
    program = d.program()
    return trainings.replace(program, targets=(trainings.replace(program.targets[0], encoding="binary"),))


def test_a_chain_of_sigmoids_shrinks_below_a_quarter_each_time() -> None:
    from core.analysis.trace import scene

    given = scene(sigmoids(8), trainings.job(), None, Wish(count=1))
    found = chain(given.start(0), {"target"})
    assert found is not None
    weight = given.weights["enter.weight"].double()
    z = float((exact(given.batch)["features"][0] @ weight[0]) + given.weights["enter.bias"].double())
    slope = 1.0
    for k in range(8):
        z = 1 / (1 + math.exp(-z))
        slope *= z * (1 - z)
        bends = found.factors[k + 1]
        assert float(bends.product.norm()) == pytest.approx(slope * float(weight.norm()), rel=1e-12)
        assert float(bends.product.norm() / weight.norm()) <= 0.25 ** (k + 1)
    told = trace(sigmoids(8), trainings.job(), None, Wish(count=1))
    last = next(node for node in told["nodes"] if node["node"] == "bend7")
    assert f"(1/4)^8 = {0.25**8:.4g}".replace("-", "−") in last["chain"][1]["working"]


def test_the_largest_singular_value_of_large_matrices() -> None:
    random = torch.Generator().manual_seed(3)
    for shape in ((5, 9), (120, 70), (60, 200)):
        matrix = torch.randn(shape, generator=random, dtype=torch.float64)
        assert largest(matrix) == pytest.approx(np.linalg.svd(matrix.numpy())[1][0], rel=1e-3)
    assert largest(torch.zeros(100, 100, dtype=torch.float64)) == 0.0


def test_nodes_tell_their_part_and_large_layers_are_left_out() -> None:
    design = document("xor_mlp")
    from graph.lower import lower

    told = trace(lower(design), design.job, None, Wish(count=2))
    json.dumps(told, allow_nan=False)
    parts = [node["chain"] for node in told["nodes"] if node["chain"]]
    assert [len(part) for part in parts] == [2, 2, 2, 3]
    assert parts[0][0]["title"] == "Jacobian 1 of 4"
    assert parts[-1][2]["text"] == "dL/dtwo_bits = dL/dy · J4 ⋯ J1"
    assert told["notes"] == []
    large = document("lenet_digits")
    told = trace(lower(large), large.job, None, Wish(count=1))
    assert not any(node["chain"] for node in told["nodes"])
    assert any("written out for small layers alone" in note for note in told["notes"])


def test_a_matrix_too_large_for_numbers_is_a_picture_too() -> None:
    design = document("deep_mlp")
    from graph.lower import lower

    told = trace(lower(design), design.job, None, Wish(count=1))
    first = next(node for node in told["nodes"] if node["chain"])["chain"][0]["terms"][0]
    assert not first["whole"]
    assert np.array(first["sheet"]["images"]).shape == (1, 32, 32)


def test_the_loss_alone_is_no_chain_where_the_input_is_the_target_too() -> None:
    given, at = made("digits_vae", Wish(count=1))
    found = chain(at, {value.name for value in given.program.targets})
    assert found is not None
    assert not found.factors
    assert "a way of its own" in found.missing
    assert float(loss_of(given, whole(given)).detach()) > 0
