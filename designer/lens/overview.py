"""All nodes of the graph that is looked at, with what flows out of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from designer.language import tr
from designer.look import mix
from designer.numbers import exact
from designer.plots.readout import number
from designer.sentences import told
from designer.theme import ROW_HEIGHT, SPACE_S, manager, mono

COLUMNS = ("Node", "Shape", "Spread", "Mean", "Least", "Most", "Zeros", "Dead units", "Zero weights", "Parameters")
TIPS = {
    2: "Standard deviation of what comes out, bars on one scale: it should not grow or fade with depth.",
    6: "Share of the numbers that are exactly zero.",
    7: "Share of the units that are zero for every example: they learn nothing any more.",
    8: "Share of its weights that are exactly zero: an L1 penalty or pruning makes them so.",
}
SHARE = Qt.ItemDataRole.UserRole


class Overview(QTableWidget):
    """`picked` carries the path of a node that was double-clicked."""

    picked = Signal(str)

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self._paths: list[str] = []
        self.setHorizontalHeaderLabels([told(title) for title in COLUMNS])
        for place, tip in TIPS.items():
            if (head := self.horizontalHeaderItem(place)) is not None:
                head.setToolTip(told(tip))
        self.horizontalHeader().setMinimumHeight(ROW_HEIGHT)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT - 6)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setFont(mono(11))
        self.setAccessibleName(tr("What flows out of each node"))
        self._bars = _ShareBar(self)
        for place in (2, 6, 7, 8):
            self.setItemDelegateForColumn(place, self._bars)
        self.cellDoubleClicked.connect(lambda row, _column: self.picked.emit(self._paths[row]))

    def show_nodes(self, nodes: Sequence[Mapping[str, Any]]) -> None:
        self._paths = [node["node"] for node in nodes]
        widest = max((node["std"] or 0.0 for node in nodes), default=0.0) or 1.0
        self.setRowCount(len(nodes))
        for row, node in enumerate(nodes):
            shape = " x ".join(map(str, node["shape"])) or told("one number")
            texts = (
                node["label"], shape, _number(node["std"]), _number(node["mean"]), _number(node["min"]),
                _number(node["max"]), _percent(node["zeros"]), _percent(node["dead"]),
                _percent(node["sparse"]), exact(node["parameters"]),
            )  # fmt: skip
            shares = {2: (node["std"] or 0.0) / widest, 6: node["zeros"], 7: node["dead"], 8: node["sparse"]}
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setData(SHARE, shares.get(column))
                if node["bad"] and column == 0:
                    item.setForeground(manager().theme.danger)
                    item.setToolTip(tr("{n} of its values are no numbers (NaN or infinite)", n=f"{node['bad']:,}"))
                self.setItem(row, column, item)


class _ShareBar(QStyledItemDelegate):
    """A quiet bar behind the text, as long as the share; dead units in red."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        share = index.data(SHARE)
        if share:
            theme = manager().theme
            colour = theme.danger if index.column() == 7 else theme.accent
            area = QRectF(option.rect).adjusted(0, 3, -SPACE_S, -3)
            area.setWidth(max(2.0, area.width() * min(1.0, float(share))))
            painter.fillRect(area, mix(colour, theme.surface, 0.28))
        super().paint(painter, option, index)


def _number(value: float | None) -> str:
    return "–" if value is None else number(value)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"
