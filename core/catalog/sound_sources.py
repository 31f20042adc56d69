"""A source of short sounds that their course tells apart, as waves and as spectrograms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.catalog.source_groups import EXAMPLES, GENERATED, MOST_SEED, SEED
from core.data.signature import DataSignature, FieldSignature
from core.spec.option import OptionSpec
from core.spec.params import Float, Int

COURSES = ("steady", "rising", "falling", "siren", "two tones", "trill")
RATE, LENGTH = 8000, 4000  # samples a second, and of a sound
WINDOW, HOP = 128, 64  # samples of a spectrum, and from one to the next
BINS, FRAMES = WINDOW // 2, (LENGTH - WINDOW) // HOP + 1  # the highest of WINDOW / 2 + 1 frequencies is left out

SOUND_SOURCES = (
    OptionSpec(
        "sounds",
        "Sounds",
        "Half a second of tone at any pitch, whose course tells the class: as a wave of 8 kHz, and as a spectrogram.",
        (
            Int("n", 1200, min=10, max=50_000, label="examples", doc=EXAMPLES),
            Float(
                "noise", 0.2, min=0.0, max=5.0, doc="Standard deviation of the noise; the tone reaches from -1 to 1."
            ),
            Int("seed", 0, min=0, max=MOST_SEED, doc=SEED),
        ),
        group=GENERATED,
    ),
)


def _sounds(values: Mapping[str, Any]) -> DataSignature:
    fields = {
        "features": FieldSignature(
            shape=(1, BINS, FRAMES),
            doc=f"Spectrogram in decibels: {BINS} frequencies of {RATE / WINDOW:g} Hz, the lowest first, over "
            f"{FRAMES} moments of {1000 * HOP / RATE:g} ms.",
        ),
        "target": FieldSignature(shape=(), dtype="int", classes=COURSES),
        "wave": FieldSignature(shape=(1, LENGTH), doc="The pressure, 8,000 times a second."),
    }
    return DataSignature(fields=fields, examples=values["n"])


SOUND_SIGNATURES: Mapping[str, Callable[[Mapping[str, Any]], DataSignature]] = {"sounds": _sounds}
