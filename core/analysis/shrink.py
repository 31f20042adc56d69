"""Tensors as pictures of bounded size: bytes by row, with what they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.data.dataset import Array

BINS = 64


def statistics(values: Array) -> dict[str, Any]:
    """``mean``, ``std``, ``min``, ``max``, ``zeros`` (share) and ``bad`` (how many are no numbers, left out of all)."""
    flat = np.asarray(values, np.float64).ravel()
    known = flat[np.isfinite(flat)]
    told: dict[str, Any] = {"bad": int(flat.size - known.size)}
    if not known.size:
        return {**told, "mean": None, "std": None, "min": None, "max": None, "zeros": None}
    return {
        **told,
        "mean": float(known.mean()),
        "std": float(known.std()),
        "min": float(known.min()),
        "max": float(known.max()),
        "zeros": float((known == 0).mean()),
    }


def histogram(values: Array, bins: int = BINS) -> dict[str, Any]:
    """``counts`` and ``edges`` of the finite numbers."""
    flat = np.asarray(values, np.float64).ravel()
    counts, edges = np.histogram(flat[np.isfinite(flat)], bins=bins)
    return {"counts": counts.tolist(), "edges": edges.tolist()}


def shrunk(picture: Array, side: int) -> Array:
    """A 2-D array of at most `side` rows and columns: each number the mean of a block of equal size."""
    for axis in (0, 1):
        step = -(-picture.shape[axis] // side)
        if step > 1:
            starts = np.arange(0, picture.shape[axis], step)
            sizes = np.diff(np.append(starts, picture.shape[axis]))
            shape = (-1, 1) if axis == 0 else (1, -1)
            picture = np.add.reduceat(picture, starts, axis=axis) / sizes.reshape(shape)
    return picture


def sheet(pictures: Array, side: int) -> dict[str, Any]:
    """Pictures ``(n, height, width)`` on one scale.

    Keys: ``images`` (bytes by row), ``peak`` (the greatest distance from zero) and ``signed``: bytes 1 to 255 stand for
    -peak to peak about 128; else bytes 0 to 255 stand for 0 to peak.
    """
    small = [shrunk(np.nan_to_num(np.asarray(p, np.float64)), side) for p in pictures]
    peak = max((float(np.abs(p).max()) for p in small if p.size), default=0.0)
    signed = any(bool((p < 0).any()) for p in small)
    zero, reach = (128, 127) if signed else (0, 255)
    images = [(zero + np.round(p / (peak or 1.0) * reach)).astype(np.uint8).tolist() for p in small]
    return {"images": images, "peak": peak, "signed": signed}
