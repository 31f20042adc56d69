"""The short texts of a node: its key parameters, its size, the shape that leaves it. All from the declaration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.spec.layer import LayerSpec
from core.spec.params import Ints, Param
from core.spec.shape import BATCH, TensorType

SEPARATOR = " · "
MOST = 4
_SIZES = ("features", "channels", "size", "shape")  # what a bare number on a node is taken for


def summary(spec: LayerSpec, params: Mapping[str, Any]) -> str:
    """The leading parameters and those that were changed, in the order of declaration: ``32 · 3×3 · same``.

    The first field is told, and the second where it is a size; the rest only where they differ from the default.
    Numbers that are no sizes go by name; fields that have a socket have a row of their own on the card.
    """
    values = {**spec.defaults, **params}
    beside = {port.field for port in spec.inputs}
    parts: list[str] = []
    for index, field in enumerate(p for p in spec.params if p.applies(values) and p.name not in beside):
        value = values[field.name]
        changed = field.name in params and value != field.default
        leading = _leads(spec, field) if index == 0 else index == 1 and field.name.endswith(_SIZES)
        if ((leading and value != 0) or changed) and (text := _told(field, value, first=index == 0)):
            parts.append(text)
    return SEPARATOR.join(parts[:MOST])


def _leads(spec: LayerSpec, field: Param) -> bool:
    """Whether the first field is worth telling unchanged; a rate is only where there are no weights beside it."""
    return field.kind != "choice" and not (field.kind == "float" and spec.weights is not None)


def _told(field: Param, value: Any, *, first: bool) -> str:
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, bool):
        return field.title if value else f"no {field.title}"
    if isinstance(field, Ints) and isinstance(value, int) and field.length and field.name.endswith(_SIZES):
        value = (value,) * field.length
    text = (
        "×".join(map(str, value))
        if isinstance(value, tuple) and field.name.endswith(_SIZES)
        else value_text(field, value)
    )
    explains_itself = isinstance(value, tuple | str) or (first and field.name.endswith(_SIZES))
    return text if explains_itself else f"{field.title} {text}"


def value_text(field: Param, value: Any) -> str:
    """A value as a card shows it."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return field.format(value).replace("_", " ")


def shape_text(type: TensorType | None) -> str:
    """A shape as wires show it, without the batch that is everywhere: ``16×8×8``; empty where it is not known."""
    if type is None:
        return ""
    dims = type.shape[1:] if type.shape[:1] == (BATCH,) else type.shape
    if not type.shape:
        return "scalar"
    return "×".join(str(d) for d in dims) or str(type.shape[0])
