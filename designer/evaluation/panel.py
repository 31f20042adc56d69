"""How well the network of the run that is looked at answers, by its newest weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QComboBox, QStackedWidget, QWidget

from core.problem import Problem
from designer.controls.buttons import button
from designer.controls.labels import Elided, Empty, label, line
from designer.evaluation.baselines import BaselinesView
from designer.evaluation.boxes import BoxesView
from designer.evaluation.classes import ClassesView
from designer.evaluation.numbers import NumbersView
from designer.evaluation.pairs import PairsView
from designer.figures.asking import Asker, RunWatch
from designer.figures.header import where
from designer.language import marked, tr
from designer.qt import column, row
from designer.sentences import told
from designer.studio import Studio
from designer.theme import SPACE_L, SPACE_M, SPACE_S
from designer.workers import AssistantClient

PARTS = tuple(map(marked, ("test", "validation", "train")))
_NO_RUN = (marked("No run yet"), marked("Press Train: what the network gets right and wrong is shown here."))
_NO_WEIGHTS = (marked("No weights yet"), marked("They are looked at as soon as the run saves its first checkpoint."))


class EvaluationPanel(QWidget):
    """Follows the run that the studio shows; looks again when it saves weights, when it ends, and when asked to."""

    def __init__(self, studio: Studio, assistant: AssistantClient) -> None:
        super().__init__()
        self._answer: Mapping[str, Any] | None = None
        self._watch = RunWatch(self, studio)
        self._asker, self._behind = Asker(assistant, self._watch.rest), Asker(assistant)
        self._empty = Empty("target", *map(tr, _NO_RUN))
        self._name, self._where = Elided("", "heading"), label("", "muted")
        self._task, self._part = _combo(tr("Output"), ()), _combo(tr("Examples"), PARTS)
        self._error = label("", "error", wrap=True)
        self._views: dict[str, ClassesView | NumbersView | PairsView | BoxesView] = {
            "classification": ClassesView(self._samples),
            "regression": NumbersView(),
            "reconstruction": PairsView(),
            "detection": BoxesView(),
        }
        self._page = QStackedWidget()
        for view in self._views.values():
            self._page.addWidget(view)
        self._plain = Empty(
            "hint", tr("Nothing to compare"), tr("No loss compares an output of this network with a target.")
        )
        self._page.addWidget(self._plain)
        self._simple = BaselinesView()
        self._page.addWidget(self._simple)
        self._beside = button(tr("Baselines"), self._ask_baselines)
        self._beside.setCheckable(True)
        self._beside.setToolTip(tr("What simple methods reach on the same examples and the same split."))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._body())
        column(self).addWidget(self._stack)
        self._watch.turned.connect(self._turn)
        self._watch.due.connect(self.refresh)
        self._part.currentIndexChanged.connect(lambda _index: self._turn_part())
        self._task.currentIndexChanged.connect(lambda _index: self._show_task())
        self._turn()

    @property
    def view(self) -> QWidget | None:
        """What is shown now."""
        return self._page.currentWidget()

    def refresh(self) -> None:
        """Ask anew what the newest weights do."""
        record = self._watch.record
        if record is not None:
            args = {"run": str(record.folder), "split": self._part.currentData()}
            self._where.setText(tr("looking …"))
            self._asker.ask("analyse.evaluate", args, self._take)

    def _turn_part(self) -> None:
        self.refresh()
        if self._beside.isChecked():
            self._ask_baselines()

    def _ask_baselines(self) -> None:
        """Show the network beside simple methods, or what it gets right and wrong again."""
        record = self._watch.record
        if not self._beside.isChecked() or record is None:
            self._show_task()
            return
        args = {"run": str(record.folder), "split": self._part.currentData()}
        self._where.setText(tr("fitting simple methods …"))
        self._behind.ask("analyse.baselines", args, self._take_baselines)

    def _take_baselines(self, answer: Any, problem: Problem | None) -> None:
        self._where.setText(where(answer if problem is None else self._answer) if self._answer else "")
        if problem is not None:
            self._beside.setChecked(False)
            self._error.setText(told(problem.message))
            self._error.show()
            return
        self._simple.show_answer(answer)
        if self._beside.isChecked():
            self._page.setCurrentWidget(self._simple)

    def _body(self) -> QWidget:
        page = QWidget()
        head = row(margins=(SPACE_L, SPACE_S, SPACE_L, SPACE_S), gap=SPACE_M)
        head.addWidget(self._name, 1)
        head.addWidget(self._where)
        head.addStretch(1)
        head.addWidget(self._task)
        head.addWidget(self._part)
        head.addWidget(self._beside)
        head.addWidget(button(tr("Update"), self.refresh))
        body = column(page)
        body.addLayout(head)
        body.addWidget(line())
        body.addWidget(self._error)
        body.addWidget(self._page, 1)
        self._error.setContentsMargins(SPACE_L, SPACE_S, SPACE_L, SPACE_S)
        return page

    def _turn(self) -> None:
        """Another run is looked at: what was shown is not its."""
        record = self._watch.record
        self._answer = None
        self._beside.setChecked(False)
        self._asker.forget()
        self._behind.forget()
        self._stack.setCurrentIndex(0)
        self._empty.show_text(*map(tr, _NO_RUN if record is None else _NO_WEIGHTS))
        self._name.set_text(record.name if record else "")

    def _take(self, answer: Any, problem: Problem | None) -> None:
        if problem is not None:
            self._where.setText("")
            if problem.code == "weights" and self._answer is None:
                return
            self._error.setText(told(problem.message))
            self._error.show()
            self._page.setVisible(self._answer is not None)
            self._stack.setCurrentIndex(1)
            return
        self._answer = answer
        self._error.hide()
        self._page.show()
        self._where.setText(where(answer))
        self._offer([task["name"] for task in answer["tasks"]])
        self._stack.setCurrentIndex(1)
        self._show_task()

    def _offer(self, names: Sequence[str]) -> None:
        if names != [self._task.itemText(i) for i in range(self._task.count())]:
            self._task.blockSignals(True)
            self._task.clear()
            self._task.addItems(names)
            self._task.blockSignals(False)
        self._task.setVisible(len(names) > 1)

    def _show_task(self) -> None:
        if self._beside.isChecked() and self._simple.bars:
            return  # those stay in front until the button is let go
        tasks = self._answer["tasks"] if self._answer else ()
        if not tasks:
            self._page.setCurrentWidget(self._plain)
            return
        task = tasks[max(0, self._task.currentIndex())]
        view = self._views[task["kind"]]
        self._page.setCurrentWidget(view)
        view.show_task(task)

    def _samples(self, positions: Sequence[int], then: Callable[[Sequence[Mapping[str, Any]]], None]) -> None:
        record = self._watch.record
        if record is None or self._answer is None:
            return

        def answered(found: Any, problem: Problem | None) -> None:
            if problem is None:
                then(found)
            else:
                self._error.setText(told(problem.message))
                self._error.show()

        args = {"run": str(record.folder), "split": self._answer["split"], "positions": list(positions)}
        self._behind.ask("analyse.samples", args, answered)


def _combo(name: str, items: Sequence[str]) -> QComboBox:
    result = QComboBox()
    result.setAccessibleName(name)
    for item in items:
        result.addItem(tr(item), item)
    return result
