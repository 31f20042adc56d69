"""One chart: curves over a shared x axis, each a mean line over the raw min-max envelope, marks of what happened, and
exact values under the cursor. pyqtgraph is imported when the first chart is made, not with the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from designer.controls.buttons import IconButton
from designer.controls.labels import label
from designer.language import tr
from designer.plots.marks import COLOURS, Mark
from designer.plots.painted import FEW, Painted, cosmetic
from designer.plots.readout import Legend
from designer.plots.saving import ENDINGS
from designer.plots.scale import NOTHING, Pair, Scale
from designer.plots.series import Series
from designer.qt import column, follow, row
from designer.sentences import told
from designer.theme import SPACE_L, SPACE_M, SPACE_S, manager, mono

DRAWN_POINTS, LINE_POINTS = 800, 240  # buckets of the envelope; points of the antialiased mean line
NEAR = 6.0  # pixels from which a mark tells what it is
TOLD = 6  # marks that are told at once


@dataclass(frozen=True, slots=True)
class Curve:
    """A series to draw: `per_epoch` ones get a mark at each point; `colour` counts through the chart colours.

    `gap`: a series with points at the same steps; what lies between the two is shaded.
    """

    name: str
    series: Series
    colour: int
    per_epoch: bool = False
    gap: Series | None = None


class Chart(QWidget):
    """A titled plot. x counts steps, or epochs where `steps_per_epoch` is set.

    `save_requested` carries the ending of the file that is wanted, one of `ENDINGS`.
    """

    save_requested = Signal(str)

    def __init__(self, title: str) -> None:
        super().__init__()
        import pyqtgraph as pg

        from designer.plots.items import Axis, Curves, Marks

        self._curves: list[Curve] = []
        self._marks: Sequence[Mark] = ()
        self._scale = Scale()
        self._is_following = True
        self._title = label(title, "caption")
        self._legend = Legend()
        self._plot: Any = pg.PlotWidget(axisItems={side: Axis(side) for side in ("left", "bottom")})
        self._painted: Any = Curves()
        self._happened: Any = Marks(self._plot.getViewBox())
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
    def marks(self) -> Sequence[Mark]:
        return self._marks

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
            self._name_curves()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """What happened in the course of the run; `refresh` draws it."""
        self._marks = marks

    def set_axes(self, *, steps_per_epoch: int | None, log: bool, log_x: bool = False) -> None:
        self._scale = Scale(1.0 / steps_per_epoch if steps_per_epoch else 1.0, log_x, log)
        self._plot.setLogMode(x=log_x, y=log)
        for side, is_log in (("bottom", log_x), ("left", log)):
            self._plot.getAxis(side).setStyle(maxTickLevel=2 if is_log else 1)
        self._name_axis()
        self.follow()

    def follow(self) -> None:
        """Show all, and go on doing so as points come; a zoom by hand ends it."""
        self._is_following = True
        self._plot.enableAutoRange()
        self.refresh()

    def refresh(self) -> None:
        """Draw what the series hold now, in the range that is in view."""
        low, high = (-np.inf, np.inf) if self._is_following else map(self._scale.step, self._plot.viewRange()[0])
        self._painted.show_curves([self._prepared(curve, low, high) for curve in self._curves if curve.series.count])
        theme = manager().theme
        self._happened.show_marks([(self._scale.x(m.step), getattr(theme, COLOURS[m.kind])) for m in self._marks])
        self._legend.show_values({c.name: c.series.last_value for c in self._curves if c.series.count})
        if self._is_following:
            self._plot.getViewBox().prepareForPaint()  # now: what is found while painting is painted twice

    def told(self, x: float) -> str:
        """What happened near a place of the view, a line each."""
        reach = NEAR * self._plot.getViewBox().viewPixelSize()[0]
        near = [mark for mark in self._marks if abs(self._scale.x(mark.step) - x) <= reach]
        lines = [tr("Step {step}: {what}", step=f"{mark.step:,}", what=told(mark.text)) for mark in near[-TOLD:]]
        return "\n".join([*lines, *([tr("and {count} more", count=len(near) - TOLD)] if len(near) > TOLD else [])])

    def _more(self) -> IconButton:
        button = IconButton("more", tr("Save this chart"))
        menu = QMenu(button)
        for ending in ENDINGS:
            menu.addAction(tr("Save as {kind}…", kind=ending.upper())).triggered.connect(
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
        for item in (self._painted, self._happened):
            plot.addItem(item)
        plot.addItem(self._cursor, ignoreBounds=True)
        self._cursor.hide()
        plot.getViewBox().sigRangeChangedManually.connect(self._on_zoom)
        plot.scene().sigMouseMoved.connect(self._on_hover)
        plot.scene().sigMouseClicked.connect(self._on_click)
        self._plot.leaveEvent = lambda _event: self._leave()

    def _prepared(self, curve: Curve, low: float, high: float) -> Painted:
        dense = self._scale.window(curve.series, low, high, DRAWN_POINTS)
        thin = (
            self._scale.window(curve.series, low, high, LINE_POINTS)
            if self._scale.log_x
            else dense.thinned(LINE_POINTS)
        )
        is_banded = len(dense.x) > len(thin.x) or not dense.is_exact
        return Painted(
            self._colour(curve),
            1.6 if len(self._curves) <= FEW else 1.0,
            self._scale.zigzag(dense) if is_banded else NOTHING,
            self._scale.points(thin.x, thin.mean),
            self._gap(curve, low, high),
            curve.per_epoch and len(thin.x) <= LINE_POINTS,
        )

    def _gap(self, curve: Curve, low: float, high: float) -> Pair:
        """The outline of what lies between a curve and the other."""
        if curve.gap is None:
            return NOTHING
        upper, lower = (
            self._scale.points(found.x, found.mean)
            for found in (series.window(low, high, LINE_POINTS) for series in (curve.series, curve.gap))
        )
        x = np.concatenate((upper[0], lower[0][::-1]))
        y = np.concatenate((upper[1], lower[1][::-1]))
        known = np.isfinite(x) & np.isfinite(y)
        return (x[known], y[known]) if len(upper[0]) > 1 else NOTHING

    def _colour(self, curve: Curve) -> QColor:
        chart = manager().theme.chart
        return chart[curve.colour % len(chart)]

    def _name_curves(self) -> None:
        self._legend.set_entries([(c.name, self._colour(c)) for c in self._curves])

    def _paint(self) -> None:
        theme = manager().theme
        self._plot.setBackground(theme.surface)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(cosmetic(theme.border, 1))
            axis.setTextPen(theme.muted)
            axis.setTickFont(mono(10))
            axis.setStyle(tickLength=-4, tickTextOffset=4, autoExpandTextSpace=False, autoReduceTextSpace=False)
            axis.setZValue(-1)  # its grid lies behind the curves
            axis.enableAutoSIPrefix(False)
        self._plot.getAxis("left").setWidth(48)
        self._plot.showGrid(x=True, y=True, alpha=0.18)
        self._cursor.setPen(cosmetic(theme.muted, 1))
        self._name_axis()
        self._name_curves()
        self.refresh()

    def _name_axis(self) -> None:
        style = {"color": manager().theme.muted.name(), "font-size": "10px"}
        self._plot.getAxis("bottom").setLabel(tr("step") if self._scale.each == 1.0 else tr("epoch"), **style)
        self._plot.getAxis("bottom").setHeight(34)

    # -- the mouse

    def _on_zoom(self, *_: object) -> None:
        self._is_following = False
        self.refresh()

    def _on_click(self, event: Any) -> None:
        if event.double():
            self.follow()

    def _on_hover(self, position: QPointF) -> None:
        inside = self._plot.getViewBox().sceneBoundingRect().contains(position)
        if not inside or not (self._curves or self._marks):
            self._leave()
            return
        x = self._plot.getViewBox().mapSceneToView(position).x()
        self._cursor.setPos(x)
        self._cursor.show()
        step = self._scale.step(x)
        self._legend.show_values({c.name: _nearest(c.series, step) for c in self._curves if c.series.count})
        self._tell(position, self.told(x))

    def _tell(self, position: QPointF, text: str) -> None:
        at = self._plot.mapToGlobal(self._plot.mapFromScene(position)) + QPoint(SPACE_M, SPACE_M)
        if text:
            QToolTip.showText(at, text, self._plot)
        elif QToolTip.isVisible():
            QToolTip.hideText()

    def _leave(self) -> None:
        self._cursor.hide()
        self._legend.show_values({c.name: c.series.last_value for c in self._curves if c.series.count})


def _nearest(series: Series, step: float) -> float:
    """The value of the point (or the mean of the bucket) that is nearest to a step."""
    near = series.window(step, step, LINE_POINTS)
    return float(near.mean[int(np.argmin(np.abs(near.x - step)))]) if len(near.x) else float("nan")
