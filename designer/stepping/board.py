"""The board: the equations of a moment, each with its formula, one number worked out, and its matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.language import tr
from designer.qt import follow
from designer.sentences import told
from designer.stepping.matrix import CAPTION, SIGN, Matrix
from designer.theme import RADIUS_L, SMALL_SIZE, SPACE_L, SPACE_M, SPACE_S, font, manager, mono

TITLE, FORMULA, GAP = 20.0, 22.0, 14.0
_WRAP = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_LEAST = 230.0


@dataclass
class _Card:
    """One equation, and where its parts lie within the board."""

    equation: Mapping[str, Any]
    area: QRectF
    matrices: list[tuple[Matrix, QPointF]]
    formula: QRectF
    working: QRectF


class Board(QWidget):
    """Cards from left to right, as many in a row as fit.

    `picked` carries the index of a number of what leaves that was clicked: the one to work out.
    """

    picked = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self._equations: Sequence[Mapping[str, Any]] = ()
        self._cards: list[_Card] = []
        self._choosable = False
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        follow(self, manager().changed, self.update)

    @property
    def equations(self) -> Sequence[Mapping[str, Any]]:
        return self._equations

    def show_equations(self, equations: Sequence[Mapping[str, Any]], *, choosable: bool) -> None:
        """`choosable`: a click on a number of the first card's result asks for it."""
        self._equations, self._choosable = equations, choosable
        self.setAccessibleName("; ".join(told(equation["title"]) for equation in equations))
        lines = (f"{told(e['title'])}: {e['text']}. {e['working']}".strip() for e in equations)
        self.setAccessibleDescription("\n".join(lines))
        self._lay_out(self.width())
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return int(self._placed(width)[1])

    def sizeHint(self) -> QSize:
        return QSize(480, self.heightForWidth(max(self.width(), 320)))

    def minimumSizeHint(self) -> QSize:
        return QSize(int(_LEAST), 40)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out(self.width())

    # -- where things lie

    def _lay_out(self, width: int) -> None:
        self._cards = self._placed(width)[0]

    def _placed(self, width: int) -> tuple[list[_Card], float]:
        cards: list[_Card] = []
        x, y = float(SPACE_L), float(SPACE_S)
        high = 0.0
        room = max(_LEAST, width - 2 * SPACE_L)
        for equation in self._equations:
            card = _measured(equation, room)
            if x > SPACE_L and x + card.area.width() > width - SPACE_L:
                x, y, high = float(SPACE_L), y + high + SPACE_M, 0.0
            _move(card, x, y)
            cards.append(card)
            x += card.area.width() + SPACE_M
            high = max(high, card.area.height())
        return cards, y + high + SPACE_M

    # -- the mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._number_at(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
        self.setToolTip(tr("Work this number out") if over else "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        found = self._number_at(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(list(found))

    def number_place(self, index: Sequence[int]) -> QPointF | None:
        """Where a number of what leaves stands, for tests and tools."""
        area = self.rect()
        points = (QPointF(x, y) for y in range(0, area.height(), 5) for x in range(0, area.width(), 5))
        return next((p for p in points if self._number_at(p) == tuple(index)), None)

    def _number_at(self, at: QPointF) -> tuple[int, ...] | None:
        if not self._choosable or not self._cards or not self._cards[0].matrices:
            return None
        matrix, corner = self._cards[0].matrices[-1]
        return matrix.cell_at(at.x() - corner.x(), at.y() - corner.y())

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for card in self._cards:
            if card.area.intersects(QRectF(event.rect())):
                self._paint(painter, card)
        painter.end()

    def _paint(self, painter: QPainter, card: _Card) -> None:
        theme = manager().theme
        painter.setPen(theme.border)
        painter.setBrush(theme.surface)
        painter.drawRoundedRect(card.area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_L, RADIUS_L)
        inner = card.area.adjusted(SPACE_L, SPACE_M, -SPACE_L, -SPACE_M)
        painter.setFont(font(SMALL_SIZE))
        painter.setPen(theme.muted)
        painter.drawText(QRectF(inner.left(), inner.top(), inner.width(), TITLE), _LEFT, told(card.equation["title"]))
        painter.setFont(mono())
        painter.setPen(theme.text)
        painter.drawText(card.formula, _WRAP, card.equation["text"])
        for matrix, at in card.matrices:
            sign = matrix.term["before"]
            if sign:
                painter.setFont(font(16))
                painter.setPen(theme.muted)
                room = QRectF(at.x() - SIGN, at.y(), SIGN - SPACE_S, matrix.height)
                painter.drawText(room, Qt.AlignmentFlag.AlignCenter, sign)
            matrix.paint(painter, at)
        if card.equation["working"]:
            painter.setFont(mono())
            painter.setPen(theme.selection if theme.dark else theme.accent)
            painter.drawText(card.working, _WRAP, card.equation["working"])


def _measured(equation: Mapping[str, Any], room: float) -> _Card:
    """A card at the origin, no wider than the room unless a single matrix is."""
    matrices = [Matrix.of(term) for term in equation["terms"]]
    inner = room - 2 * SPACE_L
    placed: list[tuple[Matrix, QPointF]] = []
    x = y = high = wide = 0.0
    for matrix in matrices:
        sign = SIGN if matrix.term["before"] else (GAP if x else 0.0)
        if x and x + sign + matrix.width > inner:
            x, y, high = 0.0, y + high + CAPTION + GAP, 0.0
        placed.append((matrix, QPointF(x + sign, y)))
        x += sign + matrix.width
        wide, high = max(wide, x), max(high, matrix.height)
    body = y + high + CAPTION + SPACE_S if placed else 0.0
    metrics = QFontMetricsF(mono())
    titled = QFontMetricsF(font(SMALL_SIZE)).horizontalAdvance(told(equation["title"])) + 4
    lines = (min(metrics.horizontalAdvance(equation[key]) + 4, 620.0) for key in ("text", "working"))
    width = min(max(wide, titled, *lines, _LEAST - 2 * SPACE_L), inner)
    width = max(width, wide)
    formula, working = (_height(metrics, equation[key], width) for key in ("text", "working"))
    below = SPACE_M + TITLE + formula
    top = below + (SPACE_S + working if working else 0.0) + SPACE_M
    total = top + body + SPACE_S
    return _Card(
        equation,
        QRectF(0, 0, width + 2 * SPACE_L, total),
        [(matrix, at + QPointF(SPACE_L, top)) for matrix, at in _centred(placed)],
        QRectF(SPACE_L, SPACE_M + TITLE, width, formula),
        QRectF(SPACE_L, below + SPACE_S, width, working),
    )


def _centred(placed: list[tuple[Matrix, QPointF]]) -> list[tuple[Matrix, QPointF]]:
    """Matrices of one line stand about one middle."""
    found = []
    for matrix, at in placed:
        tallest = max(other.height for other, place in placed if place.y() == at.y())
        found.append((matrix, at + QPointF(0, (tallest - matrix.height) / 2)))
    return found


def _height(metrics: QFontMetricsF, text: str, width: float) -> float:
    return metrics.boundingRect(QRectF(0, 0, width, 10_000), _WRAP, text).height() if text else 0.0


def _move(card: _Card, x: float, y: float) -> None:
    by = QPointF(x, y)
    card.area.translate(by)
    card.formula.translate(by)
    card.working.translate(by)
    card.matrices = [(matrix, at + by) for matrix, at in card.matrices]
