"""The card of the tools: choose one, run it in a process of its own, see what it found, apply what it offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QProgressBar, QWidget

from core.problem import Fix
from core.training.tools.tool import Tool
from designer import icons
from designer.controls.buttons import button
from designer.controls.labels import IconLabel, label, line
from designer.controls.page import scrolled
from designer.figures.figure import Figure
from designer.forms.form import Form
from designer.language import tr
from designer.qt import clear, column, connect, follow, row
from designer.sentences import told
from designer.theme import SPACE_L, SPACE_M, SPACE_S, SPACE_XL, manager
from designer.trials.lines import reasons
from designer.trials.pictures import PICTURES
from designer.trials.rows import ROWS
from designer.trials.trial import Trial
from designer.trials.works import Work

WIDTH, HEIGHT, PICTURE_HEIGHT = 880, 760, 240


class TrialCard(QDialog):
    """No modal dialog: the design can be edited while a tool runs on what it was. Closing it ends what runs."""

    def __init__(self, work: Work, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.work, self.session = work, work.session
        self.trial = Trial(work, self)
        self._tool = next(iter(work.tools.values()))
        self._values: dict[str, dict[str, Any]] = {id: tool.values({}) for id, tool in work.tools.items()}
        self.choices = QListWidget()
        self._doc, self._when = label("", "", wrap=True), label("", "muted", wrap=True)
        self._formula = label("", "formula", wrap=True, selectable=True)
        self._fields = column()
        self.form: Form | None = None
        self.start_button = button(tr("Start"), self.start, primary=True)
        self.stop_button = button(tr("Stop"), self.trial.stop)
        self._bar = QProgressBar()
        self._icon, self.verdict = IconLabel("clock", size=18), label("", "", wrap=True, selectable=True)
        self.picture, self._rows = Figure(), column(gap=SPACE_S)
        self._found = QWidget()
        self.fixes: list[QWidget] = []
        self._offers = row(gap=SPACE_M)
        self._build()
        connect(self.trial.changed, self.refresh)
        follow(self, self.session.run.changed, self.refresh)
        if turned := work.turned():
            turned.connect(self._turn)
        self.show_tool(self._tool.id)

    # -- building

    def _build(self) -> None:
        self.resize(WIDTH, HEIGHT)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(4)
        self.picture.setMinimumHeight(PICTURE_HEIGHT)
        self.setWindowTitle(self.work.title)
        outer = column(self)
        middle = row()
        middle.addWidget(self._list())
        middle.addWidget(line(upright=True))
        middle.addWidget(scrolled([self._asking(), self._answering()]), 1)
        outer.addLayout(middle, 1)
        outer.addWidget(line())
        foot = QWidget()
        layout = row(foot, margins=(SPACE_XL, SPACE_L, SPACE_XL, SPACE_L), gap=SPACE_M)
        layout.addLayout(self._offers)
        layout.addStretch(1)
        layout.addWidget(button(tr("Close"), self.close))
        outer.addWidget(foot)

    def _list(self) -> QWidget:
        """The tools, one under the other."""
        for tool in self.work.tools.values():
            item = QListWidgetItem(tr(tool.label))
            item.setToolTip(tr(tool.doc))
            self.choices.addItem(item)
        self.choices.setAccessibleName(tr("Tools"))
        self._draw_icons()
        follow(self, manager().changed, self._draw_icons)
        self.choices.setFixedWidth(self.choices.sizeHintForColumn(0) + 2 * SPACE_XL)
        self.choices.currentRowChanged.connect(lambda at: self.show_tool(list(self.work.tools)[at]))
        return self.choices

    def _draw_icons(self) -> None:
        for at, tool in enumerate(self.work.tools.values()):
            self.choices.item(at).setIcon(icons.icon(tool.icon, manager().theme.muted))

    def _asking(self) -> QWidget:
        place = QWidget()
        layout = column(place, margins=(SPACE_XL, SPACE_L, SPACE_XL, SPACE_M), gap=SPACE_M)
        for part in (self._doc, self._when, self._formula):
            layout.addWidget(part)
        layout.addLayout(self._fields)
        buttons = row(gap=SPACE_M)
        for each in (self.start_button, self.stop_button):
            buttons.addWidget(each)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        layout.addWidget(self._bar)
        return place

    def _answering(self) -> QWidget:
        layout = column(self._found, margins=(SPACE_XL, SPACE_M, SPACE_XL, SPACE_L), gap=SPACE_L)
        head = row(gap=SPACE_M)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.verdict, 1)
        layout.addLayout(head)
        layout.addWidget(self.picture)
        layout.addLayout(self._rows)
        return self._found

    # -- acting

    def show_tool(self, id: str) -> None:
        """Bring a tool forward; what it found last stays until it runs again."""
        self._tool = self.work.tools[id]
        with QSignalBlocker(self.choices):
            self.choices.setCurrentRow(list(self.work.tools).index(id))
        self._doc.setText(tr(self._tool.doc))
        self._when.setText(tr(self._tool.when))
        self._formula.setText(self._tool.formula)
        clear(self._fields)
        self.form = Form(self._tool.params)
        self.form.show_values(self._values[id])
        self.form.edited.connect(lambda name, value, _token: self._values[id].update({name: value}))
        self.form.reset.connect(self._reset)
        self._fields.addWidget(self.form)
        self.refresh()

    def start(self) -> None:
        """Run the tool, unless a field holds what it cannot take: that field is shown instead."""
        wrong = next((row for row in self.form.rows.values() if not row.error.isHidden()), None) if self.form else None
        if wrong is not None:
            wrong.editor.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.trial.start(self._tool.id, self._values[self._tool.id])

    def closeEvent(self, event: QCloseEvent) -> None:
        self.trial.stop()
        super().closeEvent(event)

    def _turn(self, _about: object) -> None:
        self.setWindowTitle(self.work.title)
        self.trial.forget()

    def _reset(self, name: str) -> None:
        assert self.form is not None
        values = self._values[self._tool.id]
        values[name] = self._tool.param[name].default
        self.form.show_values(values)

    # -- showing

    def refresh(self) -> None:
        trial = self.trial
        self.start_button.setEnabled(not trial.is_running)
        self.stop_button.setVisible(trial.is_running)
        self._bar.setVisible(trial.is_running)
        self._bar.setValue(round(1000 * trial.share))
        self._bar.setRange(0, 1000 if trial.share else 0)  # still importing: no share is known
        mine = trial.tool == self._tool.id and not trial.is_running
        answer, problem = (trial.answer, trial.problem) if mine else (None, None)
        self._found.setVisible(answer is not None or problem is not None)
        clear(self._rows)
        clear(self._offers)
        self.fixes = []
        self.picture.setVisible(answer is not None and self._tool.id in PICTURES)
        if problem is not None:
            self._icon.set_icon("error", "danger")
            self.verdict.setText(told(problem.message))
            self._offer(problem.fixes)
        if answer is not None:
            self._show_answer(self._tool, answer)

    def _show_answer(self, tool: Tool[Any], answer: Mapping[str, Any]) -> None:
        self._icon.set_icon(*(("done", "success") if answer["good"] else ("warning", "warning")))
        self.verdict.setText(told(answer["verdict"]))
        if tool.id in PICTURES:
            self.picture.show_drawing(PICTURES[tool.id](answer))
        for each in ROWS.get(tool.id, reasons)(self.session, answer):
            self._rows.addWidget(each)
        self._offer([Fix(fix["label"], fix["action"], fix["args"]) for fix in answer["fixes"]])

    def _offer(self, fixes: Sequence[Fix]) -> None:
        for place, fix in enumerate(fixes):
            offer = button(told(fix.label), partial(self.work.apply, fix), primary=place == 0)
            self._offers.addWidget(offer)
            self.fixes.append(offer)
