"""What a chart paints by itself, faster than pyqtgraph's own items: axes, curves with their bands and gaps, marks of
events. Imports pyqtgraph, so it is imported when the first chart is made, not with the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter, QPainterPath, QPen, QPolygonF

from designer.look import mix
from designer.plots.painted import PALE, Painted, bands, cosmetic, faded, mixtures, reach
from designer.plots.series import Floats
from designer.theme import manager

DENSE = 1.0  # points of a band (two a bucket) for each pixel, from which on it is painted as pixels


class Axis(pg.AxisItem):  # type: ignore[misc]
    """pyqtgraph's axis, painted straight: through its recorded picture every text looks for its font again."""

    picture: Any
    _specs: Any = None

    def paint(self, painter: QPainter, _option: Any, _widget: Any) -> None:
        if self.picture is None or self._specs is None:
            if self.style["tickFont"]:
                painter.setFont(self.style["tickFont"])
            self._specs = self.generateDrawSpecs(painter)
            self.picture = True  # what pyqtgraph clears where something changed
        if self._specs is not None:
            self.drawPicture(painter, *self._specs)

    def drawPicture(self, painter: QPainter, axis: Any, grid: Any, texts: Any) -> None:
        """Lines of the grid in opaque colours and all at once: pale ones take ten times as long."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        by_alpha: dict[int, list[QLineF]] = {}
        for pen, start, end in grid:
            by_alpha.setdefault(pen.color().alpha(), []).append(QLineF(start, end))
        theme = manager().theme
        for alpha, lines in by_alpha.items():
            painter.setPen(cosmetic(mix(theme.border, theme.surface, alpha / 255), 1))
            painter.drawLines(lines)
        pen, start, end = axis
        painter.setPen(pen)
        painter.drawLine(start, end)
        painter.setPen(self.textPen())
        if self.style["tickFont"]:
            painter.setFont(self.style["tickFont"])
        for place, flags, text in texts:
            painter.drawText(place, int(flags), text)

    def logTickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Of a decade only 1, 2 and 5 are named: the others would run into each other."""
        named: list[str] = super().logTickStrings(values, scale, spacing)
        return [
            text if round(10 ** (v % 1.0), 3) in (1, 2, 5, 10) else "" for v, text in zip(values, named, strict=True)
        ]


class Curves(pg.GraphicsObject):  # type: ignore[misc]
    """All curves of a chart as one item."""

    def __init__(self) -> None:
        super().__init__()
        self._painted: Sequence[tuple[Painted, QPainterPath, QPainterPath, QPainterPath]] = ()
        self._bounds = QRectF()

    def show_curves(self, painted: Sequence[Painted]) -> None:
        self._painted = [(one, _path(one.gap), _path(one.band), _path(one.line)) for one in painted]
        bounds = reach(painted)
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
            self.informViewBoundsChanged()
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def dataBounds(self, ax: int, **_range: Any) -> tuple[Any, Any]:
        r = self._bounds
        if r.isNull():
            return None, None
        if ax == 0:
            return r.left(), r.right()
        room = 0.0 if r.height() else abs(r.top()) / 2  # a line that never moves: its size is read off the axis
        return r.top() - room, r.bottom() + room

    def pixelPadding(self) -> float:
        return 3.0

    def paint(self, painter: QPainter, _option: Any, _widget: Any) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for one, gap, _, _ in self._painted:
            if not gap.isEmpty():
                painter.fillPath(gap, faded(one.colour, 0.13))
        self._paint_bands(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for one, _, _, line in self._painted:
            painter.setPen(cosmetic(one.colour, one.width))
            painter.drawPath(line)
        self._paint_dots(painter)

    def _paint_bands(self, painter: QPainter) -> None:
        """Dense bands as pixels, column by column: a tenth of the price of strokes, and even. Those that are no denser
        than the pixels, and all in a drawing that has none, as strokes."""
        transform = painter.transform()
        place = transform.mapRect(self.boundingRect()).toAlignedRect().adjusted(-1, -1, 1, 1) & painter.window()
        is_raster = painter.paintEngine().type() == QPaintEngine.Type.Raster
        dense: list[Painted] = []
        for one, _, band, _ in self._painted:
            if is_raster and len(one.band[0]) >= DENSE * place.width():
                dense.append(one)
            elif not band.isEmpty():
                painter.setPen(cosmetic(faded(one.colour, PALE), 1))
                painter.drawPath(band)
        if dense and not place.isEmpty():
            ratio = painter.device().devicePixelRatio()
            layer = bands([one.band for one in dense], transform, place, ratio)
            height, width = layer.shape
            image = QImage(layer.data, width, height, width, QImage.Format.Format_Indexed8)
            image.setColorTable(mixtures([one.colour for one in dense]))
            image.setDevicePixelRatio(ratio)
            painter.save()
            painter.resetTransform()
            painter.drawImage(place.topLeft(), image)
            painter.restore()

    def _paint_dots(self, painter: QPainter) -> None:
        to_pixels = painter.transform()
        painter.save()
        painter.resetTransform()
        for one, *_ in self._painted:
            if one.has_dots:
                x, y = one.line
                pen = QPen(one.colour, 5.0)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                known = np.isfinite(x) & np.isfinite(y)
                points = zip(x[known].tolist(), y[known].tolist(), strict=True)
                painter.drawPoints(to_pixels.map(QPolygonF([QPointF(a, b) for a, b in points])))
        painter.restore()


class Marks(pg.GraphicsObject):  # type: ignore[misc]
    """Upright lines for what happened, each with a head at the top that can be pointed at."""

    def __init__(self, box: Any) -> None:
        super().__init__()
        self._box = box
        self._at: Sequence[tuple[float, QColor]] = ()

    def show_marks(self, at: Sequence[tuple[float, QColor]]) -> None:
        self._at = at
        self.update()

    def boundingRect(self) -> QRectF:
        found: QRectF = self._box.viewRect()
        return found

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def dataBounds(self, *_range: Any, **_more: Any) -> tuple[None, None]:
        return None, None

    def paint(self, painter: QPainter, _option: Any, _widget: Any) -> None:
        area = painter.transform().mapRect(self._box.viewRect())
        to_pixels = painter.transform()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for x, colour in self._at:
            place = to_pixels.map(QPointF(x, 0.0)).x()
            if area.left() <= place <= area.right():
                pen = QPen(faded(colour, 0.7), 1)
                pen.setDashPattern([2, 3])
                painter.setPen(pen)
                painter.drawLine(QPointF(place, area.top() + 6), QPointF(place, area.bottom()))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                top = area.top()
                painter.drawPolygon(
                    QPolygonF([QPointF(place - 4, top), QPointF(place + 4, top), QPointF(place, top + 7)])
                )


def _path(part: tuple[Floats, Floats]) -> QPainterPath:
    x, y = part
    found: QPainterPath = pg.arrayToQPath(x, y, connect="finite", finiteCheck=True) if len(x) else QPainterPath()
    return found
