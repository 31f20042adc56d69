"""How the camera travels: fit, reveal, zoom, each place of the document with its own camera, moved smoothly."""

from __future__ import annotations

from typing import TypeAlias

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation
from PySide6.QtWidgets import QWidget

from designer.canvas.camera import Camera, Rect, fitting, grown, opening
from designer.canvas.stage import Stage
from designer.selection import scope_at

TRAVEL = 220  # milliseconds
MOST_PLACES = 50  # that back and forward remember
READABLE = 0.7  # what is opened or revealed is shown at least this large


Place: TypeAlias = tuple[str, Camera]  # path of a block instance, and how it is looked at


class Navigator(QObject):
    """Moves the stage's camera within a widget. With `animated` off (tests), at once."""

    def __init__(self, stage: Stage, widget: QWidget) -> None:
        super().__init__(widget)
        self._stage, self._widget = stage, widget
        self.animated = True
        self._kept: dict[str, Camera] = {}
        self._behind: list[Place] = []
        self._ahead: list[Place] = []
        self._stepping = False
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

    # -- back and forth between places, as in a browser

    def back(self) -> None:
        """To where the person was before the last jump."""
        self._step_through(self._behind, self._ahead)

    def forward(self) -> None:
        """To where `back` led away from."""
        self._step_through(self._ahead, self._behind)

    def _remember(self) -> None:
        """A jump is about to happen."""
        here = (self._stage.model.path, self._stage.camera)
        if not self._behind or self._behind[-1] != here:
            self._behind = [*self._behind[1 - MOST_PLACES :], here]
        self._ahead.clear()

    def _step_through(self, source: list[Place], other: list[Place]) -> None:
        selection = self._stage.session.selection
        while source:
            path, camera = source.pop()
            if scope_at(self._stage.session.document, path) is None:
                continue  # the block is gone
            other.append((self._stage.model.path, self._stage.camera))
            if path != self._stage.model.path:
                self._stepping = True
                selection.enter(path)
                self._stepping = False
            self._travel_to(camera, at_once=False)
            return

    def visit(self, path: str, camera: Camera) -> None:
        """Look at a place of the document by a camera; `back` returns from there."""
        self._remember()
        if path != self._stage.model.path:
            self._stepping = True
            self._stage.session.selection.enter(path)
            self._stepping = False
        self._travel_to(camera, at_once=False)

    # -- travel

    def go(self, camera: Camera, *, at_once: bool = False) -> None:
        """Travel to a camera; `back` returns from there."""
        if not at_once:
            self._remember()
        self._travel_to(camera, at_once=at_once)

    def _travel_to(self, camera: Camera, *, at_once: bool) -> None:
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

    def open(self) -> None:
        """Show the graph for the first time: all of it where its titles can be read, else its inputs."""
        self.go(self._opening(), at_once=True)

    def _opening(self) -> Camera:
        model = self._stage.model
        rect = model.bounds()
        if rect is None:
            return Camera().centred(0.0, 0.0, *self._size)
        first = min(model.nodes.values(), key=lambda view: view.x, default=None)
        start = (first.x, first.y + first.height / 2) if first else (rect[0], (rect[1] + rect[3]) / 2)
        return opening(rect, start, *self._size, smallest=READABLE)

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

    def show_room(self, rect: Rect) -> None:
        """Bring a rectangle of the canvas into view at once, where it is not, without a change of scale."""
        camera = self._stage.camera
        if not _inside(camera.rect_to_view(rect), *self._size):
            left, top, right, bottom = rect
            self.go(camera.centred((left + right) / 2, (top + bottom) / 2, *self._size), at_once=True)

    def enter(self, path: str) -> None:
        """Look at another place of the document, from where it was last looked at."""
        self._travel.stop()
        if not self._stepping:
            self._remember()
        model = self._stage.model
        self._kept[model.path] = self._stage.camera
        model.look_at(path)
        self._stage.camera = self._kept.get(path) or self._opening()


def _inside(rect: Rect, width: float, height: float) -> bool:
    return rect[0] >= 0 and rect[1] >= 0 and rect[2] <= width and rect[3] <= height
