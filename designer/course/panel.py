"""A run at each of its stages: answers to the same examples, decision boundary, histograms, flow of gradients."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QComboBox, QStackedWidget, QWidget

from core.problem import LayerloomError
from designer.controls.buttons import IconButton
from designer.controls.labels import Elided, Empty, label, line
from designer.course.answers import AnswersView
from designer.course.flow import FlowView
from designer.course.histograms import HistogramsView
from designer.course.reel import Film, names
from designer.course.scrubber import Scrubber
from designer.language import marked, tr
from designer.plots.boundary import BoundaryView
from designer.plots.record import RunRecord
from designer.qt import WhileSeen, column, follow, row
from designer.session import Session
from designer.studio import Studio
from designer.theme import SPACE_L, SPACE_M, SPACE_S

VIEWS = {
    "answers": marked("Answers"),
    "boundary": marked("Decision boundary"),
    "histograms": marked("Histograms"),
    "flow": marked("Gradient flow"),
}
_NO_RUN = (marked("No run yet"), marked("Press Train: pictures of each stage are kept here."))
_NO_PICTURES = (
    marked("No pictures yet"),
    marked("They come with the first steps, where the job lets the run be watched."),
)
EVERY_MS = 400  # a film is looked at again at most so often, and only while it is seen and something changed
PLAY_MS = 90


class CoursePanel(QWidget):
    """Follows the record that the studio shows; at the end of the line it goes on with the run."""

    def __init__(self, session: Session, studio: Studio) -> None:
        super().__init__()
        self._session, self._studio = session, studio
        self._record: RunRecord | None = None
        self._film: Film | None = None
        self._drawn = -1
        self._is_following = True
        self._name, self._where = Elided("", "heading"), label("", "mono")
        self.view = QComboBox()
        self.view.setAccessibleName(tr("Picture"))
        self.scrubber = Scrubber()
        self._play = IconButton("play", tr("Play from here"), self.play)
        self.answers, self.boundary = AnswersView(self.go), BoundaryView()
        self.histograms, self.flow = HistogramsView(session, self.go), FlowView(session, self.go)
        self._page = QStackedWidget()
        for part in (self.answers, self.boundary, self.histograms, self.flow):
            self._page.addWidget(part)
        self._empty = Empty("clock", *map(tr, _NO_RUN))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._body())
        column(self).addWidget(self._stack)
        WhileSeen(self, EVERY_MS, self._look)
        self._player = QTimer(self)
        self._player.setInterval(PLAY_MS)
        self._player.timeout.connect(self._advance)
        self.view.currentIndexChanged.connect(lambda _index: self._take_view())
        self.scrubber.moved.connect(self._move)
        studio.shown.connect(self.show_record)
        follow(self, session.selection.changed, self._select)
        self.show_record(studio.record)

    def show_record(self, record: RunRecord | None) -> None:
        self._record, self._film, self._drawn = record, None, -1
        self._player.stop()
        self._is_following = True
        self._name.set_text(record.name if record else "")
        self._empty.show_text(*map(tr, _NO_RUN if record is None else _NO_PICTURES))
        self._stack.setCurrentIndex(0)
        self.view.blockSignals(True)
        self.view.clear()
        self.view.blockSignals(False)
        self._look()

    def go(self, step: int) -> None:
        """Look at the stage nearest to a step."""
        steps = self._film.steps if self._film else []
        if steps:
            self.scrubber.choose(min(range(len(steps)), key=lambda index: abs(steps[index] - step)))

    def play(self) -> None:
        """Go through the stages from here, or from the beginning where this is the last; again, and it stands still."""
        if self._player.isActive():
            self._player.stop()
        elif self._film and self._film.steps:
            if self.scrubber.index >= len(self._film.steps) - 1:
                self.scrubber.choose(0)
            self._player.start()
        self._show_play()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._player.stop()
        self._show_play()

    def _body(self) -> QWidget:
        page = QWidget()
        head = row(margins=(SPACE_L, SPACE_S, SPACE_L, SPACE_S), gap=SPACE_M)
        head.addWidget(self._name, 1)
        head.addWidget(self.view)
        head.addWidget(
            IconButton("step-back", tr("Previous picture"), lambda: self.scrubber.choose(self.scrubber.index - 1))
        )
        head.addWidget(self._play)
        head.addWidget(
            IconButton("step-forward", tr("Next picture"), lambda: self.scrubber.choose(self.scrubber.index + 1))
        )
        head.addWidget(self.scrubber, 4)
        self._where.setMinimumWidth(150)
        head.addWidget(self._where)
        body = column(page)
        body.addLayout(head)
        body.addWidget(line())
        body.addWidget(self._page, 1)
        return page

    # -- the film

    def _look(self) -> None:
        """See whether there is something new."""
        record = self._record
        if record is None or not self.isVisible():
            return
        try:
            self._offer(record)
            if self._film is None:
                return
            if record.version != self._drawn:
                self._drawn = record.version
                self._film.refresh()
                self.scrubber.show_steps(self._film.steps, record.course.marks)
                if self._is_following:
                    self.scrubber.set_index(len(self._film.steps) - 1)
            self._draw()
        except LayerloomError as error:
            self._film = None
            self._studio.session.notify(error.problem)

    def _offer(self, record: RunRecord) -> None:
        found = [name for name in VIEWS if name in names(record.folder)] if self._drawn != record.version else None
        if found and found != [self.view.itemData(i) for i in range(self.view.count())]:
            current = self.view.currentData()
            self.view.blockSignals(True)
            self.view.clear()
            for name in found:
                self.view.addItem(tr(VIEWS[name]), name)
            self.view.setCurrentIndex(max(0, self.view.findData(current)))
            self.view.blockSignals(False)
            self._stack.setCurrentIndex(1)
            if self._film is None or self._film.name != self.view.currentData():
                self._film = Film(record.folder, self.view.currentData())

    def _take_view(self) -> None:
        if self._record is None:
            return
        step = self._film.steps[self.scrubber.index] if self._film and self._film.steps else 0
        self._film, self._drawn = Film(self._record.folder, self.view.currentData()), -1
        self.scrubber.show_steps(self._film.steps, self._record.course.marks)
        was_following = self._is_following
        self.go(step)
        self._is_following = was_following
        self._look()

    def _move(self, index: int) -> None:
        assert self._film is not None
        self._is_following = index >= len(self._film.steps) - 1
        self._draw()

    def _advance(self) -> None:
        last = len(self._film.steps) - 1 if self._film else 0
        self.scrubber.choose(self.scrubber.index + 1)
        if self.scrubber.index >= last:
            self._player.stop()
            self._show_play()

    def _show_play(self) -> None:
        is_playing = self._player.isActive()
        self._play.set_icon("pause" if is_playing else "play")
        self._play.setToolTip(tr("Stand still" if is_playing else "Play from here"))
        self._play.setAccessibleName(self._play.toolTip())

    def _draw(self) -> None:
        film, record = self._film, self._record
        if film is None or record is None or not film.steps:
            return
        step = film.steps[self.scrubber.index]
        started = record.started
        epoch = "  " + tr("epoch {epoch}", epoch=f"{step / started.steps_per_epoch:.1f}") if started else ""
        self._where.setText(tr("step {step}", step=f"{step:,}") + epoch)
        if film.name == "histograms":
            self._page.setCurrentWidget(self.histograms)
            more = self.histograms.show_film(film, step)
        elif film.name == "flow":
            self._page.setCurrentWidget(self.flow)
            more = self.flow.show_film(film, step)
        else:
            more = self._draw_frame(film)
        if more:
            QTimer.singleShot(0, self, self._draw)

    def _draw_frame(self, film: Film) -> bool:
        frame = film.frame(self.scrubber.index)
        if frame is None:
            film.refresh()
            return False
        if film.name == "boundary":
            self._page.setCurrentWidget(self.boundary)
            self.boundary.show_picture(frame)
            return False
        self._page.setCurrentWidget(self.answers)
        self.answers.show_frame(frame)
        return self.answers.show_film(film)

    def _select(self) -> None:
        paths = self._session.selection.paths
        self.histograms.select(paths[0] if len(paths) == 1 else "")
