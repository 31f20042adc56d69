"""Writes a graph as a figure: SVG and PDF made of lines and text, PNG of pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QMarginsF, QRectF, QSize, QSizeF
from PySide6.QtGui import QColor, QImage, QImageWriter, QPageLayout, QPageSize, QPaintDevice, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from core.files import replacing
from core.problem import LayerloomError
from designer.canvas.model import SceneModel
from designer.canvas.skin import Skin
from designer.drawing.paint import extent, paint_figure
from designer.drawing.svg import with_fixed_widths
from designer.session import Session
from designer.theme import Theme, load

FORMATS: Mapping[str, str] = {
    ".pdf": "PDF, for papers",
    ".svg": "SVG, for the web and for drawing programs",
    ".png": "PNG, for slides",
}
LARGEST, MOST = 16_000.0, 64_000_000.0  # pixels a side, and in all
_POINT = 0.75  # points of print to a canvas unit: text of 13 units is 9.75 points


@dataclass(frozen=True)
class Style:
    """How a figure looks. `paper`: white and flat, without shadows."""

    label: str
    theme: str
    paper: bool = False

    def skin(self) -> Skin:
        theme = load(self.theme)
        return Skin(_on_paper(theme), shadows=False) if self.paper else Skin(theme)


STYLES: Mapping[str, Style] = {
    "publication": Style("Publication", "light", paper=True),
    "light": Style("Light", "light"),
    "dark": Style("Dark", "dark"),
}


def _on_paper(theme: Theme) -> Theme:
    white = QColor("white")
    return replace(theme, canvas=white, node=white, node_border=QColor("#8a93a3"), muted=QColor("#4a5160"))


class Figure:
    """One graph of a design, ready to be painted; `close` lets go of the session.

    Args:
        session: the design. path: of the block instance to show; empty for the whole.
        style: a key of `STYLES`. notes: whether notes are shown.
    """

    def __init__(self, session: Session, path: str = "", style: str = "publication", *, notes: bool = False) -> None:
        self._title, self._notes = session.title, notes
        self._skin = STYLES[style].skin()
        self._model = SceneModel(session, path)
        self._model.refresh()
        left, top, right, bottom = extent(self._model, notes=notes)
        self._where = QRectF(left, top, right - left, bottom - top)

    def close(self) -> None:
        self._model.close()

    @property
    def size(self) -> QSizeF:
        """In canvas units."""
        return self._where.size()

    def write(self, path: Path, scale: float = 3.0) -> None:
        """Write the file that its ending names; `scale` is the pixels of a PNG to a canvas unit.

        Raises:
            LayerloomError: the ending is none of `FORMATS`, or the file cannot be written; an old one then stays.
        """
        writers: dict[str, Callable[[Path], None]] = {
            ".svg": self._svg,
            ".pdf": self._pdf,
            ".png": partial(self._png, scale=scale),
        }
        writer = writers.get(path.suffix.lower())
        if writer is None:
            known = ", ".join(FORMATS)
            message = f"A drawing is written as {known}; {path.name} ends in none of these."
            raise LayerloomError(message, code="format", received=path.suffix or "no ending", expected=known)
        with replacing(path) as temporary:
            writer(temporary)

    def image(self, scale: float) -> QImage:
        """All of it with `scale` pixels to a canvas unit, less where it would be too large."""
        width, height = self._where.width(), self._where.height()
        scale = min(scale, LARGEST / max(width, height), (MOST / (width * height)) ** 0.5)
        image = QImage(
            max(round(width * scale), 1), max(round(height * scale), 1), QImage.Format.Format_ARGB32_Premultiplied
        )
        self._paint(image, scale)
        return image

    def _paint(self, device: QPaintDevice, scale: float) -> None:
        painter = QPainter()
        if not painter.begin(device):
            raise LayerloomError("The drawing could not be written: the file cannot be opened.", code="file")
        try:
            painter.scale(scale, scale)
            painter.translate(-self._where.topLeft())
            painter.fillRect(self._where, self._skin.theme.canvas)
            paint_figure(painter, self._model, self._skin, notes=self._notes)
        finally:
            painter.end()

    def _svg(self, path: Path) -> None:
        generator = QSvgGenerator()
        generator.setFileName(str(path))
        width, height = round(self._where.width()), round(self._where.height())
        generator.setSize(QSize(width, height))
        generator.setViewBox(QRectF(0, 0, width, height))
        generator.setResolution(96)
        generator.setTitle(self._title)
        generator.setDescription("A neural network, drawn with Layerloom.")
        self._paint(generator, 1.0)
        path.write_text(with_fixed_widths(path.read_text("utf-8")), "utf-8")

    def _pdf(self, path: Path) -> None:
        writer = QPdfWriter(str(path))
        size = QSizeF(self._where.width() * _POINT, self._where.height() * _POINT)
        writer.setPageLayout(
            QPageLayout(
                QPageSize(size, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch),
                QPageLayout.Orientation.Portrait,
                QMarginsF(),
            )
        )
        writer.setResolution(1200)
        writer.setTitle(self._title)
        writer.setCreator("Layerloom")
        self._paint(writer, 1200 / 72 * _POINT)

    def _png(self, path: Path, scale: float) -> None:
        if not QImageWriter(str(path), QByteArray(b"png")).write(self.image(scale)):
            raise LayerloomError("The drawing could not be written: the file cannot be opened.", code="file")


def preview(figure: Figure, room: QSize, ratio: float) -> QImage:
    """The figure as large as the room allows, sharp on a screen of that ratio."""
    size = figure.size
    scale = min(room.width() / size.width(), room.height() / size.height(), 1.0) * ratio
    image = figure.image(scale)
    image.setDevicePixelRatio(ratio)
    return image
