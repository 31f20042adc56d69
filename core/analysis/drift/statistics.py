"""How far two samples are apart, and how surely: numpy in, plain numbers out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.data.dataset import Array

BINS = 10  # of the PSI, each with as many training examples as the next
FLOOR = 1e-4  # the share that an empty bin counts as
MODERATE, LARGE = 0.1, 0.25  # the usual rule for the PSI: Siddiqi, Credit Risk Scorecards, 2006
EXACT = 200_000  # products of sample sizes up to which the p of Kolmogorov and Smirnov is exact
EXPECTED = 5.0  # categories with fewer expected are counted together (Cochran, 1954)


def kolmogorov_smirnov(first: Array, second: Array) -> tuple[float, float]:
    """The two-sample statistic, ``sup |F1(x) - F2(x)|``, and its p; NaN where a sample is empty.

    As `scipy.stats.ks_2samp`. Where values are tied the p is too large, never too small.
    """
    from scipy.stats import ks_2samp

    if not len(first) or not len(second):
        return math.nan, math.nan
    method = "exact" if len(first) * len(second) <= EXACT else "asymp"
    found = ks_2samp(first, second, method=method)
    return float(found.statistic), float(found.pvalue)


def quantile_edges(reference: Array, bins: int = BINS) -> Array:
    """Edges that part a sample into bins of as nearly equal counts as ties allow; the outer ones are infinite."""
    inner = np.unique(np.quantile(reference, np.linspace(0, 1, bins + 1)[1:-1])) if len(reference) else np.zeros(0)
    if len(inner) and inner[0] == reference.min():
        inner = inner[1:] if len(inner) > 1 else np.nextafter(inner, np.inf)
    return np.concatenate([[-np.inf], inner, [np.inf]])


def bin_counts(values: Array, edges: Array) -> Array:
    """How many fall into each bin ``[edge, next edge)``."""
    found: Array = np.bincount(np.searchsorted(edges[1:-1], values, side="right"), minlength=len(edges) - 1)
    return found


def psi(reference: Array, counts: Array) -> float:
    """The population stability index of two rows of counts, ``sum (q - p) ln(q / p)`` over the shares p of the
    reference and q of the new counts; shares below `FLOOR` count as that. NaN where one is empty."""
    if not reference.sum() or not counts.sum():
        return math.nan
    p, q = (np.maximum(c / c.sum(), FLOOR) for c in (reference, counts))
    return float(((q - p) * np.log(q / p)).sum())


def psi_by_chance(bins: int, reference: int, new: int, alpha: float) -> float:
    """What the PSI of so many examples exceeds with the probability `alpha` although nothing has changed.

    It is spread as ``(1/n + 1/m)`` times chi-squared with one degree of freedom less than there are bins (Yurdakul,
    Statistical Properties of Population Stability Index, 2018).
    """
    from scipy.stats import chi2

    if bins < 2 or not reference or not new:
        return math.nan
    return float((1 / reference + 1 / new) * chi2.isf(alpha, bins - 1))


def chi_squared(reference: Array, counts: Array) -> tuple[float, float]:
    """Pearson's test that two rows of counts have the same shares: the statistic and its p.

    Categories of which fewer than `EXPECTED` are expected in the smaller sample are counted together; NaN where fewer
    than two are left.
    """
    from scipy.stats import chi2_contingency

    both = np.stack([reference, counts]).astype(np.float64)
    both = both[:, both.sum(0) > 0]
    if both.shape[1] < 2 or not both.sum(1).all():
        return math.nan, math.nan
    rare = both.sum(0) * both.sum(1).min() / both.sum() < EXPECTED
    if rare.any():
        both = np.concatenate([both[:, ~rare], both[:, rare].sum(1, keepdims=True)], axis=1)
    if both.shape[1] < 2:
        return math.nan, math.nan
    found = chi2_contingency(both, correction=False)
    return float(found.statistic), float(found.pvalue)


def two_shares(hits: int, of: int, new_hits: int, new_of: int) -> float:
    """Fisher's exact p that two shares are one."""
    from scipy.stats import fisher_exact

    if not of or not new_of:
        return math.nan
    return float(fisher_exact([[hits, of - hits], [new_hits, new_of - new_hits]]).pvalue)


def rank_sum(first: Array, second: Array) -> float:
    """The two-sided p of Mann and Whitney that neither sample tends to be larger."""
    from scipy.stats import mannwhitneyu

    if not len(first) or not len(second):
        return math.nan
    return float(mannwhitneyu(first, second).pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p values: to refuse those below alpha errs with a probability of at most alpha in the whole
    family, however the tests depend on each other (Holm, 1979). NaN is no test and stays."""
    order = [i for i in np.argsort(p, kind="stable").tolist() if not math.isnan(p[i])]
    adjusted, highest = [math.nan] * len(p), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p[index]))
        adjusted[index] = highest
    return adjusted


def wilson(hits: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of a share (Wilson, 1927)."""
    from scipy.stats import norm

    if not of:
        return math.nan, math.nan
    z = float(norm.ppf(0.5 + confidence / 2))
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return middle - half, middle + half


def bootstrap_mean(values: Array, confidence: float = 0.95, draws: int = 1000) -> tuple[float, float]:
    """The interval of a mean by the percentiles of means over resampled values (Efron, 1979); always the same."""
    if not len(values):
        return math.nan, math.nan
    rng = np.random.default_rng(0)
    means = np.array([values[rng.integers(0, len(values), len(values))].mean() for _ in range(draws)])
    low, high = np.quantile(means, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return float(low), float(high)


def severity(index: float) -> str:
    """The PSI in a word: ``slight``, ``moderate`` or ``large``."""
    return "large" if index > LARGE else "moderate" if index > MODERATE else "slight"
