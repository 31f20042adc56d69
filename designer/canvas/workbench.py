"""What is done to the drawing where the person looks: layers added, nodes moved by an act, the whole tidied up."""

from __future__ import annotations

from collections.abc import Mapping

from core.problem import LayerloomError
from designer import edit
from designer.arrange import Box
from designer.canvas import edits
from designer.canvas.camera import Point
from designer.canvas.drops import DropTarget
from designer.canvas.stage import Held, InPlaceOf
from designer.canvas.straight import straightened
from designer.canvas.tidying import AT_ONCE, Tidying, tidied
from designer.canvas.tools.bend import with_bend
from graph.commands import BendLinks, Command


class Workbench(DropTarget):
    """A surface with the acts that need to know where things stand on it."""

    # -- adding

    def add_layer_at_centre(self, layer: str) -> None:
        """Add a layer where the person looks, below what lies there already; it becomes the selection."""
        self.add_layer(layer, self.free_spot(self.stage.camera.to_canvas(self.width() / 2, self.height() / 2)))

    def free_spot(self, at: Point) -> Point:
        """The canvas point, or the next one below where a node around it covers none."""
        x, y = at
        for _ in range(64):
            if not self.stage.model.nodes_in((x - 96.0, y - 32.0, x + 96.0, y + 32.0)):
                break
            y += 80.0
        return x, y

    def add_layer(self, layer: str, at: Point, held: Held = None) -> str:
        """Add a layer at a canvas point, wired to a held end or on a wire; its id, empty where it was refused."""
        try:
            command, id = edits.add(self.stage.model, layer, at, held)
        except LayerloomError as error:  # a block of the library that is gone
            self.session.notify(error.problem)
            return ""
        if not self.session.do(command):
            return ""
        self.session.selection.set([id])
        return id

    # -- moving

    def boxes(self) -> dict[str, Box]:
        """Where each node of the graph lies, in canvas units."""
        return {id: Box(v.x, v.y, v.width, v.height) for id, v in self.stage.model.nodes.items()}

    def selected_boxes(self) -> dict[str, Box]:
        chosen = self.session.selection.nodes
        return {id: box for id, box in self.boxes().items() if id in chosen}

    def move_nodes(self, places: Mapping[str, Point]) -> bool:
        """Nodes glide to new places, the pinned ones aside: one undo step."""
        free = {id: place for id, place in places.items() if not self.stage.model.nodes[id].pinned}
        return self.glide.run(lambda: edit.move_all(self.session, free))

    def straighten(self) -> bool:
        """Move the selected nodes up or down so that wires among them run level."""
        return self.move_nodes(straightened(self.stage.model, self.session.selection.nodes))

    def collapse(self) -> bool:
        """Show the selected nodes as badges; in full where all are badges. Each keeps the middle of its port line."""
        return edit.toggle(self.session, "collapsed")

    def bend_wires(self) -> bool:
        """A dot at the middle of each selected wire."""
        wires = self.stage.model.wires
        chosen = [wires[id] for id in sorted(self.session.selection.links) if id in wires]
        bends = {wire.id: with_bend(wire, wire.route.label)[0] for wire in chosen}
        return bool(bends) and self.session.do(BendLinks(bends, self.stage.scope))

    def replace_layer(self) -> None:
        """Ask for the layer that takes the place of the selected node."""
        view = self.stage.model.nodes.get(self.session.selection.node)
        if view is not None:
            at = self.stage.camera.to_view(view.x, view.y + view.height)
            self.stage.quick_add.emit(at, InPlaceOf(view.id))

    def tidy(self) -> None:
        """Lay out the selected nodes (two or more), or the whole graph, from left to right; frames stay whole.

        A large drawing is worked on in the background, until Esc or an edit gives it up.
        """
        chosen = self.selected_boxes()
        nodes = self.stage.model.nodes
        boxes = {id: box for id, box in (chosen if len(chosen) > 1 else self.boxes()).items() if not nodes[id].pinned}
        if not boxes:
            return
        if len(boxes) <= AT_ONCE:
            self.glide.run(lambda: self.session.do(tidied(self.stage, boxes)))
        else:
            self.cancel()  # one layout at a time
            self.begin(Tidying(self.stage, boxes, self, self._tidied))
            self.update()

    def _tidied(self, command: Command | None) -> None:
        self.after_key()
        if command is not None:
            self.glide.run(lambda: self.session.do(command))
