"""One report: the traits, the one that is chosen as pictures, and what is told beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSplitter, QWidget

from designer.controls.labels import IconLabel, label
from designer.figures.figure import Figure
from designer.monitor.drawings import course, histograms
from designer.monitor.table import TraitTable
from designer.monitor.told import Told
from designer.qt import column, divide, row
from designer.sentences import told
from designer.theme import SPACE_L, SPACE_M, SPACE_S

LOW = 300  # pixels


class _Pictures(QWidget):
    """Below each other, or where there is no height for that, beside each other."""

    def __init__(self, *figures: Figure) -> None:
        super().__init__()
        self._body = column(self, margins=(SPACE_M, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_S)
        for figure in figures:
            self._body.addWidget(figure, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        low = event.size().height() < LOW
        self._body.setDirection(QBoxLayout.Direction.LeftToRight if low else QBoxLayout.Direction.TopToBottom)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 100)


class ReportView(QWidget):
    """`asked` is called with the number of a window that is to be told in full."""

    def __init__(self, asked: Callable[[int], object]) -> None:
        super().__init__()
        self._report: Mapping[str, Any] | None = None
        self._asked = asked
        self._wanted = ""  # the trait that is to be chosen when the next report comes
        self._icon, self.verdict = IconLabel("done", "success", 18), label("", "heading", wrap=True, selectable=True)
        self.table = TraitTable()
        self.histogram, self.course = Figure(), Figure(self._ask)
        self.beside = Told(self._reveal)
        parts = QSplitter()
        divide(parts, (self.table, 5), (_Pictures(self.histogram, self.course), 5), (self.beside, 4))
        head = row(margins=(SPACE_L, SPACE_S, SPACE_L, SPACE_S), gap=SPACE_M)
        head.addWidget(self._icon)
        head.addWidget(self.verdict, 1)
        whole = column(self)
        whole.addLayout(head)
        whole.addWidget(parts, 1)
        self.table.chosen.connect(lambda _name: self._show_trait())

    def show_report(self, report: Mapping[str, Any]) -> None:
        self._report = report
        self._icon.set_icon(*(("warning", "danger") if report["alarm"] else ("done", "success")))
        self.verdict.setText(told(report["verdict"]))
        self.table.show_rows(report["window"]["rows"])
        if self._wanted:
            self.table.choose(self._wanted)
            self._wanted = ""
        self.course.setVisible(len(report["windows"]) > 1)
        self.beside.show_report(report)
        self._show_trait()

    def _show_trait(self) -> None:
        name = self.table.current
        if self._report is None or not name:
            return
        found = next(one for one in self._report["window"]["rows"] if one["name"] == name)
        self.histogram.show_drawing(histograms(found))
        if len(self._report["windows"]) > 1:
            self.course.show_drawing(course(self._report, name))

    def _ask(self, window: int) -> None:
        if self._report is not None and window != self._report["chosen"]:
            self._asked(window)

    def _reveal(self, window: int, about: str) -> None:
        """Show the window and the trait of an alert."""
        if self._report is not None and window == self._report["chosen"]:
            self.table.choose(about)
            return
        self._wanted = about
        self._asked(window)
