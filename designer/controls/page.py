"""A panel's page: parts from top to bottom, scrolled up and down where they need more room."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from designer.qt import column


def scrolled(parts: Iterable[QWidget]) -> QScrollArea:
    """The parts in a page as wide as the panel."""
    page = QWidget()
    page.setProperty("page", True)
    layout = column(page)
    for part in parts:
        layout.addWidget(part)
    layout.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    return area
