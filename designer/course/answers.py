"""What the net answers to the same examples, at one step of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from core.training.protocol import Picture
from designer.course.heat import HeatMap, Spread
from designer.course.reel import Film, Frames
from designer.figures.behind import Behind
from designer.figures.figure import Figure
from designer.figures.marks import GREY, Dots, Drawing, Line, numbers
from designer.figures.sheet import Tile
from designer.language import tr
from designer.plots.readout import number
from designer.qt import column, divide, row
from designer.theme import ROW_HEIGHT, SPACE_L, SPACE_M, SPACE_S, manager, mono

BUDGET = 0.008  # seconds that reading frames may take at a time
TILES = 24


class AnswersView(QWidget):
    """One output at a time. `go(step)` looks at another step."""

    def __init__(self, go: Callable[[int], None]) -> None:
        super().__init__()
        self._data: Mapping[str, Any] = {}
        self._step = 0
        self._frames = Frames(_right, BUDGET)
        self.output = QComboBox()
        self.output.setAccessibleName(tr("Output"))
        self.tiles, self.left, self.figure, self.heat = Behind(), Figure(), Figure(), HeatMap(go)
        self.table = _table()
        self._side = QStackedWidget()
        self._side.addWidget(self.figure)
        self._side.addWidget(self.heat)
        self._main = QStackedWidget()
        for main in (self.tiles, self.left, self.table):
            self._main.addWidget(main)
        both = QSplitter()
        divide(both, (self._main, 3), (self._side, 2))
        head = row(margins=(SPACE_L, 0, 0, 0))
        head.addWidget(self.output)
        head.addStretch(1)
        body = column(self, margins=(0, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_S)
        body.addLayout(head)
        body.addWidget(both, 1)
        self.output.currentIndexChanged.connect(lambda _index: self._draw())

    def show_frame(self, picture: Picture) -> None:
        """What was answered at the step of a frame."""
        self._data, self._step = picture.data, picture.step
        names = list(self._data["outputs"])
        if names != [self.output.itemText(i) for i in range(self.output.count())]:
            self.output.blockSignals(True)
            self.output.clear()
            self.output.addItems(names)
            self.output.blockSignals(False)
        self.output.setVisible(len(names) > 1)
        self._draw()

    def show_film(self, film: Film) -> bool:
        """How sure the net was at each step; whether more frames wait to be read."""
        fixed = self._data.get("fixed", {}).get("outputs", {})
        if all(told["kind"] != "classes" for told in fixed.values()):
            return False
        more = self._frames.follow(film)
        self._draw_right()
        return more

    # -- kinds of outputs

    def _draw(self) -> None:
        name = self.output.currentText()
        told, fixed = self._data.get("outputs", {}).get(name), self._data.get("fixed")
        if told is None or fixed is None:
            return
        draw = {
            "classes": self._draw_classes, "pairs": self._draw_pairs, "numbers": self._draw_numbers,
            "words": self._draw_words, "points": self._draw_points, "made": self._draw_made,
        }[fixed["outputs"][name]["kind"]]  # fmt: skip
        draw(told, fixed["outputs"][name], fixed)

    def _draw_classes(self, told: Mapping[str, Any], fixed: Mapping[str, Any], all: Mapping[str, Any]) -> None:
        names, given = fixed["classes"], all["given"] or [{"values": []}] * len(fixed["truth"])
        tiles = []
        answers = zip(given, fixed["truth"], told["guess"], told["chance"], strict=True)
        for look, true, guess, chance in list(answers)[:TILES]:
            sure = "" if chance is None else f" {100 * chance:.0f} %"
            words = f"{names[guess]}{sure}"
            tiles.append(Tile(look, words, f"true {names[true]}, answered {words}", guess != true))
        right = sum(a == b for a, b in zip(fixed["truth"], told["guess"], strict=True))
        self.tiles.show_tiles(
            tr(
                "{right} of {count} {part} examples are right", right=right, count=len(fixed["truth"]), part=all["part"]
            ),
            tiles,
        )
        self._main.setCurrentWidget(self.tiles)
        self._side.setCurrentWidget(self.heat)
        self._side.show()
        self._draw_right()

    def _draw_right(self) -> None:
        name = self.output.currentText()
        rows = {step: right.get(name, ()) for step, right in self._frames.of.items()}
        steps = sorted(step for step, row in rows.items() if len(row))
        if steps and self._side.currentWidget() is self.heat:
            values = np.stack([numbers(rows[step]) for step in steps], axis=1)
            order = np.argsort(values[:, -1], kind="stable")
            title = tr("Chance that was given to the true class, example by example")
            shown = Spread(steps, np.nan_to_num(values[order]), 0, len(values), title, row_name="example")
            self.heat.show_spread(shown, self._step)

    def _draw_pairs(self, told: Mapping[str, Any], fixed: Mapping[str, Any], all: Mapping[str, Any]) -> None:
        if fixed["truth"] and "curve" in fixed["truth"][0]:
            self._draw_curves(told, fixed)
            return
        tiles = [Tile(a, beside=b) for a, b in zip(fixed["truth"], told["guess"], strict=True)]
        same = fixed["truth"] == all["given"]
        self.tiles.show_tiles(tr("Input and reconstruction" if same else "True and answered"), tiles)
        self._main.setCurrentWidget(self.tiles)
        self._side.hide()

    def _draw_curves(self, told: Mapping[str, Any], fixed: Mapping[str, Any]) -> None:
        """Sequences: all of them side by side, and the first one closely."""
        tiles = [Tile(a, beside=b) for a, b in zip(fixed["truth"], told["guess"], strict=True)]
        self.tiles.show_tiles(tr("True and answered"), tiles)
        self._main.setCurrentWidget(self.tiles)
        true, guess = (numbers(look["curve"][0]) for look in (fixed["truth"][0], told["guess"][0]))
        at = np.arange(len(true), dtype=np.float64)
        self._show_lines(tr("The first example"), at, true, guess, "place")

    def _draw_numbers(self, told: Mapping[str, Any], fixed: Mapping[str, Any], all: Mapping[str, Any]) -> None:
        truth, guess = (np.array([numbers(row) for row in rows]) for rows in (fixed["truth"], told["guess"]))
        true, answered = truth[:, 0], guess[:, 0]
        low, high = float(np.nanmin(true)), float(np.nanmax(true))
        room = 0.1 * ((high - low) or 1.0)
        span = (low - room, high + room)
        error = float(np.sqrt(np.nanmean(np.square(truth - guess))))
        ideal = Line(np.array(span), np.array(span), GREY, dashed=True)
        names = [f"true {number(t)}, predicted {number(g)}" for t, g in zip(true, answered, strict=True)]
        self.left.show_drawing(Drawing(
            (ideal, Dots(true, answered, names=names)), note=f"RMSE {number(error)} of {len(true)} examples",
            x_label=f"true {fixed['target']}", y_label="predicted", x_span=span, y_span=span, square=True,
        ))  # fmt: skip
        self._main.setCurrentWidget(self.left)
        at = np.asarray(all["positions"], np.float64)
        self._show_lines(tr("In the order of the data"), at, true, answered, f"{all['part']} example")

    def _show_lines(self, title: str, at: Any, true: Any, guess: Any, label: str) -> None:
        lines = (Line(at, true, GREY, "true"), Line(at, guess, 1, "answered"))
        legend = [(tr("true"), GREY), (tr("answered"), 1)]
        self.figure.show_drawing(Drawing(lines, title=title, x_label=label, legend=legend))
        self._side.setCurrentWidget(self.figure)
        self._side.show()

    def _draw_words(self, told: Mapping[str, Any], fixed: Mapping[str, Any], all: Mapping[str, Any]) -> None:
        table, theme = self.table, manager().theme
        table.setRowCount(len(fixed["truth"]))
        for index, (true, guess) in enumerate(zip(fixed["truth"], told["guess"], strict=True)):
            for place, text in enumerate((true, guess)):
                item = QTableWidgetItem(text)
                if place and true != guess:
                    item.setForeground(theme.danger)
                table.setItem(index, place, item)
        self._main.setCurrentWidget(table)
        self._side.hide()

    def _draw_points(self, told: Mapping[str, Any], fixed: Mapping[str, Any], all: Mapping[str, Any]) -> None:
        made, real = (np.array([numbers(p) for p in rows]).reshape(-1, 2) for rows in (told["points"], fixed["truth"]))
        marks = [Dots(real[:, 0], real[:, 1], [GREY] * len(real)), Dots(made[:, 0], made[:, 1], [1] * len(made), 2.6)]
        legend = [(tr("data"), GREY), (tr("made"), 1)] if len(real) else []
        across, up = (_span(real[:, axis]) if len(real) else None for axis in (0, 1))
        self.left.show_drawing(
            Drawing(marks, title=tr("What it makes"), legend=legend, square=True, x_span=across, y_span=up)
        )
        self._main.setCurrentWidget(self.left)
        self._side.hide()

    def _draw_made(self, told: Mapping[str, Any], fixed: Mapping[str, Any], all: Mapping[str, Any]) -> None:
        self.tiles.show_tiles(tr("What it makes"), [Tile(look) for look in told["made"][:TILES]])
        self._main.setCurrentWidget(self.tiles)
        self._side.hide()


def _span(values: Any) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.25 * ((high - low) or 1.0)
    return low - room, high + room


def _table() -> QTableWidget:
    table = QTableWidget(0, 2)
    table.setHorizontalHeaderLabels([tr("True"), tr("Answered")])
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT - 6)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setFont(mono(11))
    table.setAccessibleName(tr("True and answered"))
    return table


def _right(frame: Picture) -> dict[str, Sequence[float | None]]:
    """The chance that each output gave to the true class, example by example, as far as a frame has it."""
    return {name: told["right"] for name, told in frame.data["outputs"].items() if "right" in told}
