"""Short tones whose pitch goes its way, and their spectrograms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from core.catalog.datasets import signature
from core.catalog.sound_sources import HOP, LENGTH, RATE, WINDOW
from core.data.dataset import Array, Dataset, check_size
from core.training.job import Pick

Floats = NDArray[np.float64]
FLOOR = 1e-6  # of the power: -60 dB

# How far the pitch has moved, in octaves, at times from 0 to 1; `r` is a number from 0.7 to 1.3 of each sound's own.
_WAYS: tuple[Callable[[Floats, Floats], Floats], ...] = (
    lambda t, r: 0 * t * r,
    lambda t, r: 1.0 * r * t,
    lambda t, r: 1.0 * r * (1 - t),
    lambda t, r: 0.4 * r * np.sin(2 * np.pi * 2 * t),
    lambda t, r: 0.6 * r * (t > 0.5),
    lambda t, r: 0.35 * r * (np.sin(2 * np.pi * 9 * t) > 0),
)


def sounds(**values: Any) -> Dataset:
    """Tones of three harmonics, at any pitch from 250 to 800 Hz, that begin and end softly at moments of their own."""
    declared = signature(Pick(kind="sounds", params=values))
    assert declared is not None
    count = values["n"]
    check_size("The sounds", (count, LENGTH), 24)
    draw = np.random.default_rng(values["seed"])
    target = draw.permutation(np.arange(count) % len(_WAYS))
    begin, end = draw.uniform(0, 0.15, (count, 1)), draw.uniform(0.85, 1, (count, 1))
    t = ((np.arange(LENGTH) / LENGTH)[None, :] - begin) / (end - begin)
    own = draw.uniform(0.7, 1.3, (count, 1))
    moved = np.zeros((count, LENGTH))
    for kind, way in enumerate(_WAYS):
        rows = target == kind
        moved[rows] = way(t[rows].clip(0, 1), own[rows])
    pitch = 250 * 3.2 ** draw.uniform(0, 1, (count, 1)) * 2.0**moved
    phase = 2 * np.pi * (np.cumsum(pitch, 1) / RATE + draw.uniform(0, 1, (count, 1)))
    shares = draw.uniform(0.1, 1, (3, count, 1)) / np.array([1, 2, 4])[:, None, None]
    tone = sum(share * np.sin(number * phase) for number, share in enumerate(shares, 1)) / shares.sum(0)
    loud = np.clip(np.minimum(t, 1 - t) * 20, 0, 1)
    wave = (tone * loud + draw.normal(0, values["noise"], tone.shape)).astype(np.float32)
    return Dataset({"features": spectrogram(wave)[:, None], "target": target, "wave": wave[:, None]}, declared)


def spectrogram(waves: Array) -> Array:
    """Decibels (waves, frequencies, moments) of the power within Hann windows, the highest frequency left out; that of
    a sine of amplitude 1 is near 0, and nothing is below -60."""
    window = np.hanning(WINDOW + 1)[:-1]
    frames = sliding_window_view(waves, WINDOW, axis=-1)[:, ::HOP]
    found = np.fft.rfft(frames * window, axis=-1)[..., :-1] * (2 / window.sum())
    power: Array = 10 * np.log10(np.maximum(np.abs(found) ** 2, FLOOR))
    return power.swapaxes(1, 2).astype(np.float32)
