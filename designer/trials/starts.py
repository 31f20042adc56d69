"""What the init doctor found: scales through depth as drawings, and each start in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from designer.controls.labels import label
from designer.figures.figure import Figure
from designer.figures.marks import Dots, Drawing, Floats, Line, Mark, numbers
from designer.plots.readout import number
from designer.sentences import told
from designer.session import Session
from designer.trials.lines import line_of, reasons

HEIGHT = 220
DOTTED = 60  # layers up to which each has a mark
LEGEND = 0.22  # of the width beside the last layer, where the legend stands
LOWEST = -40.0  # powers of ten that are drawn


def forward(answer: Mapping[str, Any]) -> Drawing:
    """The deviation of what each layer with weights gives, from the first to the last, for each start."""
    return _through(answer, "forward", "What the layers give: standard deviation", "gives")


def gradients(answer: Mapping[str, Any]) -> Drawing:
    """The gradients of the loss at the same places."""
    return _through(answer, "gradient", "Gradients that come back: root mean square", "gets a gradient of")


def weights(answer: Mapping[str, Any]) -> Drawing:
    """The deviation of the design's own weights, as they were drawn and by the formula."""
    layers = [layer for layer in answer["starts"][0]["layers"] if layer["weighted"]]
    x = np.arange(1, len(layers) + 1, dtype=np.float64)
    drawn, known = (numbers([layer[key] for layer in layers]) for key in ("weight", "expected"))
    names = [_weight_words(layer) for layer in layers]
    return Drawing(
        [Line(x, _powers(known), 2, "by the formula", dashed=True), Dots(x, _powers(drawn), [0] * len(x), 3.0, names)],
        "Weights as the design starts them: standard deviation",
        x_label="layer with weights",
        y_label="std",
        x_span=_span(len(layers)),
        y_powers=True,
        legend=[("drawn", 0), ("by the formula", 2)],
    )


def rows(session: Session, answer: Mapping[str, Any]) -> Sequence[QWidget]:
    """Reasons, the other two pictures, and a row for each start."""
    found = list(reasons(session, answer))
    known = any(layer["expected"] for layer in answer["starts"][0]["layers"])
    for drawing in (gradients(answer), *([weights(answer)] if known else ())):
        figure = Figure()
        figure.setMinimumHeight(HEIGHT)
        figure.show_drawing(drawing)
        found.append(figure)
    for start in answer["starts"]:
        looks = ("done", "success") if _holds(start) else ("warning", "warning")
        words = told(start["told"]) + (f"; loss {start['loss']:.3g}" if start["loss"] is not None else "")
        found.append(line_of(*looks, label(told(start["label"])), label(words, "muted", wrap=True), width=150))
    return found


def _holds(start: Mapping[str, Any]) -> bool:
    return start["lost"] is not None and start["lost"] < 1.0


def _through(answer: Mapping[str, Any], key: str, title: str, verb: str) -> Drawing:
    marks: list[Mark] = []
    for index, start in reversed(list(enumerate(answer["starts"]))):
        layers = [layer for layer in start["layers"] if layer["weighted"]]
        x, y = np.arange(1, len(layers) + 1, dtype=np.float64), _powers(numbers([layer[key] for layer in layers]))
        marks.append(Line(x, y, index, dashed=index > 1 and start["id"] != answer["best"]))
        names = [f"{start['label']}: {layer['label']} {verb} {_told(layer[key])}" for layer in layers]
        marks.append(Dots(x, y, [index] * len(x), 2.6 if len(layers) <= DOTTED else 1.2, names))
    return Drawing(
        marks,
        title,
        x_label="layer with weights",
        y_label="std" if key == "forward" else "rms",
        x_span=_span(max(len([layer for layer in start["layers"] if layer["weighted"]]) for start in answer["starts"])),
        y_powers=True,
        legend=[(start["label"], index) for index, start in enumerate(answer["starts"])],
        summary=answer["verdict"],
    )


def _span(layers: int) -> tuple[float, float]:
    """All layers, and room for the legend."""
    return 0.5, layers + 0.5 + LEGEND * layers


def _powers(values: Floats) -> Floats:
    """Logarithms; what is 0 is not drawn."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log10(values)
    return np.where(found > LOWEST, found, np.nan)


def _weight_words(layer: Mapping[str, Any]) -> str:
    formula = f", by the formula {number(layer['expected'])}" if layer["expected"] is not None else ""
    return f"{layer['label']}: {_told(layer['weight'])}{formula}"


def _told(value: float | None) -> str:
    return "no number" if value is None else number(value)
