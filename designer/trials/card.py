"""The card of the tools: choose one, run it in a process of its own, see what it found, apply what it offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QButtonGroup, QDialog, QProgressBar, QToolButton, QWidget

from core.problem import Fix, Problem
from core.training.tools.table import TOOLS, Tool
from designer.controls.buttons import button
from designer.controls.labels import IconLabel, label, line
from designer.controls.page import scrolled
from designer.figures.figure import Figure
from designer.forms.form import Form
from designer.language import tr
from designer.numbers import lasting, size
from designer.qt import clear, column, connect, follow, row
from designer.session import Session
from designer.theme import SPACE_L, SPACE_M, SPACE_S, SPACE_XL
from designer.trials.pictures import PICTURES, surface
from designer.trials.trial import Trial

WIDTH, HEIGHT = 620, 760
PICTURE_HEIGHT, GROUND_HEIGHT, NAME_WIDTH = 240, 340, 72


class TrialCard(QDialog):
    """No modal dialog: the design can be edited while a tool runs on what it was. Closing it ends what runs."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setWindowTitle(tr("Tools of training"))
        self.trial = Trial(session, self)
        self._tool = next(iter(TOOLS.values()))
        self._values: dict[str, dict[str, Any]] = {id: tool.values({}) for id, tool in TOOLS.items()}
        self.choices: dict[str, QToolButton] = {}
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
        follow(self, session.run.changed, self.refresh)
        self.show_tool(self._tool.id)

    # -- building

    def _build(self) -> None:
        self.resize(WIDTH, HEIGHT)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(4)
        self.picture.setMinimumHeight(PICTURE_HEIGHT)
        outer = column(self)
        outer.addWidget(self._switch())
        outer.addWidget(line())
        outer.addWidget(scrolled([self._asking(), self._answering()]), 1)
        outer.addWidget(line())
        foot = QWidget()
        layout = row(foot, margins=(SPACE_XL, SPACE_L, SPACE_XL, SPACE_L), gap=SPACE_M)
        layout.addLayout(self._offers)
        layout.addStretch(1)
        layout.addWidget(button(tr("Close"), self.close))
        outer.addWidget(foot)

    def _switch(self) -> QWidget:
        place = QWidget()
        layout = row(place, margins=(SPACE_XL, SPACE_L, SPACE_XL, SPACE_L), gap=SPACE_S)
        group = QButtonGroup(self)
        for tool in TOOLS.values():
            made = QToolButton()
            made.setText(tr(tool.label))
            made.setToolTip(tr(tool.doc))
            made.setCheckable(True)
            made.clicked.connect(partial(self.show_tool, tool.id))
            group.addButton(made)
            layout.addWidget(made)
            self.choices[tool.id] = made
        layout.addStretch(1)
        return place

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
        self._tool = TOOLS[id]
        self.choices[id].setChecked(True)
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
            self.verdict.setText(problem.message)
        if answer is not None:
            self._show_answer(self._tool, answer)

    def _show_answer(self, tool: Tool, answer: Mapping[str, Any]) -> None:
        self._icon.set_icon(*(("done", "success") if answer["good"] else ("warning", "warning")))
        self.verdict.setText(answer["verdict"])
        if tool.id in PICTURES:
            self.picture.show_drawing(PICTURES[tool.id](answer))
        for each in _ROWS.get(tool.id, _reasons)(self.session, answer):
            self._rows.addWidget(each)
        for place, fix in enumerate(answer["fixes"]):
            made = Fix(fix["label"], fix["action"], fix["args"])
            offer = button(made.label, partial(self._apply, made), primary=place == 0)
            offer.setToolTip(tr("Put it into the design's training job"))
            self._offers.addWidget(offer)
            self.fixes.append(offer)

    def _apply(self, fix: Fix) -> None:
        if self.session.fix(Problem("tool", ""), fix):
            self.session.notify(f"{fix.label}: in the training job.", done=True)


def _reasons(_session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    return [_row("hint", "accent", label(reason, wrap=True)) for reason in answer.get("reasons", ())]


def _nodes(session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    """A row for each layer, which leads to it."""
    rows = []
    for node in answer["nodes"]:
        name = button(node["label"], partial(session.reveal, node["node"]), quiet=True)
        kinks = f", {node['kinks']} at kinks" if node["kinks"] else ""
        text = f"error {node['error']:.1e} over {node['checked']} weights{kinks}"
        looks = ("done", "success") if node["right"] else ("error", "danger")
        rows.append(_row(*looks, name, label(text, "muted")))
    return rows


def _tries(_session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    """The largest few sizes that were tried."""
    rows = []
    for one in answer["tries"][-8:]:
        speed = f"{one['size'] / max(one['seconds'], 1e-9):,.0f} examples a second"
        told = f"{size(one['peak'])}, a step in {lasting(one['seconds'])}, {speed}" if one["fits"] else "does not fit"
        looks = ("done", "success") if one["fits"] else ("close", "muted")
        rows.append(_row(*looks, label(f"{one['size']:,}"), label(told, "muted")))
    return rows


def _ground(_session: Session, answer: Mapping[str, Any]) -> list[QWidget]:
    """The surface that the optimizers went over."""
    if answer["surface"] is None:
        return []
    figure = Figure()
    figure.setMinimumHeight(GROUND_HEIGHT)
    figure.show_drawing(surface(answer))
    return [figure]


_ROWS: Mapping[str, Callable[[Session, Mapping[str, Any]], Sequence[QWidget]]] = {
    "overfit": _reasons,
    "check_gradients": _nodes,
    "fit_batch": _tries,
    "race": _ground,
}


def _row(icon: str, colour: str, *parts: QWidget) -> QWidget:
    """One part is a text of any length; of two, the first is a name in a column of its own."""
    place = QWidget()
    layout = row(place, gap=SPACE_M)
    middle, top = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignTop
    layout.addWidget(IconLabel(icon, colour, 14), 0, middle if len(parts) > 1 else top)
    for part in parts[:-1]:
        part.setMinimumWidth(NAME_WIDTH)
        layout.addWidget(part, 0, Qt.AlignmentFlag.AlignLeft)
    layout.addWidget(parts[-1], 1)
    return place
