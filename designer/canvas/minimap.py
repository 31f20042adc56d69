"""The whole graph in a corner, with what is in view; press or drag in it to travel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from designer.canvas.camera import Camera, Rect, fitting
from designer.canvas.skin import Skin
from designer.language import tr
from designer.qt import Debounce, follow, speak
from designer.theme import RADIUS_M, manager

if TYPE_CHECKING:
    from designer.canvas.surface import Surface

LARGE, SMALL, MARGIN = (176, 110), (112, 70), 12
FEWEST = 5  # nodes from which a map helps
AMPLE, LEAST = 4.5, 2.6  # times its size: a view that is smaller has the small map, or none, lest it hide the drawing


class Minimap(QWidget):
    """Shown when there is more to see than fits the view. Its picture is renewed when edits have paused."""

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._picture = QPixmap()
        self._version = -1
        self._camera = Camera()
        self.enabled = True
        self._has_room = True
        self._soon = Debounce(self, 60, self.refresh)
        self.setFixedSize(*LARGE)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        speak(self, lambda: self.setAccessibleName(tr("Map")))
        stage = canvas.stage
        follow(self, stage.updated, self._soon.start)
        follow(self, manager().changed, self._theme_changed)
        self.hide()

    def settle(self) -> None:
        """Take the place in the lower right corner, small in a small view."""
        width, height = self._canvas.width(), self._canvas.height()
        size = LARGE if min(width / LARGE[0], height / LARGE[1]) >= AMPLE else SMALL
        if size != (self.width(), self.height()):
            self.setFixedSize(*size)
            self._version = -1
        self._has_room = min(width / size[0], height / size[1]) >= LEAST
        self.move(width - self.width() - MARGIN, height - self.height() - MARGIN)
        self.refresh()

    def _theme_changed(self) -> None:
        self._version = -1
        self.refresh()

    def refresh(self) -> None:
        model = self._canvas.stage.model
        bounds = model.bounds()
        if bounds is None or not (self.enabled and self._has_room) or len(model.nodes) < FEWEST or self._fits(bounds):
            self.hide()
            return
        if model.version != self._version:
            self._version = model.version
            self._bake(bounds)
        self.show()
        self.update()

    def _fits(self, bounds: Rect) -> bool:
        left, top, right, bottom = self._canvas.stage.camera.rect_to_view(bounds)
        return left >= 0 and top >= 0 and right <= self._canvas.width() and bottom <= self._canvas.height()

    def _bake(self, bounds: Rect) -> None:
        skin, model = Skin(manager().theme), self._canvas.stage.model
        self._camera = fitting(bounds, self.width(), self.height(), margin=8.0)
        ratio = self.devicePixelRatioF()
        self._picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        self._picture.setDevicePixelRatio(ratio)
        self._picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self._picture)
        painter.setPen(Qt.PenStyle.NoPen)
        groups: dict[str, list[QRectF]] = {}
        for view in model.nodes.values():
            left, top, right, bottom = self._camera.rect_to_view(view.rect)
            groups.setdefault(view.category, []).append(
                QRectF(left, top, max(right - left, 1.5), max(bottom - top, 1.5))
            )
        for category, rects in groups.items():
            painter.setBrush(skin.block(category))
            painter.drawRects(rects)
        painter.end()

    def _view_rect(self) -> QRectF:
        stage, canvas = self._canvas.stage, self._canvas
        seen = stage.camera.rect_to_canvas((0.0, 0.0, canvas.width(), canvas.height()))
        left, top, right, bottom = self._camera.rect_to_view(seen)
        return QRectF(left, top, right - left, bottom - top).intersected(QRectF(self.rect()).adjusted(2, 2, -2, -2))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = manager().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.border)
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_M, RADIUS_M)
        painter.drawPixmap(0, 0, self._picture)
        painter.setPen(theme.selection)
        fill = theme.selection.toRgb()
        fill.setAlphaF(0.1)
        painter.setBrush(fill)
        painter.drawRoundedRect(self._view_rect(), 3, 3)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            stage, canvas = self._canvas.stage, self._canvas
            x, y = self._camera.to_canvas(event.position().x(), event.position().y())
            self._canvas.navigator.stop()
            stage.camera = stage.camera.centred(x, y, canvas.width(), canvas.height())
