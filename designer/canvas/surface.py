"""The widget under the canvas: it paints the view model, and turns mouse and wheel into gestures and travel."""

from __future__ import annotations

import traceback

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from core.problem import Problem
from designer.canvas.camera import Rect
from designer.canvas.glide import Glide
from designer.canvas.hit import Hit
from designer.canvas.navigate import Navigator
from designer.canvas.paint import Marks, ScenePainter
from designer.canvas.pointing import gesture, pointer
from designer.canvas.repaint import Repaint, areas
from designer.canvas.skin import Skin
from designer.canvas.stage import Pointer, Stage
from designer.canvas.tools.base import Gesture
from designer.canvas.tools.place import Place
from designer.qt import follow
from designer.session import Session
from designer.theme import manager

REST = 120  # milliseconds after the last step of a zoom until everything is drawn sharp again
BORDER, BORDER_SPEED = 28.0, 14.0  # pixels from the edge where a drag pans, and how fast at most
WHEEL = 1.0015  # zoom per unit of wheel angle
_BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton)


class Surface(QWidget):
    """Holds the stage, at most one gesture, and the layer being dragged in from the palette."""

    session: Session
    stage: Stage
    navigator: Navigator

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.stage = Stage(session)
        self.navigator = Navigator(self.stage, self)
        self.glide = Glide(self.stage, self)
        self.place: Place | None = None
        self.gesture: Gesture | None = None
        self.space = False  # held: the left button pans
        self._last = Pointer(0.0, 0.0)
        self._was_inside = False  # a drag that begins at the border pans only once it has left it
        self._painter: ScenePainter | None = None
        self._told: set[str] = set()
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(self.update)
        self._repaint = Repaint(self)
        self._border = QTimer(self, interval=16)
        self._border.timeout.connect(self._pan_at_border)
        self.stage.damaged.connect(self._repaint.damage)
        self.stage.updated.connect(self._repaint.follow)
        follow(self, session.document.changed, lambda _changes: self._document_changed())
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # -- painting

    def repaint_afresh(self) -> None:
        """The theme changed: nothing that was drawn holds any longer."""
        self._painter = None
        self.update()

    def scene(self) -> ScenePainter:
        ratio = self.devicePixelRatioF()
        if self._painter is None or self._painter.ratio != ratio:
            self._painter = ScenePainter(Skin(manager().theme), ratio)
        return self._painter

    def marks(self) -> Marks:
        selection, stage = self.session.selection, self.stage
        if selection.path != stage.model.path:
            return Marks()
        return Marks(
            nodes=selection.nodes,
            links=selection.links,
            frames=selection.frames,
            notes=selection.notes,
            hover=Hit() if self.gesture is not None else stage.hover,
            focus=stage.focus if self.hasFocus() and selection.nodes != {stage.focus} else "",
            hidden=stage.hidden,
            chosen=stage.chosen,
            overlay=stage.overlay,
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        # An exception that leaves a paint event with its painter open takes the process down.
        painter = QPainter(self)
        try:
            self._paint(painter, areas(event.region()))
        except Exception as error:
            self._report(error)
        finally:
            painter.end()

    def _paint(self, painter: QPainter, parts: list[Rect]) -> None:
        scene, stage, size = self.scene(), self.stage, (self.width(), self.height())
        exact = not self._rest.isActive()
        scene.paint(painter, stage.model, stage.camera, size, self.marks(), exact=exact, parts=parts)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for drawn in (self.gesture, self.place):
            if drawn is not None:
                drawn.paint(painter, scene.skin)

    def drawn(self) -> list[Rect] | None:
        """Where the gesture draws above the scene, in widget pixels; None: anywhere."""
        if self.place is not None:
            return None
        return [] if self.gesture is None else self.gesture.reach()

    def _report(self, error: Exception) -> None:
        """Tell of a fault in painting, each one once."""
        detail = "".join(traceback.format_exception(error))
        if detail not in self._told:
            self._told.add(detail)
            message = "The canvas could not be drawn completely. Your design is not affected."
            problem = Problem("canvas", message, detail=detail)
            QTimer.singleShot(0, self, lambda: self.session.notify(problem))

    # -- gestures

    def begin(self, gesture: Gesture | None) -> None:
        """Make a gesture the current one."""
        self.cancel()
        self.navigator.stop()
        self.glide.stop()
        self.gesture = gesture
        self._was_inside = False
        self.update()
        self.show_cursor()

    def _document_changed(self) -> None:
        """Something else edits (an undo in the middle of a drag): what the gesture holds may be gone."""
        self.glide.stop()
        if self.gesture is not None and self.gesture.is_drag:
            self.cancel()

    def cancel(self) -> bool:
        """Give up the gesture under way: all is as it was before it. Returns whether there was one."""
        held, self.gesture = self.gesture, None
        self._border.stop()
        if held is not None:
            held.cancel()
            self.update()
        self.show_cursor()
        return held is not None

    def after_key(self) -> None:
        """A gesture took a key: it may have come to its end."""
        if self.gesture is not None and self.gesture.is_over:
            self.gesture = None
        self.update()
        self.show_cursor()

    def show_cursor(self) -> None:
        if self.gesture is not None and self.gesture.is_drag and self.gesture.cursor is not None:
            shape = self.gesture.cursor
        else:
            shape = Qt.CursorShape.OpenHandCursor if self.space else _cursor(self.stage.hover)
        if shape != self.cursor().shape():
            self.setCursor(shape)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.gesture is not None and not self.gesture.by_mouse:
            self.cancel()
        travel = {Qt.MouseButton.BackButton: self.navigator.back, Qt.MouseButton.ForwardButton: self.navigator.forward}
        if event.button() in travel:
            travel[event.button()]()
        if self.gesture is not None or event.button() not in _BUTTONS:
            return
        self._last = pointer(event.position(), event.modifiers())
        self.glide.stop()
        self.stage.mark(hover=self.stage.hit(self._last))
        self.begin(gesture(self.stage, self._last, event.button(), space=self.space))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._last = pointer(event.position(), event.modifiers())
        if self.gesture is None:
            self.stage.mark(hover=self.stage.hit(self._last))
        else:
            self.gesture.follow(self._last)
            self._was_inside = self._was_inside or self._push() == (0.0, 0.0)
            if self.gesture.is_drag and self.gesture.pans_at_border and self._was_inside:
                self._border.start()
        self.show_cursor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.gesture is None or not self.gesture.by_mouse or any(event.buttons() & b for b in _BUTTONS):
            return
        held, self.gesture = self.gesture, None
        self._border.stop()
        self._last = pointer(event.position(), event.modifiers())
        held.finish(self._last)
        self.stage.mark(hover=self.stage.hit(self._last))
        self.show_cursor()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.stage.mark(hover=Hit())

    # -- travel by mouse

    def _push(self) -> tuple[float, float]:
        """How the camera moves in one step while a drag is held at the border."""
        return _beyond(self._last.x, self.width()), _beyond(self._last.y, self.height())

    def _pan_at_border(self) -> None:
        dx, dy = self._push()
        if self.gesture is None or (dx, dy) == (0.0, 0.0):
            self._border.stop()
            return
        self.stage.camera = self.stage.camera.panned(dx, dy)
        self.gesture.follow(self._last)

    def zooming(self) -> None:
        """While zooming, pictures of another zoom will do; at rest all is drawn sharp."""
        self._rest.start()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A touchpad pans and zooms with Ctrl; a wheel zooms, and pans with Shift."""
        event.accept()
        self.navigator.stop()
        pixels, angle = event.pixelDelta(), event.angleDelta()
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if not pixels.isNull() and not control:
            self.stage.camera = self.stage.camera.panned(pixels.x(), pixels.y())
        elif shift and not control:
            self.stage.camera = self.stage.camera.panned((angle.x() or angle.y()) / 2, 0.0)
        else:
            self._zoom_at(WHEEL ** (angle.y() or angle.x()), event.position().x(), event.position().y())
        if self.gesture is not None:
            self.gesture.follow(self._last)

    def _zoom_at(self, factor: float, x: float, y: float) -> None:
        self.zooming()
        self.stage.camera = self.stage.camera.zoomed(factor, x, y)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom_at(1.0 + event.value(), event.position().x(), event.position().y())
            return True
        return super().event(event)


def _cursor(hover: Hit) -> Qt.CursorShape:
    if hover.corner:
        return Qt.CursorShape.SizeFDiagCursor
    return Qt.CursorShape.CrossCursor if hover.port else Qt.CursorShape.ArrowCursor


def _beyond(at: float, length: float) -> float:
    if at < BORDER:
        return min(BORDER - at, BORDER) / BORDER * BORDER_SPEED
    if at > length - BORDER:
        return -min(at - length + BORDER, BORDER) / BORDER * BORDER_SPEED
    return 0.0
