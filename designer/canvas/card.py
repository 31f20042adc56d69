"""Draws one node, in canvas units, at the origin. Called only to bake a sprite, so it may take its time."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from designer import icons
from designer.canvas.geometry import HEADER, PORT_RADIUS, PortView
from designer.canvas.parts import NodeView
from designer.canvas.skin import RADIUS, Skin
from designer.look import mix

MARGIN = 18.0  # room round the body for shadow, ports, badge and stack
TEXT_X = 46.0
TINT = 0.16  # how much of its own colour a card takes
PALE = 0.55  # opacity of a muted node; where contrast counts, its dashes, its mark and its bypass tell alone
FULL = 0.55  # below this zoom only icon and title are drawn


def draw_card(painter: QPainter, skin: Skin, view: NodeView, scale: float, *, selected: bool) -> None:
    """Shadow, body, icon, texts, ports and badges; `scale` decides how much of the text is worth drawing."""
    body = QRectF(0, 0, view.width, view.height)
    painter.setOpacity(PALE if view.muted and not skin.theme.contrast else 1.0)
    if skin.shadows:
        _shadow(painter, skin, body)
    _stack(painter, skin, view, body)
    _body(painter, skin, view, body, selected=selected)
    _tile(painter, skin, view)
    if view.collapsed:
        _caption(painter, skin, view)
    elif scale >= FULL:
        _texts(painter, skin, view)
        _rows(painter, skin, view)
    else:
        _large_title(painter, skin, view, scale)
    painter.setOpacity(1.0)
    if view.passed:
        _bypass(painter, skin, view)
    for port in (*view.inputs, *view.outputs):
        _port(painter, skin, view, port)
    if view.severity:
        _badge(painter, skin, view)


def _shadow(painter: QPainter, skin: Skin, body: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    strength = 0.055 if skin.theme.dark else 0.016
    for i in range(7):
        spread = 1.5 * i - 1.0
        painter.setBrush(skin.alpha(skin.theme.shadow, strength))
        painter.drawRoundedRect(body.adjusted(-spread, -spread + 2.5, spread, spread + 2.5), RADIUS + i, RADIUS + i)


def _stack(painter: QPainter, skin: Skin, view: NodeView, body: QRectF) -> None:
    """The edges of further cards below a block that repeats."""
    painter.setPen(skin.line(skin.theme.node_border, 1.0))
    painter.setBrush(skin.theme.node)
    for i in range(min(view.repeat, 3) - 1, 0, -1):
        painter.drawRoundedRect(body.adjusted(6 * i, 4.5 * i, -6 * i, 4.5 * i), RADIUS, RADIUS)


def _body(painter: QPainter, skin: Skin, view: NodeView, body: QRectF, *, selected: bool) -> None:
    theme = skin.theme
    border = mix(QColor(view.colour), theme.node_border, 0.6) if view.colour else theme.node_border
    pen = QPen(skin.line(border, 1.0))
    if view.severity in ("error", "warning"):
        pen = QPen(skin.line(theme.severity(view.severity), 1.5))
    if view.muted or not view.known:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(mix(QColor(view.colour), theme.node, TINT) if view.colour else theme.node)
    inset = pen.widthF() / 2
    painter.drawRoundedRect(body.adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)
    if view.block:
        painter.setPen(skin.line(theme.node_border, 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(body.adjusted(3, 3, -3, -3), RADIUS - 2.5, RADIUS - 2.5)
    if selected:
        painter.setPen(skin.line(theme.selection, 2.0))
        painter.setBrush(skin.alpha(theme.selection, 0.06))
        painter.drawRoundedRect(body, RADIUS, RADIUS)


def _tile(painter: QPainter, skin: Skin, view: NodeView) -> None:
    tint, colour = skin.tile(view.category)
    if view.colour:
        colour = QColor(view.colour)
        tint = skin.alpha(colour, 0.18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    painter.drawRoundedRect(QRectF(10, 10, 28, 28), 7, 7)
    icons.draw(painter, view.icon, colour, QRectF(16, 16, 16, 16))


def _texts(painter: QPainter, skin: Skin, view: NodeView) -> None:
    room = view.width - TEXT_X - 12.0
    two = bool(view.summary or view.params)
    top = 7.0 if two else 14.0
    upper = room - _marks(painter, skin, view)  # what is left for the title
    title, small = QFontMetricsF(skin.title), QFontMetricsF(skin.small)
    params = small.horizontalAdvance(view.params) + 8.0 if view.params else 0.0
    crowded = small.horizontalAdvance(view.summary) + params > room
    beside_title = crowded and title.horizontalAdvance(view.title) + params <= upper
    painter.setFont(skin.title)
    painter.setPen(skin.theme.text)
    _elided(painter, skin.title, view.title, QRectF(TEXT_X, top, upper, 20))
    if not two:
        return
    painter.setFont(skin.small)
    painter.setPen(skin.theme.muted)
    where = QRectF(TEXT_X, 9, upper, 16) if beside_title else QRectF(TEXT_X, 25, room, 16)
    painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, view.params)
    _elided(painter, skin.small, view.summary, QRectF(TEXT_X, 25, room - (0.0 if beside_title else params), 16))


def _caption(painter: QPainter, skin: Skin, view: NodeView) -> None:
    """A collapsed node has its name below, and its marks at the corners."""
    where = QRectF(-MARGIN, view.height + 2.0, view.width + 2 * MARGIN, MARGIN - 3.0)
    shown = QFontMetricsF(skin.small).elidedText(view.title, Qt.TextElideMode.ElideRight, where.width())
    painter.setFont(skin.small)
    painter.setPen(skin.theme.text)
    painter.drawText(where, Qt.AlignmentFlag.AlignCenter, shown)
    if view.frozen:
        icons.draw(painter, "frozen", skin.theme.accent, QRectF(view.width - 12.0, view.height - 12.0, 10, 10))
    if view.badge:
        painter.setPen(skin.theme.muted)
        painter.drawText(QRectF(2, view.height - 15.0, 46, 14), Qt.AlignmentFlag.AlignLeft, view.badge)


def _bypass(painter: QPainter, skin: Skin, view: NodeView) -> None:
    """What a muted node does: the wire that it passes on runs through it."""
    entry = view.port(view.passed, output=False)
    if entry is None:
        return
    pen = QPen(skin.line(skin.alpha(skin.theme.wire("float"), 0.9), 2.0))
    pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for leaving in view.outputs:
        path = QPainterPath(QPointF(entry.dx, entry.dy))
        third = (leaving.dx - entry.dx) / 3
        path.cubicTo(
            QPointF(entry.dx + third, entry.dy),
            QPointF(leaving.dx - third, leaving.dy),
            QPointF(leaving.dx, leaving.dy),
        )
        painter.drawPath(path)


def _large_title(painter: QPainter, skin: Skin, view: NodeView, scale: float) -> None:
    """From afar, the title alone, at a size that still reads."""
    large = QFont(skin.title)
    large.setPixelSize(round(min(9.5 / scale, 28.0)))
    painter.setFont(large)
    painter.setPen(skin.theme.text)
    _elided(painter, large, view.title, QRectF(TEXT_X, 4, view.width - TEXT_X - 6, HEADER - 8))


def _elided(painter: QPainter, font: QFont, text: str, where: QRectF) -> None:
    shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, where.width())
    painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


def _marks(painter: QPainter, skin: Skin, view: NodeView) -> float:
    """Repeats or solver, and the marks of frozen, shared and muted nodes, right of the title; the room they take."""
    right = view.width - 11.0
    if view.badge:
        width = QFontMetricsF(skin.small).horizontalAdvance(view.badge) + 10
        tint, colour = skin.tile(view.category)
        pill = QRectF(right - width, 9, width, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawRoundedRect(pill, 8, 8)
        painter.setPen(colour)
        painter.setFont(skin.small)
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, view.badge)
        right = pill.left() - 5.0
    for name, shown in (("frozen", view.frozen), ("link", view.shares), ("mute", view.muted), ("lock", view.pinned)):
        if shown:
            colour = skin.theme.accent if name == "frozen" else skin.theme.muted
            icons.draw(painter, name, colour, QRectF(right - 12.0, 11, 12, 12))
            right -= 17.0
    return view.width - 11.0 - right


def _rows(painter: QPainter, skin: Skin, view: NodeView) -> None:
    painter.setFont(skin.small)
    for port in view.inputs:
        if port.field:
            _field(painter, skin, port, dict(view.fields).get(port.end, ""))
    painter.setPen(skin.theme.muted)
    half = view.width / 2 - 14.0 if any(port.label for port in view.outputs) else view.width - 26.0
    for port in view.inputs:
        if port.label and not port.field:
            _elided(painter, skin.small, port.label, QRectF(13, port.dy - 9, half, 18))
    for port in view.outputs:
        if port.label:
            where = QRectF(view.width - 13 - half, port.dy - 9, half, 18)
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, port.label)


def _field(painter: QPainter, skin: Skin, port: PortView, value: str) -> None:
    """The name of a field beside its socket, and its value in a box; a wire in the socket takes the box away."""
    left, top, right, bottom = port.box
    box = QRectF(left, top, right - left, bottom - top)
    if value:
        painter.setPen(skin.line(skin.theme.node_border, 1.0))
        painter.setBrush(skin.theme.canvas)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(skin.theme.text)
        _elided(painter, skin.small, value, box.adjusted(7, 0, -5, 0))
    painter.setPen(skin.theme.muted)
    _elided(painter, skin.small, port.label, QRectF(13, port.dy - 9, (left if value else right) - 16, 18))


def _port(painter: QPainter, skin: Skin, view: NodeView, port: PortView) -> None:
    theme = skin.theme
    used = port.end in (view.used_outputs if port.output else view.used)
    centre = QPointF(port.dx, port.dy)
    ring = theme.wire("float")
    if not used and port.required and not port.slot:
        ring = theme.danger
    if port.slot:
        painter.setPen(skin.line(skin.alpha(ring, 0.6), 1.0))
        painter.setBrush(theme.node)
        painter.drawEllipse(centre, PORT_RADIUS - 1, PORT_RADIUS - 1)
        painter.drawLine(QPointF(centre.x() - 1.8, centre.y()), QPointF(centre.x() + 1.8, centre.y()))
        painter.drawLine(QPointF(centre.x(), centre.y() - 1.8), QPointF(centre.x(), centre.y() + 1.8))
        return
    painter.setPen(skin.line(theme.node, 2.0) if used else skin.line(ring, 1.6))
    painter.setBrush(ring if used else theme.node)
    radius = PORT_RADIUS if used else PORT_RADIUS - 0.8
    painter.drawEllipse(centre, radius, radius)


def _badge(painter: QPainter, skin: Skin, view: NodeView) -> None:
    centre = QPointF(view.width - 3, 3)
    painter.setPen(skin.line(skin.theme.canvas, 2.0))
    painter.setBrush(skin.theme.severity(view.severity))
    painter.drawEllipse(centre, 8.5, 8.5)
    painter.setPen(skin.line(QColor("white"), 1.8))
    painter.drawLine(centre + QPointF(0, -3.8), centre + QPointF(0, 0.8))
    painter.drawPoint(centre + QPointF(0, 3.8))
