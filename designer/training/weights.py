"""How the weight of each loss moves during a run: its schedule, a rise in front of it, and their picture."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QWidget

from core.catalog.schedules import SCHEDULES
from core.training.job import Job, LossSchedule
from designer.controls.labels import label
from designer.forms.form import Form
from designer.forms.option import OptionForm
from designer.language import marked, tr
from designer.qt import column, follow
from designer.session import Session
from designer.theme import CONTROL_HEIGHT, SPACE_M
from designer.training.fields import RISE
from designer.training.schedule import SchedulePicture
from graph.commands import SetJob
from graph.places import loss_names, loss_nodes

PLAIN = {id: spec for id, spec in SCHEDULES.items() if not spec.follows}  # those that are formulas of the step
DOC = marked("How the weight of this loss moves: the schedule's learning rate is the weight here.")
NONE = marked("The design has no loss whose weight could move.")
BROKEN = marked("What a loss is called is known once the design has no errors.")


class LossWeights(QWidget):
    """One loss at a time, picked by its label."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._nodes: list[str] = []
        self._job: Job | None = None
        self._steps_per_epoch = 1
        self.losses = QComboBox()
        self.losses.setFixedHeight(CONTROL_HEIGHT)
        self.losses.setAccessibleName(tr("Loss"))
        self.schedule = OptionForm(marked("weight"), PLAIN, "constant", DOC)
        self.rise = Form(RISE)
        self.picture = SchedulePicture()
        self._note = label(tr(NONE), "muted", wrap=True)
        layout = column(self, gap=SPACE_M)
        for part in (self._note, self.losses, self.schedule, self.rise, self.picture):
            layout.addWidget(part)
        self.losses.activated.connect(lambda _index: self._show())
        self.schedule.picked.connect(lambda kind: self._set(kind=kind, params={}))
        self.schedule.edited.connect(lambda name, value, token: self._set_param(name, value, token))
        self.schedule.reset.connect(lambda name: self._set_param(name, None, None))
        self.rise.edited.connect(lambda name, value, token: self._set_rise(name, value, token))
        self.rise.reset.connect(lambda name: self._set_rise(name, None, None))
        follow(self, session.problems_changed, self._offer)
        self._offer()

    def show_job(self, job: Job, steps_per_epoch: int) -> None:
        self._job, self._steps_per_epoch = job, steps_per_epoch
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    @property
    def name(self) -> str:
        """The loss that is shown, as the job names it; empty where the design does not say."""
        index = self.losses.currentIndex()
        names = loss_names(self._session.document, self._session.inference) if self._nodes else {}
        return names.get(self._nodes[index], "") if 0 <= index < len(self._nodes) else ""

    def _offer(self) -> None:
        nodes = loss_nodes(self._session.document)
        labels = [self._session.inference.labels.of("", node) for node in nodes]
        if (nodes, labels) != (self._nodes, [self.losses.itemText(i) for i in range(self.losses.count())]):
            index = max(0, self.losses.currentIndex())
            self._nodes = nodes
            self.losses.clear()
            self.losses.addItems(labels)
            self.losses.setCurrentIndex(min(index, len(nodes) - 1))
        self._show()
        self.losses.setVisible(len(nodes) > 1)

    def _show(self) -> None:
        if not self.isVisible():
            return  # the names take a lowering
        job, name = self._job, self.name
        self._note.setText(tr(BROKEN if self._nodes else NONE))
        self._note.setVisible(not name)
        for part in (self.schedule, self.rise, self.picture):
            part.setVisible(bool(name))
        if job is None or not name:
            return
        moves = self._moves(job, name)
        self.schedule.show_pick(moves.kind, moves.params)
        self.rise.show_values(moves.warmup.model_dump())
        objective = job.objectives[self._objective(job, name)]
        weight = objective.losses.get(name, self._own_weight())
        self.picture.show_curve(tr("Weight"), moves, moves.warmup, weight, job.epochs, self._steps_per_epoch)

    def _own_weight(self) -> float:
        node = self._session.document.graph().node(self._nodes[self.losses.currentIndex()])
        return float(node.params.get("weight", 1.0))

    def _objective(self, job: Job, name: str) -> int:
        """The first objective that minimises the loss."""
        return next((i for i, o in enumerate(job.objectives) if not o.losses or name in o.losses), 0)

    def _moves(self, job: Job, name: str) -> LossSchedule:
        return job.objectives[self._objective(job, name)].loss_schedules.get(name, LossSchedule())

    def _set_param(self, name: str, value: Any, token: object) -> None:
        if self._job is not None and (loss := self.name):
            params = {**self._moves(self._job, loss).params, name: value}
            self._set(token, params={n: v for n, v in params.items() if v is not None})

    def _set_rise(self, name: str, value: Any, token: object) -> None:
        if self._job is not None and (loss := self.name):
            rise = self._moves(self._job, loss).warmup.model_dump(exclude_defaults=True) | {name: value}
            self._set(token, warmup={n: v for n, v in rise.items() if v is not None})

    def _set(self, token: object = None, **changes: Any) -> None:
        name = self.name
        if self._job is None or not name:
            return
        plain = self._moves(self._job, name).model_dump(mode="json", exclude_defaults=True) | changes
        held = LossSchedule.model_validate(plain).model_dump(mode="json", exclude_defaults=True)
        path = f"objectives.{self._objective(self._job, name)}.loss_schedules.{name}"
        self._session.do(SetJob(path, {"kind": "constant", **held} if held else None, token))
