"""Pictures of nodes and labels, drawn once and then copied."""

from __future__ import annotations

from collections.abc import Hashable
from math import ceil
from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPixmap

from designer.canvas.card import FULL, MARGIN, draw_card
from designer.canvas.labels import HEIGHT, PADDING, draw_label
from designer.canvas.parts import NodeView
from designer.canvas.skin import Skin

MOST_PIXELS = 24_000_000  # about 96 MB; beyond it the store starts afresh


class Sprite(NamedTuple):
    """A pixmap and the zoom that it was drawn for."""

    pixmap: QPixmap
    scale: float


class Sprites:
    """The pictures for one skin and pixel ratio. Nodes that look alike share one."""

    def __init__(self, skin: Skin, ratio: float) -> None:
        self.skin, self.ratio = skin, ratio
        self._store: dict[Hashable, Sprite] = {}
        self._pixels = 0

    def card(self, view: NodeView, scale: float, *, selected: bool, exact: bool) -> Sprite:
        """The picture of a node. Without `exact`, one that was drawn for another zoom and in as much detail will do."""
        held = view.painted
        if (
            held is not None
            and held[0] is self
            and held[1] == selected
            and (held[2].scale == scale or (not exact and (held[2].scale >= FULL) == (scale >= FULL)))
        ):
            sprite: Sprite = held[2]
            return sprite
        key = (view.look, scale, selected)
        sprite = self._store.get(key) or self._keep(key, self._bake(view, scale, selected=selected))
        view.painted = (self, selected, sprite)
        return sprite

    def label(self, text: str, scale: float, *, plate: bool = True) -> Sprite:
        """A shape, for a wire; on a small plate where it stands upon the wire."""
        key = (text, scale, plate, "label")
        return self._store.get(key) or self._keep(key, self._label(text, scale, plate=plate))

    def _keep(self, key: Hashable, sprite: Sprite) -> Sprite:
        if self._pixels > MOST_PIXELS:
            self._store.clear()
            self._pixels = 0
        self._pixels += sprite.pixmap.width() * sprite.pixmap.height()
        self._store[key] = sprite
        return sprite

    def _blank(self, width: float, height: float) -> QPixmap:
        pixmap = QPixmap(max(ceil(width * self.ratio), 1), max(ceil(height * self.ratio), 1))
        pixmap.setDevicePixelRatio(self.ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        return pixmap

    def _bake(self, view: NodeView, scale: float, *, selected: bool) -> Sprite:
        pixmap = self._blank((view.width + 2 * MARGIN) * scale, (view.height + 2 * MARGIN) * scale)
        painter = QPainter(pixmap)
        try:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
            painter.scale(scale, scale)
            painter.translate(MARGIN, MARGIN)
            draw_card(painter, self.skin, view, scale, selected=selected)
        finally:
            painter.end()
        return Sprite(pixmap, scale)

    def _label(self, text: str, scale: float, *, plate: bool) -> Sprite:
        width = QFontMetricsF(self.skin.label).horizontalAdvance(text) + PADDING
        pixmap = self._blank(width * scale, HEIGHT * scale)
        painter = QPainter(pixmap)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(scale, scale)
            draw_label(painter, self.skin, text, QRectF(0, 0, width, HEIGHT), plate=plate)
        finally:
            painter.end()
        return Sprite(pixmap, scale)
