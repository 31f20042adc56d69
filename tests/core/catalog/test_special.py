"""Prototypes, capsules, graphs and experts beside their formulas written out in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from minisom import MiniSom
from scipy.interpolate import RBFInterpolator
from sklearn.metrics.pairwise import rbf_kernel
from torch import Tensor, nn

from core.analysis.som import NEIGHBOURS, distances, nearest
from core.modules.capsule import CapsuleMask, Capsules, PrimaryCapsules, squash
from core.modules.experts import MixtureOfExperts
from core.modules.graph import GraphConv
from core.modules.losses import LoadBalanceLoss
from core.modules.prototype import RBF, SOM, SOMLoss

Array = np.ndarray[Any, Any]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def array(x: Any) -> Array:
    return np.asarray(x.detach().numpy())


def test_rbf_is_a_gaussian_around_each_centre() -> None:
    torch.manual_seed(0)
    layer, x = RBF(3, 5, width=0.7).double(), drawn(4, 6, 3)
    square = ((array(x)[:, :, None] - array(layer.centres)) ** 2).sum(-1)
    expected = np.exp(-square / (2 * 0.7**2))
    y, distances = layer(x, need_distances=True)
    assert np.allclose(array(y), expected, atol=1e-7)
    assert np.allclose(array(distances), square)
    theirs = rbf_kernel(array(x).reshape(24, 3), array(layer.centres), gamma=1 / (2 * 0.7**2))
    assert np.allclose(array(y).reshape(24, 5), theirs, atol=1e-7)
    normal = RBF(3, 5, width=0.7, normalise=True).double()
    normal.load_state_dict(layer.state_dict())
    assert np.allclose(array(normal(x)), expected / expected.sum(-1, keepdims=True), atol=1e-7)


def test_a_network_of_rbfs_interpolates_as_scipy_does() -> None:
    points, values, asked = (array(drawn(*shape, seed=i)) for i, shape in enumerate([(20, 2), (20, 1), (50, 2)]))
    epsilon = 2.0
    layer = RBF(2, 20, train_centres=False, train_widths=False).double()
    layer.centres.copy_(torch.from_numpy(points))
    layer.log_widths.fill_(float(np.log(1 / (epsilon * np.sqrt(2)))))
    assert not list(layer.parameters())
    weights = np.linalg.solve(array(layer(torch.from_numpy(points))), values)
    ours = array(layer(torch.from_numpy(asked))) @ weights
    theirs = RBFInterpolator(points, values, kernel="gaussian", epsilon=epsilon, degree=-1)(asked)
    assert np.allclose(ours, theirs, atol=1e-10)


def test_gradient_steps_on_the_map_are_minisoms() -> None:
    """600 examples one by one, from the same start: the very units that MiniSom ends with, and what it says of them."""
    steps, rate, sigma, shape = 600, 0.5, 1.5, (5, 6)
    data = array(drawn(150, 4))
    theirs = MiniSom(*shape, 4, sigma=sigma, learning_rate=rate, random_seed=3)
    layer, loss = SOM(4, shape).double(), SOMLoss(sigma, "asymptotic", steps)
    layer.weight.data = torch.from_numpy(theirs.get_weights().copy())
    theirs.train(data, steps, random_order=False)
    optimizer = torch.optim.SGD(layer.parameters(), lr=rate)
    for t in range(steps):
        optimizer.zero_grad()
        loss(layer(torch.from_numpy(data[t % len(data)][None]))[0]).backward()
        optimizer.step()
    units = array(layer.weight)
    assert np.abs(units - theirs.get_weights()).max() < 1e-12
    flat = units.reshape(-1, 4)
    places = np.stack(list(np.mgrid[:5, :6]), -1).reshape(-1, 2)
    first, second, near = nearest(data, flat)
    assert near.mean() == pytest.approx(theirs.quantization_error(data), rel=1e-12)
    wrong = np.linalg.norm(places[first] - places[second], axis=1) > NEIGHBOURS
    assert wrong.mean() == pytest.approx(theirs.topographic_error(data), abs=1e-12)
    apart = distances(flat, places).reshape(shape)
    assert np.allclose(apart / apart.max(), theirs.distance_map(scaling="mean"), rtol=1e-10)
    assert np.array_equal(np.bincount(first, minlength=30).reshape(shape), theirs.activation_response(data))


@pytest.mark.parametrize("decay", ["asymptotic", "linear", "none"])
def test_gradient_steps_on_the_map_are_kohonens_rule(decay: str) -> None:
    """600 examples one by one; the rule as it stands in textbooks, and in MiniSom with its asymptotic decay."""
    steps, rate, start = 600, 0.5, 1.5
    data = array(drawn(150, 4))
    layer, loss = SOM(4, (5, 6)).double(), SOMLoss(start, decay, steps)
    units = array(layer.weight).copy()
    optimizer = torch.optim.SGD(layer.parameters(), lr=rate)
    rows, columns = np.mgrid[:5, :6]
    for t in range(steps):
        x = data[t % len(data)]
        optimizer.zero_grad()
        loss(layer(torch.from_numpy(x[None]))[0]).backward()
        optimizer.step()
        left = {"asymptotic": 1 / (1 + t / (steps / 2)), "linear": 1 - t / steps, "none": 1.0}[decay]
        r, c = np.unravel_index(np.linalg.norm(units - x, axis=-1).argmin(), (5, 6))
        h = np.exp(-((rows - r) ** 2 + (columns - c) ** 2) / (2 * (start * left) ** 2))
        units += rate * left * h[..., None] * (x - units)
    assert np.abs(array(layer.weight) - units).max() < 1e-12


def test_the_map_tells_the_winner_and_counts_only_training() -> None:
    torch.manual_seed(0)
    layer, loss, x = SOM(3, (4, 5)), SOMLoss(), torch.randn(7, 3)
    distances, winner = layer(x)
    units = layer.weight.flatten(0, 1)
    assert torch.equal(winner, torch.cdist(x, units).argmin(1))
    loss(distances)
    assert int(loss.done) == 1
    loss.eval()(distances)
    assert int(loss.state_dict()["done"]) == 1


def test_squash_keeps_the_direction_and_stays_below_one() -> None:
    x = drawn(5, 4, 3) * torch.logspace(-3, 3, 5, dtype=torch.float64)[:, None, None]
    y, n = squash(x), x.norm(dim=-1)
    assert torch.allclose(y.norm(dim=-1), n**2 / (1 + n**2), rtol=1e-5)
    assert bool((y.norm(dim=-1) < 1).all())
    assert torch.allclose(nn.functional.cosine_similarity(x, y, dim=-1), torch.ones(5, 4, dtype=torch.float64))
    zero = torch.zeros(2, 3, requires_grad=True)
    squash(zero).sum().backward()
    assert zero.grad is not None
    assert torch.equal(zero.grad, torch.zeros(2, 3))


def routed(weight: Array, x: Array, rounds: int) -> tuple[Array, Array]:
    """Procedure 1 of the paper, capsule by capsule."""
    batch, below = x.shape[:2]
    votes = np.zeros((batch, below, *weight.shape[1:3]))
    for b in range(batch):
        for n in range(below):
            for m in range(weight.shape[1]):
                votes[b, n, m] = weight[n, m] @ x[b, n]
    logits = np.zeros(votes.shape[:3])
    for step in range(rounds):
        shares = np.exp(logits) / np.exp(logits).sum(2, keepdims=True)
        s = np.einsum("bnm,bnmo->bmo", shares, votes)
        length = np.linalg.norm(s, axis=-1, keepdims=True)
        v = length**2 / (1 + length**2) * s / length
        if step < rounds - 1:
            logits += np.einsum("bnmo,bmo->bnm", votes, v)
    return v, shares


@pytest.mark.parametrize("rounds", [1, 3, 5])
def test_routing_by_agreement(rounds: int) -> None:
    torch.manual_seed(0)
    layer, x = Capsules(6, 4, 3, size=5, routing=rounds).double(), drawn(2, 6, 4)
    nn.init.normal_(layer.weight)
    y, shares = layer(x)
    expected, divided = routed(array(layer.weight), array(x), rounds)
    assert np.allclose(array(y), expected, atol=1e-9)
    assert np.allclose(array(shares), divided, atol=1e-9)
    assert torch.allclose(shares.sum(2), torch.ones(2, 6, dtype=torch.float64))


def test_primary_capsules_are_channels_read_as_vectors() -> None:
    torch.manual_seed(0)
    layer, x = PrimaryCapsules(2, types=3, size=4, kernel_size=3, stride=2).double(), drawn(2, 2, 9, 7)
    maps = layer.conv(x)
    y = layer(x)
    assert y.shape == (2, 3 * 4 * 3, 4)
    assert torch.allclose(y[1, 1 * 12 + 2 * 3 + 1], squash(maps[1, 4:8, 2, 1]))


def test_the_capsule_mask_keeps_the_target_or_the_longest() -> None:
    x, layer = drawn(3, 4, 2), CapsuleMask()
    longest = x.norm(dim=2).argmax(1)
    assert torch.equal(layer(x), layer(x, longest))
    one_hot = nn.functional.one_hot(longest, 4).double()
    assert torch.equal(layer(x), layer(x, one_hot))
    kept = layer(x, torch.tensor([1, 3, 0])).view(3, 4, 2)
    assert torch.equal(kept[1, 3], x[1, 3])
    assert int((kept != 0).sum()) == 6


@pytest.mark.parametrize("normalise", ["symmetric", "mean", "sum"])
@pytest.mark.parametrize("loops", [True, False])
def test_graph_convolution(normalise: str, loops: bool) -> None:
    torch.manual_seed(0)
    layer, x = GraphConv(4, 3, normalise, self_loops=loops).double(), drawn(2, 6, 4)
    edges = (drawn(2, 6, 6, seed=1) > 0).double()
    a = array(edges) + (np.eye(6) if loops else 0)
    d = np.where(a.sum(2) > 0, a.sum(2), np.inf)
    scaled = {"symmetric": a / np.sqrt(d[:, :, None]) / np.sqrt(d[:, None]), "mean": a / d[:, :, None], "sum": a}
    assert np.allclose(array(layer(x, edges)), scaled[normalise] @ array(x) @ array(layer.linear.weight).T)
    lonely = layer(x, torch.zeros_like(edges))
    assert bool(torch.isfinite(lonely).all())


@pytest.mark.parametrize("top_k", [None, 1, 2])
def test_a_mixture_is_the_weighed_sum_of_its_experts(top_k: int | None) -> None:
    torch.manual_seed(0)
    layer, x = MixtureOfExperts(4, experts=3, hidden=5, top_k=top_k).double(), drawn(2, 7, 4)
    nn.init.normal_(layer.bias)
    scores = array(x) @ array(layer.gate.weight).T
    gates = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    if top_k is not None:
        gates = np.where(gates >= np.sort(gates, -1)[..., [-top_k]], gates, 0)
    expected = np.zeros((2, 7, 4))
    for e in range(3):
        w, b = array(layer.hidden.weight)[5 * e : 5 * e + 5], array(layer.hidden.bias)[5 * e : 5 * e + 5]
        v = array(layer.out.weight)[:, 5 * e : 5 * e + 5]
        expert = np.maximum(0, array(x) @ w.T + b) @ v.T + array(layer.bias)[e]
        expected += gates[..., [e]] * expert
    y, shares = layer(x)
    assert np.allclose(array(shares), gates)
    assert np.allclose(array(y), expected)


def test_load_balance_is_one_where_experts_are_used_alike() -> None:
    even = torch.eye(4).repeat(3, 1)
    assert float(LoadBalanceLoss()(even)) == pytest.approx(1.0)
    assert float(LoadBalanceLoss()(torch.eye(4)[[0, 0, 0]])) == pytest.approx(4.0)


def test_the_k_means_loss_finds_centres() -> None:
    torch.manual_seed(0)
    true = torch.tensor([[4.0, 0.0], [-4.0, 0.0], [0.0, 5.0]])
    data = true.repeat(100, 1) + 0.3 * torch.randn(300, 2)
    layer = RBF(2, 3, train_widths=False)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        layer(data, need_distances=True)[1].amin(1).mean().backward()
        optimizer.step()
    nearest = torch.cdist(data, layer.centres).argmin(1)
    for unit in nearest.unique():
        assert torch.allclose(layer.centres[unit], data[nearest == unit].mean(0), atol=1e-3)
