"""The newest signals of a run as readings on the canvas: how large the gradients are, node by node."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject

from core.training.protocol import Signals
from designer.canvas.overlay import Reading
from designer.canvas.view import CanvasView
from designer.qt import follow
from designer.session import Shown
from designer.studio import Studio

DECADES = 6.0  # below the largest gradient, that the scale shows


class Flow(QObject):
    """Paints what flows while a run is followed; nothing once it is over, or where another is looked at. While a trace
    is stepped through, that has the canvas."""

    def __init__(self, canvas: CanvasView, studio: Studio) -> None:
        super().__init__(canvas)
        self._canvas, self._studio = canvas, studio
        self._shown: Signals | None = None
        self._tracing = False
        follow(self, studio.session.traced, self._trace)
        studio.advanced.connect(self.show)
        studio.shown.connect(self.show)

    def show(self) -> None:
        record = self._studio.record
        live = record is not None and record.state in ("running", "paused")
        newest = record.signals if record is not None and live else None
        if newest is not self._shown and not self._tracing:
            self._shown = newest
            self._canvas.set_overlay(readings(newest))

    def _trace(self, shown: Shown) -> None:
        self._tracing, self._shown = bool(shown.nodes), None
        wires = {end: Reading(*value) for end, value in shown.wires.items()}
        self._canvas.set_overlay({node: Reading(*value) for node, value in shown.nodes.items()}, wires)
        if not self._tracing:
            self.show()


def readings(signals: Signals | None) -> dict[str, Reading]:
    """By the path of a node: 1 for the largest gradient scale, 0 for one that is six decades smaller; empty without."""
    if signals is None:
        return {}
    scales = {node: values["gradient"] for node, values in signals.nodes.items() if "gradient" in values}
    largest = max((scale for scale in scales.values() if math.isfinite(scale)), default=0.0)
    return {node: Reading(_place(scale, largest), _text(signals.nodes[node])) for node, scale in scales.items()}


def _place(scale: float, largest: float) -> float:
    if not math.isfinite(scale):
        return 1.0
    if scale <= 0 or largest <= 0:
        return 0.0
    return max(0.0, 1.0 + math.log10(scale / largest) / DECADES)


def _text(values: dict[str, float]) -> str:
    """Gradient scale and update-to-weight ratio, short enough to stand under a node."""
    parts = [f"∇ {values['gradient']:.0e}", f"Δ {values.get('update', 0.0):.0e}"]
    if values.get("dead"):
        parts.append(f"{values['dead']:.0%} dead")
    return "  ".join(parts)
