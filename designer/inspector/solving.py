"""How a block instance is solved as a differential equation: the method, its fields, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.catalog.solvers import SOLVERS
from core.program.program import Solver
from core.spec.option import OptionSpec
from designer.controls.labels import label
from designer.forms.option import OptionForm
from designer.language import marked, tr
from designer.numbers import count
from designer.qt import column
from designer.theme import SPACE_M

NONE = "none"
_UNSOLVED = OptionSpec(NONE, marked("None"), marked("An ordinary block: what enters is computed once."))
_ABOUT = marked(
    "With a solver, the block is the slope f of dh/dt = f(h, t): what enters is the state h at the start, what leaves "
    "its state at the end. A Time node inside gives t. The weights are those of one block."
)
_EACH = marked("{times} of the block in each pass.")


class SolverForm(QWidget):
    """`edited` carries the new solver as plain data (None: none) and a burst token (None: a step of its own)."""

    edited = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        layout = column(self, gap=SPACE_M)
        self._solver: Solver | None = None
        self.form = OptionForm(
            marked("Solver"), {NONE: _UNSOLVED, **SOLVERS}, NONE, marked("Method that solves the block.")
        )
        self.form.picked.connect(self._pick)
        self.form.edited.connect(self._set)
        self.form.reset.connect(lambda name: self._set(name, None, None))
        self._note = label("", "muted", wrap=True)
        layout.addWidget(self.form)
        layout.addWidget(self._note)

    def show_solver(self, solver: Solver | None) -> None:
        self._solver = solver
        self.form.show_pick(solver.method if solver else NONE, solver.params if solver else {})
        about = tr(_ABOUT) if solver is None else f"{told(solver, sentence=True)} {tr(SOLVERS[solver.method].doc)}"
        self._note.setText(about)

    def _pick(self, method: str) -> None:
        """Another method keeps the span, whatever else it also has, and the length of a path."""
        if method == NONE:
            self._solver = None
            self.edited.emit(None, None)
            return
        params = dict(self._solver.params) if self._solver else {}
        if self._solver is not None and params.get("path"):
            before = SOLVERS[self._solver.method]
            params["points" if SOLVERS[method].adaptive else "steps"] = before.points(before.values(params)) - 1
        self._put(method, {name: value for name, value in params.items() if name in SOLVERS[method].param}, None)

    def _set(self, name: str, value: Any, token: object) -> None:
        if self._solver is None:
            return
        params = {key: held for key, held in self._solver.params.items() if key != name}
        self._put(self._solver.method, params if value is None else {**params, name: value}, token)

    def _put(self, method: str, params: Mapping[str, Any], token: object) -> None:
        self._solver = Solver(method, params)  # edits may come faster than the page is shown anew
        self.edited.emit({"method": method, "params": dict(params)}, token)


def told(solver: Solver | None, *, sentence: bool = False) -> str:
    """In a few words, for the heading: what solves it, and how often that evaluates the block."""
    if solver is None:
        return tr("none")
    method = SOLVERS[solver.method]
    times = count(method.evaluations(method.values(solver.params)), "evaluation")
    if sentence:
        told = marked("At least {times} of the block in each pass.") if method.adaptive else _EACH
        return tr(told, times=times)
    return f"{method.short}, {tr('at least {times}', times=times) if method.adaptive else times}"
