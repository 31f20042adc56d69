"""A matrix of numbers as it is written on a board: brackets, a tint by size, what is pointed at in a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from designer.figures.images import diverging, scale
from designer.look import mix
from designer.theme import RADIUS_S, SMALL_SIZE, SPACE_M, SPACE_S, font, manager, mono

CELL = 20.0  # height of a row
PAD, BRACKET, MORE = 5.0, 4.0, 14.0  # beside a number; of a bracket; the room of an ellipsis
CAPTION = 18.0
HEAT, THIN = 150.0, 10.0  # sides of a matrix that is shown as a picture: the longer one, and the shorter one at least
SIGN = 24.0  # room of the sign before a matrix
_CENTRE = Qt.AlignmentFlag.AlignCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def written(value: float | int | str) -> str:
    """Three digits that count, with the minus of print."""
    return (f"{value:.3g}" if isinstance(value, float) else str(value)).replace("-", "−")


@dataclass(frozen=True)
class Matrix:
    """One term of an equation, measured: `core.analysis.trace.grids.Term` as JSON."""

    term: Mapping[str, Any]
    texts: tuple[tuple[str, ...], ...]
    cell: float
    width: float
    height: float

    @classmethod
    def of(cls, term: Mapping[str, Any]) -> Matrix:
        if "sheet" in term:
            return cls._pictured(term)
        texts = tuple(tuple(map(written, row)) for row in term["rows"])
        metrics = QFontMetricsF(mono(SMALL_SIZE))
        cell = max((metrics.horizontalAdvance(t) for row in texts for t in row), default=0.0) + 2 * PAD
        rows, columns = len(texts), max(map(len, texts), default=0)
        below, right = _left_out(term)
        body = columns * cell + (MORE if right else 0.0) + 2 * BRACKET + 2
        named = _named(term)
        height = rows * CELL + (MORE if below else 0.0)
        return cls(term, texts, cell, max(body, named), height)

    @classmethod
    def _pictured(cls, term: Mapping[str, Any]) -> Matrix:
        """One too large for its numbers: a cell of colour for each, or for a block of them."""
        rows, columns = [1, *term["shape"]][-2:]
        side = HEAT / max(rows, columns)
        named = _named(term)
        return cls(term, (), max(side, 1.0), max(columns * side, THIN, named), max(rows * side, THIN))

    def cell_at(self, x: float, y: float) -> tuple[int, ...] | None:
        """The index within the whole tensor of the number at a point of the body; None beside it."""
        row, column = int(y // CELL), int((x - BRACKET - 1) // self.cell)
        if not (0 <= row < len(self.texts) and 0 <= column < len(self.texts[row])) or y < 0 or x < BRACKET:
            return None
        top, left = self.term["origin"]
        inner = {0: (), 1: (left + column,)}.get(len(self.term["shape"]), (top + row, left + column))
        return (*self.term["at"], *inner)

    def paint(self, painter: QPainter, at: QPointF) -> None:
        """With its top left corner there; the caption stands below."""
        if "sheet" in self.term:
            self._paint_picture(painter, at)
            return
        theme, rows = manager().theme, len(self.texts)
        columns = max(map(len, self.texts), default=0)
        body = QRectF(at.x() + BRACKET + 1, at.y(), columns * self.cell, rows * CELL)
        self._cells(painter, body)
        below, right = _left_out(self.term)
        painter.setPen(theme.muted)
        painter.setFont(font(SMALL_SIZE))
        if right:
            painter.drawText(QRectF(body.right(), body.top(), MORE, body.height()), _CENTRE, "…")
        if below:
            painter.drawText(QRectF(body.left(), body.bottom() - 3, body.width(), MORE), _CENTRE, "⋮")
        whole = body.adjusted(0, 0, MORE if right else 0, MORE if below else 0)
        painter.setPen(QPen(theme.text, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for edge, inwards in ((whole.left() - 1, 1.0), (whole.right() + 1, -1.0)):
            painter.drawPolyline(
                QPolygonF([
                    QPointF(edge + inwards * (BRACKET - 1), whole.top()), QPointF(edge, whole.top()),
                    QPointF(edge, whole.bottom()), QPointF(edge + inwards * (BRACKET - 1), whole.bottom()),
                ])
            )  # fmt: skip
        self._caption(painter, QPointF(at.x(), whole.bottom() + SPACE_S))

    def _paint_picture(self, painter: QPainter, at: QPointF) -> None:
        sheet, theme = self.term["sheet"], manager().theme
        rows, columns = [1, *self.term["shape"]][-2:]
        side = HEAT / max(rows, columns)
        body = QRectF(at.x(), at.y(), max(columns * side, THIN), max(rows * side, THIN))
        painter.drawImage(body, diverging(sheet["images"][0], one_sided=not sheet["signed"]))
        painter.setPen(theme.border)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(body)
        self._caption(painter, QPointF(at.x(), body.bottom() + SPACE_S))

    def _cells(self, painter: QPainter, body: QRectF) -> None:
        theme = manager().theme
        top, left = self.term["origin"]
        mark = self.term["mark"]
        peak = max((abs(v) for row in self.term["rows"] for v in row if isinstance(v, float)), default=0.0)
        plain, bold = mono(SMALL_SIZE), mono(SMALL_SIZE)
        bold.setWeight(QFont.Weight.Bold)
        for i, row in enumerate(self.texts):
            for j, text in enumerate(row):
                cell = QRectF(body.left() + j * self.cell, body.top() + i * CELL, self.cell, CELL)
                value = self.term["rows"][i][j]
                if peak and isinstance(value, float):
                    tint = mix(scale(value / peak), theme.surface, 0.22)
                    painter.fillRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), tint)
                pointed = mark is not None and mark[0] in (None, top + i) and mark[1] in (None, left + j)
                painter.setFont(bold if pointed else plain)
                painter.setPen(theme.text)
                painter.drawText(cell.adjusted(0, 0, -PAD, 0), _RIGHT, text)
        if mark is not None:
            self._frame(painter, body, mark)

    def _frame(self, painter: QPainter, body: QRectF, mark: list[int | None]) -> None:
        """Round what is pointed at: a number, a row or a column."""
        (top, left), (row, column) = self.term["origin"], mark
        area = QRectF(body)
        if row is not None:
            area = QRectF(area.left(), body.top() + (row - top) * CELL, area.width(), CELL)
        if column is not None:
            area = QRectF(body.left() + (column - left) * self.cell, area.top(), self.cell, area.height())
        painter.setPen(QPen(manager().theme.selection, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_S, RADIUS_S)

    def _caption(self, painter: QPainter, at: QPointF) -> None:
        theme, symbol = manager().theme, self.term["symbol"]
        painter.setFont(_name_font())
        painter.setPen(theme.text)
        room = QFontMetricsF(painter.font()).horizontalAdvance(symbol)
        painter.drawText(QRectF(at.x(), at.y(), room + 2, CAPTION), Qt.AlignmentFlag.AlignVCenter, symbol)
        painter.setFont(font(SMALL_SIZE))
        painter.setPen(theme.muted)
        where = QRectF(at.x() + room + SPACE_S + 2, at.y(), self.width + SPACE_M, CAPTION)
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, _shape(self.term))


def _named(term: Mapping[str, Any]) -> float:
    """How wide the caption is."""
    symbol = QFontMetricsF(_name_font()).horizontalAdvance(term["symbol"]) + SPACE_S
    return symbol + QFontMetricsF(font(SMALL_SIZE)).horizontalAdvance(_shape(term))


def _name_font() -> QFont:
    return font(12, QFont.Weight.DemiBold)


def _shape(term: Mapping[str, Any]) -> str:
    shape = " x ".join(map(str, term["shape"])) or "one number"
    return f"{shape}, at {', '.join(map(str, term['at']))}" if any(size > 1 for size in term["shape"][:-2]) else shape


def _left_out(term: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether there are rows below, and columns to the right, that are not shown."""
    rows, columns = len(term["rows"]), max(map(len, term["rows"]), default=0)
    shape = [1, *term["shape"]][-2:] if term["shape"] else [1, 1]
    return rows < shape[0], columns < shape[1]
