"""The row of open designs above the canvas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import cast

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QIcon, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QTabBar, QWidget

from designer.controls.buttons import IconButton
from designer.language import tr
from designer.qt import follow, speak
from designer.shell.tab import Tab
from designer.theme import manager

_DOT = 8
_LONGEST = 32  # letters of a title


class DesignTabs(QTabBar):
    """One tab for each open design, hidden while there is but one.

    Signals: `chosen(Tab)`: another is to be shown; `close_requested(Tab)`: by its cross, the middle button or the menu.
    """

    chosen = Signal(object)
    close_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setMovable(True)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setUsesScrollButtons(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(_DOT, _DOT))
        self.hide()
        self.currentChanged.connect(self._choose)
        follow(self, manager().changed, self.refresh)
        speak(self, self._retell)

    def _retell(self) -> None:
        self.setAccessibleName(tr("Open designs"))
        self.refresh()

    def tabs(self) -> Iterator[Tab]:
        """From left to right."""
        return (self.tabData(index) for index in range(self.count()))

    def index_of(self, tab: Tab) -> int:
        return list(self.tabs()).index(tab)

    def add(self, tab: Tab) -> None:
        """Beside the current one; it becomes the current one."""
        self.blockSignals(True)
        index = self.insertTab(self.currentIndex() + 1, "")
        self.setTabData(index, tab)
        close = IconButton("close", tr("Close"), lambda: self.close_requested.emit(tab))
        close.setFixedSize(20, 20)
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setTabButton(index, QTabBar.ButtonPosition.RightSide, close)
        self.setCurrentIndex(index)
        self.blockSignals(False)
        follow(tab, tab.session.titled, self.refresh)
        self.refresh()

    def remove(self, tab: Tab) -> None:
        """Take a tab out; which is shown then, the caller decides."""
        self.blockSignals(True)
        self.removeTab(self.index_of(tab))
        self.blockSignals(False)
        self.refresh()

    def choose(self, tab: Tab) -> None:
        self.setCurrentIndex(self.index_of(tab))

    def step(self, by: int) -> None:
        """To the next or the former one, round the ends."""
        if self.count():
            self.setCurrentIndex((self.currentIndex() + by) % self.count())

    def refresh(self) -> None:
        """Titles, and a dot for what no file has. Designs of one name are told apart by their folders."""
        tabs = list(self.tabs())
        twice = {title for title, times in Counter(tab.session.title for tab in tabs).items() if times > 1}
        for index, tab in enumerate(tabs):
            path, title = tab.session.path, tab.session.title
            shown = f"{title} – {path.parent.name}" if path and title in twice else title
            self.setTabText(index, _short(shown).replace("&", "&&"))
            self.setTabToolTip(index, str(path) if path else tr("Not saved yet"))
            cast(IconButton, self.tabButton(index, QTabBar.ButtonPosition.RightSide)).set_tip(tr("Close"))
            self.setTabIcon(index, _dot() if tab.session.is_dirty else QIcon())
            self.setAccessibleTabName(
                index, tr("{name}, unsaved changes", name=shown) if tab.session.is_dirty else shown
            )
        self.setVisible(len(tabs) > 1)

    def _choose(self, index: int) -> None:
        tab = self.tabData(index)
        if isinstance(tab, Tab):
            self.chosen.emit(tab)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self.tabAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.MiddleButton and index >= 0:
            self.close_requested.emit(self.tabData(index))
        else:
            super().mouseReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.tabAt(event.pos()) if event.reason() != event.Reason.Keyboard else self.currentIndex()
        if index < 0:
            return
        tab = self.tabData(index)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Close"), lambda: self.close_requested.emit(tab))
        menu.addAction(tr("Close the others"), lambda: self._close_others(tab))
        menu.popup(event.globalPos())

    def _close_others(self, kept: Tab) -> None:
        for tab in list(self.tabs()):
            if tab is not kept:
                self.close_requested.emit(tab)


def _short(title: str) -> str:
    half = _LONGEST // 2
    return title if len(title) <= _LONGEST else f"{title[:half]}…{title[1 - half :]}"


def _dot() -> QIcon:
    """What stands before the name of a design with unsaved edits."""
    ratio = 3
    pixmap = QPixmap(_DOT * ratio, _DOT * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(manager().theme.accent)
    painter.drawEllipse(QPointF(_DOT / 2, _DOT / 2), 3.0, 3.0)
    painter.end()
    return QIcon(pixmap)
