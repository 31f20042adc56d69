"""The laws of weights, against what PyTorch draws and SciPy's formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from core.catalog.families import default_catalog
from core.catalog.initialisers import INITIALISERS
from core.catalog.spreads import fans, law, own_law

SHAPE = (300, 40, 3, 3)
CHOSEN: list[tuple[str, dict[str, Any]]] = [
    ("xavier_uniform", {}),
    ("xavier_normal", {"gain": 1.5}),
    ("kaiming_uniform", {}),
    ("kaiming_normal", {"nonlinearity": "tanh", "mode": "fan_out"}),
    ("kaiming_normal", {"nonlinearity": "leaky_relu", "a": 0.3}),
    ("kaiming_normal", {"nonlinearity": "selu"}),
    ("kaiming_uniform", {"nonlinearity": "linear"}),
    ("normal", {"mean": 0.5, "std": 0.1}),
    ("trunc_normal", {"mean": 0.2, "std": 0.5, "a": -0.3, "b": 1.0}),
    ("trunc_normal", {}),
    ("uniform", {"a": -0.2, "b": 0.7}),
    ("orthogonal", {"gain": 2.0}),
    ("zeros", {}),
    ("ones", {}),
    ("constant", {"val": 0.3}),
]


@pytest.mark.parametrize(("kind", "params"), CHOSEN)
def test_a_law_is_what_torch_draws(kind: str, params: dict[str, Any]) -> None:
    torch.manual_seed(1)
    values = INITIALISERS[kind].values(params)
    told = {name: value for name, value in values.items() if INITIALISERS[kind].param[name].applies(values)}
    drawn = torch.empty(SHAPE)
    getattr(nn.init, f"{kind}_")(drawn, **told)
    found = law(kind, params, SHAPE)
    assert found is not None
    assert found.mean == pytest.approx(float(drawn.mean()), abs=3e-3 * max(found.std, 1e-6) + 1e-6)
    assert found.std == pytest.approx(float(drawn.std()), rel=1e-2, abs=1e-7)
    low, high = found.mean - 0.6 * found.std - 1e-6, found.mean + 0.2 * found.std + 1e-6
    inside = float(((drawn >= low) & (drawn <= high)).float().mean())
    assert found.share(low, high) == pytest.approx(inside, abs=6e-3)
    assert found.share(-1e9, 1e9) == pytest.approx(1.0)


def test_every_initialiser_that_draws_has_its_law() -> None:
    assert {kind for kind in INITIALISERS if law(kind, {"val": 1.0} if kind == "constant" else {}, (4, 3))} == {
        *INITIALISERS
    } - {"default"}


def test_the_guides_formulas_hold_exactly() -> None:
    glorot, he = law("xavier_normal", {}, (64, 128)), law("kaiming_normal", {}, (64, 128))
    assert glorot is not None
    assert he is not None
    assert glorot.std == pytest.approx(math.sqrt(2 / (128 + 64)), rel=1e-15)
    assert he.std == pytest.approx(math.sqrt(2 / 128), rel=1e-15)


def test_a_cut_normal_is_scipys() -> None:
    found = law("trunc_normal", {"mean": 0.2, "std": 0.5, "a": -0.3, "b": 1.0}, (4, 3))
    assert found is not None
    known = stats.truncnorm((-0.3 - 0.2) / 0.5, (1.0 - 0.2) / 0.5, loc=0.2, scale=0.5)
    assert found.mean == pytest.approx(known.mean(), rel=1e-12)
    assert found.std == pytest.approx(known.std(), rel=1e-12)
    assert found.share(0.0, 0.4) == pytest.approx(known.cdf(0.4) - known.cdf(0.0), rel=1e-12)


@pytest.mark.parametrize(
    ("layer", "made"),
    [
        ("linear", lambda: nn.Linear(200, 300)),
        ("conv2d", lambda: nn.Conv2d(20, 300, 3)),
        ("lstm", lambda: nn.LSTM(100, 120)),
        ("embedding", lambda: nn.Embedding(400, 100)),
    ],
)
def test_left_alone_a_layer_starts_as_torch_does(layer: str, made: Any) -> None:
    torch.manual_seed(2)
    weights = dict(made().named_parameters())
    shapes = {name: tuple(p.shape) for name, p in weights.items()}
    for name, p in weights.items():
        found = own_law(default_catalog()[layer], shapes, name)
        assert found is not None
        assert found.std == pytest.approx(float(p.detach().std()), rel=0.1 if p.dim() < 2 else 0.02), name


def test_transposed_convolutions_count_fans_as_torch_does() -> None:
    for module in (nn.ConvTranspose2d(6, 10, 3), nn.Conv1d(4, 12, 5, groups=2), nn.Linear(7, 9)):
        assert fans(tuple(module.weight.shape)) == nn.init._calculate_fan_in_and_fan_out(module.weight)


def test_what_has_no_law_has_none() -> None:
    assert law("default", {}, (3, 3)) is None
    assert law("guess", {}, (3, 3)) is None
    assert law("xavier_normal", {}, (3,)) is None
    assert law("normal", {"std": -1.0}, (3, 3)) is None
    assert own_law(default_catalog()["relu"], {}, "weight") is None
    assert np.isfinite(law("normal", {"std": 0.0}, (3,)).std)  # type: ignore[union-attr]
