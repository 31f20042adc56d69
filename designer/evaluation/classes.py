"""The picture of a classification: confusion, curves, how far it can be believed, the examples behind a cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QComboBox, QSplitter, QStackedWidget, QWidget

from designer.controls.labels import label
from designer.evaluation.matrix import ConfusionView
from designer.evaluation.table import ClassTable
from designer.figures.behind import Behind
from designer.figures.figure import Figure
from designer.figures.marks import GREY, Bars, Drawing, Line, numbers
from designer.figures.sheet import Tile
from designer.language import marked, tr
from designer.plots.readout import number
from designer.qt import column, divide, row
from designer.sentences import told
from designer.theme import SPACE_L, SPACE_M, SPACE_S, SPACE_XL

Ask = Callable[[Sequence[int], Callable[[Sequence[Mapping[str, Any]]], None]], None]
VIEWS = tuple(map(marked, ("ROC", "Precision and recall", "Calibration", "By class")))


class ClassesView(QSplitter):
    """`ask(positions, then)` fetches the examples behind a cell."""

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask
        self._task: Mapping[str, Any] = {}
        self.matrix = ConfusionView()
        self.behind = Behind()
        self.figure = Figure()
        self.table = ClassTable()
        self.view = QComboBox()
        self.view.setAccessibleName(tr("Picture"))
        self.view.addItems([tr(view) for view in VIEWS])
        self._words = label("", "muted", wrap=True)
        self._words.setMinimumWidth(96)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.figure)
        self._stack.addWidget(self.table)
        divide(self, (self._left(), 5), (self._middle(), 5), (self.behind, 4))
        self.matrix.chosen.connect(self._choose)
        self.matrix.pointed.connect(self._point)
        self.view.currentIndexChanged.connect(lambda _index: self._show_view())

    def show_task(self, task: Mapping[str, Any]) -> None:
        self._task = task
        self.matrix.show_task(task)
        self._point("")
        self._show_view()
        if self.matrix.cell is None:
            self.behind.show_tiles(tr("Least expected answers"), [_worst(one) for one in task["worst"]])
        else:
            self._choose(*self.matrix.cell)

    def _left(self) -> QWidget:
        left = QWidget()
        body = row(left, margins=(SPACE_L, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_S)
        body.addWidget(self.matrix, 6)
        side = column(margins=(SPACE_S, SPACE_XL, 0, 0))
        side.addWidget(self._words)
        side.addStretch(1)
        body.addLayout(side, 2)
        return left

    def _middle(self) -> QWidget:
        middle = QWidget()
        body = column(middle, margins=(SPACE_M, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_S)
        head = row()
        head.addWidget(self.view)
        head.addStretch(1)
        body.addLayout(head)
        body.addWidget(self._stack, 1)
        return middle

    def _point(self, sentence: str) -> None:
        task = self._task
        words = tr("accuracy {share}", share=_percent(task["accuracy"])) if task else ""
        words += f"\nmacro F1 {_short(task['macro_f1'])}" if task else ""
        self._words.setText(told(sentence) or words)

    def _choose(self, true: int, guess: int) -> None:
        positions = self._task["cells"].get(f"{true},{guess}", [])
        sentence = self.matrix.sentence((true, guess))
        names = self._task["classes"]
        bad = true != guess

        def show(found: Sequence[Mapping[str, Any]]) -> None:
            tip = f"true {names[true]}, answered {names[guess]}"
            tiles = [Tile(one, f"#{one['row']}", f"example {one['row']}: {tip}", bad) for one in found]
            self.behind.show_tiles(sentence, tiles)

        if positions:
            self._ask(positions, show)
        else:
            show([])

    def _show_view(self) -> None:
        view = self.view.currentIndex()
        self._stack.setCurrentIndex(1 if view == 3 else 0)
        if not self._task:
            return
        if view == 3:
            self.table.show_rows(self._task["rows"])
        else:
            self.figure.show_drawing((_roc, _pr, _calibration)[view](self._task))


def _roc(task: Mapping[str, Any]) -> Drawing:
    chance = Line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), GREY, dashed=True)
    curves = _curves(task, "roc", "area")
    return Drawing(
        (chance, *curves), note=_mean(task["roc"], "area"),
        x_label=tr("false positive rate"), y_label=tr("true positive rate"),
        x_span=(0, 1), y_span=(0, 1.02), summary=_mean(task["roc"], "area under the curve"),
    )  # fmt: skip


def _pr(task: Mapping[str, Any]) -> Drawing:
    note = _mean(task["pr"], "average precision")
    return Drawing(
        _curves(task, "pr", "average precision"), note=note, x_label=tr("Recall"), y_label=tr("Precision"),
        x_span=(0, 1), y_span=(0, 1.02), summary=note,
    )  # fmt: skip


def _calibration(task: Mapping[str, Any]) -> Drawing:
    found = task["calibration"]
    if found is None:
        return Drawing(title=tr("The outputs are no probabilities."), x_span=(0, 1), y_span=(0, 1))
    confidence, accuracy = numbers(found["confidence"]), numbers(found["accuracy"])
    known = np.isfinite(confidence)
    share = numbers(found["count"]) / max(1, sum(found["count"]))
    note = tr("calibration error {share}", share=_percent(found["error"]))
    return Drawing(
        (
            Bars(numbers(found["edges"]), share, 8),
            Line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), GREY, dashed=True),
            Line(confidence[known], accuracy[known], 0, "confidence, right:", dotted=True),
        ),
        note=note, x_label=tr("confidence (bars: share of the answers)"), y_label=tr("share that is right"),
        x_span=(0, 1), y_span=(0, 1.02), summary=note,
    )  # fmt: skip


def _curves(task: Mapping[str, Any], key: str, area: str) -> list[Line]:
    names = [entry["class"] for entry in task["rows"]]
    return [
        Line(numbers(c["x"]), numbers(c["y"]), c["class"], f"{names[c['class']]}: {area} {number(c['area'])} at")
        for c in task[key]
    ]


def _mean(curves: Sequence[Mapping[str, Any]], what: str) -> str:
    if not curves:
        return "no class has both kinds of examples"
    mean = sum(curve["area"] for curve in curves) / len(curves)
    return f"{what} {number(mean)}" if len(curves) == 1 else f"mean {what} {number(mean)}"


def _worst(one: Mapping[str, Any]) -> Tile:
    bad = one["truth"] != one["guess"]
    share = "" if one["probability"] is None else f" {_percent(one['probability'])}"
    caption = f"{one['truth']} → {one['guess']}" if bad else f"{one['truth']}{share}"
    tip = f"example {one['row']}: true {one['truth']}, answered {one['guess']}"
    return Tile(one, caption, f"{tip}; the true one was given{share or ' the lower score'}", bad)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _short(value: float | None) -> str:
    return "–" if value is None else number(value)
