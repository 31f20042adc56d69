"""The small data sets that come with scikit-learn, in their original units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.catalog.datasets import signature
from core.data.dataset import Array, Dataset
from core.training.job import Pick


def iris() -> Dataset:
    return _table("iris", "load_iris")


def wine() -> Dataset:
    return _table("wine", "load_wine")


def breast_cancer() -> Dataset:
    return _table("breast_cancer", "load_breast_cancer")


def diabetes() -> Dataset:
    """Unscaled: scikit-learn's own scaling uses all rows, those of the test part too."""
    return _table("diabetes", "load_diabetes", scaled=False)


def digits() -> Dataset:
    bunch = _load("load_digits")
    return _dataset("digits", bunch.images[:, None], bunch.target, ())


def noisy_digits(noise: float, seed: int) -> Dataset:
    """Each picture has noise of its own, the same in every epoch. Grey levels may leave 0 to 16: nothing is clipped."""
    known = digits()
    clean = known.fields["features"]
    drawn = np.random.default_rng(seed).normal(0, noise, clean.shape).astype(np.float32)
    declared = signature(Pick(kind="noisy_digits"))
    assert declared is not None
    return Dataset({"features": clean + drawn, "target": known.fields["target"], "clean": clean}, declared)


def _table(kind: str, loader: str, **options: Any) -> Dataset:
    bunch = _load(loader, **options)
    return _dataset(kind, bunch.data, bunch.target, tuple(map(str, bunch.feature_names)))


def _load(loader: str, **options: Any) -> Any:
    from sklearn import datasets

    load: Callable[..., Any] = getattr(datasets, loader)
    return load(**options)


def _dataset(kind: str, features: Array, target: Array, columns: tuple[str, ...]) -> Dataset:
    declared = signature(Pick(kind=kind))
    assert declared is not None
    answer = target.astype(np.int64) if declared.fields["target"].classes else target.astype(np.float32)[:, None]
    named = {"features": columns} if columns else {}
    return Dataset({"features": features.astype(np.float32), "target": answer}, declared, named)
