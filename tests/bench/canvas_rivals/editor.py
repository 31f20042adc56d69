"""What the bench asks of an editor. One adapter a module; each module has `make() -> Editor` and the name of its Qt."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import ModuleType
from typing import Any, NamedTuple

from tests.bench.canvas_rivals.chain import Chain, Step

SIZE = (1600, 1000)  # pixels of the drawing surface


class Qt(NamedTuple):
    """The modules of the binding that the editor runs on; PySide6 and PyQt6 are alike in all that is used here."""

    core: ModuleType
    gui: ModuleType
    widgets: ModuleType


class Editor(ABC):
    """An empty editor in a shown window, and the acts of a person on it.

    `qt`: its binding. `window`: the widget that is shown. `surface`: the widget whose paint event draws the graph.
    Every act only asks for a change: painting is the harness's to await.
    """

    qt: Qt
    window: Any
    surface: Any

    @abstractmethod
    def build(self, chain: Chain) -> None:
        """From an empty editor to one that holds the graph."""

    @abstractmethod
    def look(self, x: float, y: float, scale: float) -> None:
        """Put a canvas point into the middle of the surface, at so many pixels to a canvas unit."""

    @abstractmethod
    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by so many pixels, the way the editor's own panning does."""

    @abstractmethod
    def zoom(self, factor: float) -> None:
        """Zoom about the middle, the way the editor's own zoom does."""

    @abstractmethod
    def select_all(self) -> None: ...

    @abstractmethod
    def deselect(self) -> None: ...

    @abstractmethod
    def delete_all(self) -> None:
        """Delete what is selected, undoably where the editor can undo."""

    @abstractmethod
    def grip(self, step: Step) -> tuple[float, float]:
        """Where on the surface, in pixels, a node is taken hold of."""

    @abstractmethod
    def place(self, step: Step) -> tuple[float, float]:
        """Where a node is drawn, in canvas units."""

    @abstractmethod
    def counts(self) -> tuple[int, int, int]:
        """How many nodes and wires there are, and how many nodes are selected."""

    # -- dragging is the same for all: real mouse events

    def press(self, step: Step) -> None:
        """Take hold of a node with the left button."""
        self._at = self.grip(step)
        left = self.qt.core.Qt.MouseButton.LeftButton
        self._mouse(self.qt.core.QEvent.Type.MouseMove, self.qt.core.Qt.MouseButton.NoButton, down=False)
        self._mouse(self.qt.core.QEvent.Type.MouseButtonPress, left, down=True)

    def drag(self, dx: float, dy: float) -> None:
        """Move what is held by so many pixels."""
        self._at = (self._at[0] + dx, self._at[1] + dy)
        self._mouse(self.qt.core.QEvent.Type.MouseMove, self.qt.core.Qt.MouseButton.NoButton, down=True)

    def release(self) -> None:
        left = self.qt.core.Qt.MouseButton.LeftButton
        self._mouse(self.qt.core.QEvent.Type.MouseButtonRelease, left, down=False)

    def _mouse(self, kind: Any, button: Any, *, down: bool) -> None:
        core = self.qt.core
        at = core.QPointF(*self._at)
        held = core.Qt.MouseButton.LeftButton if down else core.Qt.MouseButton.NoButton
        event = self.qt.gui.QMouseEvent(
            kind, at, self.surface.mapToGlobal(at), button, held, core.Qt.KeyboardModifier.NoModifier
        )
        self.qt.widgets.QApplication.sendEvent(self.surface, event)


class SceneEditor(Editor):
    """An editor on a QGraphicsView: camera and places are the same for all of them."""

    view: Any

    def look(self, x: float, y: float, scale: float) -> None:
        self.view.setTransform(self.qt.gui.QTransform.fromScale(scale, scale))
        self.view.centerOn(x, y)

    def pan(self, dx: float, dy: float) -> None:
        across, down = self.view.horizontalScrollBar(), self.view.verticalScrollBar()
        across.setValue(across.value() - round(dx))
        down.setValue(down.value() - round(dy))

    def zoom(self, factor: float) -> None:
        # About the mouse, a view jumps to where the mouse last was before the camera was set.
        self.view.setTransformationAnchor(self.view.ViewportAnchor.AnchorViewCenter)
        self.view.scale(factor, factor)

    @abstractmethod
    def item(self, step: Step) -> Any:
        """The graphics item of a node."""

    def grip(self, step: Step) -> tuple[float, float]:
        item = self.item(step)
        at = self.view.mapFromScene(item.mapToScene(item.boundingRect().center()))
        return float(at.x()), float(at.y())

    def place(self, step: Step) -> tuple[float, float]:
        at = self.item(step).scenePos()
        return at.x(), at.y()
