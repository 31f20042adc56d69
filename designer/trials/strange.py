"""Anomalies as drawings: errors of ordinary and unusual examples, what is caught at what price, the strangest ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from designer.controls.labels import label
from designer.figures.figure import Figure
from designer.figures.marks import GREY, Bars, Drawing, Line, Mark, numbers
from designer.figures.sheet import Sheet, Tile
from designer.language import tr
from designer.plots.readout import number
from designer.session import Session
from designer.trials.lines import reasons

HEIGHT = 240


def errors(answer: Mapping[str, Any]) -> Drawing:
    """How often an error is so large, among ordinary examples and among the others."""
    edges, ordinary, unusual = (numbers(answer[key]) for key in ("edges", "ordinary", "unusual"))
    limit = np.full(2, np.log10(max(answer["threshold"], 1e-12)))
    top = 1.25 * max(ordinary.max(initial=1), unusual.max(initial=1))
    marks: list[Mark] = [
        Bars(edges, ordinary, 0),
        Bars(edges, unusual, 1),
        Line(limit, np.array([0, top]), GREY, "limit"),
    ]
    return Drawing(
        marks,
        tr("Errors of ordinary and unusual examples"),
        x_label=tr("mean square error"),
        y_label=tr("examples"),
        x_powers=True,
        y_span=(0.0, top),
        legend=[(tr("ordinary"), 0), (tr("unusual"), 1), (tr("threshold"), GREY)],
        summary=answer["verdict"],
    )


def caught(answer: Mapping[str, Any]) -> Drawing:
    """The share of unusual ones that is caught, over the share of false alarms."""
    curves = [("network", answer)]
    if answer["beside"] is not None:
        curves.append((f"{answer['beside']['components']} principal components", answer["beside"]))
    marks: list[Mark] = [Line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), GREY, "by chance", dashed=True)]
    marks += [
        Line(numbers(found["roc"]["x"]), numbers(found["roc"]["y"]), index, name)
        for index, (name, found) in enumerate(curves)
    ]
    return Drawing(
        marks,
        tr("Caught over false alarms"),
        x_label=tr("false alarms"),
        y_label=tr("caught"),
        x_span=(0.0, 1.0),
        y_span=(0.0, 1.05),
        legend=[(f"{name}, area {found['area']:.3f}", index) for index, (name, found) in enumerate(curves)],
    )


def rows(session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    """What principal components reach, the curve, the classes and the strangest examples."""
    figure = Figure()
    figure.setMinimumHeight(HEIGHT)
    figure.show_drawing(caught(answer))
    found = [*reasons(session, answer), figure]
    if answer["classes"]:
        told = ", ".join(f"{one['name']} {number(one['error'])}" for one in answer["classes"])
        found.append(label(tr("Mean error by class: {told}", told=told), "muted", wrap=True))
    sheet = Sheet()
    sheet.show_tiles([_tile(one, answer["threshold"]) for one in answer["strangest"]])
    return [*found, label(tr("Furthest off"), "heading"), sheet]


def _tile(one: Mapping[str, Any], threshold: float) -> Tile:
    tip = tr("Example {number}, row {row} of the data", number=one["position"], row=one["row"])
    return Tile(one, one["class"] or number(one["value"]), f"{tip}: {number(one['value'])}", one["value"] > threshold)
