"""A graph as a picture, for files and reports."""

from __future__ import annotations

from PySide6.QtGui import QImage, QPainter

from designer.canvas.camera import Camera, grown
from designer.canvas.model import SceneModel
from designer.canvas.paint import Marks, ScenePainter
from designer.canvas.skin import Skin

LARGEST, MOST = 16_000.0, 48_000_000.0  # pixels a side, and in all
MARGIN = 32.0
EMPTY = (0.0, 0.0, 400.0, 300.0)


def picture(model: SceneModel, skin: Skin, scale: float) -> QImage:
    """All of the graph, without selection: `scale` pixels to a canvas unit, less where it would be too large."""
    left, top, right, bottom = grown(model.bounds() or EMPTY, MARGIN)
    width, height = right - left, bottom - top
    scale = min(scale, LARGEST / max(width, height), (MOST / (width * height)) ** 0.5)
    ratio, zoom = max(scale, 1.0), min(scale, 1.0)  # sharper than the screen, or seen from farther away
    size = max(round(width * zoom), 1), max(round(height * zoom), 1)
    image = QImage(round(size[0] * ratio), round(size[1] * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    try:
        camera = Camera(zoom, -left * zoom, -top * zoom)
        ScenePainter(skin, ratio).paint(painter, model, camera, size, Marks(), exact=True)
    finally:
        painter.end()
    return image
