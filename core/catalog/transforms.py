"""Preparations of a field; statistics come from the training part only. `core.data.transforms` fits them."""

from __future__ import annotations

from collections.abc import Mapping

from core.spec.option import OptionSpec
from core.spec.params import Choice, Float

_PER = Choice(
    "per",
    "auto",
    ("auto", "element", "channel", "last", "all"),
    labels={
        "auto": "each feature; each channel of a picture",
        "element": "each element",
        "channel": "each channel (first dimension)",
        "last": "each feature of a sequence (last dimension)",
        "all": "one for everything",
    },
    doc="What shares one statistic.",
)

TRANSFORMS: Mapping[str, OptionSpec] = {
    spec.id: spec
    for spec in (
        OptionSpec(
            "standardise",
            "Standardise",
            "Mean 0 and standard deviation 1. A constant feature becomes 0.",
            (_PER,),
            formula="y = (x - mean) / std",
        ),
        OptionSpec(
            "min_max",
            "Min-max",
            "Brings the smallest and the largest value of the training part to the ends of a range.",
            (
                _PER,
                Float("low", 0.0, doc="Where the smallest value goes."),
                Float("high", 1.0, doc="Where the largest value goes."),
            ),
            formula="y = low + (x - min) / (max - min) * (high - low)",
        ),
        OptionSpec(
            "robust",
            "Robust",
            "The median becomes 0, the distance between two quantiles 1: a few wild values change neither.",
            (
                _PER,
                Float("low", 0.25, min=0.0, max=1.0, label="low quantile", doc="A quarter lies below 0.25."),
                Float("high", 0.75, min=0.0, max=1.0, label="high quantile", doc="A quarter lies above 0.75."),
            ),
            formula="y = (x - median) / (q_high - q_low)",
        ),
        OptionSpec(
            "log",
            "Logarithm",
            "Takes the logarithm of each number's size, then brings mean and deviation to 0 and 1: for prices, counts "
            "and whatever spans several powers of ten. Of a target, small ones then count as much as large ones.",
            (_PER,),
            formula="y = (s - mean) / std, s = sign(x) log(1 + |x|)",
        ),
        OptionSpec(
            "yeo_johnson",
            "Power (Yeo-Johnson)",
            "Bends each column by the power that makes it most like a normal one, then brings mean and deviation to 0 "
            "and 1. For skewed columns of any sign; what lies far outside the training part is bent by guess.",
            formula="y = (s - mean) / std, s = ((x + 1)^p - 1) / p for x >= 0, -((1 - x)^(2 - p) - 1) / (2 - p) below",
            source="Yeo and Johnson, A New Family of Power Transformations, 2000",
        ),
    )
}
