"""Start a design: templates and examples as cards with a sketch."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QDialog, QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from core.catalog.families import default_catalog
from designer.controls.labels import label
from designer.language import tr
from designer.look import focus
from designer.qt import column, follow
from designer.shell.thumbnail import sketch
from designer.theme import RADIUS_L, SMALL_SIZE, SPACE_L, SPACE_M, SPACE_XL, font, manager
from graph.document import Document
from graph.templates import TEMPLATES, Template

_CARD, _PICTURE, _COLUMNS = QSize(236, 190), 112, 3


class Card(QAbstractButton):
    """One template: a sketch, its name, what it is."""

    def __init__(self, template: Template) -> None:
        super().__init__()
        self.template = template
        self._document: Document | None = None
        self.setFixedSize(_CARD)
        self.setText(template.label)
        self.setToolTip(template.doc)
        self.setAccessibleDescription(template.doc)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        follow(self, manager().changed, self.update)

    def draw(self) -> Document:
        """The template's design, drawn once."""
        if self._document is None:
            self._document = self.template.build(default_catalog())
            self.update()
        return self._document

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = manager().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        shape = QPainterPath()
        shape.addRoundedRect(body, RADIUS_L, RADIUS_L)
        painter.fillPath(shape, theme.hover if self.underMouse() else theme.raised)
        painter.save()
        painter.setClipPath(shape)
        picture = QRectF(body.left(), body.top(), body.width(), _PICTURE)
        painter.fillRect(picture, theme.canvas)
        if self._document is not None:
            sketch(painter, self._document, picture.adjusted(SPACE_L, SPACE_L, -SPACE_L, -SPACE_L))
        painter.restore()
        painter.setPen(focus(theme) if self.hasFocus() or self.underMouse() else theme.border)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(shape)
        self._write(painter, body.adjusted(SPACE_L, _PICTURE + SPACE_M, -SPACE_L, -SPACE_M))
        painter.end()

    def _write(self, painter: QPainter, into: QRectF) -> None:
        theme = manager().theme
        painter.setPen(theme.text)
        painter.setFont(font(weight=QFont.Weight.DemiBold))
        painter.drawText(into, Qt.AlignmentFlag.AlignTop, self.template.label)
        painter.setPen(theme.muted)
        painter.setFont(font(SMALL_SIZE))
        below = into.adjusted(0, 20, 0, 0)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap), self.template.doc)


class Gallery(QDialog):
    """`chosen` carries a document drawn for this purpose alone."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("New design"))
        self.resize(_COLUMNS * (_CARD.width() + SPACE_L) + 2 * SPACE_XL + SPACE_L, 640)
        page = QWidget()
        page.setProperty("page", True)
        self._page = column(page, margins=SPACE_XL, gap=SPACE_L)
        self.cards: list[Card] = []
        for family in dict.fromkeys(template.family for template in TEMPLATES.values()):
            self._add(family, (t for t in TEMPLATES.values() if t.family == family), self._page)
        self._page.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(page)
        column(self).addWidget(scroll)
        self._to_draw = list(self.cards)
        self._pencil = QTimer(self, interval=0)
        self._pencil.timeout.connect(self._draw_next)
        self._pencil.start()
        self.finished.connect(self._pencil.stop)

    def _add(self, title: str, templates: Iterable[Template], layout: QVBoxLayout) -> None:
        layout.addWidget(label(title, "heading"))
        grid = QGridLayout()
        grid.setSpacing(SPACE_L)
        grid.setColumnStretch(_COLUMNS, 1)
        for index, template in enumerate(templates):
            card = Card(template)
            card.clicked.connect(lambda _on=False, card=card: self._choose(card))
            grid.addWidget(card, index // _COLUMNS, index % _COLUMNS)
            self.cards.append(card)
        layout.addLayout(grid)

    def _draw_next(self) -> None:
        """One sketch each turn of the event loop, so that the dialog is there at once."""
        if self._to_draw:
            self._to_draw.pop(0).draw()
        else:
            self._pencil.stop()

    def _choose(self, card: Card) -> None:
        document = card.draw()
        self.accept()
        self.chosen.emit(document)
