"""How the weights of a node lie when it starts: the law of its initialisation as a histogram, and its deviation.

Painted by itself, for the inspector opens with the window, which knows no NumPy then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from core.catalog.spreads import fans, law, own_law
from core.program.calls import initialised
from core.program.program import Init
from core.spec.layer import LayerSpec
from designer.figures.hovered import HEAD, Hovered
from designer.language import tr
from designer.plots.readout import number
from designer.theme import SPACE_XS, manager, mono

BINS, REACH = 41, 3.2  # bars, and deviations on either side that they reach over
HEIGHT, FOOT, TICK = 116, 16.0, 10  # pixels


@dataclass(frozen=True)
class Spread:
    """The share of the numbers between each two `edges`, in percent; `title` and `note` tell mean, deviation, fans."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    title: str
    note: str


def spread(spec: LayerSpec, init: Init | None, weights: Mapping[str, tuple[int, ...]]) -> Spread | None:
    """Of the layer's largest tensor; None where it has none, or where its start has no formula."""
    init = init or Init()
    chosen = init.weight != "default"
    mine = initialised(weights)[0] if chosen else [name for name, shape in weights.items() if len(shape) > 1]
    if not mine:
        return None
    name = max(mine, key=lambda each: math.prod(weights[each]))
    shape = weights[name]
    found = law(init.weight, init.weight_params, shape) if chosen else own_law(spec, weights, name)
    if found is None:
        return None
    reach = REACH * found.std or max(1e-3, 0.1 * abs(found.mean))
    edges = tuple(found.mean + reach * (2 * index / BINS - 1) for index in range(BINS + 1))
    title = tr("{name}: mean {mean}, std {std}", name=name, mean=number(found.mean), std=number(found.std))
    note = tr("fan {into} in, {out} out", into=fans(shape)[0], out=fans(shape)[1]) if len(shape) > 1 else ""
    return Spread(edges, tuple(100 * found.share(a, b) for a, b in pairwise(edges)), title, note)


class SpreadView(Hovered):
    """The histogram; under the cursor each bar says its share."""

    def __init__(self) -> None:
        super().__init__((120, HEIGHT))
        self.shown: Spread | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(240, HEIGHT)

    def show_spread(self, shown: Spread | None) -> None:
        """None hides it."""
        self.shown = shown
        self.setVisible(shown is not None)
        if shown is not None:
            self.setAccessibleName(shown.title)
            self.setAccessibleDescription(shown.note)
        self.update()

    def bar(self, index: int) -> QRectF:
        """Where a bar lies, from its foot to its height."""
        assert self.shown is not None
        width = (self.width() - 2 * SPACE_XS) / BINS
        room = self.height() - HEAD - FOOT
        high = room * self.shown.shares[index] / max(self.shown.shares)
        return QRectF(SPACE_XS + index * width, HEAD + room - high, max(1.0, width - 1), high)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.shown is None:
            return
        painter, theme, shown = QPainter(self), manager().theme, self.shown
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        over = int((self._hover.x() - SPACE_XS) / (self.width() - 2 * SPACE_XS) * BINS) if self._hover else -1
        note = shown.note
        if 0 <= over < BINS:
            note = f"{number(shown.edges[over])} … {number(shown.edges[over + 1])}: {shown.shares[over]:.2g} %"
        self.draw_head(painter, shown.title, note, left=SPACE_XS)
        for index in range(BINS):
            painter.fillRect(self.bar(index), theme.accent if index == over else theme.chart[0])
        painter.setPen(theme.border)
        foot = self.height() - FOOT
        painter.drawLine(SPACE_XS, round(foot), self.width() - SPACE_XS, round(foot))
        painter.setPen(theme.muted)
        painter.setFont(mono(TICK))
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
        middle = (shown.edges[0] + shown.edges[-1]) / 2
        for value, side in zip((shown.edges[0], middle, shown.edges[-1]), sides, strict=True):
            place = QRectF(SPACE_XS, foot, self.width() - 2 * SPACE_XS, FOOT)
            painter.drawText(place, side | Qt.AlignmentFlag.AlignVCenter, f"{value:.3g}")
        painter.end()
