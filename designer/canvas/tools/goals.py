"""Where dragged nodes may be dropped beside the plane: into a block, or out of the one that is looked into."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from designer import structure
from designer.canvas.parts import NodeView
from designer.canvas.skin import RADIUS, Skin
from designer.canvas.stage import Pointer, Stage
from designer.canvas.tools.link import draw_bubble
from designer.language import tr
from graph.commands import MoveInto
from graph.commands.rewire import crossing


@dataclass(frozen=True)
class Goal:
    """`block` is the instance that takes the nodes; None: they leave the block. `wired`: with all their wires."""

    stage: Stage
    pointer: Pointer
    block: NodeView | None
    wired: bool = False

    def take(self, nodes: Collection[str]) -> None:
        session, scope = self.stage.session, self.stage.scope
        if self.block is None:
            session.selection.set(nodes)
            structure.move_out(session)
        else:
            session.do(MoveInto(tuple(sorted(nodes)), self.block.id, scope, self.wired))

    def paint(self, painter: QPainter, skin: Skin) -> None:
        if self.block is not None:
            left, top, right, bottom = self.stage.camera.rect_to_view(self.block.rect)
            painter.setPen(skin.line(skin.theme.selection, 3.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            radius = RADIUS * self.stage.camera.scale
            painter.drawRoundedRect(QRectF(left, top, right - left, bottom - top), radius, radius)
        into = self.block
        text = tr("Into {block}", block=into.title) if into is not None else tr("Out of the block")
        text = tr("{place}, with its wires", place=text) if self.wired else text
        draw_bubble(painter, skin, text, self.pointer, skin.theme.selection)


def find_goal(stage: Stage, pointer: Pointer, nodes: frozenset[str], *, detached: bool) -> Goal | None:
    """What would take these nodes if they were let go here. A block takes nodes without wires to others, and those
    that keep theirs: to lay one over a block by chance must not change the network."""
    if not nodes:
        return None
    if stage.model.path and stage.way_out(pointer):
        return Goal(stage, pointer, None)
    x, y = stage.at(pointer)
    below = [v for v in stage.model.nodes_in((x, y, x, y)) if v.block and v.id not in nodes]
    if not below:
        return None
    block, document = max(below, key=lambda view: view.order), stage.session.document
    wired = not detached and bool(crossing(document.graph(stage.scope), set(nodes)))
    if wired and not MoveInto(tuple(nodes), block.id, stage.scope).keeps_wires(document):
        return None
    return Goal(stage, pointer, block, wired)
