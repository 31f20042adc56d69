"""Layers that act in training alone."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.modules.noise import GaussianNoise, GradientReversal, MaskingNoise, Reparameterise


@pytest.mark.parametrize("layer", [GaussianNoise(2.0), MaskingNoise(0.5)], ids=["gaussian", "masking"])
def test_nothing_happens_in_evaluation(layer: nn.Module) -> None:
    x = torch.rand(5, 6)
    assert not torch.equal(layer.train()(x), x)
    assert torch.equal(layer.eval()(x), x)


def test_gaussian_noise_has_its_deviation() -> None:
    torch.manual_seed(0)
    noise = GaussianNoise(0.3)(torch.full((100, 1000), 2.0)) - 2.0
    assert noise.mean().item() == pytest.approx(0.0, abs=0.005)
    assert noise.std().item() == pytest.approx(0.3, rel=0.01)


def test_masking_noise_keeps_its_share_unscaled() -> None:
    torch.manual_seed(0)
    y = MaskingNoise(0.3)(torch.full((100, 1000), 2.0))
    assert set(y.unique().tolist()) == {0.0, 2.0}
    assert (y == 0).float().mean().item() == pytest.approx(0.3, abs=0.005)


def test_reparameterise_draws_from_the_gaussian_and_passes_gradients() -> None:
    torch.manual_seed(0)
    mu = torch.full((100, 1000), 1.5, requires_grad=True)
    logvar = torch.full((100, 1000), -1.0, requires_grad=True)
    layer = Reparameterise()
    z = layer(mu, logvar)
    assert z.mean().item() == pytest.approx(1.5, abs=0.01)
    assert z.var().item() == pytest.approx(torch.tensor(-1.0).exp().item(), rel=0.01)
    z.sum().backward()
    assert mu.grad is not None
    assert logvar.grad is not None
    assert torch.equal(mu.grad, torch.ones_like(mu))
    assert torch.allclose(logvar.grad, ((z - mu) / 2).detach(), atol=1e-6)
    assert torch.equal(layer.eval()(mu, logvar), mu)


def test_gradients_turn_round() -> None:
    x = torch.randn(4, 3, requires_grad=True)
    weights = torch.randn(4, 3)
    y = GradientReversal(0.5)(x)
    assert torch.equal(y, x)
    (y * weights).sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, -0.5 * weights)
