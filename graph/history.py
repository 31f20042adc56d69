"""Undo and redo: what was done to a document, as steps that can be taken back and taken again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.signal import Signal
from graph.commands.base import Command, compose, inverse
from graph.document import Document
from graph.records import Change

LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One undo step: what the person reads, and what it changed."""

    label: str
    changes: tuple[Change, ...]
    merge_key: Hashable | None = None


class History:
    """The steps that led to the document as it is, and those that were undone and can be done again.

    Make it before other parts listen to the document: it then notes each change first, whatever those parts do. A
    change that reaches the document past `do` is noted as a step called "Edit", so every edit can be undone.
    `changed` is emitted after each step forth or back, each group, and `mark_saved`.
    """

    def __init__(self, document: Document, limit: int = LIMIT) -> None:
        self.document = document
        self.limit = limit
        self.changed: Signal[[]] = Signal()
        self._entries: list[Entry] = []
        self._position = 0
        self._saved: int | None = 0
        self._group: list[Change] | None = None
        self._pending: Callable[[], None] | None = None
        self._close = document.changed.connect(self._on_changed)

    def close(self) -> None:
        """Stop listening to the document."""
        self._close()

    # -- what there is

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every step, oldest first; those from `position` on are undone."""
        return tuple(self._entries)

    @property
    def position(self) -> int:
        """How many of the entries are done."""
        return self._position

    @property
    def can_undo(self) -> bool:
        return self._group is None and self._position > 0

    @property
    def can_redo(self) -> bool:
        return self._group is None and self._position < len(self._entries)

    @property
    def undo_label(self) -> str:
        """What undo would take back; empty where there is nothing."""
        return self._entries[self._position - 1].label if self.can_undo else ""

    @property
    def redo_label(self) -> str:
        return self._entries[self._position].label if self.can_redo else ""

    @property
    def is_saved(self) -> bool:
        return self._saved == self._position

    def mark_saved(self) -> None:
        """The document as it is now is on disk."""
        self._saved = self._position
        self.changed.emit()

    def mark_unsaved(self) -> None:
        """No step of this history is on disk (a document that was restored after a crash)."""
        self._saved = None
        self.changed.emit()

    # -- what can be done

    def do(self, command: Command) -> None:
        """Do it and note it; an act that changes nothing is not noted.

        Raises:
            LayerloomError: it cannot be; nothing happened.
        """
        changes = tuple(command.changes(self.document))
        if not changes:
            return
        entry = Entry(command.describe(self.document), changes, command.merge_key)
        self._apply(changes, lambda: self._push(entry))

    def undo(self) -> None:
        """Take the last step back; nothing where there is none."""
        if self.can_undo:
            changes = inverse(self._entries[self._position - 1].changes)
            self._apply(changes, lambda: self._move(-1))

    def redo(self) -> None:
        """Take the last undone step again; nothing where there is none."""
        if self.can_redo:
            self._apply(self._entries[self._position].changes, lambda: self._move(1))

    def jump(self, position: int) -> None:
        """Undo or redo until `position` entries are done."""
        if not 0 <= position <= len(self._entries):
            raise IndexError(f"There are {len(self._entries)} steps, not {position}.")
        while self._position > position:
            self.undo()
        while self._position < position:
            self.redo()

    @contextmanager
    def group(self, label: str) -> Iterator[None]:
        """What is done inside is one step. If the body raises, all of it is taken back. Inner groups join the outer."""
        if self._group is not None:
            yield
            return
        self._group = []
        try:
            yield
        except BaseException:
            done, self._group = self._group, None
            if done:
                self._apply(inverse(done), lambda: None)
            raise
        done, self._group = self._group, None
        if done:
            self._push(Entry(label, compose((), done)))
            self.changed.emit()

    def clear(self) -> None:
        """Forget every step; whether the document is saved stays known."""
        self._saved = 0 if self.is_saved else None
        self._entries, self._position = [], 0
        self.changed.emit()

    # -- how it is noted

    def _apply(self, changes: tuple[Change, ...], note: Callable[[], None]) -> None:
        """Change the document; `note` runs before any other listener, so that one which raises leaves no step out."""
        self._pending = note
        try:
            self.document.apply(changes)
        finally:
            self._pending = None
            self.changed.emit()

    def _on_changed(self, changes: tuple[Change, ...]) -> None:
        note, self._pending = self._pending, None
        if note is not None:
            note()
        else:
            self._push(Entry("Edit", changes))

    def _move(self, step: int) -> None:
        self._position += step

    def _push(self, entry: Entry) -> None:
        if self._group is not None:
            self._group += entry.changes
            return
        if self._saved is not None and self._saved > self._position:
            self._saved = None
        del self._entries[self._position :]
        if not self._merge(entry):
            self._entries.append(entry)
            self._position += 1
        self._trim()

    def _merge(self, entry: Entry) -> bool:
        """Fold it into the last step, if both belong together and the file on disk does not lie between them."""
        last = self._entries[-1] if self._entries else None
        if last is None or entry.merge_key is None or last.merge_key != entry.merge_key or self.is_saved:
            return False
        changes = compose(last.changes, entry.changes)
        if all(change.before == change.after for change in changes):
            self._entries.pop()
            self._position -= 1
        else:
            self._entries[-1] = Entry(last.label if _adds(last) else entry.label, changes, entry.merge_key)
        return True

    def _trim(self) -> None:
        extra = len(self._entries) - self.limit
        if extra > 0:
            del self._entries[:extra]
            self._position -= extra
            if self._saved is not None:
                self._saved = self._saved - extra if self._saved >= extra else None


def _adds(entry: Entry) -> bool:
    return any(change.before is None for change in entry.changes)
