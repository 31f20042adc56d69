"""What a document consists of: immutable records, each with an id of its own within its scope.

A scope is one graph of the document: ``""`` is the main one, a block's id is that block's. `extra` holds the fields
that a later version wrote: kept, and written back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from core.program.program import Init, Solver

Bends: TypeAlias = tuple[tuple[float, float], ...]  # points on the canvas

MAIN = ""
BLOCK_PREFIX = "block:"


@dataclass(frozen=True, slots=True)
class Node:
    """One box of the drawing.

    Attributes:
        layer: id of a LayerSpec, or ``"block:"`` and the id of a block.
        name: what the person calls it; empty for the layer's label.
        params: the values that were set; the rest take their defaults.
        x, y: position of the top left corner on the canvas, in canvas units.
        muted: passes its first input through, or cuts the branch where there is none.
        frozen: its weights do not train. init: how its weights start.
        pinned: stays where it is when others are dragged, aligned or tidied up.
        shares: id of another node of this scope whose weights it uses. repeat: copies in a row (blocks).
        solver: the block is the dynamics of a differential equation, solved so. Excludes `repeat`.
    """

    id: str
    layer: str
    name: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    x: float = 0.0
    y: float = 0.0
    muted: bool = False
    frozen: bool = False
    init: Init | None = None
    shares: str = ""
    repeat: int = 1
    collapsed: bool = False
    colour: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    pinned: bool = False
    solver: Solver | None = None

    @property
    def block(self) -> str:
        """The id of the block that this node instantiates; empty for a layer."""
        return self.layer.removeprefix(BLOCK_PREFIX) if self.layer.startswith(BLOCK_PREFIX) else ""


@dataclass(frozen=True, slots=True)
class Link:
    """A wire from an output port to an input port end (``"x"``, or ``"xs.1"`` of a variadic port).

    `bends` are the points that it is led through on the canvas, from source to target; they mean nothing.
    """

    id: str
    source: str
    source_port: str
    target: str
    target_port: str
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    bends: Bends = ()


def shifted(bends: Bends, dx: float, dy: float) -> Bends:
    """The bends of a wire that is moved as a whole."""
    return tuple((x + dx, y + dy) for x, y in bends)


@dataclass(frozen=True, slots=True)
class Frame:
    """A titled rectangle behind the nodes that it carries along."""

    id: str
    title: str
    x: float
    y: float
    width: float
    height: float
    colour: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Note:
    """A text on the canvas; `node` binds it to a node, which it then follows."""

    id: str
    text: str
    x: float
    y: float
    width: float = 220.0
    node: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Promotion:
    """A parameter of a node inside a block that each instance of the block sets for itself, under `name`."""

    name: str
    node: str
    param: str


@dataclass(frozen=True, slots=True)
class Block:
    """A named sub-graph: its nodes and links live in the scope of its id."""

    id: str
    name: str
    doc: str = ""
    promoted: tuple[Promotion, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Setting:
    """One part of the document that is plain JSON: ``title``, ``job`` (see core.training.job), ``view``, ``extra``."""

    id: str
    value: Any


Record: TypeAlias = Node | Link | Frame | Note | Block | Setting
Kind: TypeAlias = Literal["node", "link", "frame", "note", "block", "setting"]
KIND_OF: Mapping[type, Kind] = {
    Node: "node", Link: "link", Frame: "frame", Note: "note", Block: "block", Setting: "setting",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """The one primitive of editing: the record `before` (None: there was none) becomes `after` (None: gone)."""

    scope: str
    before: Record | None
    after: Record | None
    kind: Kind = field(init=False, repr=False, compare=False)  # of the record, and its id: asked for many times
    id: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        record = self.record
        object.__setattr__(self, "kind", KIND_OF[type(record)])
        object.__setattr__(self, "id", record.id)

    @property
    def record(self) -> Record:
        record = self.after if self.after is not None else self.before
        assert record is not None
        return record

    def inverse(self) -> Change:
        return Change(self.scope, self.after, self.before)
