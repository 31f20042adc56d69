"""Every step that led to the design as it is; a click goes back to any of them, or forth again."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from designer import icons
from designer.language import tr
from designer.qt import Debounce, column, follow
from designer.sentences import told
from designer.session import Session
from designer.theme import SPACE_S, font, manager

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
_ROOT = QModelIndex()


class HistoryModel(QAbstractListModel):
    """Row 0 is the design as it was opened; row n what it was after n steps. `position` is the row of now."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._labels: list[str] = []
        self.position = 0
        self.refresh()

    def refresh(self) -> None:
        history = self._session.history
        self.beginResetModel()
        self._labels = [told(entry.label) for entry in history.entries]
        self.position = history.position
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._labels) + 1

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        row, theme = index.row(), manager().theme
        if role in (Role.DisplayRole, Role.ToolTipRole):
            return self._text(row)
        if role == Role.AccessibleTextRole:
            return f"{self._text(row)}, {self._state(row)}"
        if role == Role.FontRole:
            return font(weight=QFont.Weight.DemiBold if row == self.position else QFont.Weight.Normal)
        if role == Role.ForegroundRole:
            return theme.muted if row > self.position else theme.text
        if role == Role.DecorationRole:
            colour = theme.accent if row == self.position else theme.muted
            return icons.icon(
                "chevron-right" if row == self.position else "undo" if row < self.position else "redo", colour, 14
            )
        return None

    def _text(self, row: int) -> str:
        return self._labels[row - 1] if row else tr("As it was opened")

    def _state(self, row: int) -> str:
        if row == self.position:
            return tr("the design as it is now")
        return tr("done") if row < self.position else tr("undone")


class HistoryPanel(QWidget):
    """A click or Enter on a row brings the design to that state."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.model = HistoryModel(session)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setAccessibleName(tr("History"))
        self.list.setAccessibleDescription(
            tr("The steps that were done, oldest first. Enter brings back the design as it was.")
        )
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self.jump)
        self.list.activated.connect(self.jump)
        column(self, margins=(0, SPACE_S, 0, 0)).addWidget(self.list)
        self._soon = Debounce(self, 0, self.refresh)
        follow(self, session.history.changed, self._soon.start)
        follow(self, manager().changed, self.model.refresh)
        self.refresh()

    def refresh(self) -> None:
        self.model.refresh()
        now = self.model.index(self.model.position, 0)
        self.list.setCurrentIndex(now)
        self.list.scrollTo(now)

    def jump(self, index: Index) -> None:
        """Undo or redo until the design is as it was at this row."""
        if index.row() != self._session.history.position:
            self._session.history.jump(index.row())
