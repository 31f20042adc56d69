"""While a node is held over a wire: what follows stands aside and frames grow, as they will when it is dropped."""

from __future__ import annotations

from designer.canvas import edits
from designer.canvas.camera import Point
from designer.canvas.hit import wire_at
from designer.canvas.stage import Stage
from graph.records import Node

ON_WIRE = 26.0  # canvas units between a node's port line and a wire that it is dropped on
KEEPS = 1.8  # times as far until a wire that was chosen is let go: making room moves it


class Room:
    """Shows the room for one node; `hide` takes everything back."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._aside: dict[str, Point] = {}  # how far each stands aside
        self._frames: frozenset[str] = frozenset()

    def wire(self, at: Point) -> str:
        """The wire that a node at this point (the middle of its port line) would be put on; empty for none."""
        model, held = self._stage.model, self._stage.chosen
        if held in model.wires and model.wires[held].route.distance(*at) < ON_WIRE * KEEPS:
            return self._at_rest(at) or held
        return wire_at(model, at, ON_WIRE)

    def _at_rest(self, at: Point) -> str:
        """The wire that lies here but for what stands aside: a drawing must not run away from who goes on along it."""
        model = self._stage.model
        for wire in (model.wires[id] for id in sorted(model.shifted_wires)):
            dx, dy = self._aside.get(wire.source, (0.0, 0.0))
            together = wire.source in self._aside and (dx, dy) == self._aside.get(wire.target)
            if together and wire.route.distance(at[0] + dx, at[1] + dy) < ON_WIRE:
                return wire.id
        return ""

    def show(self, link: str, node: Node) -> None:
        """Make room for a node (where it is held now) on a wire; an empty link takes the room back."""
        model = self._stage.model
        graph = model.session.document.graph(model.scope)
        plan = edits.plan(model, link, node) if link else edits.Plan(node)
        aside = {id: (x - graph.node(id).x, y - graph.node(id).y) for id, (x, y) in plan.aside.items()}
        offsets = dict.fromkeys(self._aside.keys() - aside.keys(), (0.0, 0.0)) | aside
        frames = {id: graph.frames[id] for id in self._frames - plan.frames.keys()} | dict(plan.frames)
        self._aside, self._frames = aside, frozenset(plan.frames)
        if offsets:
            model.place(offsets)
        for frame in frames.values():
            model.show_frame(frame)
