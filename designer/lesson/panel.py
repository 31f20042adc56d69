"""The Lesson panel: tells what the open design teaches, and ticks off what its runs and its drawing show."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QProgressBar, QStackedWidget, QWidget

from core.problem import LayerloomError
from core.training.protocol import FINAL
from designer.controls.labels import Empty, label
from designer.controls.page import scrolled
from designer.controls.section import Section
from designer.language import marked, tr
from designer.lesson.task import TaskRow
from designer.qt import Debounce, clear, column, follow, row
from designer.sentences import told
from designer.session import Session
from designer.studio import Studio
from designer.theme import SPACE_L, SPACE_M, SPACE_S
from graph.lessons import Lesson, lesson_of
from graph.lessons.evidence import Evidence, Trained
from graph.lessons.runs import Runs
from graph.lessons.verify import Outcome, Standing, verify

SETTLE_MS = 250
_NONE = (marked("This design has no lesson"), marked("Every example has one: open one from File > New design."))


class LessonPanel(QWidget):
    """Looks again when the design changes and when a run ends."""

    def __init__(self, session: Session, studio: Studio) -> None:
        super().__init__()
        self._session, self._studio = session, studio
        self._lesson: Lesson | None = None
        self._runs: Runs | None = None
        self._made: tuple[Trained, ...] | None = None  # None: to be read again; an edit alone asks no disk
        self.standing: Standing | None = None
        self.rows: list[TaskRow] = []
        self._title, self._count = label("", "title", wrap=True), label("", "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._bar.setAccessibleName(tr("Checks that hold"))
        self._next = label("", wrap=True)
        self._what, self._look = label("", wrap=True, selectable=True), label("", wrap=True, selectable=True)
        self._goals, self._tries = (Section(tr(title), f"lesson/{key}") for title, key in _PARTS)
        self._stack = QStackedWidget()
        self._stack.addWidget(Empty("lesson", *map(tr, _NONE)))
        self._stack.addWidget(self._body())
        column(self).addWidget(self._stack)
        self._soon = Debounce(self, SETTLE_MS, self.refresh)
        follow(self, session.document.changed, lambda _changes: self._soon.start() if self.isVisible() else None)
        studio.listed.connect(self._look_again)
        studio.shown.connect(lambda _record: self._look_again())
        studio.advanced.connect(self._advanced)
        self.refresh()

    def refresh(self) -> None:
        """Verify everything anew."""
        lesson = lesson_of(self._session.document)
        if lesson != self._lesson:
            self._lesson = lesson
            self._runs = Runs(self._session.document.catalog, lesson.id) if lesson is not None else None
            self.rows, self._made = [], None
        self._stack.setCurrentIndex(0 if lesson is None else 1)
        if lesson is None or self._runs is None:
            self.standing = None
            return
        if self._made is None:
            self._made = self._read(self._runs)
        self._show(lesson, verify(lesson, Evidence(self._session.document, self._made)))

    def _read(self, runs: Runs) -> tuple[Trained, ...]:
        try:
            return runs.under(self._studio.directory)
        except LayerloomError:
            return ()  # the folder cannot be read just now, which the panel of runs tells

    def _look_again(self) -> None:
        self._made = None
        self._soon.start()

    def _show(self, lesson: Lesson, standing: Standing) -> None:
        self.standing = standing
        self._title.setText(self._session.document.title or self._session.title)
        self._what.setText(lesson.what)
        self._look.setText(lesson.look)
        done, checked = standing.done, standing.checked
        self._count.setText(tr("{done} of {all}", done=done, all=checked) if checked else "")
        self._bar.setRange(0, max(1, checked))
        self._bar.setValue(done)
        self._next.setText(told(_advice(standing)))
        self._next.setVisible(bool(checked))
        outcomes = standing.outcomes
        if len(self.rows) == len(outcomes):
            for shown, outcome in zip(self.rows, outcomes, strict=True):
                shown.show_outcome(outcome)
        else:
            self.rows = self._filled(self._goals, standing.goals) + self._filled(self._tries, standing.tries)

    def _filled(self, section: Section, outcomes: tuple[Outcome, ...]) -> list[TaskRow]:
        clear(section.body)
        rows = [TaskRow(outcome) for outcome in outcomes]
        for shown in rows:
            section.body.addWidget(shown)
        section.setVisible(bool(rows))
        return rows

    def _advanced(self) -> None:
        record = self._studio.record
        if record is not None and record.state in FINAL:
            self._look_again()

    def _body(self) -> QWidget:
        head = QWidget()
        inner = column(head, margins=(SPACE_L, SPACE_L, SPACE_L, SPACE_L), gap=SPACE_M)
        top = row(gap=SPACE_S)
        top.addWidget(self._title, 1)
        top.addWidget(self._count)
        inner.addLayout(top)
        inner.addWidget(self._bar)
        inner.addWidget(self._next)
        what = Section(tr("What it is"), "lesson/what", parts=(self._what,))
        look = Section(tr("What to look at"), "lesson/look", parts=(self._look,))
        return scrolled((head, what, look, self._goals, self._tries))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_again()


_PARTS = ((marked("To reach"), "goals"), (marked("To try"), "tries"))


def _advice(standing: Standing) -> str:
    """The next step, in a sentence."""
    if standing.next is None:
        return tr("All checks hold. Well done.")
    verdict = standing.next.verdict
    return verdict.said if verdict is not None else ""
