"""The short texts of a node: its key parameters, its size, the shape that leaves it. All from the declaration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.spec.layer import LayerSpec
from core.spec.params import Ints, Param
from core.spec.shape import BATCH, TensorType

SEPARATOR = " · "
MOST = 4


def summary(spec: LayerSpec, params: Mapping[str, Any]) -> str:
    """The leading parameters and those that were changed, in the order of declaration: ``32 · 3×3 · same``.

    The first two fields are told, later ones only where they differ from the default. All but the first go by name,
    unless the value explains itself. Plain numbers (rates) go by name, and are told only if first or changed.
    """
    values = {**spec.defaults, **params}
    parts: list[str] = []
    for index, field in enumerate(p for p in spec.params if p.applies(values)):
        value = values[field.name]
        changed = field.name in params and value != field.default
        leading = index == 0 or (index == 1 and field.kind not in ("bool", "float") and not field.advanced)
        if ((leading and value != 0) or changed) and (text := _told(field, value, first=index == 0)):
            parts.append(text)
    return SEPARATOR.join(parts[:MOST])


def _told(field: Param, value: Any, *, first: bool) -> str:
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, bool):
        return field.title if value else f"no {field.title}"
    if isinstance(field, Ints) and isinstance(value, int) and field.length and "size" in field.name:
        value = (value,) * field.length
    text = _value(field, value)
    explains_itself = isinstance(value, tuple | str) or (first and isinstance(value, int))
    return text if explains_itself else f"{field.title} {text}"


def _value(field: Param, value: Any) -> str:
    if isinstance(value, tuple):
        return "×".join(str(v) for v in value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return field.format(value).replace("_", " ")


def count(number: int) -> str:
    """A number of parameters in four characters or so: ``832``, ``36.9K``, ``11.2M``."""
    for limit, unit in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K")):
        if number >= limit:
            scaled = number / limit
            return f"{scaled:.0f}{unit}" if scaled >= 100 else f"{scaled:.1f}{unit}"
    return str(number)


def shape_text(type: TensorType | None) -> str:
    """A shape as wires show it, without the batch that is everywhere: ``16×8×8``; empty where it is not known."""
    if type is None:
        return ""
    dims = type.shape[1:] if type.shape[:1] == (BATCH,) else type.shape
    if not type.shape:
        return "scalar"
    return "×".join(str(d) for d in dims) or str(type.shape[0])
