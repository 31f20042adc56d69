"""Where a dragged node would stand in line with others."""

from __future__ import annotations

from dataclasses import dataclass

from designer.canvas.camera import Rect, grown
from designer.canvas.geometry import PORT_Y, snapped
from designer.canvas.model import SceneModel

REACH = 7.0  # pixels within which a line attracts
AROUND = 900.0  # canvas units within which neighbours count


@dataclass(frozen=True, slots=True)
class Guide:
    """A line in canvas units between what is aligned: at a fixed x (vertical) or y."""

    vertical: bool
    at: float
    start: float
    end: float


def aligned(
    model: SceneModel, rect: Rect, moving: frozenset[str], scale: float
) -> tuple[float, float, tuple[Guide, ...]]:
    """How far to move further so that left edge and port line match the nearest neighbours, and the lines to show."""
    reach = REACH / scale
    others = [v for v in model.nodes_in(grown(rect, AROUND)) if v.id not in moving]
    dx, dy, guides = 0.0, 0.0, list[Guide]()
    by_x = [v for v in others if abs(v.x - rect[0]) <= reach]
    if by_x:
        nearest = min(by_x, key=lambda v: (abs(v.x - rect[0]), abs(v.y - rect[1])))
        dx = nearest.x - rect[0]
        guides.append(Guide(True, nearest.x, min(nearest.y, rect[1]), max(nearest.y + nearest.height, rect[3])))
    by_y = [v for v in others if abs(v.y - rect[1]) <= reach]
    if by_y:
        nearest = min(by_y, key=lambda v: (abs(v.y - rect[1]), abs(v.x - rect[0])))
        dy = nearest.y - rect[1]
        line = nearest.y + PORT_Y
        guides.append(Guide(False, line, min(nearest.x, rect[0]), max(nearest.x + nearest.width, rect[2])))
    return dx, dy, tuple(guides)


def to_grid(x: float, y: float) -> tuple[float, float]:
    return snapped(x), snapped(y)
