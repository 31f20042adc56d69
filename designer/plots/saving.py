"""A chart as a file: a picture (PNG, SVG), or its numbers (CSV)."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QPoint
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QWidget

from core.files import atomic_write
from core.problem import LayerloomError
from designer.language import tr
from designer.theme import manager

if TYPE_CHECKING:
    from designer.plots.chart import Chart, Curve
    from designer.session import Session

ENDINGS = ("png", "svg", "csv")
SCALE = 2.0  # of PNG pictures, so that they are sharp in a paper
MOST = 1 << 20  # rows of a CSV for each curve: more than a series keeps


def save(chart: Chart, path: Path) -> None:
    """Write the chart as what the path's ending says. Raises LayerloomError where the disk refuses."""
    match path.suffix.lower():
        case ".svg":
            data = _svg(chart)
        case ".csv":
            data = table(chart.curves).encode()
        case _:
            data = _png(chart)
    atomic_write(path, data)


def save_as(owner: QWidget, session: Session, chart: Chart, ending: str) -> None:
    """Ask where to, and save; where the disk refuses, the session tells."""
    name = re.sub(r"\W+", "_", chart.title.partition(",")[0].lower()) + f".{ending}"
    path, _ = QFileDialog.getSaveFileName(owner, tr("Save this chart"), name, f"{ending.upper()} (*.{ending})")
    if path:
        try:
            save(chart, Path(path))
        except LayerloomError as error:
            session.notify(error.problem)


def table(curves: list[Curve]) -> str:
    """Rows of curve, step, mean, low, high; low and high differ only where points were merged to bound memory."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("curve", "step", "mean", "low", "high"))
    for curve in curves:
        points = curve.series.whole(MOST)
        for x, mean, low, high in zip(points.x, points.mean, points.low, points.high, strict=True):
            writer.writerow((curve.name, int(x), repr(float(mean)), repr(float(low)), repr(float(high))))
    return text.getvalue()


def _png(chart: Chart) -> bytes:
    picture = QPixmap(chart.size() * SCALE)
    picture.setDevicePixelRatio(SCALE)
    picture.fill(QColor(manager().theme.surface))
    chart.render(picture, QPoint())
    held = QBuffer()
    held.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(held, "PNG")
    return bytes(held.data().data())


def _svg(chart: Chart) -> bytes:
    """Axes and curves as lines, so that they stay sharp at any size."""
    held = QBuffer()
    held.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(held)
    generator.setTitle(chart.title)
    generator.setViewBox(chart.view.rect())
    painter = QPainter(generator)
    chart.view.render(painter)
    painter.end()
    return bytes(held.data().data())
