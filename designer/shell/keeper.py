"""The file of one open design: saved whole or not at all, and a copy of what is unsaved for the day of a crash."""

from __future__ import annotations

import contextlib
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from core.problem import LayerloomError, Problem
from designer.background import Background
from designer.qt import follow
from designer.session import Session
from graph import storage

AUTOSAVE_DELAY = 1000  # milliseconds from an edit until its copy is on disk, however many edits follow


class Keeper(QObject):
    """Looks after the document of a session until `close`. Knows no widget.

    An edit is in the autosave within about a second, so that a crash never costs more than two. The copy lies apart
    from the design's file, which `save` alone writes; it is worked out and written in a thread of its own, so that the
    window never waits for a disk.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._recovered: storage.Recovery | None = None
        self._is_failing = False
        self._fingerprint = storage.fingerprint(session.path) if session.path else ""
        self._autosave = storage.Autosave(session.document, session.path)
        self._timer = QTimer(self, singleShot=True, interval=AUTOSAVE_DELAY)
        self._writer = Background(self, "autosave", self._written, self._note_written)
        self._timer.timeout.connect(self.begin_autosave)
        follow(self, session.document.changed, lambda _changes: self._soon())

    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    # -- the file

    @property
    def is_changed_on_disk(self) -> bool:
        """Somebody else has written the file since it was opened or saved here."""
        path = self.session.path
        return bool(path and self._fingerprint and storage.fingerprint(path) not in ("", self._fingerprint))

    def save(self, path: Path) -> None:
        """Write the design, which is then the content of that file.

        Raises:
            LayerloomError: the file could not be written; the old one and the autosave are as they were.
        """
        with contextlib.suppress(LayerloomError):
            self._autosave.write()  # a crash before it is cleared then leaves the same as the file, nothing older
        self._fingerprint = storage.write(self.text(), path)
        self.session.history.mark_saved()
        self.session.path = self._autosave.path = path.resolve()
        self._timer.stop()
        self._autosave.clear()
        self._forget_recovered()

    def text(self) -> str:
        """The text of the design as it stands. Raises like `graph.codec.encode`."""
        return self._autosave.text()

    # -- the copy

    def write_autosave(self) -> None:
        """Write the copy now, if there are edits that no file has. A failure is told once, until it goes well again."""
        self._writer.finish()  # of what was begun before
        self.begin_autosave()
        self._writer.finish()

    def begin_autosave(self) -> None:
        """As `write_autosave`, without waiting for it."""
        if self.session.is_dirty:
            self._writer.start()
        else:
            self._writer.finish()
            self._autosave.clear()

    def _written(self) -> bool | Problem:
        """In the thread: whether there was anything to write, or why it could not be."""
        try:
            return self._autosave.write()
        except LayerloomError as error:
            return error.problem

    def _note_written(self, result: bool | Problem) -> None:
        if isinstance(result, Problem):
            if not self._is_failing:
                self.session.notify(result)
            self._soon()
        elif result:
            self._forget_recovered()
        self._is_failing = isinstance(result, Problem)

    def keep(self, recovered: storage.Recovery) -> None:
        """The document came out of this copy, which stays until a newer one or the file has it."""
        self._recovered = recovered

    def _forget_recovered(self) -> None:
        if self._recovered is not None:
            self._recovered.discard()
            self._recovered = None

    def close(self) -> None:
        """The document is left: no copy of it is wanted any more."""
        self._timer.stop()
        self._timer.blockSignals(True)  # whatever is edited now is not kept
        self._writer.close()
        self._autosave.close()
        self._forget_recovered()
