"""What is told of a node, as drawings and lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from designer.figures.marks import GREY, Bars, Dots, Drawing, Line, numbers
from designer.numbers import exact
from designer.plots.readout import number


def weights(found: Mapping[str, Any]) -> Drawing:
    """The histogram of one tensor."""
    shape = " x ".join(map(str, found["shape"]))
    note = "no numbers at all" if found["mean"] is None else (
        f"mean {number(found['mean'])}, deviation {number(found['std'])}, {number(found['min'])} to "
        f"{number(found['max'])}"
    )  # fmt: skip
    if found["zeros"]:
        note = f"{100 * found['zeros']:.1f} % zeros, {note}"
    if found["bad"]:
        note = f"{exact(found['bad'])} are no numbers; {note}"
    bars = Bars(numbers(found["edges"]), numbers(found["counts"]))
    return Drawing((bars,), title=f"{found['name']}, {shape}", note=note, x_label="value", y_label="how many")


def scatter(found: Mapping[str, Any], sample: int) -> Drawing:
    """The two main directions; the chosen example has a mark of its own."""
    x, y = numbers(found["x"]), numbers(found["y"])
    first, second = (f"{100 * share:.1f} %" for share in found["share"])
    legend: list[tuple[str, int]] = []
    colours, names = [0] * len(x), [f"example {p}" for p in found["positions"]]
    if "classes" in found:
        colours = list(found["class"])
        names = [f"{found['classes'][k]}, example {p}" for k, p in zip(colours, found["positions"], strict=True)]
        legend = list(zip(found["classes"], range(len(found["classes"])), strict=True))
    elif "number" in found:
        ranks = numbers(found["number"]).argsort().argsort()
        colours = [int(rank * 3 // max(1, len(x))) for rank in ranks]
        names = [f"{number(v)}, example {p}" for v, p in zip(found["number"], found["positions"], strict=True)]
    title = f"Main directions of {exact(found['width'])} numbers"
    at = np.flatnonzero(np.asarray(found["positions"]) == sample)
    own = Line(x[at], y[at], GREY, dotted=True)
    return Drawing(
        (Dots(x, y, colours, 2.4, names), own), title=title, note=f"{first} and {second} of the variance",
        x_label="first", y_label="second", legend=legend,
    )  # fmt: skip


def facts(own: Mapping[str, Any]) -> list[str]:
    """A node in a few lines."""
    shape = " x ".join(map(str, own["shape"])) or "one number"
    told = [f"output {shape}"]
    if own["parameters"]:
        told.append(f"{exact(own['parameters'])} parameters")
    if own["sparse"]:
        told.append(f"{100 * own['sparse']:.1f} % of the weights are 0")
    if own["std"] is not None:
        told.append(f"deviation {number(own['std'])}")
        told.append(f"{100 * own['zeros']:.1f} % zeros")
    if own["dead"] is not None:
        told.append(f"{100 * own['dead']:.1f} % dead units")
    if own["bad"]:
        told.append(f"{exact(own['bad'])} values are no numbers")
    return told
