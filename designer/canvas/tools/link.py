"""Drag a wire from port to port, in either direction; grab an occupied input to plug its wire elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath

from core.problem import Problem
from designer.canvas.camera import Point, grown
from designer.canvas.hit import PORT_REACH
from designer.canvas.parts import NodeView
from designer.canvas.route import route
from designer.canvas.skin import Skin
from designer.canvas.stage import LinkEnd, Pointer, Stage
from designer.canvas.tools.base import Gesture
from designer.sentences import told
from graph.commands.base import Batch, Command
from graph.commands.links import Connect, Disconnect
from graph.records import Link
from graph.wiring import refusal

MAGNET = 30.0  # pixels within which a port attracts the end of the wire
BUBBLE = 300.0  # widest message at the cursor


class DragLink(Gesture):
    """`held` is the end that stays; `replugged` the wire that is being plugged elsewhere, if any."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, stage: Stage, start: Pointer, held: LinkEnd, replugged: str = "") -> None:
        super().__init__(stage, start)
        self.held, self._replugged = held, replugged
        self.target: LinkEnd | None = None
        self.refused: Problem | None = None
        self._cursor: Point = stage.at(start)
        self._pointer = start
        self._judged: dict[LinkEnd, Problem | None] = {}

    def begin(self) -> None:
        self.stage.mark(hidden=frozenset(filter(None, [self._replugged])))

    def move(self, pointer: Pointer) -> None:
        self._pointer, self._cursor = pointer, self.stage.at(pointer)
        self.target = self._port_near() or self._port_of_node(pointer)
        self.refused = self._judge(self.target) if self.target else None
        self.stage.updated.emit()

    # -- where it would end

    def _port_near(self) -> LinkEnd | None:
        """The port aimed at; else the nearest that the wire may end at; else the nearest of the right direction."""
        reach = MAGNET / self.stage.camera.scale
        x, y = self._cursor
        found: list[tuple[float, LinkEnd]] = []
        for view in self.stage.model.nodes_in(grown((x, y, x, y), reach)):
            for end, at in self._ends(view):
                away = ((at[0] - x) ** 2 + (at[1] - y) ** 2) ** 0.5
                if away < reach:
                    found.append((away, end))
        found.sort(key=lambda pair: pair[0])
        if found and found[0][0] < PORT_REACH / self.stage.camera.scale:
            aimed = self.stage.model.nodes[found[0][1].node]
            if aimed.collapsed:
                return self._best_of(aimed)
            return found[0][1]  # aimed at: if it does not fit, the reason is what is wanted
        fitting = next((end for _, end in found if self._judge(end) is None), None)
        return fitting or (found[0][1] if found else None)

    def _port_of_node(self, pointer: Pointer) -> LinkEnd | None:
        """Dropped on a node's body, a wire takes the first port that fits, a free one before an occupied one."""
        view = self.stage.model.nodes.get(self.stage.hit(pointer).node)
        return self._best_of(view) if view is not None else None

    def _best_of(self, view: NodeView) -> LinkEnd | None:
        ends = [end for end, _ in self._ends(view)]
        ends.sort(key=lambda end: not end.output and end.port in view.used)
        return next((end for end in ends if self._judge(end) is None), ends[0] if ends else None)

    def _ends(self, view: NodeView) -> Iterator[tuple[LinkEnd, Point]]:
        if view.id == self.held.node:
            return
        for port in view.inputs if self.held.output else view.outputs:
            yield LinkEnd(view.id, port.end, port.output), (view.x + port.dx, view.y + port.dy)

    def _judge(self, end: LinkEnd) -> Problem | None:
        """Why the wire cannot end there; asked once for each end during a drag."""
        if end not in self._judged:
            stage = self.stage
            self._judged[end] = refusal(
                stage.session.document, stage.session.inference, stage.model.path, self._link(end), self._replugged
            )
        return self._judged[end]

    def _link(self, end: LinkEnd) -> Link:
        source, target = (self.held, end) if self.held.output else (end, self.held)
        return Link("", source.node, source.port, target.node, target.port)

    # -- what comes of it

    def end(self, pointer: Pointer) -> None:
        self.move(pointer)
        self.stage.mark(hidden=frozenset())
        if self.target is not None:
            if self.refused is None:
                self._connect(self.target)
            elif self.refused.fixes and not self._replugged:
                self.stage.session.notify(self.refused)  # its fixes make the wire and what lets it fit
        elif self._replugged:
            self.stage.session.do(Disconnect((self._replugged,), self.stage.scope))
        else:
            self.stage.quick_add.emit((pointer.x, pointer.y), self.held)

    def _connect(self, end: LinkEnd) -> None:
        stage, link = self.stage, self._link(end)
        connect = Connect(link.source, link.source_port, link.target, link.target_port, stage.scope, replace=True)
        command: Command = connect
        if self._replugged:
            old = stage.session.document.graph(stage.scope).links[self._replugged]
            if (old.target, old.target_port) == (link.target, link.target_port):
                return
            command = Batch(connect.describe(stage.session.document), (Disconnect((old.id,), stage.scope), connect))
        stage.session.do(command)

    def click(self, pointer: Pointer) -> None:
        node = self.stage.hit(pointer).node
        if node:
            self.stage.session.selection.set([node])

    def cancel(self) -> None:
        self.stage.mark(hidden=frozenset())

    # -- how it looks

    def paint(self, painter: QPainter, skin: Skin) -> None:
        if not self.is_drag:
            return
        theme, camera = skin.theme, self.stage.camera
        held = self.stage.model.port_point(self.held.node, self.held.port, output=self.held.output)
        free = self._cursor
        if self.target is not None and self.refused is None:
            free = self.stage.model.port_point(self.target.node, self.target.port, output=self.target.output)
        start, finish = (held, free) if self.held.output else (free, held)
        path = QPainterPath()
        for a, b, c, d in route(camera.to_view(*start), camera.to_view(*finish)).curves:
            path.moveTo(QPointF(*a))
            path.cubicTo(QPointF(*b), QPointF(*c), QPointF(*d))
        colour = theme.danger if self.refused else theme.selection
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(skin.line(colour, 2.2))
        painter.drawPath(path)
        painter.setBrush(colour)
        painter.setPen(skin.line(theme.canvas, 2.0))
        for point in (held, free):
            painter.drawEllipse(QPointF(*camera.to_view(*point)), 5.5, 5.5)
        if self.refused is not None:
            draw_bubble(painter, skin, told(self.refused.message), self._pointer)


def draw_bubble(painter: QPainter, skin: Skin, text: str, pointer: Pointer, edge: QColor | None = None) -> None:
    """A message beside the cursor, kept inside the widget; `edge` is its colour, of danger by default."""
    theme = skin.theme
    flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap)
    metrics = QFontMetricsF(skin.small)
    size = metrics.boundingRect(QRectF(0, 0, BUBBLE, 1000), flags, text)
    box = QRectF(pointer.x + 16, pointer.y + 18, size.width() + 24, size.height() + 16)
    room = painter.viewport()
    box.moveLeft(max(min(box.left(), room.width() - box.width() - 6), 6.0))
    if box.bottom() > room.height() - 6:
        box.moveBottom(pointer.y - 14)
    painter.setPen(skin.line(edge or theme.danger, 1.0))
    painter.setBrush(theme.raised)
    painter.drawRoundedRect(box, 7, 7)
    painter.setFont(skin.small)
    painter.setPen(theme.text)
    painter.drawText(box.adjusted(12, 8, -10, -8), flags, text)
