"""What gestures work with: the session, the view model, the camera, and what is marked. No widget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from core.signal import Signal
from designer.canvas.camera import Camera, Point
from designer.canvas.hit import Hit, hit
from designer.canvas.model import SceneModel
from designer.canvas.overlay import Overlay
from designer.session import Session


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """A port where a wire begins that has no other end yet."""

    node: str
    port: str
    output: bool


@dataclass(frozen=True, slots=True)
class OnWire:
    """A wire on which a node is to be inserted."""

    link: str


@dataclass(frozen=True, slots=True)
class InPlaceOf:
    """A node that another layer is to take the place of."""

    node: str


Held: TypeAlias = LinkEnd | OnWire | InPlaceOf | None


@dataclass(frozen=True, slots=True)
class Pointer:
    """The mouse at one moment, in widget pixels, with the modifier keys."""

    x: float
    y: float
    shift: bool = False
    control: bool = False
    alt: bool = False


class Stage:
    """The state of one canvas beside the document.

    Signals: `updated`: paint again; `quick_add` (widget point, held end or None): choose a layer to add there.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.updated: Signal[[]] = Signal()
        self.quick_add: Signal[[Point, Held]] = Signal()
        self.model = SceneModel(session, session.selection.path)
        self.snap = False
        self.hover = Hit()
        self.focus = ""
        self.hidden: frozenset[str] = frozenset()  # wires that a gesture takes away
        self.chosen = ""
        self.way_out: Callable[[Pointer], bool] = lambda _pointer: False  # where nodes are dropped to leave a block
        self.overlay: Overlay | None = None
        self._camera = Camera()
        self.model.changed.connect(self.updated.emit)

    @property
    def camera(self) -> Camera:
        return self._camera

    @camera.setter
    def camera(self, camera: Camera) -> None:
        if camera != self._camera:
            self._camera = camera
            self.updated.emit()

    @property
    def scope(self) -> str:
        return self.model.scope

    def at(self, pointer: Pointer) -> Point:
        """The canvas point under the mouse."""
        return self._camera.to_canvas(pointer.x, pointer.y)

    def hit(self, pointer: Pointer) -> Hit:
        return hit(self.model, self.at(pointer), self._camera.scale)

    def mark(
        self, *, hover: Hit | None = None, hidden: frozenset[str] | None = None, chosen: str | None = None
    ) -> None:
        """Change some of the marks; what is not given stays."""
        before = (self.hover, self.hidden, self.chosen)
        self.hover = self.hover if hover is None else hover
        self.hidden = self.hidden if hidden is None else hidden
        self.chosen = self.chosen if chosen is None else chosen
        if before != (self.hover, self.hidden, self.chosen):
            self.updated.emit()
