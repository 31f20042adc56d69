"""Sounds: the spectrogram is scipy's, and the pitch goes the way of its class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import signal

from core.catalog.datasets import signature
from core.catalog.sound_sources import COURSES, HOP, LENGTH, RATE, WINDOW
from core.data.dataset import Dataset
from core.data.sounds import FLOOR, spectrogram
from core.data.sources import load
from core.training.job import Pick


def sounds(**params: Any) -> Dataset:
    return load(Pick(kind="sounds", params=params))


def test_fields_are_as_declared_and_the_seed_decides() -> None:
    found, again, other = sounds(n=30), sounds(n=30), sounds(n=30, seed=1)
    assert found.signature == signature(Pick(kind="sounds", params={"n": 30}))
    for name, field in found.signature.fields.items():
        assert found.fields[name].shape == (30, *field.shape)
        np.testing.assert_array_equal(found.fields[name], again.fields[name])
    assert (found.fields["wave"] != other.fields["wave"]).any()
    assert np.bincount(found.fields["target"]).tolist() == [5] * 6


def test_the_spectrogram_is_scipys() -> None:
    wave = sounds(n=10).fields["wave"][:, 0].astype(float)
    _, _, found = signal.stft(wave, RATE, "hann", WINDOW, WINDOW - HOP, boundary=None, padded=False, scaling="spectrum")
    expected = 10 * np.log10(np.maximum(np.abs(2 * found[:, :-1]) ** 2, FLOOR))
    np.testing.assert_allclose(spectrogram(wave), expected, atol=1e-3)


def test_a_sine_of_amplitude_one_has_no_decibels() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(LENGTH) / RATE)
    found = spectrogram(tone[None])[0]
    assert found.max() == pytest.approx(0, abs=1e-6)
    assert found.argmax(0).tolist() == [1000 * WINDOW // RATE] * found.shape[1]
    assert spectrogram(np.zeros((1, LENGTH))).max() == -60


@pytest.mark.parametrize(
    ("course", "goes"),
    [("steady", 0.0), ("rising", 1.0), ("falling", -1.0), ("two tones", 0.6)],
)
def test_the_pitch_goes_its_way(course: str, goes: float) -> None:
    """Octaves from the first to the last quarter of the sound, by the strongest of the low frequencies."""
    found = sounds(n=240, noise=0.0).fields
    rows = found["features"][found["target"] == COURSES.index(course), 0]
    early, late = rows[:, :, 10:16].mean(2).argmax(1), rows[:, :, 44:50].mean(2).argmax(1)
    moved = np.log2(late / early)
    assert np.median(moved) == pytest.approx(goes * (1.0 if course == "two tones" else 0.64), abs=0.2)
