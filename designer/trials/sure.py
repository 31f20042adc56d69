"""How sure a network is, as drawings: risk over coverage, calibration, what uncertainty is made of; the least sure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from core.analysis.examining.sure import RANKINGS
from designer.controls.labels import label
from designer.figures.figure import Figure
from designer.figures.marks import GREY, Bars, Dots, Drawing, Line, Mark, numbers
from designer.figures.sheet import Sheet, Tile
from designer.language import tr
from designer.plots.readout import number
from designer.session import Session

HEIGHT = 220
ROOM = 1.35  # times the highest point, so that the legend stands free
_NAMES = {"total": "entropy of the mean answer", "expected": "mean entropy of single passes (noise)",
          "mutual": "mutual information (not known)", "sd": "standard deviation"}  # fmt: skip


def risk(answer: Mapping[str, Any]) -> Drawing:
    """What goes wrong among the answers that are kept, as fewer of the least sure ones are."""
    marks: list[Mark] = []
    legend = []
    scale, unit = (100.0, "%") if answer["kind"] == "classification" else (1.0, "rmse")
    for index, (name, curve) in enumerate(answer["curves"].items()):
        words = f"ranked by {RANKINGS[name]}"
        marks.append(Line(100 * numbers(curve["coverage"]), scale * numbers(curve["risk"]), index, words))
        legend.append((f"{words}, area {scale * curve['area']:.3g}", index))
    return Drawing(
        marks,
        "Errors among the answers that are kept",
        x_label="% kept, the surest first",
        y_label=f"wrong, {unit}" if unit == "%" else unit,
        x_span=(0.0, 100.0),
        y_span=(0.0, ROOM * max(scale * max(curve["risk"]) for curve in answer["curves"].values()) or 1.0),
        legend=legend,
        summary=answer["verdict"],
    )


def calibrated(answer: Mapping[str, Any]) -> Drawing:
    """How often answers are right that are so sure, for the plain network and for the mean of its passes."""
    marks: list[Mark] = [Line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), GREY, "as sure as right", dashed=True)]
    legend = []
    for index, key in enumerate(("plain", "mean")):
        found = answer[key]["calibration"]
        words = {"plain": "plain", "mean": f"mean of {answer['passes']}"}[key]
        known = [place for place, count in enumerate(found["count"]) if count]
        x, y = (numbers([found[axis][place] for place in known]) for axis in ("confidence", "accuracy"))
        marks.append(Line(x, y, index, words, dotted=True))
        legend.append((f"{words}: calibration error {found['error']:.3f}", index))
    return Drawing(
        marks, "Calibration", x_label="how sure", y_label="how often right", x_span=(0.0, 1.0), y_span=(0.0, 1.3),
        legend=legend,
    )  # fmt: skip


def spread(answer: Mapping[str, Any], name: str) -> Drawing:
    """A measure of uncertainty over all examples."""
    found = answer["measures"][name]
    bars = Bars(numbers(found["edges"]), numbers(found["counts"]), 0)
    unit = answer["output"] if name == "sd" else "nats"
    title = _NAMES[name][0].upper() + _NAMES[name][1:]
    return Drawing((bars,), title, f"mean {number(found['mean'])}", x_label=unit, y_label="how often")


def errors(answer: Mapping[str, Any]) -> Drawing:
    """The error of each example over its spread."""
    x, y = (numbers(answer["errors"][key]) for key in ("sd", "error"))
    note = f"correlation of ranks {answer['rank']:.2f}" if answer["rank"] is not None else ""
    dots = Dots(x, y, [0] * len(x), 2.0)
    return Drawing((dots,), "Error over spread", note, x_label="standard deviation of the passes", y_label="error")


def rows(_session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    """The other pictures, the least sure examples, and which layers dropped."""
    drawings = [errors(answer)] if answer["errors"] else [calibrated(answer)]
    drawings += [spread(answer, name) for name in ("sd", "mutual", "expected") if name in answer["measures"]]
    found: list[QWidget] = [_figure(drawing) for drawing in drawings]
    found.append(label(tr("Least sure"), "heading"))
    sheet = Sheet()
    sheet.show_tiles([_tile(one) for one in answer["uncertain"]])
    found.append(sheet)
    told = ", ".join(f"{layer['label']} (p {layer['p']:g})" for layer in answer["layers"])
    found.append(label(tr("Active: {layers}", layers=told), "muted", wrap=True))
    return found


def _tile(one: Mapping[str, Any]) -> Tile:
    both = f"{_word(one['truth'])} → {_word(one['guess'])}" if one["truth"] != "" else ""
    tip = f"example {one['row']}: uncertainty {number(one['value'])}"
    tip += f", true {_word(one['truth'])}, answered {_word(one['guess'])}" if both else ""
    wrong = isinstance(one["truth"], str) and one["truth"] != one["guess"]
    return Tile(one, both or number(one["value"]), tip, wrong)


def _word(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"


def _figure(drawing: Drawing) -> Figure:
    figure = Figure()
    figure.setMinimumHeight(HEIGHT)
    figure.show_drawing(drawing)
    return figure
