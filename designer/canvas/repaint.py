"""Which pixels of the canvas are painted again: what a change touches, and what a pan brings into view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QRect
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QWidget

from designer.canvas.camera import Camera, Rect
from designer.canvas.damage import MOST, Damage, clipped, fewer, pixels

if TYPE_CHECKING:
    from designer.canvas.surface import Surface

MOST_RECTS = 24  # of one paint event; where there are more, what is round them is painted


class Repaint:
    """Tells Qt what of a surface to paint again; the rest of the picture stays, or moves with the camera."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._camera = surface.stage.camera  # of the picture
        self._drawn: list[Rect] | None = []  # where the gesture drew, in widget pixels; None: anywhere
        selection = surface.session.selection
        self._selected = (selection.nodes, selection.links, selection.frames | selection.notes)

    @property
    def _size(self) -> tuple[int, int]:
        return self._surface.width(), self._surface.height()

    def damage(self, what: Damage | None) -> None:
        """Part of the drawing looks different, or all of it."""
        surface, stage = self._surface, self._surface.stage
        if what is None:
            surface.update()
        elif what:
            reach = surface.scene().reach(stage.model, stage.camera, surface.marks(), what)
            self._ask(pixels(stage.camera, reach, self._size))

    def _ask(self, rects: list[Rect]) -> None:
        region = QRegion()
        for left, top, right, bottom in rects:
            region += QRect(int(left), int(top), int(right - left), int(bottom - top))
        self._surface.update(region)

    def select(self) -> None:
        """The selection changed."""
        selection = self._surface.session.selection
        before, self._selected = self._selected, (selection.nodes, selection.links, selection.frames | selection.notes)
        nodes, links, others = (old ^ new for old, new in zip(before, self._selected, strict=True))
        focus = self._surface.stage.focus
        few = not others and len(nodes) + len(links) <= MOST
        self.damage(self._surface.stage.model.damage({*nodes, focus}, links) if few else None)

    def follow(self) -> None:
        """The camera may have moved, and what the gesture draws may have changed."""
        before, self._camera = self._camera, self._surface.stage.camera
        drawn, self._drawn = self._drawn, self._surface.drawn()
        if drawn is None or self._drawn is None:
            self._surface.update()
            return
        step = _whole_pixels(before, self._camera, self._surface.devicePixelRatioF())
        if step is None:
            self._surface.update()
        elif step != (0, 0):
            self._scroll(*step)
            drawn = [(x0 + step[0], y0 + step[1], x1 + step[0], y1 + step[1]) for x0, y0, x1, y1 in drawn]
        if drawn or self._drawn:
            self._ask(clipped((*drawn, *self._drawn), self._size))

    def _scroll(self, dx: int, dy: int) -> None:
        """Move the picture; widgets above it stay where they are, so what moved with it there is painted again."""
        surface = self._surface
        over = QRegion()
        for child in surface.children():
            if isinstance(child, QWidget) and child.isVisible() and not child.isWindow():
                over += QRegion(child.geometry()) + child.geometry().translated(dx, dy)
        surface.scroll(dx, dy, surface.rect())
        if not over.isEmpty():
            surface.update(over)


def areas(region: QRegion) -> list[Rect]:
    """What a paint event asks for, as few rectangles; Qt itself lets nothing be painted outside of the region."""
    few = region.rectCount() <= MOST_RECTS
    rects = cast(Iterable[QRect], region) if few else [region.boundingRect()]
    return fewer([(r.x(), r.y(), r.x() + r.width(), r.y() + r.height()) for r in rects])


def _whole_pixels(before: Camera, now: Camera, ratio: float) -> tuple[int, int] | None:
    """How far the picture moves between two cameras; None where it does not move by whole pixels."""
    dx, dy = round(now.x - before.x), round(now.y - before.y)
    if before.scale != now.scale or ratio != int(ratio):
        return None
    off = max(abs(now.x - before.x - dx), abs(now.y - before.y - dy))
    return (dx, dy) if off < 1e-6 else None
