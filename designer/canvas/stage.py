"""What gestures work with: the session, the view model, the camera, and what is marked. No widget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from core.signal import Signal
from designer.canvas.camera import Camera, Point
from designer.canvas.damage import MOST, Damage
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

    Signals: `updated`: something of what is shown changed, be it the camera or what a gesture draws; `damaged` (what of
    the drawing, None: any of it): that is to be painted again; `quick_add` (widget point, held end or None): choose a
    layer to add there.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.updated: Signal[[]] = Signal()
        self.damaged: Signal[[Damage | None]] = Signal()
        self.quick_add: Signal[[Point, Held]] = Signal()
        self.model = SceneModel(session, session.selection.path)
        self.snap = False
        self.hover = Hit()
        self._focus = ""
        self.hidden: frozenset[str] = frozenset()  # wires that a gesture takes away
        self.chosen = ""
        self.way_out: Callable[[Pointer], bool] = lambda _pointer: False  # where nodes are dropped to leave a block
        self._overlay: Overlay | None = None
        self._camera = Camera()
        self.model.changed.connect(self.damage)

    def damage(self, what: Damage | None = None) -> None:
        """Have part of the drawing painted again, or all of it."""
        self.damaged.emit(what)
        self.updated.emit()

    @property
    def camera(self) -> Camera:
        return self._camera

    @camera.setter
    def camera(self, camera: Camera) -> None:
        if camera != self._camera:
            self._camera = camera
            self.updated.emit()

    @property
    def focus(self) -> str:
        """The node that the keyboard is at; empty for none."""
        return self._focus

    @focus.setter
    def focus(self, node: str) -> None:
        before, self._focus = self._focus, node
        self.damage(self.model.damage(filter(None, (before, node))))

    @property
    def overlay(self) -> Overlay | None:
        return self._overlay

    @overlay.setter
    def overlay(self, overlay: Overlay | None) -> None:
        self._overlay = overlay
        self.damage()

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
            self.damage(self._marked(*before))

    def _marked(self, hover: Hit, hidden: frozenset[str], chosen: str) -> Damage | None:
        """What looks different since these were the marks."""
        if len(self.hidden ^ hidden) > MOST:
            return None
        wires = {hover.link, self.hover.link} if hover != self.hover else set[str]()
        wires |= {chosen, self.chosen} if chosen != self.chosen else set()
        nodes = {hover.node, self.hover.node} if hover != self.hover else ()
        return self.model.damage(nodes, wires | (self.hidden ^ hidden))
