"""Names of variables and words for values, as every part of the search says them. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.training.search import Range, Variable
from designer.language import tr
from designer.plots.readout import number


def word(value: Any) -> str:
    """A value of a variable in a word or two: an optimizer with its fields is its kind and those."""
    if isinstance(value, Mapping):
        fields = ", ".join(f"{name} {word(inner)}" for name, inner in (value.get("params") or {}).items())
        return f"{value.get('kind', '')} {fields}".strip() or "{}"
    if isinstance(value, bool):
        return tr("on") if value else tr("off")
    if isinstance(value, float):
        return number(value)
    return tr("none") if value is None else str(value)


def title(path: str, names: Mapping[str, str]) -> str:
    """What a variable is called; the end of its path where the design does not have it."""
    return names.get(path) or " ".join(path.replace("job.", "").replace("node.", "").rsplit(".", 2)[-2:])


def spread(variable: Variable) -> str:
    """``0.0001 to 0.1, logarithmic``; ``one of adam, sgd``; and how many others take the same value."""
    if isinstance(variable, Range):
        text = tr("{low} to {high}", low=number(variable.low), high=number(variable.high))
        steps = tr("in steps of {step}", step=variable.step) if variable.step else ""
        text = ", ".join(filter(None, (text, tr("logarithmic") if variable.log else steps)))
    else:
        text = tr("one of {values}", values=", ".join(map(word, variable.choices)))
    return f"{text} ({tr('the same for {n} more', n=len(variable.also))})" if variable.also else text
