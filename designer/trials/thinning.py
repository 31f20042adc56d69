"""Size, precision and pruning: curves over bits and over zeros, and the table of precisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from designer.controls.buttons import button
from designer.controls.labels import IconLabel, label
from designer.figures.marks import GREY, Drawing, Line, Mark, numbers
from designer.language import marked, tr
from designer.numbers import size
from designer.plots.readout import number
from designer.session import Session
from designer.theme import SPACE_M, SPACE_S
from designer.trials.lines import line_of, reasons

HEADS = (
    marked("Number format"), marked("File"), marked("1 example, {unit}"), marked("32 examples, {unit}"),
    marked("Memory"), marked("Difference"), marked("Changed"),
)  # fmt: skip
TIPS = {
    "1 example, {unit}": marked("A call with one example, on one thread: half of all calls take no longer than the "
                                "first time, 19 of 20 no longer than the second (p50 / p95)."),
    "32 examples, {unit}": marked("The same for 32 examples in one call."),
    "Difference": marked("The largest one from PyTorch over all examples."),
    "Memory": marked("What a process of its own grows by when it opens the file and runs 32 examples."),
    "Changed": marked("The share of the examples that get another answer than from PyTorch."),
}  # fmt: skip
HEADROOM = 0.4  # of what the curve spans, above it, for the legend


def bits(answer: Mapping[str, Any]) -> Drawing:
    """The metric over the bits of a weight, and where the cost that is allowed ends."""
    found = answer["bits"]
    metric, levels = found["metric"], found["levels"][1:][::-1]
    x, y = numbers([level["bits"] for level in levels]), numbers([level["values"][metric] for level in levels])
    whole = found["levels"][0]["values"][metric]
    marks: list[Mark] = [
        Line(np.array([x[0], x[-1]]), np.full(2, whole), GREY, "float32", dashed=True),
        Line(x, y, 0, metric, dotted=True),
    ]
    legend = [(metric, 0), (f"float32: {number(whole)}", GREY)]
    if found["chosen"]:
        least = found["levels"][found["chosen"]]["bits"]
        marks.append(Line(np.full(2, float(least)), np.array(_span(y, whole)), 2, tr("allowed"), dashed=True))
        legend.append((tr("enough: {bits} bits", bits=least), 2))
    return Drawing(
        marks,
        tr("Weights rounded to fewer bits"),
        x_label=tr("bits of a weight"),
        y_label=metric,
        x_whole=True,
        y_span=_room(y, whole),
        legend=legend,
        summary=" ".join(answer["reasons"]),
    )


def sparsity(answer: Mapping[str, Any]) -> Drawing:
    """The metric over the share of weights that is zero, and how much of that is cheap enough."""
    metric, levels = answer["metric"], answer["levels"]
    x = 100 * (1 - numbers([level["kept"] for level in levels]))
    y = numbers([level["values"][metric] for level in levels])
    best = float(x[answer["chosen"]])
    marks: list[Mark] = [Line(x, y, 0, metric, dotted=True)]
    legend = [(metric, 0)]
    if answer["chosen"]:
        marks.append(Line(np.full(2, best), np.array(_span(y, float(y[0]))), 2, tr("allowed"), dashed=True))
        legend.append((tr("cheap enough: {share} %", share=f"{best:.0f}"), 2))
    return Drawing(
        marks,
        tr("Pruned by magnitude"),
        x_label=tr("weights that are zero, %"),
        y_label=metric,
        y_span=_room(y, float(y[0])),
        legend=legend,
        summary=answer["verdict"],
    )


def _room(values: np.ndarray[Any, Any], also: float) -> tuple[float, float]:
    """All values, with room for the legend above them."""
    low, high = _span(values, also)
    height = (high - low) or abs(high) or 1.0
    return low - 0.08 * height, high + HEADROOM * height


def _span(values: np.ndarray[Any, Any], also: float) -> tuple[float, float]:
    known = np.append(values[np.isfinite(values)], also)
    return float(known.min()), float(known.max())


def precisions(session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    """A line for each precision."""
    place = QWidget()
    grid = QGridLayout(place)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(SPACE_M + SPACE_S)
    grid.setVerticalSpacing(SPACE_S)
    unit, scale = _unit(answer)
    for at, head in enumerate((*HEADS, answer["metric"])):
        title = label(tr(head, unit=unit), "caption")
        title.setToolTip(tr(TIPS[head]) if head in TIPS else "")
        grid.addWidget(title, 0, at + 1, _side(at))
    for line, entry in enumerate(answer["entries"], start=1):
        _entry(grid, line, entry, answer, scale)
    grid.setColumnStretch(len(HEADS) + 2, 1)
    return [place, *reasons(session, answer)]


def _unit(answer: Mapping[str, Any]) -> tuple[str, float]:
    """What all times are told in, and how many of it make a millisecond."""
    longest = max(time["p95"] for entry in answer["entries"] for time in entry["latency"].values())
    return ("µs", 1000.0) if longest < 10 else ("ms", 1.0)


def _entry(grid: QGridLayout, line: int, entry: Mapping[str, Any], answer: Mapping[str, Any], scale: float) -> None:
    is_chosen = entry["id"] == answer["chosen"]
    looks = ("done", "success") if is_chosen else ("info", "muted") if entry["passed"] else ("error", "danger")
    if is_chosen or not entry["passed"]:
        sign = IconLabel(*looks, 14)
        sign.setToolTip(tr("chosen") if is_chosen else tr("not near enough to PyTorch"))
        grid.addWidget(sign, line, 0)
    for at, text in enumerate(cells(entry, answer["metric"], scale)):
        grid.addWidget(label(text, "mono" if at else "", selectable=True), line, at + 1, _side(at))


def cells(entry: Mapping[str, Any], metric: str, scale: float) -> list[str]:
    """The line of one precision, as texts: label, file, times, memory, difference, changed answers, metric."""
    if entry["problem"]:
        return [tr(entry["label"]), *["–"] * (len(HEADS) - 1 + bool(metric))]
    told = [
        tr(entry["label"]),
        size(entry["bytes"]),
        *(f"{scale * t['p50']:.3g} / {scale * t['p95']:.3g}" for t in entry["latency"].values()),
        "–" if entry["memory"] is None else size(entry["memory"]),
        f"{entry['max_abs']:.2g}",
        "–" if entry["same"] is None else f"{1 - entry['same']:.2%}",
    ]
    return [*told, number(entry["values"][metric])] if metric else told


def layers(session: Session, answer: Mapping[str, Any]) -> Sequence[QWidget]:
    """How much of each layer is pruned, the layers leading to where they stand."""
    found = []
    for node, share in answer["layers"].items():
        name = button(answer["labels"].get(node, node), partial(session.reveal, node), quiet=True)
        told = label(tr("{share} of its weights are zero", share=f"{share:.0%}"), "muted")
        found.append(line_of("cut", "muted", name, told))
    return [*found, *reasons(session, answer)]


def _side(at: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignLeft if at == 0 else Qt.AlignmentFlag.AlignRight
