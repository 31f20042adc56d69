"""The drawing surface: one widget that paints the view model and turns input into gestures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from designer.canvas.accessible import expose
from designer.canvas.breadcrumbs import Breadcrumbs
from designer.canvas.camera import Camera, Point
from designer.canvas.hint import Hint
from designer.canvas.hit import Hit
from designer.canvas.inline import InlineEdit
from designer.canvas.keys import release_key, run_key
from designer.canvas.minimap import Minimap
from designer.canvas.overlay import Overlay, Reading
from designer.canvas.picture import picture
from designer.canvas.pointing import pointer, select_for_menu
from designer.canvas.quick_add import QuickAdd
from designer.canvas.skin import Skin
from designer.canvas.stage import OnWire, Stage
from designer.canvas.tips import tip
from designer.canvas.tools.bend import without_bend
from designer.canvas.tools.keylink import KeyLink
from designer.canvas.workbench import Workbench
from designer.language import tr
from designer.qt import follow, speak
from designer.selection import join
from designer.session import Session
from designer.theme import manager


class CanvasView(Workbench):
    """One graph of the session's document.

    Signals: `quick_add_requested(point, held)`: a layer is to be chosen for a place (widget pixels), for the end of a
    held wire (`LinkEnd`), for a wire (`OnWire`) or alone (None); the canvas opens its own popup for it.
    `node_activated(path)`: Enter, or a double-click on a node that is no block. `context_menu_requested(global point,
    Hit)`: what is hit is selected.
    """

    quick_add_requested = Signal(QPointF, object)
    node_activated = Signal(str)
    context_menu_requested = Signal(QPoint, object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setMinimumSize(200, 120)
        speak(self, self._retell)
        self._first: Camera | None = None  # how the graph was first shown, until the person travels
        self.nudges = 0  # counts the presses of Alt with an arrow, so that a held key is one undo step
        self.quick_add = QuickAdd(self)
        self.breadcrumbs = Breadcrumbs(session, self)
        self.minimap = Minimap(self)
        self.hint = Hint(self)
        self.inline = InlineEdit(self)
        self.stage.way_out = lambda at: self.breadcrumbs.geometry().contains(round(at.x), round(at.y))
        self.stage.quick_add.connect(lambda at, held: self.quick_add_requested.emit(QPointF(*at), held))
        self.quick_add_requested.connect(self.quick_add.open_at)
        follow(self, session.selection.changed, self._selection_changed)
        follow(self, session.revealed, self.reveal)
        follow(self, session.add_requested, self.add_layer_at_centre)
        follow(self, manager().changed, self.repaint_afresh)
        self.destroyed.connect(_closing(self.stage))
        expose(self)

    # -- looking

    def sizeHint(self) -> QSize:
        return QSize(900, 600)

    def fit(self) -> None:
        """Show the whole graph."""
        self.navigator.fit()

    def fit_selection(self) -> None:
        """Show what is selected; everything where nothing is."""
        self.navigator.fit_selection()

    def zoom_by(self, factor: float) -> None:
        """About the middle of the widget."""
        self.zooming()
        self.navigator.zoom_by(factor)

    def reset_zoom(self) -> None:
        self.zoom_by(1.0 / self.stage.camera.scale)

    def reveal(self, path: str) -> None:
        """Select a node anywhere (``"n7/n2"``) and bring it into view; a path that is gone does nothing."""
        place, _, node = path.rpartition("/")
        try:
            self.session.selection.set([node], path=place)
        except LookupError:
            return
        self.navigator.show_node(node)

    def look_at(self, path: str) -> None:
        """Enter the block instance at a path (``""``: the main graph). Raises LookupError where there is none."""
        self.session.selection.enter(path)

    def _selection_changed(self) -> None:
        selection = self.session.selection
        if selection.path != self.stage.model.path:
            self.cancel()
            self.quick_add.dismiss()
            self.stage.focus = ""
            self.navigator.enter(selection.path)
            self.minimap.refresh()
        if selection.node:
            self.stage.focus = selection.node
        self._repaint.select()

    def set_overlay(self, nodes: Mapping[str, Reading], wires: Mapping[tuple[str, str], Reading] | None = None) -> None:
        """Paint live signals: by the path of a node, and by the path and output port for the wires that leave there (by
        default they show their node's). Replaces what was painted before; an empty mapping takes it away."""
        overlay = Overlay(nodes, wires or {})
        self.stage.overlay = overlay if overlay else None

    # -- places, for other tools and tests

    def port_position(self, node: str, port: str, *, output: bool | None = None) -> QPointF:
        """Where a port is, in widget pixels; `output` decides where an input and an output have the same id.

        Raises:
            KeyError: there is no such node here.
        """
        view = self.stage.model.nodes[node]
        is_output = view.port(port, output=False) is None if output is None else output
        return QPointF(*self.stage.camera.to_view(*self.stage.model.port_point(node, port, output=is_output)))

    def node_rect(self, node: str) -> QRectF:
        """The body of a node, in widget pixels. Raises KeyError where there is no such node here."""
        left, top, right, bottom = self.stage.camera.rect_to_view(self.stage.model.nodes[node].rect)
        return QRectF(left, top, right - left, bottom - top)

    def canvas_point(self, at: QPointF) -> Point:
        """The canvas point under a widget pixel."""
        return self.stage.camera.to_canvas(at.x(), at.y())

    def mouse_point(self) -> Point | None:
        """The canvas point under the mouse, for what is pasted; None while the mouse is elsewhere."""
        at = self.mapFromGlobal(self.cursor().pos())
        return self.canvas_point(QPointF(at)) if self.rect().contains(at) and self.underMouse() else None

    def grab_image(self, scale: float = 2.0) -> QImage:
        """A picture of the whole graph, without selection: `scale` pixels to a canvas unit (less for a huge graph)."""
        return picture(self.stage.model, Skin(manager().theme), scale)

    # -- keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not run_key(self, event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not release_key(self, event):
            super().keyReleaseEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab adds a layer here; Shift+Tab and Ctrl+Tab leave the canvas (see `leave`)."""
        return False

    def leave(self, *, forward: bool) -> None:
        """Give the keyboard to the next widget, or to the one before."""
        super().focusNextPrevChild(forward)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.space = False
        self.show_cursor()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def edit_text(self, what: Hit) -> None:
        """Edit a node's name or a value on it, a frame's title or the text of a note, where it stands."""
        self.cancel()
        self.inline.open(what)

    def after_key(self) -> None:
        if isinstance(self.gesture, KeyLink) and self.gesture.told:
            self.say(self.gesture.told)
        super().after_key()

    def say(self, text: str) -> None:
        """Have a screen reader say something."""
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    # -- mouse beside gestures

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        under = self.stage.hit(pointer(event.position(), event.modifiers()))
        if under.bend >= 0:
            self.cancel()
            self.session.do(without_bend(self.stage, under.link, under.bend))
        elif not under or under.link:
            held = OnWire(under.link) if under.link else None
            self.quick_add_requested.emit(event.position(), held)
        elif under.field or under.frame or under.note:
            self.edit_text(under)
        elif under.node and not under.port:
            self.activate(under.node)
        else:
            self.mousePressEvent(event)

    def activate(self, node: str) -> None:
        """Look inside a block; for another node, tell that it is to be edited."""
        path = join(self.stage.model.path, node)
        if self.stage.model.nodes[node].block:
            self.session.selection.enter(path)
        else:
            self.node_activated.emit(path)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.cancel()
        node = self.session.selection.node
        if event.reason() == QContextMenuEvent.Reason.Keyboard and node in self.stage.model.nodes:
            at = self.node_rect(node).center().toPoint()
            self.context_menu_requested.emit(self.mapToGlobal(at), Hit(node=node))
            return
        under = self.stage.hit(pointer(QPointF(event.pos()), event.modifiers()))
        select_for_menu(self.stage, under)
        self.context_menu_requested.emit(event.globalPos(), under)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = tip(self.stage, pointer(QPointF(event.pos()), Qt.KeyboardModifier.NoModifier))
            if text and self.gesture is None:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.breadcrumbs.move(12, 12)
        self.minimap.settle()
        self.hint.settle()
        if self.isVisible():
            self._first_look()

    def hideEvent(self, event: QHideEvent) -> None:
        """What is under way does not outlive the view: the window may take another design."""
        self.cancel()
        self.glide.stop()

    def showEvent(self, event: QShowEvent) -> None:
        self._first_look()

    def _retell(self) -> None:
        self.setAccessibleName(tr("Canvas"))
        self.setAccessibleDescription(
            tr("The drawing of the network. Arrow keys move between nodes, Tab adds a layer.")
        )

    def _first_look(self) -> None:
        """A design opens readable, whole where it fits, and stays so while the window finds its size."""
        if self._first in (None, self.stage.camera):
            self.navigator.open()
            self._first = self.stage.camera


def _closing(stage: Stage) -> Callable[..., None]:
    return lambda *_: stage.model.close()
