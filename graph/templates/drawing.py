"""A terse way to draw a design through commands: nodes on a grid, wired as they are placed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from core.catalog import Catalog
from core.program.program import Init
from graph.commands.base import Command
from graph.commands.blocks import SetPromotion
from graph.commands.decor import AddFrame, AddNote
from graph.commands.links import Connect
from graph.commands.nodes import AddNode
from graph.commands.settings import SetSetting
from graph.document import Document
from graph.lessons.lesson import SETTING, Lesson, Tasks, tasks
from graph.records import BLOCK_PREFIX, MAIN, Block, Change, Frame, Node, Note
from graph.templates.tried import TRIED

COLUMN, ROW = 240.0, 128.0  # from one node to the next, to the right and down
WIDTH, HEIGHT = 176.0, 48.0  # of a node, as the canvas draws it
_PORT_ROW, _ROWS_END = 22.0, 6.0
STRAIGHT = 20.0 / ROW  # rows from the top of a node of two inputs to one whose wire runs straight into the second
LABELLED = 35.0 / ROW  # rows from the top of a node with labelled inputs to one whose wire runs straight into the first
_MARGIN, _TITLE = 24.0, 26.0  # of a frame


class Drawing:
    """Builds one scope of a document; `block` opens the inside of a new block."""

    def __init__(self, catalog: Catalog, title: str = "", document: Document | None = None, scope: str = MAIN) -> None:
        self.document = document or Document(catalog)
        self.scope = scope
        if title:
            self.do(SetSetting("title", title))

    def do(self, command: Command) -> None:
        command.apply(self.document)

    def job(self, **values: Any) -> None:
        self.do(SetSetting("job", values))

    def node(
        self,
        layer: str,
        *sources: str,
        at: tuple[float, float],
        name: str = "",
        repeat: int = 1,
        init: Init | None = None,
        params: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> str:
        """A node at (column, row), wired in order from `sources` (``node`` or ``node.port``). Returns its id."""
        id = self.document.new_id()
        x, y = at[0] * COLUMN, at[1] * ROW
        node = Node(id, layer, name=name, x=x, y=y, repeat=repeat, init=init, params={**(params or {}), **more})
        self.do(AddNode(node, self.scope))
        spec = self.document.spec(layer)
        assert spec is not None
        for index, source in enumerate(sources):
            port = spec.inputs[min(index, len(spec.inputs) - 1)]
            self.wire(source, id, port.id)
        return id

    def wire(self, source: str, target: str, port: str) -> None:
        node, _, out = source.partition(".")
        spec = self.document.spec(self.document.graph(self.scope).node(node).layer)
        assert spec is not None
        self.do(Connect(node, out or spec.outputs[0].id, target, port, self.scope))

    def block(self, name: str, doc: str) -> tuple[str, Drawing]:
        """A new, empty block: the layer id of its instances, and the drawing of its inside."""
        id = self.document.new_id("b")
        self.document.apply([Change(MAIN, None, Block(id, name, doc))])
        return BLOCK_PREFIX + id, Drawing(self.document.catalog, document=self.document, scope=id)

    def promote(self, name: str, *params: tuple[str, str]) -> None:
        """Let each instance of this block set `name`, which reaches these parameters of these nodes."""
        for node, param in params:
            self.do(SetPromotion(self.scope, node, param, name))

    def frame(self, title: str, *nodes: str) -> None:
        """A titled frame round the nodes."""
        placed = [self.document.graph(self.scope).node(node) for node in nodes]
        left, top = min(n.x for n in placed) - _MARGIN, min(n.y for n in placed) - _MARGIN - _TITLE
        right, bottom = max(n.x for n in placed) + WIDTH + _MARGIN, max(n.y + self._height(n) for n in placed) + _MARGIN
        self.do(AddFrame(Frame("", title, left, top, right - left, bottom - top), self.scope))

    def _height(self, node: Node) -> float:
        """As the canvas draws it: a row for each port where there are several."""
        spec = self.document.spec(node.layer)
        rows = max(len(spec.inputs), len(spec.outputs)) if spec is not None else 0
        return HEIGHT + (_ROWS_END + rows * _PORT_ROW if rows > 1 else 0.0)

    def note(self, text: str, at: tuple[float, float], width: float = 416.0) -> None:
        self.do(AddNote(Note("", text, at[0] * COLUMN, at[1] * ROW, width), self.scope))

    def lesson(self, what: str, look: str, tries: Tasks, *, goals: Tasks = ()) -> None:
        """What this is, what to look at, things to try, and what to reach; the title makes its id.

        A task is a sentence, or a `Task` with a check that the application verifies; `tried.TRIED` has further checks.
        """
        id = re.sub(r"[^a-z0-9]+", "_", self.document.title.lower()).strip("_")
        known = zip_longest(tasks(tries), TRIED.get(id, ())[: len(tries)])
        tried = tuple(replace(task, check=task.check or check) for task, check in known)
        self.do(SetSetting(SETTING, Lesson(id, what, look, tried, tasks(goals)).to_json()))
