"""MNIST-1D by its published recipe (Greydanus and Kobak, arXiv 2011.14439).

Each digit is a hand-drawn curve of 12 points. It is padded, stretched, scaled and moved along; smooth noise fills the
rest, white noise covers everything, a ramp shears it, and 40 points are sampled. Random numbers are drawn from the
legacy generator in the authors' order, so that seed 42 with 5,000 examples gives their data: the first 4,000 are their
training part, the last 1,000 their test part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.catalog.datasets import signature
from core.data.dataset import Array, Dataset
from core.training.job import Pick

# The curves of 0 to 9 (appendix of the paper); a value is the distance from the left of a glyph drawn top to bottom.
CURVES = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
POINTS = 40
PADDING = (36, 60)
CANVAS = len(CURVES[0]) + PADDING[1]  # 72 points before sampling
MAX_SHIFT, STRETCH, SHEAR, BLUR = 48, 0.4, 0.75, 2.0


@dataclass(frozen=True)
class _Draws:
    """The random numbers of all examples, one row each."""

    pad: Array
    stretch: Array
    shift: Array
    smooth: Array
    white: Array
    shear: Array


def mnist1d(*, n: int, noise: float, correlated_noise: float, seed: int, shuffle_points: bool) -> Dataset:
    draw = np.random.RandomState(seed)
    label = np.repeat(np.arange(len(CURVES)), n // len(CURVES))
    draws = _draw(draw, len(label))
    order = draw.permutation(len(label))
    curves = _curves(templates()[label], draws, noise, correlated_noise)[order]
    if shuffle_points:
        curves = curves[:, draw.permutation(POINTS)]
    curves = (curves - curves.mean()) / curves.std()
    values: dict[str, Any] = {"n": n, "noise": noise, "correlated_noise": correlated_noise, "seed": seed}
    declared = signature(Pick(kind="mnist1d", params=values))
    assert declared is not None
    fields = {"features": curves[:, None].astype(np.float32), "target": label[order].astype(np.int64)}
    return Dataset(fields, declared)


def templates() -> Array:
    """The ten curves, whitened, from 0 at their start; shape (10, 12)."""
    curves = np.array(CURVES)
    curves = curves - curves.mean(axis=1, keepdims=True)
    curves = curves / curves.std(axis=1, keepdims=True)
    result: Array = (curves - curves[:, :1]) / 6.0
    return result


def _draw(draw: np.random.RandomState, count: int) -> _Draws:
    low, high = PADDING
    pad, stretch, shift, shear = (np.empty(count) for _ in range(4))
    smooth, white = np.empty((count, CANVAS)), np.empty((count, CANVAS))
    for i in range(count):
        pad[i] = low + int(draw.rand() * (high - low + 1))
        stretch[i] = 1 + STRETCH * (draw.rand() - 0.5)
        shift[i] = draw.choice(MAX_SHIFT)
        smooth[i] = draw.randn(CANVAS)
        white[i] = draw.randn(CANVAS)
        shear[i] = SHEAR * (draw.rand() - 0.5)
    return _Draws(pad.astype(int), stretch, shift.astype(int), smooth, white, shear)


def _curves(glyphs: Array, draws: _Draws, noise: float, correlated_noise: float) -> Array:
    """The finished curves before normalisation, shape (n, 40)."""
    canvas = _padded(glyphs, draws.pad) * draws.stretch[:, None]
    columns = (np.arange(CANVAS) - draws.shift[:, None]) % CANVAS
    canvas = np.take_along_axis(canvas, columns, axis=1)
    smooth = (correlated_noise * draws.smooth) @ _blur_matrix().T
    canvas = np.where(canvas != 0, canvas, smooth) + noise * draws.white
    canvas = canvas - draws.shear[:, None] * np.linspace(-0.5, 0.5, CANVAS)
    return canvas @ _sampling_matrix(CANVAS, POINTS).T


def _padded(glyphs: Array, pads: Array) -> Array:
    """Zeros put behind each glyph, the whole stretched to the canvas. The glyph's own zeros stay tellable apart."""
    result = np.empty((len(glyphs), CANVAS))
    for pad in np.unique(pads):
        rows = pads == pad
        tail = np.zeros((int(rows.sum()), pad))
        wide = np.concatenate([glyphs[rows] + 1e-8, tail], axis=1)
        result[rows] = wide @ _sampling_matrix(wide.shape[1], CANVAS).T
    return result


def _sampling_matrix(size: int, points: int) -> Array:
    """Linear interpolation from `size` to `points` evenly spaced values, as a matrix (points, size)."""
    positions = np.linspace(0, 1, size)
    wanted = np.linspace(0, 1, points)
    return np.stack([np.interp(wanted, positions, row) for row in np.eye(size)], axis=1)


def _blur_matrix() -> Array:
    """A Gaussian filter cut off at four deviations with mirrored ends, as a matrix (72, 72)."""
    radius = int(4 * BLUR + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / BLUR) ** 2)
    kernel /= kernel.sum()
    mirrored = np.pad(np.eye(CANVAS), ((radius, radius), (0, 0)), mode="symmetric")
    return np.stack([kernel @ mirrored[i : i + len(kernel)] for i in range(CANVAS)])
