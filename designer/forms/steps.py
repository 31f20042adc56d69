"""How a number goes up and down: by one, by decade for small numbers, never out of its limits."""

from __future__ import annotations

import math

from core.spec.params import Float, Int

LARGE = 10


def step_int(param: Int, value: int | None, direction: int, *, large: bool = False) -> int:
    """The next whole number up (1) or down (-1), within the limits; the default where there is none yet."""
    if value is None:
        return param.default if param.default is not None else param.min if param.min is not None else 0
    moved = value + direction * (LARGE if large else 1)
    low = moved if param.min is None else max(param.min, moved)
    return low if param.max is None else min(param.max, low)


def step_float(param: Float, value: float | None, direction: int, *, large: bool = False) -> float:
    """The next number, by one in its leading digit: 0.003 up is 0.004, 0.001 down is 0.0009; `large`: ten times it.

    Within the limits; the default where there is no number yet.
    """
    if value is None:
        return param.default if param.default is not None else param.min or 0.0
    exact = value * 10.0**direction if large and value else value + direction * _unit(value, direction)
    moved = float(f"{exact:.10g}")  # 0.30000000000000004 is nobody's choice
    if param.max is not None and moved > param.max:
        return float(param.max)
    if param.min is not None and (moved < param.min or (param.above and moved == param.min)):
        return value if param.above else float(param.min)
    return moved


def _unit(value: float, direction: int) -> float:
    if value == 0:
        return 0.1
    decade = 10.0 ** math.floor(math.log10(abs(value)) + 1e-9)
    shrinking = (value > 0) == (direction < 0)
    return decade / 10 if shrinking and math.isclose(abs(value), decade) else decade
