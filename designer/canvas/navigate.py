"""How the camera travels: fit, reveal, zoom, each place of the document with its own camera, moved smoothly."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation
from PySide6.QtWidgets import QWidget

from designer.canvas.camera import Camera, Rect, fitting, grown, united
from designer.canvas.stage import Stage

TRAVEL = 220  # milliseconds
READABLE = 0.6  # a revealed node is shown at least this large


class Navigator(QObject):
    """Moves the stage's camera within a widget. With `animated` off (tests), at once."""

    def __init__(self, stage: Stage, widget: QWidget) -> None:
        super().__init__(widget)
        self._stage, self._widget = stage, widget
        self.animated = True
        self._kept: dict[str, Camera] = {}
        self._from = self._to = stage.camera
        self._travel = QVariantAnimation(self)
        self._travel.setDuration(TRAVEL)
        self._travel.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._travel.setStartValue(0.0)
        self._travel.setEndValue(1.0)
        self._travel.valueChanged.connect(self._step)

    @property
    def _size(self) -> tuple[float, float]:
        return max(float(self._widget.width()), 1.0), max(float(self._widget.height()), 1.0)

    def stop(self) -> None:
        self._travel.stop()

    def go(self, camera: Camera, *, at_once: bool = False) -> None:
        """Travel to a camera."""
        self._travel.stop()
        if at_once or not self.animated or not self._widget.isVisible():
            self._stage.camera = camera
            return
        self._from, self._to = self._stage.camera, camera
        self._travel.start()

    def _step(self, part: float) -> None:
        self._stage.camera = self._to if part >= 1.0 else self._from.towards(self._to, part)

    def fit(self, rect: Rect | None = None, *, at_once: bool = False) -> None:
        """Show a rectangle, or everything; an empty graph is shown from its origin."""
        rect = rect or self._stage.model.bounds()
        if rect is None:
            self.go(Camera().centred(0.0, 0.0, *self._size), at_once=at_once)
        else:
            self.go(fitting(rect, *self._size), at_once=at_once)

    def fit_selection(self) -> None:
        """Show what is selected; everything where nothing is."""
        self.fit(self._stage.model.bounds(self._stage.session.selection.nodes))

    def zoom_by(self, factor: float) -> None:
        """About the middle of the widget."""
        width, height = self._size
        self._travel.stop()
        self._stage.camera = self._stage.camera.zoomed(factor, width / 2, height / 2)

    def show_node(self, node: str) -> None:
        """Bring a node of this graph into view, moving no more than needed."""
        view = self._stage.model.nodes.get(node)
        if view is None:
            return
        camera = self._stage.camera
        width, height = self._size
        if camera.scale < READABLE:
            camera = Camera(1.0)
        elif _inside(camera.rect_to_view(grown(view.rect, 24.0)), width, height):
            return
        self.go(camera.centred(view.x + view.width / 2, view.y + view.height / 2, width, height))

    def enter(self, path: str) -> None:
        """Look at another place of the document, from where it was last looked at."""
        self._travel.stop()
        model = self._stage.model
        self._kept[model.path] = self._stage.camera
        model.look_at(path)
        kept = self._kept.get(path)
        rect = united([view.rect for view in model.nodes.values()])
        width, height = self._size
        self._stage.camera = kept or (
            fitting(rect, width, height) if rect else Camera().centred(0.0, 0.0, width, height)
        )


def _inside(rect: Rect, width: float, height: float) -> bool:
    return rect[0] >= 0 and rect[1] >= 0 and rect[2] <= width and rect[3] <= height
