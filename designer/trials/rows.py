"""What the tools found, as rows under their pictures; further pictures too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from designer.controls.buttons import button
from designer.controls.labels import IconLabel, label
from designer.figures.figure import Figure
from designer.numbers import lasting, size
from designer.qt import row
from designer.session import Session
from designer.theme import SPACE_M
from designer.trials.pictures import surface

GROUND_HEIGHT, NAME_WIDTH = 340, 72


def reasons(_session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    return [line_of("hint", "accent", label(reason, wrap=True)) for reason in answer.get("reasons", ())]


def _nodes(session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    """A row for each layer, which leads to it."""
    rows = []
    for node in answer["nodes"]:
        name = button(node["label"], partial(session.reveal, node["node"]), quiet=True)
        kinks = f", {node['kinks']} at kinks" if node["kinks"] else ""
        text = f"error {node['error']:.1e} over {node['checked']} weights{kinks}"
        looks = ("done", "success") if node["right"] else ("error", "danger")
        rows.append(line_of(*looks, name, label(text, "muted")))
    return rows


def _tries(_session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    """The largest few sizes that were tried."""
    rows = []
    for one in answer["tries"][-8:]:
        speed = f"{one['size'] / max(one['seconds'], 1e-9):,.0f} examples a second"
        told = f"{size(one['peak'])}, a step in {lasting(one['seconds'])}, {speed}" if one["fits"] else "does not fit"
        looks = ("done", "success") if one["fits"] else ("close", "muted")
        rows.append(line_of(*looks, label(f"{one['size']:,}"), label(told, "muted")))
    return rows


def _ground(_session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    """The surface that the optimizers went over."""
    if answer["surface"] is None:
        return []
    figure = Figure()
    figure.setMinimumHeight(GROUND_HEIGHT)
    figure.show_drawing(surface(answer))
    return [figure]


ROWS: Mapping[str, Callable[[Session, Mapping[str, Any]], Sequence[QWidget]]] = {
    "overfit": reasons,
    "check_gradients": _nodes,
    "fit_batch": _tries,
    "race": _ground,
}


def line_of(icon: str, colour: str, *parts: QWidget) -> QWidget:
    """One part is a text of any length; of two, the first is a name in a column of its own."""
    place = QWidget()
    layout = row(place, gap=SPACE_M)
    middle, top = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignTop
    layout.addWidget(IconLabel(icon, colour, 14), 0, middle if len(parts) > 1 else top)
    for part in parts[:-1]:
        part.setMinimumWidth(NAME_WIDTH)
        layout.addWidget(part, 0, Qt.AlignmentFlag.AlignLeft)
    layout.addWidget(parts[-1], 1)
    return place
