"""When a panel looks at a run again, and how it asks without ever waiting or piling up questions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from core.problem import Problem
from core.training.protocol import FINAL
from designer.studio import Studio
from designer.workers import AssistantClient

if TYPE_CHECKING:
    from designer.plots.record import RunRecord  # NumPy, which panels that only ask can do without

Then = Callable[[Any, Problem | None], None]
EVERY_MS = 2_000  # a run in progress is looked at no more often
LONGEST_MS = 60_000
SHARE = 10  # and the pause is so many times as long as the look took


class RunWatch(QObject):
    """Tells when the run that the studio shows has something new to see, while `panel` is seen.

    Signals: `turned` (another run, or none, is shown), `due` (look again: the panel came into view, the run wrote new
    weights at least two seconds after the last look, or it ended). While it is watched, the run is asked for weights to
    look at whenever there are none newer than those seen.
    """

    turned = Signal()
    due = Signal()

    def __init__(self, panel: QWidget, studio: Studio) -> None:
        super().__init__(panel)
        self._panel, self._studio = panel, studio
        self._met: tuple[object, ...] = ()
        self._asked: tuple[object, ...] = ()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(EVERY_MS)
        self._pause.timeout.connect(self._look)
        panel.installEventFilter(self)
        studio.shown.connect(self._turn)
        studio.advanced.connect(self._look)

    def rest(self, seconds: float) -> None:
        """An answer took so long: looking takes at most a tenth of the time, up to a pause of a minute."""
        self._pause.setInterval(min(max(EVERY_MS, int(SHARE * 1000 * seconds)), LONGEST_MS))

    @property
    def record(self) -> RunRecord | None:
        return self._studio.record

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self._look()
        return False

    def _turn(self) -> None:
        self._met = ()
        self._pause.stop()
        self.turned.emit()
        self._look()

    def _look(self) -> None:
        record = self.record
        if record is None or not self._panel.isVisible():
            return
        ended = record.state in FINAL
        stage = (record.folder, record.weights_step, ended)
        if self._pause.isActive() and not ended:
            return
        if stage != self._asked and record.state == "running":
            self._asked = stage
            self._studio.look()
        if stage == self._met:
            return
        self._met = stage
        self._pause.start()
        self.due.emit()


class Asker:
    """Asks the assistant one question at a time; of those that wait, only the newest is asked.

    An answer is handed on only while its question is still the newest. `took` hears how long each one took, in seconds.
    """

    def __init__(self, assistant: AssistantClient, took: Callable[[float], None] = lambda _seconds: None) -> None:
        self._assistant, self._took = assistant, took
        self._under_way = False
        self._newest: tuple[str, dict[str, Any], Then] | None = None

    def ask(self, name: str, args: dict[str, Any], then: Then) -> None:
        self._newest = (name, args, then)
        if not self._under_way:
            self._send()

    def forget(self) -> None:
        """The answer under way is not wanted any more."""
        self._newest = None

    def _send(self) -> None:
        question = self._newest
        if question is None:
            return
        self._under_way = True
        name, args, then = question
        began = time.monotonic()

        def answered(result: Any, problem: Problem | None) -> None:
            self._under_way = False
            self._took(time.monotonic() - began)
            if self._newest is question:
                self._newest = None
                then(result, problem)
            if self._newest is not None and not self._under_way:
                self._send()

        self._assistant.request(name, args, answered)
