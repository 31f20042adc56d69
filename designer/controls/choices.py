"""Choices of how to look at something, in a row; where there is no room for the row, in the menu of one button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QComboBox, QMenu, QSizePolicy, QWidget

from designer.controls.buttons import IconButton
from designer.language import tr
from designer.qt import row
from designer.theme import SPACE_M


class Choices(QWidget):
    """Combo boxes side by side. `changed`: another item of one of them was chosen, or items came or went."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._boxes: list[QComboBox] = []
        self._is_narrow = False
        self._button = IconButton("inspector", tr("How it is shown"), self._ask)
        self._button.hide()
        self._row = row(self, gap=SPACE_M)
        self._row.addWidget(self._button)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def add(self, title: str, items: Sequence[str] = ()) -> QComboBox:
        """One more choice. Only what has two items or more is shown."""
        box = QComboBox()
        box.setAccessibleName(title)
        box.setToolTip(title)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.addItems(list(items))
        box.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self._boxes.append(box)
        self._row.addWidget(box)
        self._show()
        return box

    def offer(self, box: QComboBox, items: Sequence[tuple[str, str]]) -> None:
        """Replace the items of a choice, each a text and what it stands for; what was chosen stays where it can."""
        if [data for _, data in items] == [box.itemData(i) for i in range(box.count())]:
            return
        chosen = box.currentData()
        box.blockSignals(True)
        box.clear()
        for text, data in items:
            box.addItem(text, data)
        box.setCurrentIndex(max(0, box.findData(chosen)))
        box.blockSignals(False)
        self._show()

    @property
    def width_of_row(self) -> int:
        """What the row takes, whether it is shown or not."""
        shown = [box.sizeHint().width() for box in self._boxes if box.count() > 1]
        return sum(shown) + SPACE_M * max(0, len(shown) - 1)

    @property
    def is_narrow(self) -> bool:
        return self._is_narrow

    def set_narrow(self, narrow: bool) -> None:
        if narrow != self._is_narrow:
            self._is_narrow = narrow
            self._show()

    def menu(self) -> QMenu:
        """The choices as sections of a menu."""
        menu = QMenu(self)
        for box in self._boxes:
            if box.count() < 2:
                continue
            menu.addSection(box.accessibleName())
            group = QActionGroup(menu)
            for index in range(box.count()):
                action = menu.addAction(box.itemText(index))
                action.setCheckable(True)
                action.setChecked(index == box.currentIndex())
                action.setActionGroup(group)
                action.triggered.connect(lambda _on=False, box=box, index=index: box.setCurrentIndex(index))
        return menu

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return hint if self._is_narrow else QSize(self.width_of_row, hint.height())

    def _ask(self) -> None:
        self.menu().popup(self._button.mapToGlobal(self._button.rect().bottomLeft()))

    def _show(self) -> None:
        offered = [box for box in self._boxes if box.count() > 1]
        self._button.setVisible(self._is_narrow and bool(offered))
        for box in self._boxes:
            box.setVisible(not self._is_narrow and box in offered)
        self.updateGeometry()
