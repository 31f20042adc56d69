"""Frames follow what they carry: moved with all of it, grown when it no longer fits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from designer.canvas.camera import Point, Rect, grown, united
from designer.canvas.geometry import FRAME_TITLE, WIDTH, frame_rect, note_rect
from designer.canvas.model import SceneModel
from graph.records import Frame, Node

MARGIN = 24.0  # that a frame which grows keeps round what it carries


def holds(frame: Rect, rect: Rect) -> bool:
    """Whether a frame carries what is at a rectangle: by its middle, so what stands half over its edge may belong."""
    x, y = (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2
    return frame[0] <= x <= frame[2] and frame[1] <= y <= frame[3]


def carried(model: SceneModel, frames: Iterable[str]) -> tuple[set[str], dict[str, Point]]:
    """What goes along with frames: the nodes on them; and the frames themselves, smaller ones and notes on them, each
    with its place."""
    nodes, others = set[str](), dict[str, Point]()
    for id in frames:
        frame = model.frames[id]
        rect = frame_rect(frame)
        others[id] = (frame.x, frame.y)
        nodes |= {view.id for view in model.nodes_in(rect) if holds(rect, view.rect)}
        others |= {note.id: (note.x, note.y) for note in model.notes.values() if holds(rect, note_rect(note))}
        inner = (f for f in model.frames.values() if f.id != id and holds(rect, frame_rect(f)))
        others |= {f.id: (f.x, f.y) for f in inner if f.width * f.height < frame.width * frame.height}
    return nodes, others


def reframed(
    model: SceneModel, moved: Mapping[str, Point], joined: Node | None = None, beside: Collection[str] = ()
) -> dict[str, Frame]:
    """The frames that change when nodes move to new places; `joined` is a node that comes to stand on those frames that
    carry all of `beside`."""
    graph = model.session.document.graph(model.scope)
    before = {node.id: _rect(model, node.id, node.x, node.y) for node in graph.nodes}
    after = before | {id: _rect(model, id, *place) for id, place in moved.items()}
    changed: dict[str, Frame] = {}
    for frame in sorted(graph.frames.values(), key=lambda f: f.width * f.height):
        rect = frame_rect(frame)
        inside = [id for id, at in before.items() if holds(rect, at) and (joined is None or id != joined.id)]
        inner = [f for f in changed.values() if f.id != frame.id and holds(rect, frame_rect(graph.frames[f.id]))]
        takes = joined is not None and bool(inside) and set(beside) <= set(inside)
        if not takes and not moved.keys() & set(inside):
            continue
        gone = {(after[id][0] - before[id][0], after[id][1] - before[id][1]) for id in inside}
        if not takes and len(gone) == 1:
            dx, dy = gone.pop()
            changed[frame.id] = replace(frame, x=frame.x + dx, y=frame.y + dy)
            continue
        held = [after[id] for id in inside] + [frame_rect(f) for f in inner]
        held += [_rect(model, joined.id, joined.x, joined.y)] if takes and joined is not None else []
        new = _grown(frame, held)
        if new != frame:
            changed[frame.id] = new
    return changed


def _grown(frame: Frame, held: list[Rect]) -> Frame:
    """The frame made large enough for what it carries."""
    around = united(held)
    if around is None:
        return frame
    room = grown(around, MARGIN)
    rect = united([frame_rect(frame), (room[0], room[1] - FRAME_TITLE + MARGIN / 2, room[2], room[3])])
    assert rect is not None
    left, top, right, bottom = rect
    return replace(frame, x=left, y=top, width=right - left, height=bottom - top)


def _rect(model: SceneModel, id: str, x: float, y: float) -> Rect:
    view = model.nodes.get(id)
    return x, y, x + (view.width if view else WIDTH), y + (view.height if view else 48.0)


def frame_values(frame: Frame) -> dict[str, float]:
    """Place and size of a frame, as `SetFrame` takes them."""
    return {"x": frame.x, "y": frame.y, "width": frame.width, "height": frame.height}
