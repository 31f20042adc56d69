"""Start a design: templates and examples as cards with a sketch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QDialog, QFrame, QGridLayout, QScrollArea, QWidget

from core.catalog.families import default_catalog
from designer.controls.labels import label
from designer.controls.search import SearchField
from designer.language import tr
from designer.look import focus
from designer.qt import column, follow
from designer.sentences import told
from designer.shell.thumbnail import sketch
from designer.theme import RADIUS_L, SMALL_SIZE, SPACE_L, SPACE_M, SPACE_S, SPACE_XL, font, manager
from graph.document import Document
from graph.templates import TEMPLATES, Template

_CARD, _PICTURE = QSize(236, 190), 112
_FEWEST, _MOST = 2, 5  # cards side by side


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

    def answers(self, words: Iterable[str]) -> bool:
        """Whether each word, in small letters, begins or ends one of the name, the description or the family."""
        template = self.template
        told = re.findall(r"\w+", f"{template.label} {template.doc} {template.family}".lower())
        return all(any(other.startswith(word) or other.endswith(word) for other in told) for word in words)

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


class _Shelf(QWidget):
    """The designs of one family under its name."""

    def __init__(self, family: str, columns: int) -> None:
        super().__init__()
        self._columns = columns
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACE_L)
        self._grid.setColumnStretch(columns, 1)
        self.cards = [Card(template) for template in TEMPLATES.values() if template.family == family]
        layout = column(self, gap=SPACE_L)
        layout.addWidget(label(told(family), "heading"))
        layout.addLayout(self._grid)
        self._lay(self.cards)

    def search(self, query: str) -> bool:
        """Show the cards that answer, close together; whether there are any."""
        found = [card for card in self.cards if card.answers(re.findall(r"\w+", query.lower()))]
        for card in self.cards:
            self._grid.removeWidget(card)
            card.setVisible(card in found)
        self._lay(found)
        self.setVisible(bool(found))
        return bool(found)

    def _lay(self, cards: Sequence[Card]) -> None:
        for index, card in enumerate(cards):
            self._grid.addWidget(card, index // self._columns, index % self._columns)


class Gallery(QDialog):
    """`chosen` carries a document drawn for this purpose alone."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("New design"))
        each, beside = _CARD.width() + SPACE_L, 2 * SPACE_XL + SPACE_L
        columns = max(_FEWEST, min(_MOST, (parent.width() * 9 // 10 - beside) // each))
        self.resize(columns * each + beside, max(460, min(760, parent.height() * 8 // 10)))
        page = QWidget()
        page.setProperty("page", True)
        below = column(page, margins=(SPACE_XL, SPACE_S, SPACE_XL, SPACE_XL), gap=SPACE_L)
        families = dict.fromkeys(template.family for template in TEMPLATES.values())
        self._shelves = [_Shelf(family, columns) for family in families]
        for shelf in self._shelves:
            below.addWidget(shelf)
        self.cards = [card for shelf in self._shelves for card in shelf.cards]
        for card in self.cards:
            card.clicked.connect(lambda _on=False, card=card: self._choose(card))
        self._none = label(tr("No design matches"), "muted")
        self._none.hide()
        below.addWidget(self._none)
        below.addStretch(1)
        self.field = SearchField(tr("Search designs"))
        self.field.textChanged.connect(self.search)
        self.field.listed.connect(self._steer)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(page)
        layout = column(self)
        head = column(margins=(SPACE_XL, SPACE_XL, SPACE_XL, SPACE_M))
        head.addWidget(self.field)
        layout.addLayout(head)
        layout.addWidget(scroll, 1)
        self._to_draw = list(self.cards)
        self._pencil = QTimer(self, interval=0)
        self._pencil.timeout.connect(self._draw_next)
        self._pencil.start()
        self.finished.connect(self._pencil.stop)

    def search(self, query: str) -> None:
        """Show the designs that answer to every word; all of them without a word."""
        shown = [shelf.search(query) for shelf in self._shelves]
        self._none.setVisible(not any(shown))

    def _steer(self, event: QKeyEvent) -> None:
        """Enter takes the first design, Down goes to it."""
        first = next((card for card in self.cards if not card.isHidden()), None)
        if first is None:
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(first)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_PageDown):
            first.setFocus(Qt.FocusReason.TabFocusReason)

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
