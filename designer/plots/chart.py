"""One chart: curves over a shared x axis, each a mean line over the raw min-max envelope, with exact values under the
cursor. pyqtgraph is imported when the first chart is made, not with the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QMenu, QWidget

from designer.controls.buttons import IconButton
from designer.controls.labels import label
from designer.plots.readout import Legend
from designer.plots.saving import ENDINGS
from designer.plots.series import Envelope, Floats, Series
from designer.qt import column, follow, row
from designer.theme import SPACE_L, SPACE_M, SPACE_S, manager, mono

DRAWN_POINTS, LINE_POINTS = 800, 240  # buckets of the envelope; points of the antialiased mean line
FEW = 3  # so many curves may be drawn with a thicker line, which costs three times as much


@dataclass(frozen=True, slots=True)
class Curve:
    """A series to draw: `per_epoch` ones get a mark at each point; `colour` counts through the chart colours."""

    name: str
    series: Series
    colour: int
    per_epoch: bool = False


class Chart(QWidget):
    """A titled plot. x counts steps, or epochs where `steps_per_epoch` is set.

    `save_requested` carries the ending of the file that is wanted, one of `ENDINGS`.
    """

    save_requested = Signal(str)

    def __init__(self, title: str) -> None:
        super().__init__()
        import pyqtgraph as pg

        self._pg: Any = pg
        self._curves: list[Curve] = []
        self._items: list[tuple[Any, Any, Any]] = []
        self._scale = 1.0
        self._unit = "step"
        self._is_log = False
        self._is_following = True
        self._title = label(title, "caption")
        self._legend = Legend()
        self._plot: Any = pg.PlotWidget()
        self._cursor: Any = pg.InfiniteLine(angle=90, movable=False)
        self._prepare()
        layout = column(self, margins=(SPACE_L, SPACE_M, SPACE_M, SPACE_S), gap=SPACE_S)
        head = row(gap=SPACE_L)
        head.addWidget(self._title)
        head.addWidget(self._legend, 1)
        head.addWidget(self._more())
        layout.addLayout(head)
        layout.addWidget(self._plot, 1)
        self._paint()
        follow(self, manager().changed, self._paint)

    @property
    def curves(self) -> list[Curve]:
        return self._curves

    @property
    def view(self) -> Any:
        """pyqtgraph's view of axes and curves."""
        return self._plot

    @property
    def title(self) -> str:
        return self._title.text()

    def set_title(self, title: str) -> None:
        self._title.setText(title)

    def set_curves(self, curves: list[Curve]) -> None:
        """What to draw from now on; `refresh` draws it."""
        if [(c.name, id(c.series)) for c in curves] != [(c.name, id(c.series)) for c in self._curves]:
            self._curves = curves
            self._rebuild()

    def set_axes(self, *, steps_per_epoch: int | None, log: bool) -> None:
        self._scale = 1.0 / steps_per_epoch if steps_per_epoch else 1.0
        self._is_log = log
        self._plot.setLogMode(x=False, y=log)
        self._unit = "epoch" if steps_per_epoch else "step"
        self._name_axis()
        self.follow()

    def follow(self) -> None:
        """Show all, and go on doing so as points come; a zoom by hand ends it."""
        self._is_following = True
        self._plot.enableAutoRange()
        self.refresh()

    def refresh(self) -> None:
        """Draw what the series hold now, in the range that is in view."""
        low, high = (-np.inf, np.inf) if self._is_following else self._plot.viewRange()[0]
        for curve, (band, line, _) in zip(self._curves, self._items, strict=True):
            dense = curve.series.window(low / self._scale, high / self._scale, DRAWN_POINTS)
            thin = dense.thinned(LINE_POINTS)
            band.setData(*self._zigzag(dense) if len(dense.x) > len(thin.x) or not dense.is_exact else ([], []))
            line.setData(*self._points(thin))
        self._legend.show_values({c.name: c.series.last_value for c in self._curves if c.series.count})

    def _more(self) -> IconButton:
        button = IconButton("more", "Save this chart")
        menu = QMenu(button)
        for ending in ENDINGS:
            menu.addAction(f"Save as {ending.upper()}…").triggered.connect(
                lambda _checked=False, ending=ending: self.save_requested.emit(ending)
            )
        button.clicked.connect(lambda: menu.exec(button.mapToGlobal(button.rect().bottomLeft())))
        return button

    def _prepare(self) -> None:
        plot = self._plot
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMinimumSize(180, 110)
        plot.getPlotItem().setContentsMargins(0, 2, 4, 0)
        plot.addItem(self._cursor, ignoreBounds=True)
        self._cursor.hide()
        plot.getViewBox().sigRangeChangedManually.connect(self._on_zoom)
        plot.scene().sigMouseMoved.connect(self._on_hover)
        plot.scene().sigMouseClicked.connect(self._on_click)
        self._plot.leaveEvent = lambda _event: self._leave()

    def _rebuild(self) -> None:
        for parts in self._items:
            for item in parts[:2]:
                self._plot.removeItem(item)
        self._items = [self._make(curve) for curve in self._curves]
        theme = manager().theme
        self._legend.set_entries([(c.name, theme.chart[c.colour % len(theme.chart)]) for c in self._curves])

    def _make(self, curve: Curve) -> tuple[Any, Any, Any]:
        theme = manager().theme
        colour = theme.chart[curve.colour % len(theme.chart)]
        pale = QColor(colour)
        pale.setAlphaF(0.28)
        band = self._pg.PlotDataItem(pen=_pen(pale, 1), antialias=False)
        marks = {"symbol": "o", "symbolSize": 5, "symbolBrush": colour, "symbolPen": None} if curve.per_epoch else {}
        width = 1.6 if len(self._curves) <= FEW else 1.0
        line = self._pg.PlotDataItem(pen=_pen(colour, width), antialias=True, **marks)
        self._plot.addItem(band)
        self._plot.addItem(line)
        return band, line, colour

    def _paint(self) -> None:
        theme = manager().theme
        self._plot.setBackground(theme.surface)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(_pen(theme.border, 1))
            axis.setTextPen(theme.muted)
            axis.setTickFont(mono(10))
            axis.setStyle(tickLength=-4, tickTextOffset=4)
        self._plot.getAxis("left").setWidth(48)
        self._plot.showGrid(x=True, y=True, alpha=0.18)
        self._cursor.setPen(_pen(theme.muted, 1))
        self._name_axis()
        self._rebuild()
        self.refresh()

    def _name_axis(self) -> None:
        style = {"color": manager().theme.muted.name(), "font-size": "10px"}
        self._plot.getAxis("bottom").setLabel(self._unit, **style)
        self._plot.getAxis("bottom").setHeight(34)

    def _points(self, envelope: Envelope) -> tuple[Floats, Floats]:
        return np.asarray(envelope.x * self._scale, np.float64), self._shown(envelope.mean)

    def _zigzag(self, envelope: Envelope) -> tuple[Floats, Floats]:
        """The envelope as one line of 1 px that goes low, high, low, high: a solid band, at the price of a line."""
        y = np.stack((envelope.low, envelope.high), axis=1).ravel()
        return np.repeat(np.asarray(envelope.x * self._scale, np.float64), 2), self._shown(y)

    def _shown(self, y: Floats) -> Floats:
        """On a log axis only what is above zero can be drawn."""
        return np.where(y > 0, y, np.nan) if self._is_log else y

    # -- the mouse

    def _on_zoom(self, *_: object) -> None:
        self._is_following = False
        self.refresh()

    def _on_click(self, event: Any) -> None:
        if event.double():
            self.follow()

    def _on_hover(self, position: QPointF) -> None:
        inside = self._plot.getViewBox().sceneBoundingRect().contains(position)
        if not inside or not self._curves:
            self._leave()
            return
        x = self._plot.getViewBox().mapSceneToView(position).x()
        self._cursor.setPos(x)
        self._cursor.show()
        self._legend.show_values({c.name: _nearest(c.series, x / self._scale) for c in self._curves if c.series.count})

    def _leave(self) -> None:
        self._cursor.hide()
        self._legend.show_values({c.name: c.series.last_value for c in self._curves if c.series.count})


def _nearest(series: Series, step: float) -> float:
    """The value of the point (or the mean of the bucket) that is nearest to a step."""
    near = series.window(step, step, LINE_POINTS)
    return float(near.mean[int(np.argmin(np.abs(near.x - step)))]) if len(near.x) else float("nan")


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
