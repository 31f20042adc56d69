"""The icon set: line drawings in ``assets/icons``, coloured by the theme when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from core.spec.layer import LayerSpec
from designer.resources import ICONS
from designer.theme import ICON_SIZE, manager

_BY_CATEGORY: Mapping[str, str] = {
    "Data": "data", "Linear": "linear", "Convolution": "conv", "Pooling": "pool", "Normalisation": "norm",
    "Activation": "activation", "Regularisation": "dropout", "Augmentation": "dropout", "Reshape": "reshape",
    "Merge": "merge", "Embedding": "embedding", "Recurrent": "recurrent", "Attention": "attention",
    "Prototype": "prototype", "Capsule": "capsule", "Graph": "graph", "Loss": "loss", "Adversarial": "loss",
    "Blocks": "block",
}  # fmt: skip


def icon(name: str, colour: QColor | None = None, size: int = ICON_SIZE) -> QIcon:
    """An icon in the text colour of the theme, or in another; dimmed where it is disabled.

    The colours are those of this moment: ask again when the theme changes.
    """
    theme = manager().theme
    result = QIcon(pixmap(name, colour or theme.text, size))
    result.addPixmap(pixmap(name, theme.disabled, size), QIcon.Mode.Disabled)
    return result


def pixmap(name: str, colour: QColor, size: int = ICON_SIZE) -> QPixmap:
    """The icon as a picture of `size` logical pixels, sharp on this screen."""
    return _pixmap(name, colour.rgba(), size, _ratio())


def draw(painter: QPainter, name: str, colour: QColor, where: QRectF) -> None:
    """Draw the icon as lines, sharp at whatever scale the painter has."""
    _renderer(name, colour.name()).render(painter, where)


def of_layer(spec: LayerSpec) -> str:
    """The icon that stands for a layer: its own, else that of its category."""
    return spec.icon if spec.icon and exists(spec.icon) else of_category(spec.category)


def of_category(category: str) -> str:
    return _BY_CATEGORY.get(category, "layer")


@cache
def exists(name: str) -> bool:
    return (ICONS / f"{name}.svg").is_file()


@cache
def _text(name: str) -> str:
    return (ICONS / f"{name}.svg").read_text("utf-8")


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_text(name).replace("currentColor", colour).encode()))


@cache
def _pixmap(name: str, rgba: int, size: int, ratio: float) -> QPixmap:
    colour = QColor.fromRgba(rgba)
    result = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setOpacity(colour.alphaF())
    draw(painter, name, colour, QRectF(0, 0, size, size))
    painter.end()
    return result


def _ratio() -> float:
    app = QGuiApplication.instance()
    return app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
