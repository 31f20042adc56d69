"""The theme made into the pens, brushes and fonts that the canvas paints with, once for each theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPen

from designer.look import mix
from designer.theme import SMALL_SIZE, UI_SIZE, Theme, font, mono

RADIUS = 9.0
UNUSED = "unused"  # the kind of a wire that nothing takes from


class Skin:
    """What one theme looks like on the canvas; on paper without `shadows`."""

    def __init__(self, theme: Theme, *, shadows: bool = True) -> None:
        self.theme, self.shadows = theme, shadows
        self.title = font(UI_SIZE, QFont.Weight.DemiBold)
        self.small = font(SMALL_SIZE)
        self.label = mono(SMALL_SIZE - 1)
        self.header = font(UI_SIZE + 1, QFont.Weight.DemiBold)
        for each in (self.title, self.small, self.label, self.header):
            each.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        self.dots = mix(theme.border_strong, theme.canvas, 0.34)
        self._tiles: dict[str, tuple[QColor, QColor]] = {}

    def tile(self, category: str) -> tuple[QColor, QColor]:
        """The tint behind a category's icon, and the icon's colour."""
        if category not in self._tiles:
            colour = self.theme.category(category)
            tint = mix(colour, self.theme.node, 0.22 if self.theme.dark else 0.13)
            self._tiles[category] = (tint, mix(colour, QColor("white"), 0.75) if self.theme.dark else colour)
        return self._tiles[category]

    def block(self, category: str) -> QColor:
        """The colour of a node so small that only a rectangle is drawn."""
        return mix(self.theme.category(category), self.theme.canvas, 0.8)

    def wire(self, dtype: str, width: float) -> QPen:
        """The pen of a kind of wire: of a dtype, ``loss``, or `UNUSED`."""
        if dtype == UNUSED:
            return _pen(mix(self.theme.wire("float"), self.theme.canvas, 0.3).rgba(), width)  # opaque: pieces overlap
        return _pen(self.theme.wire(dtype).rgba(), width)

    def line(self, colour: QColor, width: float) -> QPen:
        """A pen in canvas units; a width of 0 is one pixel at any zoom."""
        return _pen(colour.rgba(), width)

    def alpha(self, colour: QColor, alpha: float) -> QColor:
        result = QColor(colour)
        result.setAlphaF(alpha)
        return result

    def brush(self, colour: QColor) -> QBrush:
        return QBrush(colour)


@lru_cache(maxsize=256)
def _pen(rgba: int, width: float) -> QPen:
    pen = QPen(QColor.fromRgba(rgba), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if width == 0:
        pen.setWidth(1)
        pen.setCosmetic(True)
    return pen
