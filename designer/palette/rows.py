"""How a row of the palette is painted."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from designer import icons
from designer.look import mix
from designer.palette.model import Data, layer_of
from designer.theme import RADIUS_M, ROW_HEIGHT, SMALL_SIZE, SPACE_L, SPACE_M, SPACE_S, font, manager

Index = QModelIndex | QPersistentModelIndex
_TILE = 20


class RowPainter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, ROW_HEIGHT if layer_of(index) else ROW_HEIGHT + SPACE_S)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if layer_of(index):
            self._layer(painter, option, index)
        else:
            self._category(painter, option, index)
        painter.restore()

    def _category(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = manager().theme
        rect: QRect = option.rect
        view = option.widget
        is_open = isinstance(view, QTreeView) and view.isExpanded(_plain(index))
        arrow = icons.pixmap("chevron-down" if is_open else "chevron-right", theme.muted, 12)
        painter.drawPixmap(rect.left() + SPACE_M, rect.center().y() - 5, arrow)
        painter.setPen(theme.muted)
        painter.setFont(font(SMALL_SIZE, QFont.Weight.DemiBold))
        text = rect.adjusted(SPACE_M + 12 + SPACE_S, 0, -SPACE_L, 0)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        painter.setPen(theme.disabled)
        painter.setFont(font(SMALL_SIZE))
        count = str(index.model().rowCount(_plain(index)))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)

    def _layer(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = manager().theme
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.selection_fill if selected else theme.hover)
            painter.drawRoundedRect(QRectF(rect).adjusted(SPACE_S, 0.5, -SPACE_S, -0.5), RADIUS_M, RADIUS_M)
        colour = theme.category(str(index.data(Data.CATEGORY)))
        tile = QRectF(rect.left() + SPACE_L, rect.center().y() - _TILE / 2 + 0.5, _TILE, _TILE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(colour, theme.surface, 0.2 if theme.dark else 0.13))
        painter.drawRoundedRect(tile, 5, 5)
        picture = icons.pixmap(str(index.data(Data.ICON)), colour, 14)
        painter.drawPixmap(round(tile.left()) + 3, round(tile.top()) + 3, picture)
        painter.setPen(theme.text)
        painter.setFont(font())
        text = rect.adjusted(SPACE_L + _TILE + SPACE_M, 0, -SPACE_M, 0)
        shown = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, shown)


def _plain(index: Index) -> QModelIndex:
    return index if isinstance(index, QModelIndex) else index.model().index(index.row(), index.column(), index.parent())
