"""Statistics of drift against scipy, closed forms, and computations of our own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from core.analysis.drift.statistics import (
    bin_counts,
    bootstrap_mean,
    chi_squared,
    holm,
    kolmogorov_smirnov,
    psi,
    psi_by_chance,
    quantile_edges,
    rank_sum,
    severity,
    two_shares,
    wilson,
)


def test_the_gap_of_two_samples_is_scipys_and_our_own() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=80), rng.normal(0.4, 1.2, size=50)
    statistic, p = kolmogorov_smirnov(first, second)
    expected = stats.ks_2samp(first, second)
    assert (statistic, p) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    every = np.concatenate([first, second])
    gaps = [abs((first <= x).mean() - (second <= x).mean()) for x in every]  # the definition
    assert statistic == pytest.approx(max(gaps))


def test_the_p_of_the_gap_by_counting_every_order() -> None:
    """Three against two: of the ten orders of five values, those with a gap at least as large."""
    from itertools import combinations

    first, second = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0])
    statistic, p = kolmogorov_smirnov(first, second)

    def gap(places: tuple[int, ...]) -> float:
        inside = np.isin(np.arange(5), places)
        return float(np.abs(np.cumsum(inside) / 3 - np.cumsum(~inside) / 2).max())

    gaps = [gap(places) for places in combinations(range(5), 3)]
    assert statistic == 1.0
    assert p == pytest.approx(sum(g >= statistic - 1e-12 for g in gaps) / len(gaps))


def test_psi_in_closed_form() -> None:
    before, now = np.array([50, 50]), np.array([80, 20])
    assert psi(before, now) == pytest.approx((0.8 - 0.5) * math.log(0.8 / 0.5) + (0.2 - 0.5) * math.log(0.2 / 0.5))
    assert psi(before, before * 7) == pytest.approx(0.0)
    assert psi(now, before) == pytest.approx(psi(before, now)), "it is symmetric"
    empty = psi(np.array([50, 50, 0]), np.array([50, 0, 50]))
    assert empty == pytest.approx(2 * (0.5 - 1e-4) * math.log(0.5 / 1e-4))
    assert math.isnan(psi(np.zeros(2), now))


def test_psi_of_two_normals_comes_near_its_integral() -> None:
    """Of N(0, 1) and N(d, 1) the symmetrised divergence is d^2; ten bins keep most of it."""
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=200_000), rng.normal(0.5, size=200_000)
    edges = quantile_edges(first)
    assert psi(bin_counts(first, edges), bin_counts(second, edges)) == pytest.approx(0.25, rel=0.1)


def test_psi_by_chance_is_exceeded_as_often_as_said() -> None:
    rng = np.random.default_rng(2)
    reference = rng.normal(size=2_000)
    edges = quantile_edges(reference)
    limit = psi_by_chance(10, 2_000, 300, alpha=0.1)
    before = np.full(10, 200)
    found = [psi(before, bin_counts(rng.normal(size=300), edges)) > limit for _ in range(600)]
    assert np.mean(found) == pytest.approx(0.1, abs=0.06)


def test_bins_hold_the_same_number_of_training_examples() -> None:
    values = np.random.default_rng(3).exponential(size=1_000)
    edges = quantile_edges(values)
    assert len(edges) == 11
    assert bin_counts(values, edges).tolist() == [100] * 10


@pytest.mark.parametrize("values", [np.zeros(50), np.repeat([0.0, 1.0], 30), np.array([]), np.arange(3.0)])
def test_ties_make_fewer_bins_and_lose_nobody(values: np.ndarray) -> None:  # type: ignore[type-arg]
    edges = quantile_edges(values)
    assert (np.diff(edges) > 0).all()
    assert bin_counts(values, edges).sum() == len(values)


def test_two_values_lie_in_two_bins() -> None:
    values = np.repeat([0.0, 1.0], [90, 10])
    edges = quantile_edges(values)
    assert psi(bin_counts(values, edges), bin_counts(np.repeat([0.0, 1.0], [10, 90]), edges)) > 1.0


def test_chi_squared_is_scipys_and_rare_words_count_together() -> None:
    before, now = np.array([200, 100, 100]), np.array([40, 30, 50])
    statistic, p = chi_squared(before, now)
    expected = stats.chi2_contingency([before, now], correction=False)
    assert (statistic, p) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    together = stats.chi2_contingency([[200, 100, 4], [40, 30, 2]], correction=False)
    assert chi_squared(np.array([200, 100, 3, 1]), np.array([40, 30, 0, 2]))[1] == pytest.approx(together.pvalue)
    assert math.isnan(chi_squared(np.array([10]), np.array([5]))[1])


def test_holm_by_hand() -> None:
    adjusted = holm([0.01, 0.04, float("nan"), 0.03])
    assert adjusted[:2] == [pytest.approx(0.03), pytest.approx(0.06)]
    assert math.isnan(adjusted[2])
    assert adjusted[3] == pytest.approx(0.06)
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_intervals_hold_what_they_promise() -> None:
    low, high = wilson(90, 100)
    expected = stats.binomtest(90, 100).proportion_ci(0.95, "wilson")
    assert (low, high) == (pytest.approx(expected.low), pytest.approx(expected.high))
    rng = np.random.default_rng(4)
    inside = [low <= 1.0 <= high for low, high in (bootstrap_mean(rng.exponential(size=60), draws=200)
                                                   for _ in range(200))]  # fmt: skip
    assert np.mean(inside) > 0.85
    assert two_shares(90, 100, 45, 50) == pytest.approx(1.0)
    assert two_shares(90, 100, 20, 50) < 1e-6
    assert rank_sum(np.arange(20.0), np.arange(20.0) + 15) < 1e-3
    assert math.isnan(wilson(0, 0)[0])


@pytest.mark.parametrize(("index", "word"), [(0.05, "slight"), (0.2, "moderate"), (0.3, "large")])
def test_the_rule_of_the_index(index: float, word: str) -> None:
    assert severity(index) == word
