"""Precision, recall and the rest, a row for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from designer.language import marked, tr
from designer.theme import ROW_HEIGHT, mono

COLUMNS = {
    "class": marked("Class"), "precision": marked("Precision"), "recall": marked("Recall"), "f1": "F1",
    "support": marked("Examples"), "roc": marked("ROC area"), "average_precision": marked("Avg. precision"),
}  # fmt: skip
TIPS = {
    "precision": marked("Of the answers that say this class, the share that is right."),
    "recall": marked("Of the examples of this class, the share that is recognised."),
    "f1": marked("The harmonic mean of precision and recall."),
    "support": marked("How many examples are of this class."),
    "roc": marked("Area under the ROC curve, this class against the rest: 0.5 is chance."),
    "average_precision": marked("Area under the precision-recall curve, this class against the rest."),
}


class ClassTable(QTableWidget):
    """Sorted by a click on a heading."""

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.setHorizontalHeaderLabels([tr(title) for title in COLUMNS.values()])
        for place, key in enumerate(COLUMNS):
            if key in TIPS and (head := self.horizontalHeaderItem(place)) is not None:
                head.setToolTip(tr(TIPS[key]))
        self.horizontalHeader().setMinimumHeight(ROW_HEIGHT)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT - 6)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setFont(mono(11))
        self.setAccessibleName(tr("Scores by class"))

    def show_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.setSortingEnabled(False)
        self.setRowCount(len(rows))
        for r, values in enumerate(rows):
            for c, key in enumerate(COLUMNS):
                item = QTableWidgetItem()
                value = values[key]
                shown = "–" if value is None else round(value, 4) if isinstance(value, float) else value
                item.setData(Qt.ItemDataRole.DisplayRole, shown)
                self.setItem(r, c, item)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # the order of the classes
        self.setSortingEnabled(True)
