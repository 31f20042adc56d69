"""What is wrong with the selected node, with the ways out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from core.problem import Problem, Severity
from designer.controls.buttons import button
from designer.controls.labels import IconLabel, label
from designer.qt import clear, column, row
from designer.sentences import told
from designer.session import Session
from designer.theme import SPACE_M, SPACE_S

LOOKS = {
    Severity.ERROR: ("error", "danger"),
    Severity.WARNING: ("warning", "warning"),
    Severity.HINT: ("hint", "accent"),
}


class Issues(QWidget):
    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: list[Problem] = []
        self._layout = column(self, gap=SPACE_M)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        if list(problems) == self._shown:
            return
        self._shown = list(problems)
        clear(self._layout)
        for problem in problems:
            self._layout.addWidget(self._row(problem))
        self.setVisible(bool(problems))

    def _row(self, problem: Problem) -> QWidget:
        result = QWidget()
        line = row(result, gap=SPACE_M)
        icon, colour = LOOKS[problem.severity]
        line.addWidget(IconLabel(icon, colour, 14), 0, Qt.AlignmentFlag.AlignTop)
        texts = column(gap=SPACE_S)
        texts.addWidget(label(told(problem.message), wrap=True, selectable=True))
        for fix in problem.fixes:
            line_of_fix = row()
            line_of_fix.addWidget(button(told(fix.label), partial(self._session.fix, problem, fix)))
            line_of_fix.addStretch(1)
            texts.addLayout(line_of_fix)
        line.addLayout(texts, 1)
        return result
