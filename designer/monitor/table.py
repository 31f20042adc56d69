"""The traits of a window, those that drifted first, each with both its histograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from designer.language import marked, tr
from designer.look import mix
from designer.qt import follow
from designer.theme import ROW_HEIGHT, SPACE_S, manager, mono

COLUMNS = {
    "name": marked("Trait"), "picture": marked("Before and now"), "psi": "PSI", "statistic": marked("Statistic"),
    "adjusted": "p", "missing": marked("Missing"), "outside": marked("Outside"),
}  # fmt: skip
TIPS = {
    "name": marked("A column, a measure of pictures or curves, a feature of the network, or what it answers."),
    "picture": marked("Grey: the training part. Coloured: the new inputs."),
    "psi": marked("Population stability index: below 0.1 little has moved, above 0.25 much. It rises by chance where "
                  "examples are few."),
    "statistic": marked("The largest gap of both distributions (Kolmogorov-Smirnov), or chi-squared for words."),
    "adjusted": marked("How likely so large a statistic is where nothing has changed, corrected for all tests."),
    "missing": marked("Share of the new examples where nothing stands."),
    "outside": marked("Share of the new examples beyond the range of training, or with words that it did not have."),
}  # fmt: skip
PICTURE, WIDTH = 1, 96
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
ROLE = int(Qt.ItemDataRole.UserRole)


class TraitTable(QTableWidget):
    """`chosen`: the name of the trait in the current row."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.setHorizontalHeaderLabels([tr(title) for title in COLUMNS.values()])
        for place, key in enumerate(COLUMNS):
            if (head := self.horizontalHeaderItem(place)) is not None:
                head.setToolTip(tr(TIPS[key]))
                if place > PICTURE:
                    head.setTextAlignment(RIGHT)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(False)
        self.setItemDelegateForColumn(PICTURE, _Histograms(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setFont(mono(11))
        self.setAccessibleName(tr("Traits of the new inputs"))
        self.currentCellChanged.connect(self._turn)
        self._rows: Sequence[Mapping[str, Any]] = ()
        follow(self, manager().changed, self._colour)

    def show_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """The trait that was chosen stays so where it is among them."""
        before = self.current
        self._rows = rows
        self.blockSignals(True)
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, text in enumerate(_cells(row)):
                item = QTableWidgetItem(text)
                if column > PICTURE:
                    item.setTextAlignment(RIGHT)
                self.setItem(place, column, item)
            picture, index = self.item(place, PICTURE), self.item(place, PICTURE + 1)
            assert picture is not None
            assert index is not None
            picture.setData(ROLE, row["histogram"])
            if row["by_chance"] is not None:
                index.setToolTip(tr("By chance up to {value} with so many examples", value=f"{row['by_chance']:.3f}"))
        self._colour()
        names = [row["name"] for row in rows]
        self.setCurrentCell(names.index(before) if before in names else 0, 0)
        self.blockSignals(False)

    @property
    def current(self) -> str:
        """The name of the trait that is chosen; empty without rows."""
        at = self.currentRow()
        return str(self._rows[at]["name"]) if 0 <= at < len(self._rows) else ""

    def choose(self, name: str) -> None:
        names = [row["name"] for row in self._rows]
        if name in names:
            self.setCurrentCell(names.index(name), 0)

    def _turn(self, row: int, _column: int, before: int, _other: int) -> None:
        if row != before and 0 <= row < len(self._rows):
            self.chosen.emit(self.current)

    def _colour(self) -> None:
        """What drifted stands out by weight and colour."""
        theme = manager().theme
        colours = {"large": theme.danger, "moderate": theme.warning, "slight": theme.text}
        for place, row in enumerate(self._rows):
            bold = QFont(self.font())
            bold.setBold(row["drifted"])
            for column in range(self.columnCount()):
                item = self.item(place, column)
                if item is not None:
                    item.setFont(bold)
                    item.setForeground(colours[row["severity"]] if row["drifted"] else theme.muted)


class _Histograms(QStyledItemDelegate):
    """Both histograms as bars, the new one narrower and in front."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(WIDTH, ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        found = index.data(ROLE)
        if not found or not found["before"]:
            return
        theme = manager().theme
        area = QRectF(option.rect).adjusted(SPACE_S, 3, -SPACE_S, -3)
        over = bool(option.state & QStyle.StateFlag.State_Selected)
        top = max(*found["before"], *found["now"], 1e-9)
        across = area.width() / len(found["before"])
        painter.save()
        painter.setPen(QPen(Qt.PenStyle.NoPen))
        colours = (mix(theme.muted, theme.surface, 0.55 if over else 0.4), theme.chart[0])
        for shares, colour, inset in ((found["before"], colours[0], 0.0), (found["now"], colours[1], 0.3)):
            painter.setBrush(colour)
            for place, share in enumerate(shares):
                height = area.height() * share / top
                left = area.left() + across * (place + inset)
                painter.drawRect(QRectF(left, area.bottom() - height, max(1.0, across * (1 - 2 * inset) - 0.5), height))
        painter.restore()


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    p = row["adjusted"]
    return (
        row["name"],
        "",
        _number(row["psi"]),
        _number(row["statistic"]) if row["kind"] == "number" else f"χ² {row['statistic'] or 0.0:.3g}",
        "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}",
        f"{row['missing'][1]:.1%}",
        f"{row['outside'][1]:.1%}",
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
