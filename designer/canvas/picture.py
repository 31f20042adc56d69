"""A graph as a picture, for files and reports."""

from __future__ import annotations

from PySide6.QtGui import QImage, QPainter

from designer.canvas.camera import fitting, grown
from designer.canvas.model import SceneModel
from designer.canvas.paint import Marks, ScenePainter
from designer.canvas.skin import Skin

LARGEST = 16_000.0  # pixels a side
MARGIN = 32.0
EMPTY = (0.0, 0.0, 400.0, 300.0)


def picture(model: SceneModel, skin: Skin, scale: float) -> QImage:
    """All of the graph, without selection: `scale` pixels to a canvas unit, less where it would be too large."""
    left, top, right, bottom = grown(model.bounds() or EMPTY, MARGIN)
    scale = min(scale, LARGEST / max(right - left, bottom - top))
    size = round(right - left), round(bottom - top)
    image = QImage(round(size[0] * scale), round(size[1] * scale), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)
    painter = QPainter(image)
    try:
        camera = fitting((left, top, right, bottom), *size, margin=0.0)
        ScenePainter(skin, scale).paint(painter, model, camera, size, Marks(), exact=True)
    finally:
        painter.end()
    return image
