"""New, open, save, close and recovery of the designs of a window. Failures become sentences in toasts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QMessageBox

from core.catalog.families import default_catalog
from core.problem import LayerloomError, Problem, Severity
from designer.language import tr
from designer.numbers import listed
from designer.session import Button, Session
from designer.shell.imports import MODELS, import_model
from designer.shell.recent import remember
from designer.shell.tab import Tab
from graph import storage
from graph.document import Document

if TYPE_CHECKING:
    from designer.window import MainWindow

_TOLD = 4  # messages about one file
_FILTER = f"Layerloom designs (*{storage.SUFFIX});;All files (*)"
_MODELS = " ".join(f"*{ending}" for ending in MODELS)
_OPENED = f"Designs and models (*{storage.SUFFIX} {_MODELS});;{_FILTER}"


class Files:
    """The files of the window's tabs; each tab's `Keeper` does the work on disk."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._open_files = storage.OpenFiles()

    @property
    def _session(self) -> Session:
        return self._window.session

    # -- new and open

    def ask_new(self) -> None:
        from designer.shell.gallery import Gallery

        gallery = Gallery(self._window)
        gallery.chosen.connect(self.new)
        gallery.open()

    def new(self, document: Document) -> None:
        """Start from a document that no file holds."""
        self._window.open_tab(document, None)

    def ask_open(self) -> None:
        start = str(self._session.path.parent) if self._session.path else ""
        names, _ = QFileDialog.getOpenFileNames(self._window, tr("Open designs"), start, _OPENED)
        for name in names:
            self.open(Path(name))

    def open(self, path: Path) -> bool:
        """Open a design in a tab, or bring the tab that has it to the front; whether that went well. A model is read in
        the background."""
        if path.suffix.lower() in MODELS:
            import_model(self._window, path)
            return True
        there = next((tab for tab in self._window.tabs.tabs() if tab.session.path == path.resolve()), None)
        if there is not None:
            self._window.select_tab(there)
            return True
        if self._show(partial(storage.load, path, default_catalog()), path.resolve()) is None:
            return False
        remember(path)
        return True

    def open_copy(self, path: Path) -> bool:
        """Open an example: its content, to be saved elsewhere."""
        return self._show(partial(storage.load, path, default_catalog()), None) is not None

    def _show(self, load: Callable[[], tuple[Document, list[Problem]]], path: Path | None) -> Tab | None:
        try:
            document, problems = load()
        except LayerloomError as error:
            self._session.notify(error.problem)
            return None
        tab = self._window.open_tab(document, path)
        for problem in _told(problems):
            tab.session.notify(problem)
        return tab

    def note_open(self) -> None:
        """Keep on disk which files are open, for the day of a crash."""
        self._open_files.note([tab.session.path for tab in self._window.tabs.tabs() if tab.session.path])

    def close(self) -> None:
        """The window closes as it should."""
        self._open_files.clear()

    # -- save

    def save(self, tab: Tab | None = None) -> bool:
        """Save to the design's file, or ask for one; whether it is on disk now."""
        tab = tab or self._window.tab
        path = tab.session.path
        if path is None:
            return self.ask_save(tab)
        if tab.keeper.is_changed_on_disk:
            return self._ask_overwrite(tab, path)
        return self._write(tab, path)

    def ask_save(self, tab: Tab | None = None) -> bool:
        tab = tab or self._window.tab
        start = tab.session.path or Path(f"{tab.session.title}{storage.SUFFIX}")
        name, _ = QFileDialog.getSaveFileName(self._window, tr("Save the design"), str(start), _FILTER)
        if not name:
            return False
        path = Path(name)
        return self._write(tab, path if path.suffix else path.with_suffix(storage.SUFFIX))

    def _write(self, tab: Tab, path: Path) -> bool:
        try:
            tab.keeper.save(path)
        except LayerloomError as error:
            tab.session.notify(error.problem, Button(tr("Save as…"), lambda: self.ask_save(tab)))
            return False
        remember(path)
        self.note_open()
        return True

    def _ask_overwrite(self, tab: Tab, path: Path) -> bool:
        tab.session.notify(
            Problem("changed-on-disk", f"{path.name} was changed by another program since it was opened here."),
            Button(tr("Overwrite it"), lambda: self._write(tab, path)),
            Button(tr("Save as…"), lambda: self.ask_save(tab)),
        )
        return False

    # -- close

    def may_leave(self, tab: Tab) -> bool:
        """Whether one design may be left while the window stays: also asks where it is being trained or searched."""
        run = tab.session.run
        if run.is_active and not self._may_stop(
            tab,
            tr("{title} is being trained. Closing it stops the training.", title=tab.session.title),
            tr("What was learnt so far is saved; the run can be resumed from the Runs panel."),
        ):
            return False
        if run.is_searching and not self._may_stop(
            tab,
            tr("Settings of {title} are being searched. Closing it stops the search.", title=tab.session.title),
            tr("All trials so far are kept; the study can be resumed from the Search panel."),
        ):
            return False
        return self.may_close(tab)

    def _may_stop(self, tab: Tab, text: str, more: str) -> bool:
        self._window.select_tab(tab)
        close, cancel = QMessageBox.StandardButton.Close, QMessageBox.StandardButton.Cancel
        return self._ask(text, more, close | cancel, cancel) == close

    def may_close(self, tab: Tab) -> bool:
        """Whether a design may be left: saved, or not wanted. Asks where it has edits that no file has."""
        if not tab.session.is_dirty:
            return True
        self._window.select_tab(tab)
        buttons = QMessageBox.StandardButton
        text = tr("Save the changes to {title}?", title=tab.session.title)
        offered = buttons.Save | buttons.Discard | buttons.Cancel
        answer = self._ask(text, tr("Without saving, they are lost."), offered, buttons.Save)
        return self.save(tab) if answer == buttons.Save else answer == buttons.Discard

    def _ask(
        self, text: str, more: str, offered: QMessageBox.StandardButton, default: QMessageBox.StandardButton
    ) -> QMessageBox.StandardButton:
        box = QMessageBox(self._window)
        box.setWindowTitle(tr("Close"))
        box.setText(text)
        box.setInformativeText(more)
        box.setStandardButtons(offered)
        box.setDefaultButton(default)
        return QMessageBox.StandardButton(box.exec())

    # -- after a crash

    def offer_recovery(self) -> None:
        """Offer everything that was open in windows that died: what was unsaved, and the files beside it."""
        found, lists = storage.recoverable(), storage.left_open()
        held = {recovery.path for recovery in found}
        paths = {path: None for left in lists for path in left.paths if path not in held and path.is_file()}
        if not found and not paths:
            for left in lists:
                left.discard()
            return
        names = [
            recovery.path.name if recovery.path else recovery.title or tr("an unsaved design") for recovery in found
        ]
        kept = " " + tr("Unsaved changes to {names} were kept.", names=listed(names)) if names else ""
        beside = " " + tr("Was open: {names}.", names=listed([path.name for path in paths])) if paths else ""
        message = tr("Layerloom did not close properly.") + kept + beside

        def restore() -> None:
            for path in paths:
                self.open(path)
            for recovery in reversed(found):
                self._restore(recovery)
            discard(copies=False)

        def discard(*, copies: bool = True) -> None:
            for left in (*lists, *(found if copies else ())):
                left.discard()

        buttons = (Button(tr("Restore"), restore), Button(tr("Discard"), discard))
        self._session.notify(Problem("recovery", message, severity=Severity.WARNING), *buttons)

    def _restore(self, found: storage.Recovery) -> None:
        tab = self._show(partial(found.load, default_catalog()), found.path)
        if tab is not None:
            tab.session.history.mark_unsaved()
            tab.keeper.keep(found)


def _told(problems: list[Problem]) -> list[Problem]:
    """What is told of a file: what was left out of it first; beyond a few, one message that holds the rest."""
    ordered = sorted(problems, key=lambda problem: problem.code != "left-out")
    if len(ordered) <= _TOLD:
        return ordered
    rest = ordered[_TOLD - 1 :]
    lost = sum(problem.code == "left-out" for problem in rest)
    fate = f"{lost} of them lost something that cannot be read; saving writes the design without it" if lost else ""
    message = f"The file has {len(rest)} more oddities: {fate or 'all of them were kept'}."
    detail = "\n".join(problem.message for problem in rest)
    severity = Severity.WARNING if lost else Severity.HINT
    return [*ordered[: _TOLD - 1], Problem("oddities", message, severity=severity, detail=detail)]
