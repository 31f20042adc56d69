"""The Training panel: optimizer, schedule with its picture, clipping, early stopping, and the run itself."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import SCHEDULES
from core.problem import LayerloomError
from designer.controls.buttons import button
from designer.controls.labels import label
from designer.controls.page import scrolled
from designer.controls.section import Section
from designer.language import marked, tr
from designer.qt import column, follow, row
from designer.session import Session
from designer.theme import SPACE_L, SPACE_M
from designer.training.binding import JobForm, JobPick, touches_job
from designer.training.fields import (
    AVERAGE,
    BALANCE,
    CLIPPING,
    NODES,
    PENALTIES,
    RATE,
    RUN,
    STEPPING,
    STOPPING,
    WARMUP,
)
from designer.training.nodes import NodeList
from designer.training.schedule import SchedulePicture
from designer.training.tools import ToolButtons
from designer.training.weights import LossWeights
from graph.data_types import data_signature
from graph.document import Document
from graph.records import Change

_OBJECTIVE = "objectives.0"


class TrainingPanel(QWidget):
    """Edits ``job`` of the open document; Train, Pause and Stop go through the session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._optimizer = JobPick(
            session,
            f"{_OBJECTIVE}.optimizer",
            marked("optimizer"),
            OPTIMIZERS,
            "adam",
            marked("How weights follow their gradients."),
        )
        self._schedule = JobPick(
            session,
            f"{_OBJECTIVE}.schedule",
            marked("schedule"),
            SCHEDULES,
            "constant",
            marked("How the learning rate moves."),
        )
        self._picture = SchedulePicture()
        self._forms = {
            "run": JobForm(session, "", (*RUN, *BALANCE)),
            "stepping": JobForm(session, _OBJECTIVE, (*CLIPPING, *STEPPING)),
            "penalties": JobForm(session, _OBJECTIVE, PENALTIES),
            "average": JobForm(session, "", AVERAGE),
            "warmup": JobForm(session, f"{_OBJECTIVE}.warmup", WARMUP),
            "stopping": JobForm(session, "stopping", STOPPING),
        }
        self._nodes = {
            name: NodeList(session, path, title, doc, RATE if name == "rates" else None)
            for name, (path, title, doc) in NODES.items()
        }
        self._weights = LossWeights(session)
        self._note = label("", "muted", wrap=True)
        outer = column(self)
        outer.addWidget(self._controls())
        outer.addWidget(self._page(), 1)
        follow(self, session.document.changed, self._changed)
        follow(self, session.run.changed, self._show_state)
        self.show_job()
        self._show_state()

    def show_job(self) -> None:
        """Show the job as it is; a broken one (from a stranger's file) is named, and its forms are locked."""
        try:
            job = self._session.document.job
        except LayerloomError as error:
            self._note.setText(str(error))
            self._note.show()
            return
        self._note.setVisible(len(job.objectives) > 1)
        self._note.setText(tr("This job has {n} objectives; the first is shown.", n=len(job.objectives)))
        for pick in (self._optimizer, self._schedule):
            pick.show_job(job)
        for form in self._forms.values():
            form.show_job(job)
        for nodes in self._nodes.values():
            nodes.show_job(job)
        steps_per_epoch = _steps_per_epoch(self._session.document)
        self._picture.show_schedule(job.objectives[0], job.epochs, steps_per_epoch)
        self._weights.show_job(job, steps_per_epoch)

    def _controls(self) -> QWidget:
        place = QWidget()
        layout = column(place, margins=(SPACE_L, SPACE_L, SPACE_L, SPACE_M), gap=SPACE_M)
        request = self._session.run.requested.emit
        self._train = button(tr("Train"), lambda: request("train"), primary=True)
        self._check = button(tr("Check"), self._session.run.check_requested.emit)
        self._check.setToolTip(tr("What this training will cost, and what looks wrong, before it runs."))
        self._pause = button(tr("Pause"), lambda: request("resume" if self._session.run.state == "paused" else "pause"))
        self._stop = button(tr("Stop"), lambda: request("stop"))
        self._step = button(tr("Step"), lambda: request("step"))
        self._step.setToolTip(tr("Train on one batch, then pause again."))
        self._save = button(tr("Save"), lambda: request("save"))
        self._save.setToolTip(tr("Write a checkpoint now."))
        self._steer = button(tr("Apply"), lambda: request("steer"))
        self._steer.setToolTip(
            tr(
                "Give the run in progress what was changed since it began: learning rate and the optimizer's other "
                "numbers, limits, penalties, weights of losses, epochs, shares of dropouts, frozen nodes."
            )
        )
        for parts in ((self._train, self._pause, self._stop), (self._check, self._step, self._save, self._steer)):
            line = row(gap=SPACE_M)
            for part in parts:
                line.addWidget(part)
            line.addStretch(1)
            layout.addLayout(line)
        return place

    def _page(self) -> QWidget:
        forms, nodes = self._forms, self._nodes
        sections = (
            (marked("Run"), "run", (forms["run"], nodes["recompute"])),
            (marked("Optimizer"), "optimizer", (self._optimizer, forms["stepping"], nodes["rates"])),
            (marked("Learning-rate schedule"), "schedule", (self._schedule, forms["warmup"], self._picture)),
            (marked("Weights of losses"), "weights", (self._weights,)),
            (marked("Regularisation"), "regularisation", (forms["penalties"], nodes["penalised"], forms["average"])),
            (marked("Early stopping"), "stopping", (forms["stopping"],)),
            (marked("Tools"), "tools", (ToolButtons(self._session),)),
        )
        filled = [Section(tr(title), f"training/{key}", parts=parts) for title, key, parts in sections]
        return scrolled([self._note, *filled])

    def _changed(self, changes: tuple[Change, ...]) -> None:
        if touches_job(changes):
            self.show_job()

    def _show_state(self) -> None:
        run = self._session.run
        self._train.setEnabled(not run.is_active)
        self._check.setVisible(not run.is_active)
        self._pause.setEnabled(run.state in ("running", "paused"))
        self._pause.setText(tr("Resume") if run.state == "paused" else tr("Pause"))
        self._step.setVisible(run.state == "paused")
        for part in (self._save, self._steer):
            part.setVisible(run.state in ("running", "paused"))
        self._stop.setEnabled(run.state in ("preparing", "running", "paused"))


def _steps_per_epoch(document: Document) -> int:
    """As many as the data says; 1 where its size is not known yet."""
    job = document.job
    split = job.data.split
    examples = round(data_signature(document).examples * (1 - split.validation - split.test))
    size = examples if job.batch_size == "full" else job.batch_size
    return max(1, -(-examples // max(1, size))) if examples else 1
