"""The palette panel: search, categories that fold, drag to the canvas, double-click or Enter to add at its centre."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, QSettings, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QMenu, QStackedLayout, QTreeView, QWidget

from designer.controls.labels import Empty
from designer.controls.search import SearchField
from designer.language import tr
from designer.palette.entries import groups, search
from designer.palette.model import Data, PaletteModel, layer_of
from designer.palette.rows import RowPainter
from designer.qt import column, follow
from designer.session import Session
from designer.theme import SPACE_M, manager
from graph import library
from graph.records import Change

_FOLDED = "palette/folded"


class _Tree(QTreeView):
    """The list; letters typed here go to the search field."""

    def __init__(self, panel: PalettePanel) -> None:
        super().__init__()
        self._panel = panel
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setExpandsOnDoubleClick(False)
        self.setItemDelegate(RowPainter(self))
        self.setAccessibleName(tr("Layers"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._panel.add(self.currentIndex())
        elif event.key() == Qt.Key.Key_Delete:
            self._panel.forget(self.currentIndex())
        elif event.text().isprintable() and event.text().strip() and not event.modifiers() & _COMMANDS:
            self._panel.search_for(event.text())
        else:
            super().keyPressEvent(event)


_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class PalettePanel(QWidget):
    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._folded = set(filter(None, str(QSettings().value(_FOLDED, "")).split("|")))
        self._searching = False
        self.field = SearchField(tr("Search layers"))
        self.model = PaletteModel(self)
        self.tree = _Tree(self)
        self.tree.setModel(self.model)
        nothing = Empty("search", tr("No such layer"), tr("Try another name, such as dense, relu or skip."))
        layout = column(self)
        top = column(margins=SPACE_M)
        top.addWidget(self.field)
        layout.addLayout(top)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.tree)
        self._stack.addWidget(nothing)
        layout.addLayout(self._stack, 1)
        self._wire()
        self.refresh()

    def _wire(self) -> None:
        self.field.textChanged.connect(lambda _text: self.refresh())
        self.field.listed.connect(self._steer)
        self.tree.clicked.connect(self._click)
        self.tree.doubleClicked.connect(self.add)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._menu)
        self._place = self._session.selection.path
        follow(self, self._session.selection.changed, self._moved)
        follow(self, self._session.document.changed, self._document_changed)
        follow(self, library.changed, self.refresh)
        follow(self, manager().changed, self.tree.viewport().update)

    def search_for(self, text: str) -> None:
        """Put the cursor into the search field, with this text."""
        self.field.setText(text)
        self.field.setFocus()

    def add(self, index: QModelIndex) -> None:
        """Ask for the layer of a row to be put at the centre of the view."""
        layer = layer_of(index)
        if layer:
            self._session.add_requested.emit(layer)

    def forget(self, index: QModelIndex) -> None:
        """Take a block out of the person's library; other rows stay. Designs that use it keep theirs."""
        layer = layer_of(index)
        if layer.startswith(library.PREFIX):
            library.forget(layer)
            self._session.notify(tr("{block} is out of your library. Designs that use it keep it.", block=index.data()))

    def _menu(self, at: QPoint) -> None:
        index = self.tree.indexAt(at)
        layer = layer_of(index)
        if not layer:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Add at the centre"), lambda: self.add(index))
        if layer.startswith(library.PREFIX):
            menu.addAction(tr("Remove from my library"), lambda: self.forget(index))
        menu.popup(self.tree.viewport().mapToGlobal(at))

    def refresh(self) -> None:
        """Show what can be added here, or what the search finds of it."""
        offered, query = groups(self._session.document, self._session.selection), self.field.text()
        self._searching = bool(query.strip())
        if self._searching:
            found = search(offered, query)
            self.model.show_found(found)
            self.tree.setCurrentIndex(self.model.index(0, 0))
            self._stack.setCurrentIndex(0 if found else 1)
            return
        self.model.show_groups(offered)
        self._stack.setCurrentIndex(0)
        for row in range(self.model.rowCount()):
            index = self.model.index(row, 0)
            self.tree.setExpanded(index, str(index.data(Data.CATEGORY)) not in self._folded)

    def _steer(self, event: QKeyEvent) -> None:
        """Keys of the search field that are meant for the list."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.add(self.tree.currentIndex())
        else:
            self.tree.keyPressEvent(event)

    def _click(self, index: QModelIndex) -> None:
        if layer_of(index):
            return
        name, is_open = str(index.data(Data.CATEGORY)), not self.tree.isExpanded(index)
        self.tree.setExpanded(index, is_open)
        self._folded = self._folded - {name} if is_open else self._folded | {name}
        QSettings().setValue(_FOLDED, "|".join(sorted(self._folded)))

    def _moved(self) -> None:
        if self._place != self._session.selection.path:
            self._place = self._session.selection.path
            self.refresh()

    def _document_changed(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind == "block" for change in changes):
            self.refresh()
