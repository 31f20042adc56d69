"""What was found of the ground that weights stand on, as drawings: surfaces, lines, and the way down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from designer.figures.marks import GREY, Dots, Drawing, Floats, Line, Mark, Shades, numbers
from designer.language import tr
from designer.plots.readout import number
from designer.sentences import told

Answer = Mapping[str, Any]
LEVELS = 16  # lines of equal loss
SPARSE = 12  # places of a path up to which each has a mark
PART_NAMES = {"train": "training", "validation": "validation", "test": "test"}


def heights(x: Floats, y: Floats, values: Floats) -> list[Mark]:
    """The loss over a plane: its colours, and lines of equal loss, closer together where it is low."""
    from pyqtgraph.functions import isocurve

    whole = values[np.isfinite(values)]
    if not len(whole) or whole.max() <= whole.min():
        return []
    low, high = whole.min(), whole.max()
    ground = 0.0 if low > 0 else low - 1e-3 * (high - low)  # logarithms, of a loss that may be below 0 too
    logs = np.log10(np.where(np.isfinite(values), values, high) - ground)
    shares = (logs - logs.min()) / max(logs.max() - logs.min(), 1e-12)
    marks: list[Mark] = [Shades(x, y, values, np.where(np.isfinite(values), shares, np.nan), "loss")]
    for level in np.unique(np.quantile(logs, np.linspace(0.02, 0.95, LEVELS))):
        name = f"loss {number(10.0**level + ground)} at"
        for line in isocurve(logs.T, float(level), connected=True):
            rows = np.array(line, np.float64) - 0.5
            across, up = np.interp(rows[:, 0], np.arange(len(x)), x), np.interp(rows[:, 1], np.arange(len(y)), y)
            marks.append(Line(across, up, GREY, name, thin=True))
    return marks


def surface(answer: Answer) -> Drawing:
    """The paths of a race over lines of equal loss, from the common start to where each ended."""
    found = answer["surface"]
    x, y, values = numbers(found["x"]), numbers(found["y"]), _rows(found["values"])
    marks = heights(x, y, values)
    for index, (entry, path) in enumerate(zip(answer["entries"], found["paths"], strict=True)):
        places = np.array(path, np.float64).reshape(-1, 2)
        marks.append(Line(places[:, 0], places[:, 1], index, entry["label"], dotted=len(places) <= SPARSE))
        marks.append(Dots(places[-1:, 0], places[-1:, 1], [index], 4.5, [f"{entry['label']}: here it ended"]))
    first = np.array(found["paths"][0][:1], np.float64).reshape(-1, 2)
    marks.append(Dots(first[:, 0], first[:, 1], [GREY] * len(first), 3.5, ["here all began"] * len(first)))
    note = f"{found['explained']:.0%} of the paths lie in this plane"
    return Drawing(
        marks,
        "The ground: lines of equal loss",
        note,
        x_label="along the first direction",
        y_label="along the second",
        x_span=(float(x[0]), float(x[-1])),
        y_span=(float(y[0]), float(y[-1])),
        summary=f"{answer['verdict']} {note}.",
    )


AXES = {"step": "steps", "seen": "examples seen", "seconds": "seconds"}


def ways(answer: Answer) -> Drawing:
    """The loss of the same examples along the race, over what all had as much of."""
    return over(answer, "step" if answer["equal"] == "steps" else "seen")


def over(answer: Answer, axis: str) -> Drawing:
    """That over one of `AXES`; each in its colour of the surface."""
    marks: list[Mark] = []
    for index, entry in enumerate(answer["entries"]):
        found = np.log10(np.maximum(numbers([at["loss"] for at in entry["stations"]]), 1e-12))
        marks.append(Line(numbers([at[axis] for at in entry["stations"]]), found, index, entry["label"]))
    return Drawing(
        marks,
        f"Loss of the same examples over {AXES[axis]}",
        x_label=AXES[axis],
        y_label="loss",
        y_powers=True,
        legend=[(entry["label"], index) for index, entry in enumerate(answer["entries"])],
        summary=answer["verdict"],
    )


def around(answer: Answer) -> Drawing:
    """The loss on a plane through the weights of a run, with what is known of the run on it."""
    x, y, values = numbers(answer["x"]), numbers(answer["y"]), _rows(answer["values"])
    marks = heights(x, y, values)
    ways = answer["view"] == "run"
    if not ways:
        turn = np.linspace(0, 2 * np.pi, 121)
        name = f"{answer['radius']:g} of the size of the weights"
        marks.append(Line(answer["radius"] * np.cos(turn), answer["radius"] * np.sin(turn), 3, name, dashed=True))
    for index, place in enumerate(answer["places"]):
        words = f"{place['name']}: loss {number(place['loss'])}" if place["loss"] is not None else place["name"]
        away = f", {number(place['away'])} beside the plane" if place["away"] > 0.01 * float(x[-1] - x[0]) else ""
        marks.append(Dots(numbers([place["x"]]), numbers([place["y"]]), [(2, 7, 5, 6)[index % 4]], 5.0, [words + away]))
    unit = "distance in the space of weights" if ways else "share of the size of the weights"
    return Drawing(
        marks,
        f"Loss of the {PART_NAMES[answer['part']]} examples",
        f"{answer['examples']:,} examples",
        x_label=unit if not ways else f"{unit}, towards the start",
        y_label=unit,
        x_span=(float(x[0]), float(x[-1])),
        y_span=(float(y[0]), float(y[-1])),
        legend=[(told(place["name"]), (2, 7, 5, 6)[index % 4]) for index, place in enumerate(answer["places"])],
        summary=answer["verdict"],
    )


def along(answer: Answer) -> Drawing:
    """The losses of training and validation from other weights to these."""
    x = numbers(answer["at"])
    marks: list[Mark] = [
        Line(x, numbers(row), index, PART_NAMES[part]) for index, (part, row) in enumerate(answer["losses"].items())
    ]
    known = np.concatenate([numbers(row) for row in answer["losses"].values()])
    known = known[np.isfinite(known)]
    ends = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    for place, name in ((0.0, answer["other"]), (1.0, "these weights")):
        marks.append(Line(np.full(2, place), np.array(ends), GREY, name, dashed=True))
    return Drawing(
        marks,
        "Loss along the line",
        f"{number(answer['distance'])} apart",
        x_label=f"share of the way from {answer['other'][0].lower()}{answer['other'][1:]} to these weights",
        y_label="loss",
        legend=[(tr(PART_NAMES[part]), index) for index, part in enumerate(answer["losses"])],
        summary=answer["verdict"],
    )


def damaged(answer: Answer) -> Drawing:
    """What the network still does over the share of damage: the mean, all draws between, and chance."""
    name, levels = answer["metric"], answer["levels"]
    x = numbers([100 * level["share"] for level in levels])
    mean, low, high = (numbers([level[key][name] for level in levels]) for key in ("mean", "low", "high"))
    marks: list[Mark] = [
        Line(x, low, GREY, "least of all draws", thin=True),
        Line(x, high, GREY, "greatest of all draws", thin=True),
        Line(x, mean, 0, name, dotted=len(x) <= 2 * SPARSE),
    ]
    legend = [(tr("{metric}, mean of all draws", metric=name), 0), (tr("least and greatest"), GREY)]
    if answer["chance"] is not None:
        marks.append(Line(x[[0, -1]], np.full(2, answer["chance"]), 3, "chance", dashed=True))
        legend.append((tr("chance"), 3))
    ends = np.concatenate([low, high, *([numbers([answer["chance"]])] if answer["chance"] is not None else [])])
    bottom, top = (float(ends[np.isfinite(ends)].min()), float(ends[np.isfinite(ends)].max()))
    room = (top - bottom) or 1.0
    how = "set to zero" if answer["how"] == "zero" else "with noise"
    return Drawing(
        marks,
        f"{name[0].upper()}{name[1:]} over damage",
        f"{answer['parts']:,} {answer['what']}, {answer['examples']:,} examples",
        x_label=f"{answer['what']} {how}, in percent",
        y_label=name,
        y_span=(bottom - 0.04 * room, top + 0.3 * room),  # the legend lies above the curves
        legend=legend,
        summary=answer["verdict"],
    )


def learned(answer: Answer) -> Drawing:
    """The metric of training and validation over the number of examples, with the law that foretells twice as many."""
    name, points = answer["metric"], answer["points"]
    sizes = numbers([point["examples"] for point in points])
    x, marks, legend = np.log10(sizes), list[Mark](), list[tuple[str, int]]()
    for index, part in enumerate(("train", "validation")):
        mean, spread = (numbers([point[key][part][name] for point in points]) for key in ("mean", "deviation"))
        for y in (mean - spread, mean + spread):
            marks.append(Line(x, y, index, "", thin=True))
        marks.append(Line(x, mean, index, PART_NAMES[part], dotted=True))
        legend.append((tr("{part} ± deviation", part=tr(PART_NAMES[part])), index))
    law, foretold = answer["law"], answer["foretold"]
    if law is not None:
        ahead = np.geomspace(sizes[0], 2 * sizes[-1], 60)
        error = law["a"] * ahead ** -law["b"] + law["c"]
        marks.append(Line(np.log10(ahead), 1 - error if answer["rising"] else error, 2, "the law", dashed=True))
        ends = np.full(2, np.log10(2 * sizes[-1]))
        marks.append(Line(ends, numbers([foretold["low"], foretold["high"]]), 2, "foretold with twice the examples"))
        legend.append((tr("foretold: a n^-b + c"), 2))
    return Drawing(
        marks,
        f"{name[0].upper()}{name[1:]} over the number of examples",
        f"{points[-1]['examples']:,} examples in all",
        x_label="training examples",
        y_label=name,
        x_powers=True,
        legend=legend,
        summary=answer["verdict"],
    )


def _rows(values: Sequence[Sequence[Any]]) -> Floats:
    return np.array([numbers(row) for row in values])
