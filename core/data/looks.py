"""Examples as a person can look at them, in plain values of bounded size: small pictures, curves, rows of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.data.dataset import Array
from core.data.prepare import Prepared
from core.data.transforms import as_real

MAX_SIDE, MAX_CURVE, MAX_ROW, CHANNELS = 64, 256, 12, 3


def looks(values: Array, within: tuple[float, float], side: int = MAX_SIDE) -> list[dict[str, Any]]:
    """Each example as ``pixels`` (rows of bytes, or of three bytes where coloured), ``curve`` (values by channel) or
    ``values``; a number that is shortened says so by ``of``: how many there are."""
    if values.ndim == 4 and values.shape[1] in (1, 3):
        return [{"pixels": picture(one, within, side)} for one in values]
    if values.ndim == 3:
        if values.shape[2] == 1:
            values = values.transpose(0, 2, 1)  # a sequence of single numbers
        step = max(1, -(-values.shape[2] // MAX_CURVE))
        shown = as_real(values[:, :CHANNELS, ::step]).round(5)
        return [{"curve": one.tolist()} for one in shown]
    flat = values.reshape(len(values), -1)
    rows = [[_plain(number) for number in one[:MAX_ROW].tolist()] for one in flat]
    return [{"values": row, "of": flat.shape[1]} for row in rows]


def span(prepared: Prepared, name: str) -> tuple[float, float]:
    """What black and white stand for: the least and the greatest number among the first training examples."""
    values = prepared.splits["train"][name][:512]
    if values.dtype == np.uint8:
        return 0.0, 1.0
    found = prepared.inverse(name, values)
    return float(np.nanmin(found)), float(np.nanmax(found))


def picture(values: Array, within: tuple[float, float], side: int = MAX_SIDE) -> list[Any]:
    """``(1 or 3, height, width)`` numbers as bytes by row, thinned to at most `side` pixels a side."""
    step = max(1, -(-max(values.shape[1:]) // side))
    shown = values[:, ::step, ::step]
    if shown.dtype != np.uint8:
        low, high = within
        shown = np.round((np.nan_to_num(shown) - low) / ((high - low) or 1.0) * 255).clip(0, 255).astype(np.uint8)
    return list((shown[0] if len(shown) == 1 else shown.transpose(1, 2, 0)).tolist())


def _plain(number: float) -> float | int | None:
    if isinstance(number, int):
        return number
    return float(f"{number:.6g}") if np.isfinite(number) else None
