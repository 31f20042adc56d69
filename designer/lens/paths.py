"""A solved block as drawings: paths over the plane with the slopes that they follow, and one state over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from designer.figures.marks import GREY, Arrows, Dots, Drawing, Line, Mark, numbers
from designer.numbers import exact
from designer.plots.readout import number

PLANE, TIME = "Paths", "Over time"
PARTS = (PLANE, TIME)


def drawing(found: Mapping[str, Any], part: str) -> Drawing:
    """What `core.analysis.flow` says, as one of `PARTS`."""
    return _over_time(found) if part == TIME else _plane(found)


def _plane(found: Mapping[str, Any]) -> Drawing:
    """Each path begins at its dot; the chosen example's is drawn strongly."""
    own, colours = found["at"], _colours(found)
    marks: list[Mark] = []
    if found["field"] is not None:
        x, y, u, v = (numbers(found["field"][name]) for name in ("x", "y", "u", "v"))
        marks.append(Arrows(x, y, u, v))
    paths = [(numbers(path["x"]), numbers(path["y"])) for path in found["paths"]]
    order = [*(index for index in range(len(paths)) if index != own), own]
    marks += [Line(paths[index][0], paths[index][1], colours[index], thin=index != own) for index in order]
    starts = np.array([(x[0], y[0]) for x, y in paths])
    names = [f"example {position}" for position in found["positions"]]
    marks.append(Dots(starts[:, 0], starts[:, 1], colours, 2.6, names))
    plane = found["share"] is None
    note = "" if plane else f"{100 * sum(found['share']):.1f} % of the variance"
    return Drawing(
        marks,
        title=f"Paths of {len(paths)} examples by {found['method']}, {_evaluations(found)}",
        note=note,
        x_label="first number of the state" if plane else "first main direction",
        y_label="second" if plane else "second main direction",
        legend=_legend(found),
        summary=f"{len(paths)} paths, {_evaluations(found)}. {_told_end(found)}",
    )


def _over_time(found: Mapping[str, Any]) -> Drawing:
    times = numbers(found["times"])
    lines = [Line(times, numbers(row), place, f"number {place}") for place, row in enumerate(found["series"])]
    position = found["positions"][found["at"]]
    title = f"State of example {position}"
    legend = [(f"number {place}", place) for place in range(len(lines))]
    return Drawing(lines, title=title, x_label="time", legend=legend, summary=_told_end(found))


def _evaluations(found: Mapping[str, Any]) -> str:
    count = found["evaluations"]
    return f"{exact(count)} evaluation{'s' if count != 1 else ''} of the block"


def _told_end(found: Mapping[str, Any]) -> str:
    first, last = (", ".join(number(row[end]) for row in found["series"] if row[end] is not None) for end in (0, -1))
    times = found["times"]
    return f"The example goes from {first} at {number(times[0])} to {last} at {number(times[-1])}."


def _colours(found: Mapping[str, Any]) -> list[int]:
    return list(found["class"]) if "classes" in found else [0] * len(found["paths"])


def _legend(found: Mapping[str, Any]) -> list[tuple[str, int]]:
    legend = list(zip(found.get("classes", ()), range(99), strict=False))
    return [*legend, ("slope", GREY)] if found["field"] is not None else legend
