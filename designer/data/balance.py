"""How many examples each class has for training, and how rare ones are made to count: before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from core.catalog.balancing import BALANCES
from core.training.job import Job
from designer.controls.labels import label
from designer.data.pictures import Bars
from designer.language import tr
from designer.qt import clear, column
from designer.session import Session
from designer.theme import SPACE_M
from designer.training.binding import JobForm
from designer.training.fields import BALANCE


class BalanceView(QWidget):
    """Edits ``job.balance`` and shows what it does to the training part."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._form = JobForm(session, "", BALANCE)
        self._told = label("", "muted", wrap=True)
        self._bars = QWidget()
        self._layout = column(self._bars, gap=SPACE_M)
        self._counts: Mapping[str, Any] | None = None
        self._way = "none"
        layout = column(self, gap=SPACE_M)
        for part in (self._bars, self._form, self._told):
            layout.addWidget(part)

    def show_job(self, job: Job) -> None:
        self._form.show_job(job)
        if job.balance != self._way:
            self._way = job.balance
            self._show()

    def show_counts(self, counts: Mapping[str, Any] | None) -> None:
        """The ``balance`` of a preview; None where the data has no classes, or nothing is known of it."""
        self._counts = counts
        self._show()

    def _show(self) -> None:
        way = BALANCES[self._way]
        self._told.setText("\n".join(filter(None, (tr(way.doc), way.formula, tr(way.when) if way.when else ""))))
        self._told.setVisible(self._way != "none")
        clear(self._layout)
        self._form.setVisible(self._counts is not None or self._way != "none")
        if self._counts is None:
            self._layout.addWidget(label(tr("The data has no classes, or is not read yet."), "muted", wrap=True))
            return
        before = self._counts["counts"]["train"]
        after = way.after(before) if way.after else None
        self._layout.addWidget(label(self._caption(before, after), "caption", wrap=True))
        self._layout.addWidget(Bars(self._counts["classes"], before, after))

    @staticmethod
    def _caption(before: list[int], after: list[int] | None) -> str:
        if after is None or after == before:
            return tr("Training examples of each class")
        return tr(
            "Training examples of each class, and in an epoch: {before} become {after}",
            before=f"{sum(before):,}",
            after=f"{sum(after):,}",
        )
