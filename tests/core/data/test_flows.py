"""Motion in the plane follows its equations: held against SciPy's solver, and against what is known of each."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from core.catalog.datasets import signature
from core.catalog.flows import SYSTEMS as NAMES
from core.data.flows import SYSTEMS
from core.data.sources import load
from core.training.job import Pick


@pytest.mark.parametrize("system", NAMES)
def test_paths_are_those_that_scipy_finds(system: str) -> None:
    dataset = load(Pick(kind="motion", params={"system": system, "n": 10, "points": 7, "span": 3.0, "seed": 1}))
    starts, paths = dataset.fields["features"], dataset.fields["target"]
    assert np.array_equal(paths[:, 0], starts)
    slope = SYSTEMS[system].slope
    for start, path in zip(starts[:4], paths, strict=False):
        theirs = solve_ivp(lambda t, y: slope(y), (0, 3.0), start, t_eval=np.linspace(0, 3, 8), rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(path, theirs.y.T, atol=3e-6)


def test_what_is_declared_is_what_comes() -> None:
    pick = Pick(kind="motion", params={"n": 30, "points": 5, "noise": 0.1})
    dataset, declared = load(pick), signature(pick)
    assert declared is not None
    for name, field in declared.fields.items():
        assert dataset.fields[name].shape == (30, *field.shape)
        assert dataset.fields[name].dtype == np.float32
    noise = dataset.fields["target"][:, 0] - dataset.fields["features"]
    assert 0.05 < noise.std() < 0.15


def test_predators_and_prey_keep_what_they_must_keep() -> None:
    """Lotka and Volterra's constant of motion: x - ln x + y - 1.5 ln y."""
    dataset = load(Pick(kind="motion", params={"system": "predators", "n": 20, "span": 12.0, "points": 30}))
    x, y = np.moveaxis(dataset.fields["target"].astype(np.float64), -1, 0)
    kept = x - np.log(x) + y - 1.5 * np.log(y)
    assert np.abs(kept - kept[:, :1]).max() < 1e-4
