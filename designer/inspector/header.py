"""The head of the inspector: the layer's icon, the node's name to edit, what kind of node it is."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from core.spec.layer import LayerSpec
from designer import icons
from designer.controls.labels import Elided
from designer.language import tr
from designer.look import mix
from designer.qt import column, follow, row
from designer.theme import SPACE_L, SPACE_M, TITLE_SIZE, font, manager

_TILE = 36


class Tile(QWidget):
    """A layer's icon on a tint of its category's colour."""

    def __init__(self, icon: str, category: str) -> None:
        super().__init__()
        self._icon, self._category = icon, category
        self.setFixedSize(_TILE, _TILE)
        follow(self, manager().changed, self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = manager().theme
        colour = theme.category(self._category)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(colour, theme.surface, 0.2 if theme.dark else 0.13))
        painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        painter.drawPixmap(8, 8, icons.pixmap(self._icon, colour, 20))
        painter.end()


class Header(QWidget):
    """`renamed` carries the name as it is typed; `finished` ends a burst."""

    renamed = Signal(str)
    finished = Signal()

    def __init__(self, icon: str, category: str, subtitle: str, placeholder: str) -> None:
        super().__init__()
        line = row(self, margins=(SPACE_L, SPACE_L, SPACE_L, SPACE_L), gap=SPACE_M)
        line.addWidget(Tile(icon, category))
        texts = column()
        self.name = QLineEdit()
        self.name.setProperty("bare", True)
        self.name.setFont(font(TITLE_SIZE, QFont.Weight.DemiBold))
        self.name.setPlaceholderText(placeholder)
        self.name.setAccessibleName(tr("Name"))
        self.name.setMaxLength(200)
        self.name.textEdited.connect(self.renamed)
        self.name.editingFinished.connect(self.finished)
        kind = Elided(subtitle, "caption")
        kind.setContentsMargins(4, 0, 0, 0)
        texts.addWidget(self.name)
        texts.addWidget(kind)
        line.addLayout(texts, 1)

    def show_name(self, name: str) -> None:
        if self.name.text() != name:
            self.name.setText(name)


def header_of(spec: LayerSpec | None, layer: str) -> Header:
    """The head for a node of a layer; an unknown one is called by its id."""
    if spec is None:
        return Header("help", "", tr("Unknown layer"), layer)
    category = tr(spec.category or "Layer")
    return Header(icons.of_layer(spec), spec.category, f"{spec.label}  ·  {category}", spec.label)
