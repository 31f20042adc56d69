"""Whatever is done to a document: undone to the same bytes, done again to the same, and read back to the same."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from core.problem import LayerloomError
from core.spec.layer import Role
from graph import clipboard
from graph.blocks import ports
from graph.codec import decode, encode
from graph.commands import (
    AddBlock,
    AddFrame,
    AddNode,
    AddNote,
    Batch,
    BendLinks,
    Command,
    Connect,
    Detach,
    Disconnect,
    InsertOnLink,
    MakeBlock,
    MoveInto,
    MoveNodes,
    MoveOut,
    RemoveBlock,
    RemoveItems,
    RemoveNodes,
    ReorderPorts,
    ReplaceLayer,
    SetBlock,
    SetJob,
    SetNode,
    SetParam,
    SetPromotion,
    SetSetting,
    SwapInputs,
    Unpack,
)
from graph.document import Document
from graph.records import MAIN, Block, Frame, Node, Note
from tests.graph.small import CATALOG, with_block

LAYERS = [spec.id for spec in CATALOG]
PORTS = ["x", "y", "xs", "xs.1", "a", "b", "h", "input", "target", "loss"]
PARAMS = {
    "out_features": [1, 64, 0, "x"],
    "kernel_size": [3, (1, 2), -1],
    "width": [7, 64],
    "bias": [True, False],
    "position": [1],
}
FIELDS = [
    {"name": "Zoë"},
    {"muted": True},
    {"repeat": 2},
    {"repeat": 0},
    {"frozen": True},
    {"colour": "#123456"},
    {"init": {"weight": "zeros"}},
    {"solver": {"method": "rk4", "params": {"steps": 3}}},
    {"solver": {"method": "dopri5", "params": {"path": True, "points": 4}}},
    {"solver": None},
]


def order(document: Document, block: str, role: Role) -> st.SearchStrategy[tuple[str, ...]]:
    """The ports of a block in any order."""
    held = [node.id for node in ports(document, block, role)] if block in document.blocks else []
    return st.permutations(held).map(tuple)


def some_command(document: Document, draw, batch: bool = True) -> Command:  # type: ignore[no-untyped-def]
    """A command that may fit the document or not."""
    scope = draw(st.sampled_from(document.scopes))
    graph = document.graph(scope)
    node = st.sampled_from([*graph.node_ids, "missing"])
    link = st.sampled_from([*graph.links, "missing"])
    held = [*graph.frames, *graph.notes, *graph.links, *graph.node_ids, "?"]
    items = st.lists(st.sampled_from(held), max_size=3).map(tuple)
    nodes = st.lists(node, max_size=4, unique=True).map(tuple)
    blocks = st.sampled_from([*document.blocks, "missing"])
    layer = st.sampled_from([*LAYERS, *(f"block:{b}" for b in document.blocks), "unknown"])
    xy = st.tuples(st.integers(-500, 500).map(float), st.floats(-500, 500))
    port = st.sampled_from([*PORTS, *(n.id for b in document.blocks for n in document.graph(b).nodes)])
    roles = st.sampled_from([Role.ENTRY, Role.EXIT])
    param = st.sampled_from([(name, value) for name, values in PARAMS.items() for value in values])
    makers: list[Callable[[], Command]] = [
        lambda: AddNode(Node("", draw(layer), x=draw(xy)[0]), scope),
        lambda: RemoveNodes(draw(nodes), scope, heal=draw(st.booleans())),
        lambda: Connect(draw(node), draw(port), draw(node), draw(port), scope, replace=draw(st.booleans())),
        lambda: Connect(draw(node), "y", draw(node), "x", scope, replace=draw(st.booleans())),
        lambda: Disconnect((draw(link),), scope),
        lambda: InsertOnLink(draw(link), Node("", draw(layer)), scope),
        lambda: SetParam(draw(node), *draw(param), scope),
        lambda: SetNode(draw(node), draw(st.sampled_from(FIELDS)), scope),
        lambda: SetNode(draw(node), {"shares": draw(node)}, scope),
        lambda: MoveNodes({id: draw(xy) for id in draw(nodes)}, scope),
        lambda: ReplaceLayer(draw(node), draw(layer), scope),
        lambda: MakeBlock(draw(nodes), scope=scope),
        lambda: Unpack(draw(node), scope),
        lambda: BendLinks({draw(link): tuple(draw(st.lists(xy, max_size=3)))}, scope),
        lambda: SwapInputs(draw(node), scope),
        lambda: Detach(draw(nodes), scope),
        lambda: MoveInto(draw(nodes), draw(node), scope),
        lambda: MoveOut(draw(nodes), scope, draw(st.sampled_from([*document.graph().node_ids, "missing"]))),
        lambda: ReorderPorts(block := draw(blocks), role := draw(roles), draw(order(document, block, role))),
        lambda: SetPromotion(draw(blocks), draw(node), draw(param)[0], draw(st.sampled_from([None, "", "width"]))),
        lambda: AddBlock(Block("", "")),
        lambda: RemoveBlock(draw(blocks)),
        lambda: SetBlock(draw(blocks), {"name": "Other"}),
        lambda: AddFrame(Frame("", "Stem", 0, 0, 10, 10), scope),
        lambda: AddNote(Note("", "why", 0, 0), scope),
        lambda: RemoveItems(draw(items), scope),
        lambda: SetSetting("title", draw(st.text(max_size=5))),
        lambda: SetJob(*draw(st.sampled_from([("epochs", 3), ("epochs", 0), ("objectives.0.clip_norm", 1.0)]))),
        lambda: clipboard.paste(document, scope, clipboard.copy(document, scope, draw(nodes)), incoming=True)
        or SetSetting("title", "empty"),
    ]  # fmt: skip
    if batch and draw(st.integers(0, 9)) == 9:
        return Batch("Both", (some_command(document, draw, False), some_command(document, draw, False)))
    return draw(st.sampled_from(makers))()


def check_whole(document: Document) -> None:
    """What every document keeps, whatever was done."""
    ids: list[str] = list(document.blocks)
    for scope in document.scopes:
        graph = document.graph(scope)
        assert graph.is_acyclic()
        ids += [*graph.node_ids, *graph.links, *graph.frames, *graph.notes]
        ends = [(link.target, link.target_port) for link in graph.links.values()]
        assert len(ends) == len(set(ends))
        for node in graph.nodes:
            owner = graph.node(node.shares) if node.shares else None
            assert owner is None or (owner.layer == node.layer and not owner.shares)
            assert not node.block or node.block in document.blocks
            spec = document.spec(node.layer)
            assert spec is not None
            assert set(node.params) <= set(spec.param), (node, list(spec.param))
        assert all(not n.node or n.node in graph for n in graph.notes.values())
    assert len(ids) == len(set(ids))
    for block in document.blocks.values():
        assert all(p.node in document.graph(block.id) for p in block.promoted)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_any_acts_are_undone_and_done_again_to_the_same_bytes(data: st.DataObject) -> None:
    document, history = with_block()
    history.clear()
    states = [encode(document)]
    for _ in range(data.draw(st.integers(1, 14))):
        before = encode(document)
        try:
            history.do(some_command(document, data.draw))
        except LayerloomError:
            assert encode(document) == before
        if history.position == len(states):
            states.append(encode(document))
        assert encode(document) == states[-1]
        check_whole(document)
        again, problems = decode(states[-1], CATALOG)
        assert problems == []
        assert encode(again) == states[-1]
    for position in (*reversed(range(len(states))), *range(len(states))):
        history.jump(position)
        assert encode(document) == states[position]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_order_of_computation_does_not_depend_on_how_the_drawing_was_made(data: st.DataObject) -> None:
    document, history = with_block()
    for _ in range(data.draw(st.integers(1, 10))):
        try:
            history.do(some_command(document, data.draw))
        except LayerloomError:
            continue
    again, _ = decode(encode(document), CATALOG)
    for scope in document.scopes:
        assert document.graph(scope).order() == again.graph(scope).order()
    assert MAIN in again.scopes
