"""What the tools found, as rows under their pictures; further pictures too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from designer.controls.buttons import button
from designer.controls.labels import label
from designer.figures.figure import Figure
from designer.figures.marks import Drawing
from designer.numbers import lasting, size
from designer.session import Session
from designer.trials import edges, grounds, penalties, starts, straight, strange, sure, thinning
from designer.trials.lines import line_of, reasons

GROUND_HEIGHT, TIME_HEIGHT = 340, 200


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
    """The race over time, and the surface that they went over."""
    time = Figure()
    time.setMinimumHeight(TIME_HEIGHT)
    time.show_drawing(grounds.over(answer, "seconds"))
    return [time, *([] if answer["surface"] is None else [_tall(grounds.surface(answer))])]


def _around(session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    """The loss around weights, and what else was found of it."""
    return [_tall(grounds.around(answer)), *reasons(session, answer)]


def _tall(drawing: Drawing) -> QWidget:
    figure = Figure()
    figure.setMinimumHeight(GROUND_HEIGHT)
    figure.show_drawing(drawing)
    return figure


ROWS: Mapping[str, Callable[[Session, Mapping[str, Any]], Sequence[QWidget]]] = {
    "overfit": reasons,
    "compress": thinning.precisions,
    "prune": thinning.layers,
    "check_gradients": _nodes,
    "fit_batch": _tries,
    "race": _ground,
    "loss_surface": _around,
    "without_activations": straight.rows,
    "edges": edges.rows,
    "check_init": starts.rows,
    "penalty_path": penalties.rows,
    "uncertainty": sure.rows,
    "anomalies": strange.rows,
}
