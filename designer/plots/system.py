"""The System panel: where the time of a step goes, how fast the run is, what it takes of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QSplitter, QStackedWidget, QWidget

from designer.controls.labels import Empty
from designer.language import marked, tr
from designer.plots.chart import Chart, Curve
from designer.plots.header import duration
from designer.plots.readout import number
from designer.plots.record import RunRecord
from designer.plots.saving import save_as
from designer.qt import WhileSeen, column, follow
from designer.studio import Studio
from designer.theme import RADIUS_S, SMALL_SIZE, SPACE_L, SPACE_M, SPACE_S, font, manager, mono

EVERY_MS = 250
PARTS = tuple(map(marked, ("data", "forward", "backward", "optimizer", "monitoring")))
RECENT = 20  # measurements that the split of a step is the median of
CHARTS: Mapping[str, Mapping[str, str]] = {
    marked("Samples a second"): {marked("samples"): "system/samples"},
    marked("Load, %"): {
        marked("this run"): "system/cpu",
        marked("machine"): "system/machine",
        "GPU": "system/gpu",
    },
    marked("Memory, MiB"): {marked("memory"): "system/memory", "GPU": "system/gpu_memory"},
}


class SystemPanel(QWidget):
    """Follows the record that the studio shows."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._record: RunRecord | None = None
        self._drawn = -1
        self.split = StepSplit()
        self.charts: dict[str, Chart] = {}
        self._splitter = QSplitter()
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        self._splitter.addWidget(self.split)
        self._empty = Empty(
            "device", tr("No run yet"), tr("Press Train: speed and load are measured while the network learns.")
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._splitter)
        column(self).addWidget(self._stack)
        WhileSeen(self, EVERY_MS, self._draw)
        studio.shown.connect(self.show_record)
        self.show_record(studio.record)

    def show_record(self, record: RunRecord | None) -> None:
        self._record, self._drawn = record, -1
        self._draw()

    def _draw(self) -> None:
        record = self._record
        known = record is not None and any(name.startswith(("time/", "system/")) for name in record.series)
        self._stack.setCurrentIndex(1 if known else 0)
        if record is None or not known or record.version == self._drawn or not self.isVisible():
            return
        if not self.charts:
            self._make_charts()
        self._drawn = record.version
        self.split.show_parts(_step_parts(record), _facts(record))
        for title, chart in self.charts.items():
            curves = [
                Curve(tr(name), record.series[series], index)
                for index, (name, series) in enumerate(CHARTS[title].items())
                if series in record.series
            ]
            chart.set_curves(curves)
            chart.setVisible(bool(curves))
            chart.refresh()

    def _make_charts(self) -> None:
        for title in CHARTS:
            chart = self.charts[title] = Chart(tr(title))
            chart.save_requested.connect(partial(save_as, self, self._studio.session, chart))
            self._splitter.addWidget(chart)
        for index in range(self._splitter.count()):
            self._splitter.setStretchFactor(index, 4 if index else 5)


class StepSplit(QWidget):
    """The time of a step as one bar of its parts, each named with its milliseconds and share; and facts below it."""

    BAR, ROW = 22.0, 19.0

    def __init__(self) -> None:
        super().__init__()
        self._parts: Mapping[str, float] = {}
        self._facts: Mapping[str, str] = {}
        self.setMinimumSize(250, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Time of a step"))
        follow(self, manager().changed, self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, 220)

    @property
    def parts(self) -> Mapping[str, float]:
        return self._parts

    def show_parts(self, parts: Mapping[str, float], facts: Mapping[str, str]) -> None:
        """Milliseconds by part."""
        self._parts, self._facts = parts, facts
        told = [f"{name} {number(value)} ms" for name, value in parts.items()]
        self.setAccessibleDescription(", ".join([*told, *(f"{name} {text}" for name, text in facts.items())]))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = manager().theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.rect()).adjusted(SPACE_L, SPACE_M, -SPACE_L, -SPACE_S)
        whole = sum(self._parts.values())
        painter.setFont(font(SMALL_SIZE))
        painter.setPen(theme.muted)
        middle = Qt.AlignmentFlag.AlignVCenter
        head = QRectF(room.left(), room.top(), room.width(), 18)
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | middle, tr("Time of a step"))
        painter.setPen(theme.text)
        painter.setFont(mono(SMALL_SIZE))
        painter.drawText(
            head, Qt.AlignmentFlag.AlignRight | middle, f"{number(whole)} ms" if whole else tr("measuring …")
        )
        y = head.bottom() + SPACE_S
        if whole:
            self._draw_bar(painter, QRectF(room.left(), y, room.width(), self.BAR), whole)
            y += self.BAR + SPACE_M
        for index, (name, value) in enumerate(self._parts.items()):
            told = f"{number(value)} ms  {100 * value / whole:3.0f} %" if whole else ""
            y = self._draw_row(painter, room, y, name, told, index)
        y += SPACE_S
        for name, text in self._facts.items():
            y = self._draw_row(painter, room, y, name, text, None)
        painter.end()

    def _draw_bar(self, painter: QPainter, bar: QRectF, whole: float) -> None:
        x = bar.left()
        painter.setPen(Qt.PenStyle.NoPen)
        for index, value in enumerate(self._parts.values()):
            width = bar.width() * value / whole
            painter.setBrush(manager().theme.chart[index])
            painter.drawRect(QRectF(x, bar.top(), max(0.0, width - 1), bar.height()))
            x += width

    def _draw_row(self, painter: QPainter, room: QRectF, y: float, name: str, text: str, colour: int | None) -> float:
        theme, left = manager().theme, room.left()
        if y + self.ROW > self.height():
            return y
        if colour is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.chart[colour])
            painter.drawRoundedRect(QRectF(left, y + self.ROW / 2 - 4, 8, 8), RADIUS_S / 2, RADIUS_S / 2)
            left += 8 + SPACE_M
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(SMALL_SIZE))
        painter.setPen(theme.muted)
        painter.drawText(QRectF(left, y, room.width(), self.ROW), Qt.AlignmentFlag.AlignLeft | middle, name)
        painter.setFont(mono(SMALL_SIZE))
        painter.setPen(theme.text)
        within = QRectF(left, y, room.right() - left, self.ROW)
        width = within.width() - QFontMetricsF(font(SMALL_SIZE)).horizontalAdvance(name) - SPACE_M
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(width))
        painter.drawText(within, Qt.AlignmentFlag.AlignRight | middle, shown)
        return y + self.ROW


def _step_parts(record: RunRecord) -> dict[str, float]:
    """Milliseconds of each part of a step, the median of the last measurements."""
    found = {}
    for part in PARTS:
        series = record.series.get(f"time/{part}")
        if series is not None and series.count:
            found[tr(part)] = float(np.median(series.whole().mean[-RECENT:]))
    return found


def _facts(record: RunRecord) -> dict[str, str]:
    facts = {}
    if record.started is not None:
        threads = tr(", {count} threads", count=record.started.threads) if record.started.device == "cpu" else ""
        facts[tr("Device")] = f"{record.started.device}{threads}"
    progress = record.progress
    if progress is not None:
        facts[tr("Samples a second")] = f"{progress.samples_per_second:,.0f}"
        facts[tr("Spent on watching")] = f"{100 * progress.monitoring:.1f} %"
        if record.state in ("running", "paused"):
            facts[tr("Time left")] = duration(progress.seconds_left)
    return facts
