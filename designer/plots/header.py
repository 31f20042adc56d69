"""The line above the charts: which run, how it stands, how far it is, and how to look at it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QProgressBar, QWidget

from core.catalog.metrics import METRICS
from core.training.fit import Fit, Kind, judge
from designer.controls.buttons import IconButton
from designer.controls.choices import Choices
from designer.controls.labels import Elided, IconLabel, label
from designer.language import marked, tr
from designer.plots.readout import number
from designer.plots.record import RunRecord
from designer.qt import row
from designer.sentences import told
from designer.theme import SPACE_L, SPACE_M, SPACE_S

STATE_LOOKS: dict[str, tuple[str, str]] = {
    marked("new"): ("clock", "muted"),
    marked("preparing"): ("clock", "muted"),
    marked("running"): ("play", "accent"),
    marked("paused"): ("pause", "warning"),
    marked("stopping"): ("stop", "warning"),
    marked("finished"): ("done", "success"),
    marked("stopped"): ("stop", "muted"),
    marked("failed"): ("error", "danger"),
    marked("interrupted"): ("warning", "warning"),
    marked("damaged"): ("warning", "warning"),
}
_NAME, _ICONS = 110, 110  # pixels: the least for the run's name; margins, icons and the gaps between them

FIT_LOOKS: dict[Kind, tuple[str, str]] = {
    "diverges": ("error", "danger"),
    "overfits": ("warning", "warning"),
    "gap": ("warning", "warning"),
    "underfits": ("warning", "warning"),
    "learning": ("info", "accent"),
    "fits": ("done", "success"),
}


class RunHeader(QWidget):
    """Signals: `axes_changed` (by step or epoch, log, metric), `fit_requested`."""

    axes_changed = Signal()
    fit_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._icon = IconLabel("clock")
        self._name = Elided("", "heading")
        self._state = label("", "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setFixedWidth(90)
        self._fit = label("", "muted")
        self._fit_icon = IconLabel("info", "muted", 14)
        self._judged = (-1, -1)
        self._facts = Elided("", "mono", wide=True)
        self._choices = Choices()
        self._metric = self._choices.add(tr("Metric"))
        self._axis = self._choices.add(
            tr("Horizontal axis"),
            [tr(way) for way in map(marked, ("by step", "by epoch", "by step, log", "by epoch, log"))],
        )
        self._scale = self._choices.add(tr("Vertical axis"), [tr("linear"), tr("log")])
        self._choices.changed.connect(self.axes_changed)
        show_all = IconButton("fit", tr("Show all (double-click a chart)"), self.fit_requested.emit)
        layout = row(self, margins=(SPACE_L, SPACE_S, SPACE_L, SPACE_S), gap=SPACE_M)
        layout.addWidget(self._icon)
        layout.addWidget(self._name, 1)
        for part in (self._state, self._bar, self._fit_icon, self._fit, self._facts, self._choices, show_all):
            layout.addWidget(part)
        self._name.setMinimumWidth(_NAME)

    @property
    def by_epoch(self) -> bool:
        return self._axis.currentIndex() % 2 == 1

    @property
    def is_log_x(self) -> bool:
        return self._axis.currentIndex() >= 2

    @property
    def is_log(self) -> bool:
        return self._scale.currentIndex() == 1

    @property
    def chosen_metric(self) -> str:
        """The metric of the second chart; empty where the run has none."""
        return self._metric.currentData() or ""

    def show_record(self, record: RunRecord) -> None:
        self._metric.clear()
        self._judged = (-1, -1)
        self._name.set_text(record.name)
        self.refresh(record)

    def refresh(self, record: RunRecord) -> None:
        self._icon.set_icon(*STATE_LOOKS.get(record.state, ("clock", "muted")))
        self._state.setText(told(record.message) or tr(record.state))
        names = [*(name for name in record.metric_names if name != "loss"), *_others(record)]
        self._choices.offer(self._metric, [(metric_title(name), name) for name in names])
        progress = record.progress
        self._bar.setVisible(progress is not None and record.state in ("running", "paused", "stopping"))
        if progress is not None:
            self._bar.setValue(round(1000 * progress.step / max(1, progress.total)))
        self._facts.set_text(_facts(record))
        self._judge(record)
        self._share_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """The choices stand in a row where all the others have their room beside it."""
        others = (self._state, self._bar, self._fit, self._facts)
        needed = sum(part.sizeHint().width() + SPACE_M for part in others if not part.isHidden())
        self._choices.set_narrow(needed + self._choices.width_of_row + _NAME + _ICONS > self.width())

    def _judge(self, record: RunRecord) -> None:
        """Say whether the network fits, each time an epoch has ended."""
        train, validation = (record.epochs.get(f"{part}/loss") for part in ("train", "validation"))
        stage = (train.count if train else 0, validation.count if validation else 0)
        if stage == self._judged:
            return
        self._judged = stage
        found = fit(record)
        for part in (self._fit, self._fit_icon):
            part.setVisible(found is not None)
        if found is not None:
            self._fit_icon.set_icon(*FIT_LOOKS[found.kind])
            self._fit.setText(told(found.short))
            self._fit.setToolTip(told(found.words))


def fit(record: RunRecord) -> Fit | None:
    """Whether the network of a run fits; None while it is too early to tell, and where several losses may work against
    each other."""
    train = record.epochs.get("train/loss")
    if train is None or (record.started is not None and len(record.started.losses) > 1):
        return None
    validation, first = record.epochs.get("validation/loss"), record.series.get("train/loss")
    start = float(first.window(-1, 1, 2).mean[0]) if first and first.count else None
    found = judge(train.whole().mean.tolist(), validation.whole().mean.tolist() if validation else (), start)
    return None if found.kind == "early" else found


def _others(record: RunRecord) -> list[str]:
    """Series that belong to no split, beside the learning rate, which has a chart of its own, and what the System panel
    shows."""
    elsewhere = ("lr", "train", "validation", "time", "system")
    return [name for name in record.series if name.partition("/")[0] not in elsewhere]


def _facts(record: RunRecord) -> str:
    """Epoch, speed and time left while it runs; the final metrics afterwards."""
    if record.finished is not None:
        return told_result(record.finished.metrics)
    if record.started is None or record.progress is None:
        return ""
    progress = record.progress
    parts = (
        tr("epoch {epoch} / {epochs}", epoch=f"{progress.epoch:.1f}", epochs=record.started.epochs),
        tr("{number} samples/s", number=f"{progress.samples_per_second:,.0f}"),
        tr("{time} left", time=duration(progress.seconds_left)),
    )
    return "   ".join(parts)


def metric_title(name: str) -> str:
    """What a metric is called above a chart; a loss or a series bears its own name."""
    return tr(METRICS[name].label) if name in METRICS else name


def told_result(metrics: Mapping[str, Mapping[str, float]]) -> str:
    """The metrics of the part that tells most: the test part where there is one."""
    split = next((part for part in ("test", "validation", "train") if part in metrics), "")
    return "   ".join(f"{tr(split)} {name} {number(value)}" for name, value in metrics.get(split, {}).items())


def duration(seconds: float) -> str:
    """``8 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
