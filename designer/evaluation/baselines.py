"""The network beside simple methods, as bars under one another, with the sentence that they come to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from designer.controls.labels import label
from designer.controls.page import scrolled
from designer.language import marked, tr
from designer.look import mix
from designer.plots.readout import number
from designer.qt import column, follow
from designer.theme import SPACE_L, SPACE_M, SPACE_S, SPACE_XL, font, manager, mono

BAR, ROW, NAME, VALUE = 14, 34, 148, 210  # pixels
WIDEST = 720
BEATEN = marked("{method} is as good or better: the network has not earned its size yet.")
BEST = marked("The network is better than every simple method, by {gain} over {method}.")
METRICS = {"accuracy": marked("accuracy"), "r2": marked("R² (1 is perfect, 0 is always the mean)")}


class BaselinesView(QWidget):
    """Shows what `core.analysis.baselines` found."""

    def __init__(self) -> None:
        super().__init__()
        page = QWidget()
        self._tasks = column(page, margins=(SPACE_L, SPACE_L, SPACE_L, SPACE_L), gap=SPACE_XL)
        self._page = page
        column(self).addWidget(scrolled([page]))
        self.bars: list[Bars] = []

    def show_answer(self, answer: Mapping[str, Any]) -> None:
        while self._tasks.count():
            item = self._tasks.takeAt(0)
            if item is not None and (part := item.widget()) is not None:
                part.deleteLater()
        self.bars = []
        for task in answer["tasks"]:
            part = QWidget()
            body = column(part, gap=SPACE_S)
            body.addWidget(label(verdict(task["rows"]), "heading", wrap=True))
            facts = tr(
                "{metric} of {name} on the {part} part; fitted on {count} examples of the training part",
                metric=tr(METRICS[task["metric"]]), name=task["name"], part=answer["split"],
                count=f"{answer['trained_on']:,}",
            )  # fmt: skip
            body.addWidget(label(facts, "muted", wrap=True))
            body.addSpacing(SPACE_M)
            bars = Bars(task["rows"])
            self.bars.append(bars)
            body.addWidget(bars)
            self._tasks.addWidget(part)
        self._tasks.addStretch(1)


def verdict(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the figures come to; the network is the first row."""
    network, *others = rows
    best = max(others, key=lambda row: row["value"])
    gain = network["value"] - best["value"]
    if not gain > 0:
        name = str(best["method"])
        return tr(BEATEN, method=name[:1].upper() + name[1:])
    return tr(BEST, gain=number(gain), method=best["method"])


class Bars(QWidget):
    """A bar for each method, from 0; what is below 0 (R² may be) has none. The network stands out."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self._rows = sorted(rows, key=lambda row: -_finite(row["value"]))
        self.setFixedHeight(ROW * len(rows))
        self.setMaximumWidth(WIDEST)
        self.setAccessibleName(", ".join(f"{row['method']} {number(row['value'])}" for row in self._rows))
        self.setToolTip("\n".join(f"{row['method']}: {row['doc']}" for row in self._rows))
        follow(self, manager().changed, self.update)

    def sizeHint(self) -> QSize:
        return QSize(WIDEST, ROW * len(self._rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(NAME + VALUE, ROW * len(self._rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max(1e-12, max(_finite(row["value"]) for row in self._rows))
        top = 1.0 if most <= 1.0 else most
        for index, row in enumerate(self._rows):
            self._paint_row(painter, row, index * ROW, top)
        painter.end()

    def _paint_row(self, painter: QPainter, row: Mapping[str, Any], y: int, top: float) -> None:
        theme, is_network = manager().theme, row["method"] == "network"
        left, width = NAME, max(40, self.width() - NAME - VALUE)
        middle = y + (ROW - BAR) / 2
        face = font(weight=QFont.Weight.DemiBold if is_network else QFont.Weight.Normal)
        painter.setFont(face)
        painter.setPen(theme.text if is_network else theme.muted)
        name = QFontMetrics(face).elidedText(row["method"], Qt.TextElideMode.ElideRight, NAME - SPACE_M)
        align = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, y, NAME - SPACE_M, ROW), align | Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(theme.border, theme.surface, 0.5))
        painter.drawRoundedRect(QRectF(left, middle, width, BAR), BAR / 2, BAR / 2)
        share = min(1.0, max(0.0, _finite(row["value"]) / top))
        painter.setBrush(theme.accent if is_network else mix(theme.muted, theme.surface, 0.55))
        if share > 0:
            painter.drawRoundedRect(QRectF(left, middle, max(BAR, share * width), BAR), BAR / 2, BAR / 2)
        painter.setFont(mono(12))
        painter.setPen(theme.text if is_network else theme.muted)
        room = QRectF(left + width + SPACE_M, y, VALUE - SPACE_M, ROW)
        painter.drawText(room, align | Qt.AlignmentFlag.AlignLeft, _figures(row))


def _figures(row: Mapping[str, Any]) -> str:
    parts = [f"{row['value']:.4f}"]
    if row["rmse"] is not None:
        parts.append(f"RMSE {number(row['rmse'])}")
    if row["seconds"] is not None:
        parts.append(f"{row['seconds']:.2f} s")
    return "  ".join(parts)


def _finite(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else 0.0
