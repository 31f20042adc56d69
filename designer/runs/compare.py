"""The dialog that lays runs side by side: what differs stands out, what is equal can be left out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from core.training.runs import RunFolder
from designer.controls.buttons import Switch, button
from designer.controls.labels import label
from designer.language import tr
from designer.qt import column, row
from designer.runs.differences import Row, code_difference, compare
from designer.theme import ROW_HEIGHT, SPACE_L, SPACE_M, font, mono


class CompareDialog(QDialog):
    """Raises LayerloomError where a run cannot be read."""

    def __init__(self, runs: Sequence[RunFolder], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Compare runs"))
        self.resize(880, 620)
        self._runs = runs
        self._rows = compare(runs)
        self._table = QTableWidget()
        self._only = Switch()
        self._only.setChecked(True)
        self._only.setAccessibleName(tr("Only what differs"))
        self._only.toggled.connect(lambda _on: self._fill())
        outer = column(self, margins=SPACE_L, gap=SPACE_M)
        head = row(gap=SPACE_M)
        head.addWidget(label(tr("{count} runs", count=len(runs)), "title"))
        head.addStretch(1)
        head.addWidget(label(tr("Only what differs"), "muted"))
        head.addWidget(self._only)
        outer.addLayout(head)
        outer.addWidget(self._table, 3)
        text = code_difference(runs[0], runs[1])
        if text:
            outer.addWidget(label(tr("Code: first run against second"), "caption"))
            outer.addWidget(_text_view(text), 2)
        ends = row()
        ends.addStretch(1)
        ends.addWidget(button(tr("Close"), self.close, primary=True))
        outer.addLayout(ends)
        self._prepare()
        self._fill()

    def _prepare(self) -> None:
        table = self._table
        self._folds = any(fact.across for fact in self._rows)
        names = [run.path.name for run in self._runs]
        heads = ["", tr("What"), *names, *([tr("Mean ± deviation")] if self._folds else [])]
        table.setColumnCount(len(heads))
        table.setHorizontalHeaderLabels(heads)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT - 4)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setStretchLastSection(True)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)

    def _fill(self) -> None:
        shown = [fact for fact in self._rows if fact.differs or not self._only.isChecked()]
        self._table.setRowCount(len(shown))
        for index, fact in enumerate(shown):
            first = index == 0 or shown[index - 1].part != fact.part
            for place, item in enumerate(_items(fact, first)):
                self._table.setItem(index, place, item)
            if self._folds:
                mean = QTableWidgetItem(fact.across)
                mean.setFont(mono(11))
                self._table.setItem(index, 2 + len(self._runs), mean)


def _text_view(text: str) -> QPlainTextEdit:
    view = QPlainTextEdit(text)
    view.setReadOnly(True)
    view.setFont(mono(11))
    view.setAccessibleName(tr("Difference of the code"))
    return view


def _items(fact: Row, first: bool) -> list[QTableWidgetItem]:
    part = QTableWidgetItem(fact.part if first else "")
    part.setFont(font(12, QFont.Weight.DemiBold))
    values = [QTableWidgetItem(value) for value in fact.values]
    for value in values:
        value.setFont(mono(11))
    return [part, QTableWidgetItem(fact.what), *values]
