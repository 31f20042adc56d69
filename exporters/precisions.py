"""The precisions that an ONNX file can have: what each is, when it pays, what it asks for, and what of it passes.

Imports nothing heavy: the window lists them. How a file is made so stands in `exporters.reduction`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.problem import LayerloomError
from core.spec.option import OptionSpec
from core.spec.params import Bool, Choice, Float, Int

WHOLE = "float32"


@dataclass(frozen=True, kw_only=True)
class Precision(OptionSpec):
    """One precision.

    Attributes:
        when: when to choose it, and what speaks against it.
        bits: of a weight in the file.
        tolerance: the largest difference from PyTorch that passes, relative to the largest answer.
        agreement: the least share of equal answers (classes) over real examples that passes.
        calibrated: whether it needs real examples to find the ranges of what flows.
    """

    when: str
    bits: int
    tolerance: float
    agreement: float
    calibrated: bool = False

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every field's value. Raises LayerloomError where one is unknown or does not fit."""
        try:
            return self.values(given)
        except ValueError as error:
            raise LayerloomError(str(error), code="arguments") from error


_PER_CHANNEL = Bool(
    "per_channel", True, label="per channel",
    doc="Each output channel of a weight has a scale of its own: more exact, hardly larger.",
)  # fmt: skip
_SEVEN = Bool(
    "reduce_range", False, advanced=True, label="seven bits",
    doc="Weights use seven of the eight bits: for x86 processors without VNNI, whose sums of products overflow.",
)  # fmt: skip

PRECISIONS: Mapping[str, Precision] = {
    precision.id: precision
    for precision in (
        Precision(
            WHOLE,
            "float32",
            "As it was trained: four bytes a weight.",
            formula="24 significant bits",
            when="Always right; the reference for the others.",
            bits=32,
            tolerance=1e-5,
            agreement=1.0,
        ),
        Precision(
            "float16",
            "float16",
            "Half precision: weights and what flows have two bytes; inputs and answers stay float32.",
            formula="11 significant bits, at most 65,504: relative rounding error at most 2^-11 = 0.05 %",
            when="For GPUs and ARM processors, which compute it faster. On an x86 processor ONNX Runtime computes in "
            "float32 between conversions: the file halves, and nothing is faster. Values above 65,504 overflow.",
            source="IEEE 754-2008, binary16",
            bits=16,
            tolerance=1e-2,
            agreement=0.99,
        ),
        Precision(
            "bfloat16",
            "bfloat16 weights",
            "Weights are kept in two bytes with the range of float32 and widened when the file is loaded; it computes "
            "in float32, for ONNX Runtime has no bfloat16 arithmetic on a CPU.",
            formula="8 significant bits: relative rounding error at most 2^-8 / 2 = 0.2 %, nothing overflows",
            when="To halve the file and nothing else: speed and memory are those of float32.",
            bits=16,
            tolerance=5e-2,
            agreement=0.98,
        ),
        Precision(
            "int8-dynamic",
            "int8, dynamic",
            "Weights become whole numbers of one byte; the scale of what flows is measured anew at each call.",
            (_PER_CHANNEL, _SEVEN),
            formula="q = clip(round(w / s), -127, 127),  s = max|w| / 127;  w ~ s q",
            when="Without data to calibrate on; for networks of large matrices (transformers, LSTM). Convolutions "
            "often run slower so than in float32.",
            source="Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only "
            "Inference, CVPR 2018 (arXiv:1712.05877)",
            bits=8,
            tolerance=0.25,
            agreement=0.95,
        ),
        Precision(
            "int8",
            "int8, calibrated",
            "Weights and what flows become whole numbers of one byte, with scales found once on training examples "
            "(static quantization, QDQ form).",
            (
                Int("calibrate", 256, min=1, max=100_000, label="calibrate on",
                    doc="How many training examples are sent through to find the ranges."),
                Choice("method", label="range by", choices=("minmax", "entropy", "percentile"), default="minmax",
                       labels={"minmax": "smallest and largest", "entropy": "least loss of information (entropy)",
                               "percentile": "percentile"},
                       doc="Which values the 256 levels span: all that were met, or fewer for finer levels."),
                Float("percentile", 99.99, min=50.0, max=100.0, advanced=True,
                      doc="Share of the values inside the range, in percent, where the range goes by percentile."),
                _PER_CHANNEL,
                _SEVEN,
            ),
            formula="q = clip(round(x / s) + z, 0, 255),  s = (high - low) / 255,  z = round(-low / s);  x ~ s(q - z)",
            when="The smallest and, on processors with byte arithmetic, the fastest. The answers change a little: see "
            "the metric before and after.",
            source="Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only "
            "Inference, CVPR 2018 (arXiv:1712.05877)",
            bits=8,
            tolerance=0.25,
            agreement=0.95,
            calibrated=True,
        ),
    )
}  # fmt: skip


def precision_of(id: str) -> Precision:
    """Raises LayerloomError where there is no such precision."""
    if id not in PRECISIONS:
        raise LayerloomError(f"There is no precision {id!r:.40}; there are {', '.join(PRECISIONS)}.", code="precision")
    return PRECISIONS[id]
