"""The outline: every node of the design in a tree, for the keyboard alone, and the graph's voice in a screen reader."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTreeView, QWidget

from designer.controls.search import SearchField
from designer.language import tr
from designer.outline.model import Index, OutlineModel
from designer.qt import Debounce, column, follow
from designer.selection import join
from designer.session import Session
from designer.theme import SPACE_S, manager


class OutlineTree(QTreeView):
    """Enter shows the node on the canvas; letters jump to the next node of that name."""

    def __init__(self, panel: OutlinePanel) -> None:
        super().__init__()
        self._panel = panel
        self.setHeaderHidden(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAccessibleName(tr("Outline"))
        self.setAccessibleDescription(
            tr("Every node in the order in which data flows. Right opens a block, Enter shows the node on the canvas.")
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._panel.reveal(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self._panel.select(current)


class OutlinePanel(QWidget):
    """What is current here is selected on the canvas, so that every action applies to it; and the other way round."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._is_following = self._is_stale = False
        self.model = OutlineModel(session)
        self.tree = OutlineTree(self)
        self.tree.setModel(self.model)
        self.tree.clicked.connect(self.reveal)
        self.field = SearchField(tr("Go to a node"))
        self.field.setAccessibleName(tr("Go to a node by its name"))
        self.field.textChanged.connect(self._seek)
        self.field.listed.connect(self._steer)
        layout = column(self, margins=(0, SPACE_S, 0, 0), gap=SPACE_S)
        top = column(margins=(SPACE_S, 0, SPACE_S, 0))
        top.addWidget(self.field)
        layout.addLayout(top)
        layout.addWidget(self.tree, 1)
        self._soon = Debounce(self, 40, self.refresh)
        follow(self, session.document.changed, lambda _changes: self._soon.start())
        follow(self, session.problems_changed, self._soon.start)
        follow(self, session.selection.changed, self._follow_selection)
        follow(self, manager().changed, self.tree.viewport().update)
        self._follow_selection()

    def showEvent(self, event: QShowEvent) -> None:
        if self._is_stale:
            self.refresh()

    # -- the tree and the selection

    def refresh(self) -> None:
        """After a change: the same places stay open."""
        self._is_stale = not self.isVisible()
        if self._is_stale:
            return
        opened = self._opened(QModelIndex())
        bar = self.tree.verticalScrollBar()
        at = bar.value()
        self._is_following = True
        self.model.refresh()
        for path in opened:
            self.tree.setExpanded(self.model.index_of(path), True)
        self._is_following = False
        self._follow_selection()
        bar.setValue(at)

    def _opened(self, index: Index) -> list[str]:
        """The paths of the open blocks, the outer ones first."""
        found = []
        for row in range(self.model.rowCount(index)):
            child = self.model.index(row, 0, index)
            if self.tree.isExpanded(child):
                found += [self.model.item(child).path, *self._opened(child)]
        return found

    def select(self, index: Index) -> None:
        """The keyboard came to a row: it is the selection now."""
        if not self._is_following and index.isValid():
            item = self.model.item(index)
            self._is_following = True
            self._session.selection.set([item.node], path=item.place)
            self._is_following = False

    def _follow_selection(self) -> None:
        """Something was selected elsewhere."""
        selection = self._session.selection
        if self._is_following or not selection.node:
            return
        index = self.model.index_of(join(selection.path, selection.node))
        if index.isValid():
            self._is_following = True
            self.tree.setCurrentIndex(index)
            self.tree.scrollTo(index)
            self._is_following = False

    def reveal(self, index: Index) -> None:
        """Show a node on the canvas."""
        if index.isValid():
            self._session.reveal(self.model.item(index).path)

    # -- type-ahead

    def _seek(self, letters: str) -> None:
        """To the first node with these letters in its name, among those that are listed."""
        found = self.model.first(letters) if letters else QModelIndex()
        if found.isValid():
            self.tree.setCurrentIndex(found)

    def _steer(self, event: QKeyEvent) -> None:
        self.tree.keyPressEvent(event)
