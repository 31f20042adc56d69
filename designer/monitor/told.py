"""What is told beside the table: alerts with their causes, live metrics, latency, notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from designer.controls.buttons import button
from designer.controls.labels import IconLabel, label
from designer.controls.page import scrolled
from designer.language import tr
from designer.qt import clear, column, row
from designer.sentences import told
from designer.theme import SPACE_L, SPACE_M, SPACE_S

LOOKS = {
    "fault": ("error", "danger"),
    "large": ("error", "danger"),
    "moderate": ("warning", "warning"),
    "slight": ("info", "accent"),
}
LEAST = 260  # pixels
ALERTS = 30  # that are shown


class Told(QWidget):
    """`reveal` is called with the window and the trait of an alert that is clicked."""

    def __init__(self, reveal: Callable[[int, str], object]) -> None:
        super().__init__()
        self._reveal = reveal
        self.setMinimumWidth(LEAST)
        page = QWidget()
        self._body = column(page, margins=(SPACE_L, SPACE_M, SPACE_L, SPACE_L), gap=SPACE_M)
        column(self).addWidget(scrolled([page]))

    def show_report(self, report: Mapping[str, Any]) -> None:
        clear(self._body)
        shown = report["alerts"][:ALERTS]
        for window, found in groupby(shown, key=lambda alert: alert["window"]):
            alerts = list(found)
            if len(report["windows"]) > 1:
                self._body.addWidget(self._heading(report["windows"][window], window, alerts[0]["about"]))
            for alert in alerts:
                self._body.addWidget(_alert(alert))
        left = len(report["alerts"]) - ALERTS
        if left > 0:
            self._body.addWidget(label(tr("{count} more alerts", count=left), "muted"))
        metric = report["window"]["metric"]
        if metric:
            self._add(tr("Live {metric}", metric=tr(metric["name"])), _metric(metric))
        for one in report["latency"]:
            self._add(tr("Latency, batch of {size}", size=one["batch"]), _latency(one))
        self._add(tr("Sensitivity"), _sensitivity(report))
        for note in report["notes"]:
            self._body.addWidget(_line("hint", "muted", label(told(note), "muted", wrap=True, selectable=True)))
        self._body.addStretch(1)

    def _heading(self, window: Mapping[str, Any], index: int, about: str) -> QWidget:
        """The name of a window, which leads to it."""
        place = QWidget()
        layout = row(place)
        layout.addWidget(button(window["name"], partial(self._reveal, index, about), quiet=True))
        layout.addStretch(1)
        return place

    def _add(self, title: str, text: str) -> None:
        if text:
            part = QWidget()
            body = column(part, gap=2)
            body.addWidget(label(title, "caption"))
            body.addWidget(label(text, "", wrap=True, selectable=True))
            self._body.addWidget(part)


def _alert(alert: Mapping[str, Any]) -> QWidget:
    texts = QWidget()
    body = column(texts, gap=SPACE_S)
    body.addWidget(label(told(alert["sentence"]), "", wrap=True, selectable=True))
    if alert["cause"]:
        body.addWidget(label(told(alert["cause"]), "muted", wrap=True))
    return _line(*LOOKS[alert["severity"]], texts)


def _metric(metric: Mapping[str, Any]) -> str:
    return tr(
        "{value} (95 %: {low} to {high}) over {count} examples; held out it was {before}",
        value=f"{metric['value']:.3f}", low=f"{metric['low']:.3f}", high=f"{metric['high']:.3f}",
        count=f"{metric['examples']:,}", before=f"{metric['before']:.3f}",
    )  # fmt: skip


def _latency(one: Mapping[str, Any]) -> str:
    return tr(
        "{p50} ms, 95 % within {p95} ms; {speed} examples a second on one thread",
        p50=f"{one['p50']:.3g}", p95=f"{one['p95']:.3g}", speed=f"{one['per_second']:,.0f}",
    )  # fmt: skip


def _sensitivity(report: Mapping[str, Any]) -> str:
    found = report["detectable"]
    if found is None:
        return ""
    return tr(
        "With {count} examples a column must move by a statistic of {least} to be told from chance.",
        count=f"{report['window']['examples']:,}", least=f"{found:.2f}",
    )  # fmt: skip


def _line(icon: str, colour: str, part: QWidget) -> QWidget:
    place = QWidget()
    layout = row(place, gap=SPACE_M)
    layout.addWidget(IconLabel(icon, colour, 16), 0, Qt.AlignmentFlag.AlignTop)
    layout.addWidget(part, 1)
    return place
