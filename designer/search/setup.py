"""What a search of the design is to be: its variables, what decides, who proposes, who stops trials early."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from core.catalog.strategies import PRUNERS, STRATEGIES, StrategySpec
from core.problem import LayerloomError
from core.search.space import points
from core.training.job import Job
from core.training.search import Search
from designer.controls.labels import label
from designer.controls.page import scrolled
from designer.controls.section import Section
from designer.inspector.issues import Issues
from designer.language import marked, tr
from designer.qt import Debounce, column, follow
from designer.search.fields import GOAL, MANNER, METRIC_NAMES
from designer.search.variables import VariableList
from designer.session import Session
from designer.theme import SPACE_S
from designer.training.binding import JobForm, JobPick, touches_job
from graph.records import Change
from graph.rules_search import troubles


class Setup(QWidget):
    """Edits ``job.search`` of the open document; each edit can be undone."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.variables = VariableList(session)
        self.strategy = JobPick(
            session, "search.strategy", marked("strategy"), STRATEGIES, "tpe",
            marked("Who proposes the settings of the next trial."),
        )  # fmt: skip
        self.pruner = JobPick(
            session, "search.pruner", marked("pruner"), PRUNERS, "none",
            marked("Who ends trials early that look bad. With folds none does."),
        )  # fmt: skip
        self.goal = JobForm(session, "search", GOAL, {"metric": METRIC_NAMES})
        self.manner = JobForm(session, "search", MANNER)
        self._advice, self._size = label("", "muted", wrap=True), label("", "muted", wrap=True)
        self._saving = label("", "muted", wrap=True)
        self.issues = Issues(session)
        self.issues.hide()
        self._varied = Section(tr("Variables"), "search/variables", parts=(self.issues, self.variables))
        parts = (
            self._varied,
            Section(tr("Goal"), "search/goal", parts=(self.goal, self._size)),
            Section(tr("Strategy"), "search/strategy", parts=(self.strategy, self._advice)),
            Section(tr("Early ends"), "search/pruner", parts=(self.pruner, self._saving), is_open=False),
            Section(tr("How it runs"), "search/manner", parts=(self.manner,), is_open=False),
        )
        column(self, gap=SPACE_S).addWidget(scrolled(parts))
        self.setMinimumWidth(268)
        follow(self, session.document.changed, self._changed)
        soon = Debounce(self, 0, self._show_troubles)
        follow(self, session.search.changed, soon.start)
        self.show_job()
        self._show_troubles()

    def show_job(self) -> None:
        """Show the search as it is; a broken job is named by the Training panel."""
        try:
            job: Job = self._session.document.job
        except LayerloomError:
            return
        search = job.search
        for part in (self.strategy, self.pruner, self.goal, self.manner):
            part.show_job(job)
        self._advice.setText(_advice(STRATEGIES.get(search.strategy.kind)))
        self._saving.setText(_advice(PRUNERS.get(search.pruner.kind)))
        told = sized(search)
        self._size.setText(told)
        self._size.setVisible(bool(told))
        self._varied.set_note(str(len(search.variables)) if search.variables else "")

    def _show_troubles(self) -> None:
        try:
            self.issues.show_problems(list(troubles(self._session.document)))
        except LayerloomError:
            return

    def _changed(self, changes: tuple[Change, ...]) -> None:
        if touches_job(changes):
            self.show_job()


def _advice(spec: StrategySpec | None) -> str:
    """When to take it, what speaks for it and against it."""
    if spec is None:
        return ""
    return "\n".join((tr(spec.when), f"+  {tr(spec.pros)}", f"−  {tr(spec.cons)}"))


def sized(search: Search) -> str:
    """What the number of trials does not say: the size of a grid."""
    every = points(search) if search.variables else None
    if not every:
        return ""
    return tr("The grid has {n} points; all are tried.", n=f"{every:,}")
