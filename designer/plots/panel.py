"""The training picture: how the run stands, its curves, and what the net thinks of the plane."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QSplitter, QStackedLayout, QWidget

from designer.controls.labels import Empty, line
from designer.language import tr
from designer.plots.boundary import BoundaryView
from designer.plots.chart import Chart, Curve
from designer.plots.header import RunHeader, metric_title
from designer.plots.record import RunRecord
from designer.plots.saving import save_as
from designer.qt import WhileSeen, column
from designer.studio import Studio

FRAME_MS = 33  # pictures are drawn at most this often, and only while they are seen and something changed


class PlotsPanel(QWidget):
    """Follows the record that the studio shows."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._record: RunRecord | None = None
        self._drawn = -1
        self._charts: list[Chart] = []
        self._boundary = BoundaryView()
        self._header = RunHeader()
        self._splitter = QSplitter()
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        page = QWidget()
        body = column(page)
        body.addWidget(self._header)
        body.addWidget(line())
        body.addWidget(self._splitter, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(
            Empty("chart", tr("No run yet"), tr("Press Train: curves appear here while the network learns."))
        )
        self._stack.addWidget(page)
        WhileSeen(self, FRAME_MS, self._draw)
        self._header.axes_changed.connect(self._set_axes)
        self._header.fit_requested.connect(self._follow)
        studio.shown.connect(self.show_record)
        studio.overlay_changed.connect(self._overlay)
        self.show_record(studio.record)

    def show_record(self, record: RunRecord | None) -> None:
        self._record, self._drawn = record, -1
        self._stack.setCurrentIndex(0 if record is None else 1)
        if record is not None:
            self._prepare_charts()
            self._header.show_record(record)
            self._set_axes()
            self._draw()

    def _prepare_charts(self) -> None:
        if self._charts:
            return
        self._charts = [Chart(tr("Loss")), Chart(tr("Metric")), Chart(tr("Learning rate"))]
        for chart in self._charts:
            self._splitter.addWidget(chart)
            chart.save_requested.connect(partial(save_as, self, self._studio.session, chart))
        self._splitter.addWidget(self._boundary)
        for index, stretch in enumerate((5, 5, 3, 4)):
            self._splitter.setStretchFactor(index, stretch)

    def _overlay(self) -> None:
        self._drawn = -1
        self._draw()

    def _set_axes(self) -> None:
        record = self._record
        per_epoch = record.started.steps_per_epoch if record and record.started and self._header.by_epoch else None
        self._drawn = -1
        for index, chart in enumerate(self._charts):
            log = self._header.is_log and index != 1
            chart.set_axes(steps_per_epoch=per_epoch, log=log, log_x=self._header.is_log_x)

    def _follow(self) -> None:
        for chart in self._charts:
            chart.follow()

    def _draw(self) -> None:
        record = self._record
        if record is None or record.version == self._drawn:
            return
        if self._drawn < 0 and record.started:
            self._drawn = record.version
            self._set_axes()
        self._drawn = record.version
        self._header.refresh(record)
        shown = self._header.chosen_metric or "loss"
        others = [other for other in self._studio.overlaid if other.folder != record.folder]
        self._charts[0].set_curves([*_curves(record, "loss"), *_beside(others, "loss")])
        self._charts[1].set_curves([*_curves(record, shown), *_beside(others, shown)])
        self._charts[1].set_title(metric_title(shown))
        self._charts[1].setVisible(shown != "loss")
        self._charts[2].set_curves([*_curves(record, "lr"), *_beside(others, "lr")])
        for chart in self._charts:
            chart.set_marks(record.course.marks)
            if not chart.isHidden():
                chart.refresh()
        picture = record.pictures.get("boundary")
        self._boundary.setVisible(picture is not None)
        if picture is not None:
            self._boundary.show_picture(picture)


def _beside(others: Sequence[RunRecord], metric: str) -> list[Curve]:
    """The last curve of each other run (validation, where there is any), under the run's name."""
    drawn = [(other.name, curves[-1]) for other in others if (curves := _curves(other, metric))]
    return [Curve(name, curve.series, 2 + i, curve.per_epoch) for i, (name, curve) in enumerate(drawn)]


def _curves(record: RunRecord, metric: str) -> list[Curve]:
    """Train per batch where the run measures it so, else per epoch; validation per epoch."""
    if metric in record.series:
        return [Curve(metric, record.series[metric], 4)]
    curves = []
    if (train := record.series.get(f"train/{metric}")) is not None:
        curves.append(Curve(tr("train"), train, 0))
    elif (train := record.epochs.get(f"train/{metric}")) is not None:
        curves.append(Curve(tr("train"), train, 0, per_epoch=True))
    if (validation := record.epochs.get(f"validation/{metric}")) is not None:
        curves.append(Curve(tr("validation"), validation, 1, per_epoch=True, gap=record.epochs.get(f"train/{metric}")))
    return curves
