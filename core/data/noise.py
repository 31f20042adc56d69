"""Random numbers that enter a network in place of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from core.data.dataset import Array

_DRAWS: Mapping[str, Callable[[np.random.Generator, Sequence[int]], Array]] = {
    "normal": lambda source, shape: source.standard_normal(shape, np.float32),
    "uniform": lambda source, shape: source.random(shape, np.float32) * 2 - 1,
}


def draw(kind: str, source: np.random.Generator, shape: Sequence[int]) -> Array:
    """float32 of that shape: ``normal`` has mean 0 and deviation 1, ``uniform`` lies from -1 to 1."""
    return _DRAWS[kind](source, shape)
