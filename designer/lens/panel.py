"""What happens inside the network of the run that is looked at: the selected node under a lens, or all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QComboBox, QStackedWidget, QWidget

from core.problem import Problem
from core.spec.params import Int
from designer.controls.buttons import IconButton, button
from designer.controls.labels import Elided, Empty, label, line
from designer.figures.asking import Asker, RunWatch
from designer.figures.header import where
from designer.forms.editors import NumberEditor
from designer.language import marked, tr
from designer.lens.node import NodeView, Then
from designer.lens.overview import Overview
from designer.qt import Debounce, column, follow, row
from designer.session import Session
from designer.studio import Studio
from designer.theme import SPACE_L, SPACE_M, SPACE_S
from designer.workers import AssistantClient

PARTS = tuple(map(marked, ("test", "validation", "train")))
SETTLE_MS = 60  # a rubber band selects many times a second
_NO_RUN = (
    marked("No run yet"),
    marked("Press Train, then select a node: its weights and what flows through it are shown here."),
)
_NO_WEIGHTS = (marked("No weights yet"), marked("They are looked at as soon as the run saves its first checkpoint."))


class LensPanel(QWidget):
    """Follows the selection on the canvas and the run that the studio shows."""

    def __init__(self, session: Session, studio: Studio, assistant: AssistantClient) -> None:
        super().__init__()
        self._session = session
        self._answer: Mapping[str, Any] | None = None
        self._watch = RunWatch(self, studio)
        self._asker, self._more = Asker(assistant, self._watch.rest), Asker(assistant)
        self._empty = Empty("eye", *map(tr, _NO_RUN))
        self._name, self._where = Elided("", "heading"), label("", "muted")
        self._error = label("", "error", wrap=True)
        self._error.setContentsMargins(SPACE_L, SPACE_S, SPACE_L, SPACE_S)
        self._part = QComboBox()
        self._part.setAccessibleName(tr("Examples"))
        for part in PARTS:
            self._part.addItem(tr(part), part)
        self._sample = 0
        self._field = NumberEditor(Int("example", 0, min=0, max=10**9), tr("Example"))
        self._field.setToolTip(tr("Which example flows through (arrow keys go to the next ones)"))
        self._field.setFixedWidth(72)
        self._field.show_value(0)
        self.overview = Overview()
        self.node = NodeView(self._ask_latent, self._ask_further, self._ask_unit, self.choose)
        self._page = QStackedWidget()
        self._page.addWidget(self.overview)
        self._page.addWidget(self.node)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._body())
        column(self).addWidget(self._stack)
        self._settle = Debounce(self, SETTLE_MS, self.refresh)
        self._connect()
        self._turn()

    @property
    def sample(self) -> int:
        """Position of the example in its part."""
        return self._sample

    def choose(self, sample: int) -> None:
        """Let another example flow through; beyond the ends there is none."""
        last = self._answer["of"] - 1 if self._answer else sample
        self._sample = max(0, min(sample, last))
        self._field.show_value(self._sample)
        self._settle.start()

    def refresh(self) -> None:
        """Ask anew."""
        record, selection = self._watch.record, self._session.selection
        if record is None or not self.isVisible():
            return
        args = {
            "run": str(record.folder), "split": self._part.currentData(), "place": selection.path,
            "node": selection.node, "sample": self.sample,
        }  # fmt: skip
        self._where.setText(tr("looking …"))
        self._asker.ask("analyse.layers", args, self._take)

    def _connect(self) -> None:
        self._watch.turned.connect(self._turn)
        self._watch.due.connect(self.refresh)
        self._part.currentIndexChanged.connect(lambda _index: self.choose(0))
        self._field.edited.connect(self.choose)
        self.overview.picked.connect(self._session.reveal)
        follow(self, self._session.selection.changed, self._settle.start)

    def _body(self) -> QWidget:
        page = QWidget()
        head = row(margins=(SPACE_L, SPACE_S, SPACE_L, SPACE_S), gap=SPACE_M)
        head.addWidget(self._name, 1)
        head.addWidget(self._where)
        head.addStretch(1)
        head.addWidget(label(tr("Example"), "muted"))
        head.addWidget(self._field)
        head.addWidget(IconButton("chevron-up", tr("Previous example"), lambda: self.choose(self._sample - 1)))
        head.addWidget(IconButton("chevron-down", tr("Next example"), lambda: self.choose(self._sample + 1)))
        head.addWidget(self._part)
        head.addWidget(button(tr("Update"), self.refresh))
        body = column(page)
        body.addLayout(head)
        body.addWidget(line())
        body.addWidget(self._error)
        body.addWidget(self._page, 1)
        return page

    def _turn(self) -> None:
        record = self._watch.record
        self._answer = None
        self._asker.forget()
        self._more.forget()
        self._stack.setCurrentIndex(0)
        self._empty.show_text(*map(tr, _NO_RUN if record is None else _NO_WEIGHTS))

    def _take(self, answer: Any, problem: Problem | None) -> None:
        if problem is not None:
            self._where.setText("")
            if problem.code == "weights" and self._answer is None:
                return
            self._tell(problem.message, "error")
            self._page.hide()
            self._stack.setCurrentIndex(1)
            return
        self._answer = answer
        self._where.setText(where(answer))
        self._page.show()
        self._stack.setCurrentIndex(1)
        node = answer["node"]
        wanted = self._session.selection.node
        if node is None and wanted:
            nothing = tr("The selected node computes nothing in this run: it only enters, or was drawn later.")
            self._tell(nothing, "muted")
        else:
            self._error.hide()
        self.overview.show_nodes(answer["nodes"])
        self._name.set_text(
            node["label"] if node else tr("All nodes") if not answer["place"] else tr("Inside the block")
        )
        if node is not None:
            self.node.show_answer(answer)
        self._page.setCurrentWidget(self.overview if node is None else self.node)

    def _tell(self, text: str, role: str) -> None:
        self._error.setProperty("role", role)
        self._error.style().unpolish(self._error)
        self._error.style().polish(self._error)
        self._error.setText(text)
        self._error.show()

    def _ask_latent(self, then: Then) -> None:
        self._ask("analyse.latent", {}, then)

    def _ask_further(self, question: str, fields: Mapping[str, Any], then: Then) -> None:
        self._ask(f"analyse.{question}", {"sample": self.sample, **fields}, then)

    def _ask_unit(self, unit: int, then: Then) -> None:
        self._ask("analyse.unit", {"unit": unit, "sample": self.sample}, then)

    def _ask(self, name: str, args: dict[str, Any], then: Then) -> None:
        """Ask more about the node that is shown."""
        record, answer = self._watch.record, self._answer
        if record is None or answer is None or answer["node"] is None:
            return

        def answered(found: Any, problem: Problem | None) -> None:
            if problem is not None:
                self._tell(problem.message, "error")
            else:
                self._error.hide()
                then(found)

        args = {"run": str(record.folder), "split": answer["split"], "node": answer["node"]["node"], **args}
        self._more.ask(name, args, answered)
