"""New, open, save, close, autosave and recovery of the one design of a window. Failures become sentences in toasts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog, QMessageBox

from core.catalog.families import default_catalog
from core.problem import LayerloomError, Problem
from designer.qt import follow
from designer.session import Button, Session
from designer.shell.recent import remember
from graph import storage
from graph.document import Document

if TYPE_CHECKING:
    from designer.window import MainWindow

AUTOSAVE_DELAY = 3000  # milliseconds after the last edit
_FILTER = f"Layerloom designs (*{storage.SUFFIX});;All files (*)"


class Files(QObject):
    """The window's file, as the session holds its path."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._fingerprint = ""
        self._autosave: storage.Autosave | None = None
        self._recovered: storage.Recovery | None = None
        self._autosave_timer = QTimer(self, singleShot=True, interval=AUTOSAVE_DELAY)
        self._autosave_timer.timeout.connect(self.write_autosave)

    @property
    def _session(self) -> Session:
        return self._window.session

    def adopt(self, session: Session) -> None:
        """Look after the document of a session from now on."""
        self.forget_autosave()
        self._fingerprint = storage.fingerprint(session.path) if session.path else ""
        self._autosave = storage.Autosave(session.document, session.path)
        follow(self._window.canvas, session.document.changed, lambda _changes: self._autosave_timer.start())

    # -- new and open

    def ask_new(self) -> None:
        from designer.shell.gallery import Gallery

        gallery = Gallery(self._window)
        gallery.chosen.connect(self.new)
        gallery.open()

    def new(self, document: Document) -> None:
        """Start from a document that no file holds."""
        if self.may_leave():
            self._window.set_session(document, None)

    def ask_open(self) -> None:
        start = str(self._session.path.parent) if self._session.path else ""
        name, _ = QFileDialog.getOpenFileName(self._window, "Open a design", start, _FILTER)
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> bool:
        """Open a design file in this window; whether that went well."""
        loaded = self._load(partial(storage.load, path, default_catalog()))
        if loaded is None or not self.may_leave():
            return False
        self._show(*loaded, path.resolve())
        remember(path)
        return True

    def open_copy(self, path: Path) -> bool:
        """Open an example: its content, to be saved elsewhere."""
        loaded = self._load(partial(storage.load, path, default_catalog()))
        if loaded is None or not self.may_leave():
            return False
        self._show(*loaded, None)
        return True

    def _load(self, load: Callable[[], tuple[Document, list[Problem]]]) -> tuple[Document, list[Problem]] | None:
        try:
            return load()
        except LayerloomError as error:
            self._session.notify(error.problem)
            return None

    def _show(self, document: Document, problems: list[Problem], path: Path | None) -> None:
        self._window.set_session(document, path)
        for problem in problems[:3]:
            self._session.notify(problem)
        if len(problems) > 3:
            self._session.notify(f"The file has {len(problems) - 3} more oddities; all of them were kept.")

    # -- save

    def save(self) -> bool:
        """Save to the design's file, or ask for one; whether it is on disk now."""
        path = self._session.path
        if path is None:
            return self.ask_save()
        if self._fingerprint and storage.fingerprint(path) not in ("", self._fingerprint):
            return self._ask_overwrite(path)
        return self._write(path)

    def ask_save(self) -> bool:
        session = self._session
        start = session.path or Path(f"{session.title}{storage.SUFFIX}")
        name, _ = QFileDialog.getSaveFileName(self._window, "Save the design", str(start), _FILTER)
        if not name:
            return False
        path = Path(name)
        return self._write(path if path.suffix else path.with_suffix(storage.SUFFIX))

    def _write(self, path: Path) -> bool:
        session = self._session
        try:
            self._fingerprint = storage.save(session.document, path)
        except LayerloomError as error:
            session.notify(error.problem, Button("Save as…", self.ask_save))
            return False
        session.history.mark_saved()
        session.path = path.resolve()
        remember(path)
        self._autosave_timer.stop()
        if self._autosave is not None:
            self._autosave.path = session.path
            self._autosave.clear()
        self._forget_recovered()
        return True

    def _ask_overwrite(self, path: Path) -> bool:
        self._session.notify(
            Problem("changed-on-disk", f"{path.name} was changed by another program since it was opened here."),
            Button("Overwrite it", lambda: self._write(path)),
            Button("Save as…", self.ask_save),
        )
        return False

    # -- close

    def may_leave(self) -> bool:
        """Whether the design may be left: saved, or not wanted. Asks where it has edits that no file has."""
        if not self._session.is_dirty:
            return True
        box = QMessageBox(self._window)
        box.setWindowTitle("Unsaved changes")
        box.setText(f"Save the changes to {self._session.title}?")
        box.setInformativeText("Without saving, they are lost.")
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        answer = box.exec()
        if answer == buttons.Save:
            return self.save()
        return bool(answer == buttons.Discard)

    def close_design(self) -> None:
        """Leave the design for an empty one."""
        self.new(Document(default_catalog()))

    # -- autosave

    def write_autosave(self) -> None:
        if self._autosave is None or not self._session.is_dirty:
            return
        try:
            self._autosave.write()
        except LayerloomError as error:
            self._session.notify(error.problem)

    def forget_autosave(self) -> None:
        """The copy is not wanted any more."""
        self._autosave_timer.stop()
        if self._autosave is not None:
            self._autosave.close()
            self._autosave = None
        self._forget_recovered()

    def _forget_recovered(self) -> None:
        """The restored copy was kept until now, in case of another crash."""
        if self._recovered is not None:
            self._recovered.discard()
            self._recovered = None

    def offer_recovery(self) -> None:
        """Offer what a crash left behind, the newest first."""
        for found in storage.recoverable()[:1]:
            name = found.path.name if found.path else found.title or "an unsaved design"
            self._session.notify(
                Problem("recovery", f"Layerloom did not close properly. Unsaved changes to {name} were kept."),
                Button("Restore", partial(self._restore, found)),
                Button("Discard", found.discard),
            )

    def _restore(self, found: storage.Recovery) -> None:
        loaded = self._load(partial(found.load, default_catalog()))
        if loaded is not None and self.may_leave():
            self._show(*loaded, found.path)
            self._session.history.mark_unsaved()
            self._recovered = found
