"""What an inspector page is, and the parts that several of them have."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer.controls.labels import IconLabel, label
from designer.qt import column, row
from designer.theme import SPACE_L, SPACE_M


class Page(QWidget):
    """The inspector for one kind of selection."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("page", True)
        self.body: QVBoxLayout = column(self)

    def refresh(self) -> None:
        """Show the state of the document again."""
        raise NotImplementedError

    def add_padded(self, widget: QWidget) -> None:
        inner = column(margins=(SPACE_L, 0, SPACE_L, SPACE_L))
        inner.addWidget(widget)
        self.body.addLayout(inner)

    def add_end(self) -> None:
        self.body.addStretch(1)


def heading(icon: str, title: str, subtitle: str) -> QWidget:
    """The head of a page that has no name to edit."""
    result = QWidget()
    line = row(result, margins=SPACE_L, gap=SPACE_M)
    line.addWidget(IconLabel(icon, "muted", 20))
    texts = column()
    texts.addWidget(label(title, "title"))
    texts.addWidget(label(subtitle, "caption"))
    line.addLayout(texts, 1)
    return result
