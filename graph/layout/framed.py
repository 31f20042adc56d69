"""Tidy placement that respects frames: what lies on a frame is laid out by itself, and the frame as one piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graph.graph import Graph, id_order
from graph.layout import Checkpoint, Place, Size, pass_by, tidy
from graph.records import Frame, Link, Node

MARGIN, HEAD = 30.0, 50.0  # between a frame's edge and what lies on it; at the top, with its title


@dataclass(frozen=True)
class Tidied:
    """New places of nodes, and of notes that lie on frames; frames as they then are."""

    places: dict[str, Place]
    frames: dict[str, Frame]


@dataclass
class _Box:
    """What a frame carries by itself: nodes, and frames that lie on it."""

    nodes: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Laid:
    """Where the nodes of a box and its frames (with their sizes) go, from (0, 0), and the room that all take."""

    nodes: dict[str, Place]
    frames: dict[str, tuple[Place, Size]]
    size: Size
    rise: float = 0.0  # how far below the top the first node stands that a wire enters


def tidy_framed(graph: Graph, sizes: Mapping[str, Size], check: Checkpoint = pass_by) -> Tidied:
    """Like `tidy`, for the nodes in `sizes`; frames that carry none of these stay as they are.

    A frame that a wire leaves and enters again cannot be one piece: its nodes are laid out with the rest, and it is
    then drawn round them.
    """
    return _Framing(graph, {id: size for id, size in sizes.items() if id in graph}, check).tidied()


class _Framing:
    def __init__(self, graph: Graph, sizes: Mapping[str, Size], check: Checkpoint) -> None:
        self.graph, self.sizes, self.check = graph, sizes, check
        frames = sorted(graph.frames.values(), key=lambda f: (f.width * f.height, id_order(f.id)))
        self.outer = {
            frame.id: holder(frames[index + 1 :], (frame.x + frame.width / 2, frame.y + frame.height / 2))
            for index, frame in enumerate(frames)
        }
        self.boxes: dict[str, _Box] = {"": _Box()}
        self.loose: dict[str, list[str]] = {}  # frames that are no piece, with the nodes that they go round
        for id, (width, height) in sizes.items():
            node = graph.node(id)
            self._box(holder(frames, (node.x + width / 2, node.y + height / 2))).nodes.append(id)

    def _box(self, frame: str) -> _Box:
        """The content of a frame (``""``: the graph itself), known to the frame that it lies on."""
        if frame not in self.boxes:
            self.boxes[frame] = _Box()
            self._box(self.outer[frame]).frames.append(frame)
        return self.boxes[frame]

    def tidied(self) -> Tidied:
        if not self.sizes:
            return Tidied({}, {})
        whole = self._lay(self.boxes[""])
        held = self.boxes[""]
        lefts = [self.graph.node(id).x for id in held.nodes] + [self.graph.frames[f].x for f in held.frames]
        tops = [self.graph.node(id).y for id in held.nodes] + [self.graph.frames[f].y for f in held.frames]
        left, top = round(min(lefts), -1), round(min(tops), -1)
        places = {id: (x + left, y + top) for id, (x, y) in whole.nodes.items()}
        frames = {
            id: replace(self.graph.frames[id], x=x + left, y=y + top, width=width, height=height)
            for id, ((x, y), (width, height)) in whole.frames.items()
        }
        for id, nodes in sorted(self.loose.items(), key=lambda pair: len(pair[1])):
            frames[id] = around(self.graph.frames[id], [(*places[n], *self.sizes[n]) for n in nodes])
        return Tidied(places | self._notes(frames), frames)

    def _notes(self, frames: Mapping[str, Frame]) -> dict[str, Place]:
        """Notes that lie on a frame and are bound to no node go with it."""
        held = sorted((self.graph.frames[id] for id in frames), key=lambda f: f.width * f.height)
        found: dict[str, Place] = {}
        for note in self.graph.notes.values():
            id = holder(held, (note.x + note.width / 2, note.y + 16.0))
            if id and not note.node:
                before, after = self.graph.frames[id], frames[id]
                found[note.id] = (note.x + after.x - before.x, note.y + after.y - before.y)
        return found

    def _lay(self, box: _Box) -> _Laid:
        """One box, what lies on its frames first."""
        self.check()
        while (tangled := self._tangled(box)) is not None:
            inner = self.boxes[tangled]
            self.loose[tangled] = list(self._all(tangled))
            box.frames.remove(tangled)
            box.frames += inner.frames
            box.nodes += inner.nodes
        laid = {frame: self._lay(self.boxes[frame]) for frame in box.frames}
        sizes: dict[str, Size] = {id: self.sizes[id] for id in box.nodes}
        sizes |= {f: (one.size[0] + 2 * MARGIN, one.size[1] + HEAD + MARGIN) for f, one in laid.items()}
        quotient = self._quotient(box)
        rises = {frame: HEAD + one.rise for frame, one in laid.items()}
        spots = tidy(quotient, sizes, check=self.check, rises=rises)
        left, top = min(x for x, _ in spots.values()), min(y for _, y in spots.values())
        spots = {id: (x - left, y - top) for id, (x, y) in spots.items()}
        nodes = {id: spots[id] for id in box.nodes}
        frames = {frame: (spots[frame], sizes[frame]) for frame in laid}
        for frame, one in laid.items():
            dx, dy = spots[frame][0] + MARGIN, spots[frame][1] + HEAD
            nodes |= {id: (x + dx, y + dy) for id, (x, y) in one.nodes.items()}
            frames |= {id: ((x + dx, y + dy), size) for id, ((x, y), size) in one.frames.items()}
        room = (max(x + sizes[id][0] for id, (x, _) in spots.items()),
                max(y + sizes[id][1] for id, (_, y) in spots.items()))  # fmt: skip
        return _Laid(nodes, frames, room, self._rise(box, spots, rises))

    def _rise(self, box: _Box, spots: Mapping[str, Place], rises: Mapping[str, float]) -> float:
        """Where the item stands that others stand level with: the leftmost that is fed from outside, else of all."""
        inside = {n for frame in box.frames for n in self._all(frame)} | set(box.nodes)
        fed = [
            id for id in spots
            if any(link.source not in inside for n in self._members(id) for link in self.graph.incoming(n))
        ]  # fmt: skip
        first = min(fed or spots, key=lambda id: (spots[id][0], spots[id][1]))
        return spots[first][1] + rises.get(first, 0.0)

    # -- one box as a graph of nodes and frames

    def _members(self, item: str) -> Iterator[str]:
        """The nodes of an item: itself, or all that its frame carries."""
        if item in self.boxes:
            yield from self._all(item)
        else:
            yield item

    def _all(self, frame: str) -> Iterator[str]:
        yield from self.boxes[frame].nodes
        for inner in self.boxes[frame].frames:
            yield from self._all(inner)

    def _quotient(self, box: _Box) -> Graph:
        """The items of a box, and a wire for each that joins two of them."""
        home = {node: item for item in (*box.nodes, *box.frames) for node in self._members(item)}
        quotient, links = Graph(), list[Link]()
        for link in self.graph.links.values():
            source, target = home.get(link.source), home.get(link.target)
            if source is not None and target is not None and source != target:
                links.append(replace(link, source=source, target=target))
        quotient.fill([Node(item, "") for item in (*box.nodes, *box.frames)], links)
        return quotient

    def _tangled(self, box: _Box) -> str | None:
        """A frame that the wires which leave it come back to; None where there is none."""
        if not box.frames:
            return None
        quotient = self._quotient(box)
        if quotient.is_acyclic():
            return None
        return next(f for f in box.frames if f in quotient.downstream(set(quotient.nx.successors(f))))


def holder(frames: Sequence[Frame], point: Place) -> str:
    """The first of the frames (smallest first) that a point lies on; empty for none."""
    x, y = point
    on = (f.id for f in frames if f.x <= x <= f.x + f.width and f.y <= y <= f.y + f.height)
    return next(on, "")


def around(frame: Frame, boxes: Sequence[tuple[float, float, float, float]]) -> Frame:
    """The frame drawn round boxes (left, top, width, height), with its margins."""
    left, top = min(b[0] for b in boxes) - MARGIN, min(b[1] for b in boxes) - HEAD
    right, bottom = max(b[0] + b[2] for b in boxes) + MARGIN, max(b[1] + b[3] for b in boxes) + MARGIN
    return replace(frame, x=left, y=top, width=right - left, height=bottom - top)
