"""Single examples as a person can look at them: small pictures, curves, or a row of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.analysis.subject import Part, Subject
from core.data.dataset import Array
from core.data.looks import looks, span


def samples(subject: Subject, split: str, positions: Sequence[int], most: int = 64) -> list[dict[str, Any]]:
    """Up to `most` examples of a part, by their positions in it.

    Each has ``position``, ``row`` (of the source, counted from 0) and what `looks` makes of the first input
    from the data, or of noise where nothing else enters.

    Raises:
        LayerloomError: there is no such part.
    """
    part = subject.chosen(subject.part(split, 1).name, np.asarray(list(positions)[:most], np.int64))
    rows = subject.prepared.indices[split][part.positions]
    first = next((v.name for v in subject.program.inputs if v.name in subject.prepared.fields), None)
    first = first or subject.program.inputs[0].name
    shown = looks(raw(subject, first, part), span(subject.prepared, first))
    return [
        {"position": int(position), "row": int(row), **look}
        for position, row, look in zip(part.positions, rows, shown, strict=True)
    ]


def raw(subject: Subject, name: str, part: Part) -> Array:
    """An input or target in the units of the data; bytes stay bytes."""
    values = part.arrays[name]
    return values if values.dtype == np.uint8 else subject.prepared.inverse(name, values)
