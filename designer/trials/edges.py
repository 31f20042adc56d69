"""What the edge cases found: each case with its examples, those that failed first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from designer.controls.labels import IconLabel, label
from designer.figures.figure import Figure
from designer.figures.marks import Drawing, Line, Mark, numbers
from designer.figures.sheet import Sheet, Tile
from designer.language import marked, tr
from designer.qt import column, row
from designer.sentences import told
from designer.session import Session
from designer.theme import SPACE_M, SPACE_S

LOOKS = {
    "failed": ("error", "danger"),
    "warning": ("warning", "warning"),
    "passed": ("done", "success"),
    "skipped": ("info", "muted"),
}
CURVES_HEIGHT = 200
_TITLES = {"accuracy": marked("Accuracy"), "r2": "R2", "agreement": marked("Agreement with itself")}


def rows(_session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    """The curves of what wears an input, and a row for each case; those that could not be asked share the last one."""
    order = list(LOOKS)
    cases = sorted(answer["cases"], key=lambda case: order.index(case["state"]))
    asked = [case for case in cases if case["state"] != "skipped"]
    found = [_curves(answer)] if any(case["curve"] for case in asked) else []
    found += [_case(case) for case in asked]
    left = [case for case in cases if case["state"] == "skipped"]
    return [*found, _skipped(left)] if left else found


def curves(answer: Mapping[str, Any]) -> Drawing:
    """The score as more and more of each input is spoilt."""
    marks: list[Mark] = []
    legend: list[tuple[str, int]] = []
    for case in answer["cases"]:
        if case["curve"]:
            curve, colour = case["curve"], len(legend)
            marks.append(Line(numbers(curve["x"]), numbers(curve["y"]), colour, curve["x_label"], dotted=True))
            legend.append((curve["x_label"], colour))
    title = tr(_TITLES[answer["metric"]])
    told = "; ".join(case["sentence"] for case in answer["cases"] if case["curve"])
    top = 1.05 if answer["metric"] == "accuracy" else None
    return Drawing(
        marks,
        tr("{score} as inputs are spoilt", score=title),
        y_span=(0.0, top) if top else None,
        legend=legend,
        summary=told,
    )


def _curves(answer: Mapping[str, Any]) -> QWidget:
    figure = Figure()
    figure.setMinimumHeight(CURVES_HEIGHT)
    figure.show_drawing(curves(answer))
    return figure


def _case(case: Mapping[str, Any]) -> QWidget:
    place = QWidget()
    layout = row(place, gap=SPACE_M)
    layout.addWidget(IconLabel(*LOOKS[case["state"]], 16), 0, Qt.AlignmentFlag.AlignTop)
    texts = column(gap=SPACE_S)
    name = label(tr(case["label"]), "heading")
    name.setToolTip(f"{tr(case['doc'])}\n{tr(case['fails'])}")
    texts.addWidget(name)
    texts.addWidget(label(told(case["sentence"]), "", wrap=True, selectable=True))
    if case["remedy"]:
        texts.addWidget(label(tr(case["remedy"]), "muted", wrap=True))
    if case["examples"]:
        texts.addWidget(_sheet(case["examples"]))
    layout.addLayout(texts, 1)
    return place


def _sheet(examples: list[Mapping[str, Any]]) -> Sheet:
    sheet = Sheet()
    sheet.show_tiles([
        Tile(one, one["caption"] or tr("no. {number}", number=one["position"]),
             tr("Example {number}, row {row} of the data", number=one["position"], row=one["row"]))
        for one in examples
    ])  # fmt: skip
    return sheet


def _skipped(cases: list[Mapping[str, Any]]) -> QWidget:
    """By reason, the cases that do not suit this network."""
    reasons: dict[str, list[str]] = {}
    for case in cases:
        reasons.setdefault(case["sentence"], []).append(tr(case["label"]))
    text = "\n".join(f"{', '.join(labels)}: {told(reason)}" for reason, labels in reasons.items())
    place = QWidget()
    layout = row(place, gap=SPACE_M)
    layout.addWidget(IconLabel(*LOOKS["skipped"], 16), 0, Qt.AlignmentFlag.AlignTop)
    texts = column(gap=SPACE_S)
    texts.addWidget(label(tr("Not asked"), "heading"))
    texts.addWidget(label(text, "muted", wrap=True))
    layout.addLayout(texts, 1)
    return place
