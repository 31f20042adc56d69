"""The Data panel: source, preview, split, preparation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from core.catalog.datasets import SOURCES
from core.problem import LayerloomError, Problem
from core.spec.params import Bool, Choice, Float, Int
from designer.controls.buttons import button
from designer.controls.page import scrolled
from designer.controls.section import Section
from designer.data.balance import BalanceView
from designer.data.preparation import Preparation
from designer.data.preview import PreviewView
from designer.data.source import SourceChooser
from designer.forms.option import OptionForm
from designer.language import marked, tr
from designer.qt import Debounce, column, follow
from designer.sentences import told
from designer.session import Session
from designer.training.binding import JobForm, touches_job
from designer.workers import AssistantClient
from graph.records import Change

_SPLIT = (
    Float("validation", 0.15, min=0.0, max=0.9, doc="Share of the examples that training is watched on."),
    Float("test", 0.15, min=0.0, max=0.9, doc="Share that is kept for the end."),
    Bool("stratify", True, doc="Every part has the same mixture of classes."),
    Bool("apart", False, doc="What is also trained on is not held out: equal examples go to training."),
    Choice(
        "order",
        "drawn",
        ("drawn", "kept"),
        labels={"drawn": "drawn by the seed", "kept": "kept: the last are held out"},
        doc="For series, keep the order: nothing is then trained on what comes after.",
    ),
    Int(
        "folds",
        0,
        min=0,
        max=1000,
        doc="Cross-validation: so many parts validate in turn; 0: a share does. As many as examples: leave-one-out.",
    ),
    Int("fold", 0, min=0, max=999, doc="Which of the folds validates, from 0."),
    Int("seed", 0, min=0, max=2**31 - 1, doc="The same seed splits the same way."),
)


class DataPanel(QWidget):
    """Edits ``job.data``; the preview comes from the assistant, so that the window never reads data."""

    def __init__(self, session: Session, assistant: AssistantClient) -> None:
        super().__init__()
        self._session, self._assistant = session, assistant
        self._chooser = SourceChooser(session, assistant)
        self._source = OptionForm(marked("source"), SOURCES, "none", marked("Where the examples come from."))
        self._browse = button(tr("Browse…"), self._pick_path)
        self._preview = PreviewView()
        self._classes = BalanceView(session)
        self._split = JobForm(session, "data.split", _SPLIT)
        self._preparations = (
            Preparation(
                session, "features", marked("features"), marked("How numbers are prepared, fitted on training.")
            ),
            Preparation(
                session,
                "target",
                marked("target"),
                marked("How numbers to be predicted are prepared; what is measured is in their own units."),
                numbers_only=True,
            ),
        )
        self._asked: dict[str, Any] | None = None
        self._ask = Debounce(self, 250, self._request_preview)
        column(self).addWidget(self._page())
        self._connect()
        self.show_job()

    def show_job(self) -> None:
        try:
            job = self._session.document.job
        except LayerloomError as error:
            self._preview.show_text(str(error), "error")
            return
        source = job.data.source
        self._source.show_pick(source.kind, source.params)
        self._browse.setVisible("path" in (SOURCES[source.kind].param if source.kind in SOURCES else {}))
        self._split.show_job(job)
        self._classes.show_job(job)
        for preparation in self._preparations:
            preparation.show_job(job)
        self._ask.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask.start()

    def _connect(self) -> None:
        self._source.picked.connect(lambda kind: self._chooser.choose({"kind": kind}))
        self._source.edited.connect(self._edit_source)
        self._source.reset.connect(lambda name: self._edit_source(name, None, None))
        follow(self, self._session.document.changed, self._changed)

    def _page(self) -> QWidget:
        sections = (
            (marked("Source"), "source", (self._source, self._browse)),
            (marked("Examples"), "examples", (self._preview,)),
            (marked("Classes"), "classes", (self._classes,)),
            (marked("Preparation"), "preparation", self._preparations),
            (marked("Split"), "split", (self._split,)),
        )
        filled = [Section(tr(title), f"data/{key}", parts=parts) for title, key, parts in sections]
        return scrolled(filled)

    def _changed(self, changes: tuple[Change, ...]) -> None:
        if touches_job(changes):
            self.show_job()

    # -- edits

    def _edit_source(self, name: str, value: Any, token: object) -> None:
        source = self._session.document.job.data.source
        params = {k: v for k, v in source.params.items() if k != name}
        if value is not None:
            params[name] = list(value) if isinstance(value, tuple) else value
        self._chooser.choose({"kind": source.kind, "params": params}, token)

    def _pick_path(self) -> None:
        start = str(self._session.folder or Path.home())
        if self._session.document.job.data.source.kind == "image_folder":
            path = QFileDialog.getExistingDirectory(self, tr("Folder of pictures"), start)
        else:
            path, _ = QFileDialog.getOpenFileName(self, tr("Data file"), start)
        if path:
            self._edit_source("path", path, None)

    # -- the preview

    def _request_preview(self) -> None:
        if not self.isVisible():
            return
        job = self._session.document.job
        args = {
            "data": job.data.model_dump(mode="json", exclude={"signature"}),
            "base": str(self._session.folder) if self._session.folder else None,
        }
        if args == self._asked:
            return
        self._asked = args
        if job.data.source.kind == "none":
            self._session.tell_of_data(None)
            self._preview.show_text(tr("Choose a source: its examples are shown here."))
            self._classes.show_counts(None)
            return
        self._preview.show_text(tr("Reading…"))

        def answered(result: Any, problem: Problem | None) -> None:
            if args is not self._asked:
                return  # a newer question is under way
            self._session.tell_of_data(problem)
            if problem is not None:
                self._preview.show_text(told(problem.message), "error")
            else:
                self._preview.show_preview(result)
                self._chooser.learn(result["signature"])
            self._classes.show_counts(None if problem is not None else result["balance"])

        self._assistant.request("data.preview", args, answered)
