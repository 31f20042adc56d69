"""Frames and notes, and what removes a mixed selection."""

from __future__ import annotations

from collections.abc import Container, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.problem import LayerloomError
from graph import fields
from graph.commands.base import Command, Draft, graph_of
from graph.commands.removal import remove_nodes
from graph.document import Document
from graph.records import MAIN, Change, Frame, Note


@dataclass(frozen=True)
class AddFrame(Command):
    """A titled rectangle behind nodes. Without an id it is given one."""

    frame: Frame
    scope: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        graph_of(document, self.scope)
        values = fields.checked("Frame", fields.FRAME, {name: getattr(self.frame, name) for name in fields.FRAME})
        return [Change(self.scope, None, replace(self.frame, id=self.frame.id or document.new_id("f"), **values))]

    def describe(self, document: Document) -> str:
        return f"Add frame {self.frame.title}".rstrip()


@dataclass(frozen=True)
class AddNote(Command):
    """A text on the canvas. Without an id it is given one."""

    note: Note
    scope: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        graph_of(document, self.scope)
        values = fields.checked("Note", fields.NOTE, {name: getattr(self.note, name) for name in fields.NOTE})
        return [Change(self.scope, None, replace(self.note, id=self.note.id or document.new_id("t"), **values))]

    def describe(self, document: Document) -> str:
        return "Add note"


@dataclass(frozen=True)
class SetFrame(Command):
    """Fields of a frame: title, place, size, colour. To move it with what it carries, see `MoveNodes`."""

    frame: str
    values: Mapping[str, Any]
    scope: str = MAIN
    token: Hashable = None

    def changes(self, document: Document) -> list[Change]:
        frame = graph_of(document, self.scope).frames.get(self.frame)
        if frame is None:
            raise LayerloomError(f"There is no frame {self.frame}.", code="missing-frame")
        after = replace(frame, **fields.checked("Frame", fields.FRAME, self.values))
        return [Change(self.scope, frame, after)] if after != frame else []

    def describe(self, document: Document) -> str:
        return f"Change frame {', '.join(self.values)}"

    @property
    def merge_key(self) -> Hashable | None:
        return None if self.token is None else ("frame", self.scope, self.frame, self.token)


@dataclass(frozen=True)
class SetNote(Command):
    """Fields of a note: text, place, width, the node that it is bound to."""

    note: str
    values: Mapping[str, Any]
    scope: str = MAIN
    token: Hashable = None

    def changes(self, document: Document) -> list[Change]:
        graph = graph_of(document, self.scope)
        note = graph.notes.get(self.note)
        if note is None:
            raise LayerloomError(f"There is no note {self.note}.", code="missing-note")
        after = replace(note, **fields.checked("Note", fields.NOTE, self.values))
        if after.node and after.node not in graph:
            raise LayerloomError(f"There is no node {after.node} to bind the note to.", code="missing-node")
        return [Change(self.scope, note, after)] if after != note else []

    def describe(self, document: Document) -> str:
        return "Edit note" if "text" in self.values else f"Change note {', '.join(self.values)}"

    @property
    def merge_key(self) -> Hashable | None:
        return None if self.token is None else ("note", self.scope, self.note, self.token)


@dataclass(frozen=True)
class RemoveItems(Command):
    """Whatever of nodes, wires, frames and notes is selected goes, as `RemoveNodes` does it; ids that are gone already
    are passed over."""

    items: tuple[str, ...]
    scope: str = MAIN
    heal: bool = False

    def changes(self, document: Document) -> list[Change]:
        graph, draft = graph_of(document, self.scope), Draft(document)
        for held in (graph.links, graph.frames, graph.notes):
            for id in self.items:
                if id in held:
                    draft.drop(self.scope, held[id])
        remove_nodes(draft, self.scope, [id for id in self.items if id in graph], heal=self.heal)
        return draft.changes

    def describe(self, document: Document) -> str:
        graph = graph_of(document, self.scope)
        if len(self.items) == 1 and self.items[0] in graph:
            return f"Remove {document.label(self.scope, self.items[0])}"
        kinds: dict[str, Container[object]] = {
            "nodes": graph,
            "wires": graph.links,
            "frames": graph.frames,
            "notes": graph.notes,
        }
        found = [name for name, held in kinds.items() if any(id in held for id in self.items)]
        noun = found[0] if len(found) == 1 else "items"
        return f"Remove {noun.removesuffix('s')}" if len(self.items) == 1 else f"Remove {len(self.items)} {noun}"
