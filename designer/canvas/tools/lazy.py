"""Ctrl and a drag from node to node: they are wired by the sockets that fit best, wherever on them one aims."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from core.problem import Problem
from designer.canvas.parts import NodeView
from designer.canvas.stage import LinkEnd, Pointer, Stage
from designer.canvas.tools.link import DragLink


class LazyLink(DragLink):
    """Each output of one node is tried at each input of the other, free ones first; then the other way round."""

    def __init__(self, stage: Stage, start: Pointer, node: str) -> None:
        self._view = stage.model.nodes[node]
        ports = (*self._view.outputs, *self._view.inputs)
        first = LinkEnd(node, ports[0].end, ports[0].output) if ports else LinkEnd(node, "", True)
        self._was_selected = node in stage.session.selection.nodes
        super().__init__(stage, start, first)
        self._default = first
        self._found: dict[str, tuple[LinkEnd, LinkEnd | None, Problem | None]] = {}  # by the other node
        if not self._was_selected:
            selection = stage.session.selection
            selection.set(selection.nodes | {node}, selection.links, frames=selection.frames, notes=selection.notes)

    def move(self, pointer: Pointer) -> None:
        self._pointer, self._cursor = pointer, self.stage.at(pointer)
        self.target, self.refused, self.held = None, None, self._default
        view = self.stage.model.nodes.get(self.stage.hit(pointer).node)
        if view is not None and view.id != self._view.id:
            self._pair(view)
        self.stage.updated.emit()

    def _pair(self, view: NodeView) -> None:
        """The first pair of ends that fits; else the first pair, with the reason why it does not."""
        if view.id not in self._found:
            self._found[view.id] = self._best(view)
        self.held, self.target, self.refused = self._found[view.id]

    def _best(self, view: NodeView) -> tuple[LinkEnd, LinkEnd | None, Problem | None]:
        first: tuple[LinkEnd, LinkEnd | None, Problem | None] | None = None
        for held, end in self._pairs(view):
            self.held = held
            self._judged.clear()  # they were judged for another held end
            problem = self._judge(end)
            if problem is None:
                return held, end, None
            first = first or (held, end, problem)
        return first or (self._default, None, None)

    def _pairs(self, view: NodeView) -> Iterator[tuple[LinkEnd, LinkEnd]]:
        yield from product(_outputs(self._view), _inputs(view))
        yield from product(_inputs(self._view), _outputs(view))

    def end(self, pointer: Pointer) -> None:
        self.move(pointer)
        if self.target is not None and self.refused is None:
            self._connect(self.target)
        elif self.refused is not None:
            self.stage.session.notify(self.refused)

    def click(self, pointer: Pointer) -> None:
        """Without a drag, Ctrl selects, or takes out of the selection."""
        if self._was_selected:
            self.stage.session.selection.toggle(self._view.id)


def _outputs(view: NodeView) -> list[LinkEnd]:
    ports = sorted(view.outputs, key=lambda port: port.end in view.used_outputs)
    return [LinkEnd(view.id, port.end, True) for port in ports]


def _inputs(view: NodeView) -> list[LinkEnd]:
    ports = sorted(view.inputs, key=lambda port: port.end in view.used)
    return [LinkEnd(view.id, port.end, False) for port in ports]
