"""What the examples look like: counts, pictures or points or rows, statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from designer.controls.labels import label
from designer.data.pictures import PictureSheet, Scatter
from designer.language import tr
from designer.plots.readout import number
from designer.qt import clear, column
from designer.sentences import told
from designer.theme import ROW_HEIGHT, SPACE_M, mono

ROWS_SHOWN = 8


class PreviewView(QWidget):
    """Shows the answer to ``data.preview``, or the sentence that says why there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = column(self, gap=SPACE_M)

    def show_text(self, text: str, role: str = "muted") -> None:
        clear(self._layout)
        self._layout.addWidget(label(text, role, wrap=True))

    def show_preview(self, data: Mapping[str, Any]) -> None:
        clear(self._layout)
        self._layout.addWidget(label(_counts(data), wrap=True))
        for problem in data["problems"]:
            self._layout.addWidget(label(told(str(problem["message"])), "error", wrap=True))
        if data["pictures"]:
            self._layout.addWidget(PictureSheet(data["pictures"]))
        if data["scatter"]:
            self._layout.addWidget(Scatter(data["scatter"]))
        if data["rows"] and not data["scatter"]:
            self._layout.addWidget(_table(data["rows"]["columns"], data["rows"]["values"][:ROWS_SHOWN]))
        for name, field in data["fields"].items():
            if field.get("statistics"):
                self._layout.addWidget(
                    label(f"{name}: {' x '.join(map(str, field['shape'])) or 'one number'}", "caption")
                )
                self._layout.addWidget(_statistics(field["statistics"]))


def _counts(data: Mapping[str, Any]) -> str:
    parts = ", ".join(f"{count:,} {part}" for part, count in data["splits"].items())
    return f"{data['examples']:,} examples: {parts}"


def _statistics(rows: list[Mapping[str, Any]]) -> QTableWidget:
    names = ("min", "max", "mean", "std")
    holed = any(row["missing"] for row in rows)
    values = [
        [
            row["name"],
            *(number(row[name]) if name in row else "" for name in names),
            *([f"{row['missing']:,}" if row["missing"] else ""] if holed else []),
        ]
        for row in rows
    ]
    return _table(["", *names, *([tr("missing")] if holed else [])], values)


def _table(columns: list[str], rows: list[list[Any]]) -> QTableWidget:
    table = QTableWidget(len(rows), len(columns))
    table.setHorizontalHeaderLabels(columns)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT - 6)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.setShowGrid(False)
    table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    table.setFont(mono(11))
    for r, values in enumerate(rows):
        for c, value in enumerate(values):
            text = number(value) if isinstance(value, float) else "" if value is None else str(value)
            table.setItem(r, c, QTableWidgetItem(text))
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.setFixedHeight(table.horizontalHeader().sizeHint().height() + len(rows) * (ROW_HEIGHT - 6) + 14)
    return table
