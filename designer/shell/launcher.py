"""The command palette (Ctrl+K): every act of the application, found by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from designer import icons
from designer.controls.search import SearchField
from designer.fuzzy import rank
from designer.qt import column
from designer.theme import RADIUS_L, RADIUS_M, SMALL_SIZE, SPACE_L, SPACE_M, SPACE_S, font, manager, mono

Index = QModelIndex | QPersistentModelIndex
_WIDTH, _ROWS, _ROW = 560, 11, 34
_ENTRY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Entry:
    """One act: what it is called, where it belongs, its shortcut."""

    label: str
    place: str
    run: Callable[[], object]
    icon: str = ""
    shortcut: str = ""
    words: tuple[str, ...] = ()
    enabled: bool = True


class _Painter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, entry = manager().theme, index.data(_ENTRY)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.selection_fill)
            painter.drawRoundedRect(QRectF(rect).adjusted(0, 1, 0, -1), RADIUS_M, RADIUS_M)
        colour = theme.text if entry.enabled else theme.disabled
        if entry.icon:
            picture = icons.pixmap(entry.icon, theme.muted if entry.enabled else theme.disabled)
            painter.drawPixmap(rect.left() + SPACE_M, rect.center().y() - 7, picture)
        text = rect.adjusted(SPACE_M + 16 + SPACE_M + 2, 0, -SPACE_M, 0)
        painter.setPen(colour)
        painter.setFont(font())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, entry.label)
        after = text.adjusted(painter.fontMetrics().horizontalAdvance(entry.label) + SPACE_M, 0, 0, 0)
        painter.setPen(theme.muted if entry.enabled else theme.disabled)
        painter.setFont(font(SMALL_SIZE))
        painter.drawText(after, Qt.AlignmentFlag.AlignVCenter, entry.place)
        painter.setFont(mono(SMALL_SIZE))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, entry.shortcut)
        painter.restore()


class Launcher(QFrame):
    """A field and a list over the window; Enter runs, Esc or a click elsewhere closes."""

    def __init__(
        self, over: QWidget, entries: Sequence[Entry], placeholder: str = "Search commands and layers"
    ) -> None:
        super().__init__(over, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._entries = list(entries)
        self.field = SearchField(placeholder, passing=True)
        self.field.setFont(font(15, QFont.Weight.Normal))
        self.field.setMinimumHeight(38)
        self.model = QStandardItemModel(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setStyleSheet("background: transparent")
        layout = column(self, margins=SPACE_L, gap=SPACE_S)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        self.field.textChanged.connect(self.refresh)
        self.field.listed.connect(self._steer)
        self.list.clicked.connect(lambda _index: self.run())
        self.resize(_WIDTH, 38 + _ROWS * _ROW + 3 * SPACE_L)
        corner = over.mapToGlobal(QPoint((over.width() - _WIDTH) // 2, max(60, over.height() // 8)))
        self.move(corner)
        self.refresh("")

    def open(self) -> None:
        self.show()
        self.field.setFocus()

    def refresh(self, query: str) -> None:
        """Show what the letters mean; without letters everything that can be done now."""
        found = rank(query, self._entries, lambda entry: (entry.label, (*entry.words, entry.place)))
        found.sort(key=lambda entry: not entry.enabled)
        self.model.clear()
        for entry in found[:200]:
            item = QStandardItem(entry.label)
            item.setData(entry, _ENTRY)
            item.setEnabled(entry.enabled)
            self.model.appendRow(item)
        self.list.setCurrentIndex(self.model.index(0, 0))

    def run(self) -> None:
        """Close, then do what is marked."""
        entry = self.list.currentIndex().data(_ENTRY)
        if isinstance(entry, Entry) and entry.enabled:
            self.close()
            entry.run()

    def _steer(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.run()
        else:
            self.list.keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A mask, not translucency: without a compositor, corners that let through are black."""
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), RADIUS_L, RADIUS_L)
        self.setMask(QRegion(shape.toFillPolygon().toPolygon()))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = manager().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.border_strong if theme.dark else theme.border)
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_L, RADIUS_L)
        painter.end()
