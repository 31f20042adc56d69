"""Rows under the pictures of the tools: a sign, and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from designer.controls.labels import IconLabel, label
from designer.qt import row
from designer.sentences import told
from designer.session import Session
from designer.theme import SPACE_M

NAME_WIDTH = 72


def reasons(_session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    return [line_of("hint", "accent", label(told(reason), wrap=True)) for reason in answer.get("reasons", ())]


def line_of(icon: str, colour: str, *parts: QWidget, width: int = NAME_WIDTH) -> QWidget:
    """One part is a text of any length; of two, the first is a name in a column of its own, of this
    `width` at least."""
    place = QWidget()
    layout = row(place, gap=SPACE_M)
    middle, top = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignTop
    layout.addWidget(IconLabel(icon, colour, 14), 0, middle if len(parts) > 1 else top)
    for part in parts[:-1]:
        part.setMinimumWidth(width)
        layout.addWidget(part, 0, Qt.AlignmentFlag.AlignLeft)
    layout.addWidget(parts[-1], 1)
    return place
