"""Losses, beside torch's own, scikit-learn's, and their formulas written out in NumPy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from scipy import stats
from sklearn import metrics
from torch import Tensor

from core.catalog.families import default_catalog
from core.modules.losses import BinaryFocalLoss, DistillationLoss, FocalLoss, KLSparsity
from core.spec.layer import Given
from core.spec.shape import BATCH, DType, TensorType
from tests.contract import direct
from tests.contract.cases import Case

Array = np.ndarray[Any, Any]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def classes(*shape: int, below: int = 4) -> Tensor:
    return torch.randint(0, below, shape, generator=torch.Generator().manual_seed(7))


def loss(id: str, wires: Mapping[str, Tensor], **params: Any) -> float:
    """What the layer of the catalogue computes."""
    spec = default_catalog()[id]
    types = {end: TensorType((BATCH, *tensor.shape[1:]), _kind(tensor)) for end, tensor in wires.items()}
    case = Case(spec, Given(types, spec.values(params)))
    assert case.result()["loss"].shape == ()
    return float(direct.run(case, direct.module(case), wires)["loss"])


def _kind(tensor: Tensor) -> DType:
    return "float" if tensor.is_floating_point() else "int"


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(1, keepdims=True))
    return np.asarray(e / e.sum(1, keepdims=True))


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def test_bce_on_probabilities_is_the_log_loss() -> None:
    p, t = drawn(50, 1).sigmoid(), classes(50, 1, below=2).double()
    wires = {"input": p, "target": t}
    assert loss("bce_loss", wires) == pytest.approx(metrics.log_loss(t.numpy(), p.numpy()), abs=1e-12)
    assert loss("bce_loss", wires) == pytest.approx(loss("bce_with_logits", {"input": p.logit(), "target": t}))


def test_cross_entropy_takes_indices_and_one_hot_rows() -> None:
    x, t = drawn(20, 4), classes(20)
    one_hot = F.one_hot(t, 4).double()
    expected = metrics.log_loss(t.numpy(), softmax(x.numpy()), labels=range(4))
    assert loss("cross_entropy", {"input": x, "target": t}) == pytest.approx(expected, abs=1e-12)
    assert loss("cross_entropy", {"input": x, "target": one_hot}) == pytest.approx(expected, abs=1e-12)


def test_batchmean_sums_each_example_and_averages_those() -> None:
    x, t = drawn(5, 3, 4), drawn(5, 3, 4, seed=1)
    expected = ((x - t) ** 2).sum((1, 2)).mean()
    assert loss("mse_loss", {"input": x, "target": t}, reduction="batchmean") == pytest.approx(float(expected))
    total = loss("bce_with_logits", {"input": x, "target": t.sigmoid()}, reduction="sum")
    assert loss("bce_with_logits", {"input": x, "target": t.sigmoid()}, reduction="batchmean") == pytest.approx(
        total / 5
    )


@pytest.mark.parametrize("squared", [False, True])
def test_hinge(squared: bool) -> None:
    x, t = drawn(40, 1), classes(40, 1, below=2).double()
    missing = np.maximum(0, 1 - (2 * t - 1).numpy() * x.numpy())
    expected = (missing**2 if squared else missing).mean()
    assert loss("hinge_loss", {"input": x, "target": t}, squared=squared) == pytest.approx(expected, abs=1e-12)
    if not squared:
        assert expected == pytest.approx(metrics.hinge_loss(t.flatten().numpy(), x.flatten().numpy()))


def test_multi_class_hinge() -> None:
    x, t = drawn(20, 4), classes(20)
    rows, right = np.arange(20), t.numpy()
    missing = np.maximum(0, 0.5 - x.numpy()[rows, right][:, None] + x.numpy()) ** 2
    missing[rows, right] = 0
    expected = missing.sum(1).mean() / 4
    assert loss("multi_margin_loss", {"input": x, "target": t}, p=2, margin=0.5) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal(gamma: float) -> None:
    x, t = drawn(20, 4, 3), classes(20, 3)
    p = np.take_along_axis(softmax(x.numpy()), t.numpy()[:, None], 1)[:, 0]
    alpha = np.array([1.0, 2.0, 0.5, 1.5])
    expected = (-alpha[t.numpy()] * (1 - p) ** gamma * np.log(p)).mean()
    wires = {"input": x, "target": t}
    assert loss("focal_loss", wires, gamma=gamma, class_weights=tuple(alpha)) == pytest.approx(expected, abs=1e-12)
    if gamma == 0:
        assert loss("focal_loss", wires, gamma=0.0) == pytest.approx(loss("cross_entropy", wires), abs=1e-12)


def test_binary_focal() -> None:
    x, t = drawn(30, 2), classes(30, 2, below=2).double()
    p = sigmoid(x.numpy())
    right, alpha = np.where(t.numpy() == 1, p, 1 - p), np.where(t.numpy() == 1, 0.25, 0.75)
    expected = (-alpha * (1 - right) ** 2 * np.log(right)).mean()
    wires = {"input": x, "target": t}
    assert loss("binary_focal_loss", wires) == pytest.approx(expected, abs=1e-12)
    plain = loss("binary_focal_loss", wires, gamma=0.0, alpha=None)
    assert plain == pytest.approx(loss("bce_with_logits", wires), abs=1e-12)


@pytest.mark.parametrize("kind", [FocalLoss(0.5), BinaryFocalLoss(0.5)], ids=["classes", "binary"])
def test_focal_has_a_gradient_where_nothing_is_wrong(kind: torch.nn.Module) -> None:
    x = torch.tensor([[400.0, -400.0]], requires_grad=True)
    target = torch.tensor([0]) if isinstance(kind, FocalLoss) else torch.tensor([[1.0, 0.0]])
    kind(x, target).backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()


def test_dice() -> None:
    x, t = drawn(3, 4, 5, 6), classes(3, 5, 6)
    p, truth = softmax(x.numpy()), np.moveaxis(np.eye(4)[t.numpy()], -1, 1)
    overlap = 2 * (p * truth).sum((2, 3)) + 1
    expected = (1 - overlap / (p.sum((2, 3)) + truth.sum((2, 3)) + 1)).mean()
    assert loss("dice_loss", {"input": x, "target": t}) == pytest.approx(expected, abs=1e-12)
    mask = classes(3, 1, 5, 6, below=2).double()
    sure = (mask * 2 - 1) * 1000
    assert loss("dice_loss", {"input": sure, "target": mask}) == pytest.approx(0.0, abs=1e-12)


def test_counts_and_variances() -> None:
    x, t = drawn(20, 2), classes(20, 2).double()
    expected = (np.exp(x.numpy()) - t.numpy() * x.numpy()).mean()
    assert loss("poisson_nll_loss", {"input": x, "target": t}) == pytest.approx(expected, abs=1e-12)
    v = drawn(20, 2, seed=3)
    density = stats.norm(x.numpy(), np.exp(v.numpy() / 2)).logpdf(t.numpy())
    expected = -density.mean() - math.log(2 * math.pi) / 2
    assert loss("gaussian_nll_loss", {"input": x, "log_variance": v, "target": t}) == pytest.approx(expected)


def test_pairs_and_triplets() -> None:
    a, b, c = (drawn(12, 5, seed=seed) for seed in range(3))
    together = classes(12, below=2)
    d = np.sqrt(((a - b) ** 2).sum(1).numpy())
    y = together.numpy()
    expected = (y * d**2 + (1 - y) * np.maximum(0, 4 - d) ** 2).mean()
    wires = {"a": a, "b": b, "target": together}
    assert loss("contrastive_loss", wires, margin=4.0) == pytest.approx(expected, rel=1e-9)
    cosine = (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))
    expected = np.where(y == 1, 1 - cosine.numpy(), np.maximum(0, cosine.numpy() - 0.2)).mean()
    assert loss("cosine_embedding_loss", wires, margin=0.2) == pytest.approx(expected, rel=1e-9)
    column = {**wires, "target": together.double()[:, None]}
    assert loss("cosine_embedding_loss", column, margin=0.2) == pytest.approx(expected, rel=1e-9)
    far = np.sqrt(((a - c) ** 2).sum(1).numpy())
    expected = np.maximum(0, d - far + 1).mean()
    triple = {"anchor": a, "positive": b, "negative": c}
    assert loss("triplet_margin_loss", triple) == pytest.approx(expected, rel=1e-5)  # torch adds 1e-6 to differences


def test_info_nce() -> None:
    a, b = drawn(8, 5), drawn(8, 5, seed=1)
    rows, columns = (x.numpy() / np.linalg.norm(x.numpy(), axis=1, keepdims=True) for x in (a, b))
    scores = rows @ columns.T / 0.5
    expected = -(np.log(np.diag(softmax(scores))) + np.log(np.diag(softmax(scores.T)))).mean() / 2
    assert loss("info_nce_loss", {"a": a, "b": b}, temperature=0.5) == pytest.approx(expected, abs=1e-12)
    same = torch.ones(8, 5)
    assert loss("info_nce_loss", {"a": same, "b": same}) == pytest.approx(math.log(8), rel=1e-6)


def test_gaussian_kl() -> None:
    mu, logvar = drawn(6, 3), drawn(6, 3, seed=1)
    normal = torch.distributions.Normal
    kl = torch.distributions.kl_divergence(normal(mu, (logvar / 2).exp()), normal(torch.zeros(()), torch.ones(())))
    expected = float(kl.sum(1).mean())
    assert loss("gaussian_kl", {"mu": mu, "logvar": logvar}) == pytest.approx(expected, rel=1e-9)
    assert loss("gaussian_kl", {"mu": torch.zeros(2, 3), "logvar": torch.zeros(2, 3)}) == 0.0


def test_sparsity() -> None:
    x = drawn(9, 2, 3)
    assert loss("activity_l1", {"x": x}) == pytest.approx(np.abs(x.numpy()).sum((1, 2)).mean(), abs=1e-12)
    p = x.sigmoid()
    m, r = p.mean(0).numpy(), 0.1
    expected = (r * np.log(r / m) + (1 - r) * np.log((1 - r) / (1 - m))).sum()
    assert loss("kl_sparsity", {"x": p}, rho=r) == pytest.approx(expected, abs=1e-12)


def test_the_sparsity_penalty_takes_units_to_its_share() -> None:
    torch.manual_seed(0)
    scores = torch.randn(200, 5, requires_grad=True)
    optimizer = torch.optim.Adam([scores], lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        KLSparsity(0.2)(scores.sigmoid()).backward()
        optimizer.step()
    assert scores.sigmoid().mean(0).tolist() == pytest.approx([0.2] * 5, abs=1e-3)


def test_capsule_margin() -> None:
    x, t = drawn(10, 4).sigmoid(), classes(10)
    truth = np.eye(4)[t.numpy()]
    short, long = np.maximum(0, 0.9 - x.numpy()) ** 2, np.maximum(0, x.numpy() - 0.1) ** 2
    expected = (truth * short + 0.5 * (1 - truth) * long).sum(1).mean()
    assert loss("capsule_margin_loss", {"input": x, "target": t}) == pytest.approx(expected, abs=1e-12)


def test_some_answers_count_nothing() -> None:
    x, t = drawn(40, 4), classes(40)
    asked = t != 2
    expected = loss("cross_entropy", {"input": x[asked], "target": t[asked]})
    assert loss("cross_entropy", {"input": x, "target": t}, ignore_index=2) == pytest.approx(expected)


def test_quantile() -> None:
    x, t = drawn(30, 2), drawn(30, 2, seed=1)
    wires = {"input": x, "target": t}
    expected = metrics.mean_pinball_loss(t.numpy(), x.numpy(), alpha=0.9)
    assert loss("quantile_loss", wires, quantile=0.9) == pytest.approx(expected, abs=1e-12)
    assert loss("quantile_loss", wires) == pytest.approx(loss("l1_loss", wires) / 2)


def test_distillation() -> None:
    x, teacher = drawn(10, 4), drawn(10, 4, seed=1)
    q, p = softmax(x.numpy() / 3), softmax(teacher.numpy() / 3)
    expected = 9 * (p * np.log(p / q)).sum(1).mean()
    wires = {"input": x, "teacher": teacher}
    assert loss("distillation_loss", wires, temperature=3.0) == pytest.approx(expected, abs=1e-12)
    x, teacher = x.requires_grad_(), teacher.requires_grad_()
    DistillationLoss(1000.0)(x, teacher).backward()
    assert teacher.grad is None
    centred = [scores.detach() - scores.detach().mean(1, keepdim=True) for scores in (x, teacher)]
    assert x.grad is not None
    assert torch.allclose(x.grad, (centred[0] - centred[1]) / 40, atol=1e-4)  # the limit that the paper gives


def test_mmd_is_what_gaussians_give_in_closed_form() -> None:
    """Of N(m, v) and N(n, w), with width 1: E k(x, y) = sqrt(1 / r) exp(-(m - n)^2 / (2 r)), r = 1 + v + w."""
    a, b = drawn(3000, 1), 1.5 + 2 * drawn(3000, 1, seed=1)

    def mean(distance: float, spread: float) -> float:
        return math.sqrt(1 / (1 + spread)) * math.exp(-(distance**2) / (2 * (1 + spread)))

    expected = mean(0, 2) + mean(0, 8) - 2 * mean(1.5, 5)
    assert loss("mmd_loss", {"a": a, "b": b}) == pytest.approx(expected, abs=0.01)
    rows, columns = a[:9].numpy(), b[:9].numpy()
    across, within, other = (
        np.exp(-((p - q.T) ** 2) / 2) for p, q in ((rows, columns), (rows, rows), (columns, columns))
    )
    found = loss("mmd_loss", {"a": a[:9], "b": b[:9]}, biased=True)
    assert found == pytest.approx(within.mean() + other.mean() - 2 * across.mean(), abs=1e-12)
    left = (within.sum() + other.sum() - 18) / 72 - 2 * across.mean()
    assert loss("mmd_loss", {"a": a[:9], "b": b[:9]}) == pytest.approx(left, abs=1e-12)


def test_coral() -> None:
    a, b = drawn(20, 3), 2 * drawn(20, 3, seed=1) + 5
    difference = np.cov(a.numpy().T) - np.cov(b.numpy().T)
    assert loss("coral_loss", {"a": a, "b": b}) == pytest.approx((difference**2).sum() / 36, rel=1e-9)
    assert loss("coral_loss", {"a": a, "b": a + 7}) == pytest.approx(0.0, abs=1e-12)
