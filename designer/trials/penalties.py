"""The regularisation path as drawings: losses, weights one by one, and zeros by layer over the strength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from designer.figures.figure import Figure
from designer.figures.marks import Drawing, Floats, Line, Mark, numbers
from designer.session import Session

HEIGHT, COLOURS = 240, 10
LEGEND = 0.24  # of the width beside the last strength, where the legend stands
FEW = 12  # curves up to which each has its name in the legend


def losses(answer: Mapping[str, Any]) -> Drawing:
    """Training and validation over the strength, the band of one standard error, and what is suggested."""
    x, places = _strengths(answer), answer["places"]
    train, held, error = (numbers([place[key] for place in places]) for key in ("train", "validation", "error"))
    marks: list[Mark] = [Line(x, train, 0, "training", dotted=True)]
    legend = [("training", 0)]
    if np.isfinite(held).any():
        marks += [Line(x, held + side * error, 1, dashed=True, thin=True) for side in (-1, 1)]
        marks.append(Line(x, held, 1, "validation", dotted=True))
        legend.append(("validation ± standard error", 1))
    known = np.concatenate([train, held + error, held - error])
    known = known[np.isfinite(known)]
    span = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    for name, colour in (("best", 2), ("simplest", 3)):
        if answer[name] is not None and (name == "best" or answer["best"] != answer["simplest"]):
            marks.append(Line(np.full(2, np.log10(answer[name])), np.array(span), colour, f"{name} ", dashed=True))
            legend.append((f"{name} {answer[name]:.2g}", colour))
    return Drawing(
        marks,
        "Loss over the strength of the penalty",
        x_label="strength",
        y_label="loss",
        x_span=_span(x),
        x_powers=True,
        legend=legend,
        summary=answer["verdict"],
    )


def weights(answer: Mapping[str, Any]) -> Drawing:
    """The greatest weights, one curve each."""
    x = _strengths(answer)
    marks = [
        Line(x, numbers(one["values"]), index % COLOURS, one["name"])
        for index, one in enumerate(answer["weights"])
    ]  # fmt: skip
    note = "" if answer["count"] <= len(marks) else f"the {len(marks)} greatest of {answer['count']:,}"
    legend = [(one["name"], i % COLOURS) for i, one in enumerate(answer["weights"])] if len(marks) <= FEW else []
    return Drawing(
        marks, "Weights", note, x_label="strength", y_label="weight", x_span=_span(x), x_powers=True, legend=legend
    )


def zeros(answer: Mapping[str, Any]) -> Drawing:
    """Share of the weights that are exactly 0, by layer and altogether."""
    x = _strengths(answer)
    marks: list[Mark] = [
        Line(x, 100 * numbers(layer["values"]), 1 + i % (COLOURS - 1), layer["name"], dashed=True)
        for i, layer in enumerate(answer["layers"])
    ]
    marks.append(Line(x, 100 * numbers([place["zeros"] for place in answer["places"]]), 0, "all", dotted=True))
    legend = [("all", 0)]
    if len(answer["layers"]) <= FEW:
        legend += [(layer["name"], 1 + i % (COLOURS - 1)) for i, layer in enumerate(answer["layers"])]
    return Drawing(
        marks,
        "Weights that are 0",
        x_label="strength",
        y_label="%",
        y_span=(-2.0, 102.0),
        x_span=_span(x),
        x_powers=True,
        legend=legend,
    )


def sizes(answer: Mapping[str, Any]) -> Drawing:
    """How large all weights are together."""
    x = _strengths(answer)
    named = {"size": "sum of |w|", "norm": "root of the sum of squares"}
    marks = [
        Line(x, numbers([place[key] for place in answer["places"]]), i, words, dotted=True)
        for i, (key, words) in enumerate(named.items())
    ]
    legend = [(words, i) for i, words in enumerate(named.values())]
    return Drawing(marks, "Size of all weights", x_label="strength", x_span=_span(x), x_powers=True, legend=legend)


def rows(_session: Session, answer: Mapping[str, Any]) -> Sequence[QWidget]:
    """The other pictures."""
    found = []
    for drawing in (weights(answer), zeros(answer) if answer["kind"] != "l2" else sizes(answer)):
        figure = Figure()
        figure.setMinimumHeight(HEIGHT)
        figure.show_drawing(drawing)
        found.append(figure)
    return found


def _span(x: Floats) -> tuple[float, float]:
    """All strengths, and room for the legend."""
    width = float(x[-1] - x[0]) or 1.0
    return float(x[0]) - 0.03 * width, float(x[-1]) + LEGEND * width


def _strengths(answer: Mapping[str, Any]) -> Floats:
    found: Floats = np.log10(numbers([place["strength"] for place in answer["places"]]))
    return found
