"""Asks how many units a layer is to have, and lets it grow."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QWidget

from core.spec.params import Int
from designer.controls.buttons import button
from designer.controls.labels import label
from designer.forms.form import Form
from designer.language import tr
from designer.qt import column, row
from designer.theme import SPACE_L, SPACE_M

WIDTH, MOST = 420, 1_000_000


class WideningDialog(QDialog):
    """Calls `grow` with the number of units, which is more than there are `now`."""

    def __init__(self, name: str, now: int, grow: Callable[[int], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grow = grow
        self.setWindowTitle(tr("Make wider"))
        self.setMinimumWidth(WIDTH)
        layout = column(self, margins=SPACE_L, gap=SPACE_L)
        about = tr(
            "Further units are copies of those that {name} has, and whoever reads them shares its weights out among "
            "the copies: the network answers as before, and a new run begins with what it learned (Net2Net).",
            name=name,
        )
        layout.addWidget(label(about, "muted", wrap=True))
        self.units = 2 * now
        form = Form((Int("units", self.units, min=now + 1, max=MOST, doc=tr("There are {now} now.", now=now)),))
        form.show_values({"units": self.units})
        form.edited.connect(lambda _name, value, _token: self._put(value))
        form.reset.connect(lambda _name: form.show_values({"units": self._put(2 * now)}))
        layout.addWidget(form)
        line = row(gap=SPACE_M)
        line.addStretch(1)
        line.addWidget(button(tr("Cancel"), self.reject))
        go = button(tr("Make wider"), self.accept, primary=True)
        go.setDefault(True)
        line.addWidget(go)
        layout.addLayout(line)

    def accept(self) -> None:
        super().accept()
        self._grow(self.units)

    def _put(self, units: int) -> int:
        self.units = units
        return units
