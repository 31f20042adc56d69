"""Work in a thread of its own beside the window's: plain Python, that touches neither Qt nor a document."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from PySide6.QtCore import QObject, Signal


class _Collections:
    """Garbage is not collected while other threads than the window's run Python: a collection there may destroy
    widgets. `hold` and `release` are called in the window's thread, in pairs."""

    def __init__(self) -> None:
        self._holds = 0
        self._were_on = False

    def hold(self) -> None:
        if not self._holds:
            self._were_on = gc.isenabled()
            gc.disable()
        self._holds += 1

    def release(self) -> None:
        self._holds -= 1
        if not self._holds and self._were_on:
            gc.enable()


collections = _Collections()


class Background(QObject):
    """Does one and the same work in a thread, once at a time. Asked for it meanwhile, it does it once more after.

    `done` is told in the window's thread what each turn of `work` returned. What `work` raises is raised there, too.
    """

    _over = Signal(object)

    def __init__(self, owner: QObject, name: str, work: Callable[[], object], done: Callable[[Any], None]) -> None:
        super().__init__(owner)
        self._work, self._done = work, done
        self._turns: list[Future[Any]] = []  # one at most
        self._again = False
        self._pool = ThreadPoolExecutor(1, name)  # its thread waits for work: to start one takes milliseconds
        self._over.connect(self._finish)
        self.destroyed.connect(_ending(self._pool, self._turns))

    @property
    def is_busy(self) -> bool:
        return bool(self._turns)

    def start(self) -> None:
        if self._turns:
            self._again = True
            return
        collections.hold()
        turn = self._pool.submit(self._work)
        self._turns.append(turn)
        turn.add_done_callback(self._tell)

    def finish(self) -> None:
        """Wait for the work that is under way, and tell its result; what it was asked for meanwhile is forgotten."""
        self._again = False
        for turn in tuple(self._turns):
            wait([turn])
            self._finish(turn)

    def close(self) -> None:
        """As `finish`, and the thread goes; it cannot be started again."""
        self.finish()
        self._pool.shutdown()

    def _tell(self, turn: Future[Any]) -> None:
        """In the thread."""
        with contextlib.suppress(RuntimeError):  # the window has gone, and this object with it
            self._over.emit(turn)

    def _finish(self, turn: Future[Any]) -> None:
        if turn not in self._turns:
            return  # `finish` came before the signal
        self._turns.remove(turn)
        collections.release()
        again, self._again = self._again, False
        self._done(turn.result())
        if again:
            self.start()


def _ending(pool: ThreadPoolExecutor, turns: list[Future[Any]]) -> Callable[..., None]:
    """What waits for the thread, and holds nothing of the object that it belongs to."""

    def end(*_: object) -> None:
        pool.shutdown()
        for _turn in turns:
            collections.release()

    return end
