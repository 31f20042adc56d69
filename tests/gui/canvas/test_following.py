"""Whatever is done, the view model that followed along equals one that is built afresh."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from core.problem import LayerloomError
from designer.canvas.model import SceneModel
from graph.commands import (
    AddNode,
    BendLinks,
    Connect,
    Detach,
    Disconnect,
    MakeBlock,
    MoveInto,
    MoveNodes,
    RemoveNodes,
    SetNode,
    SetParam,
    SwapInputs,
    Unpack,
)
from graph.document import Document
from graph.records import Node

Draw = random.Random


def _some(draw: Draw, document: Document, scope: str, count: int = 1) -> list[str]:
    ids = list(document.graph(scope).node_ids)
    return draw.sample(ids, min(count, len(ids)))


def _add(draw: Draw, document: Document, scope: str) -> AddNode:
    layer = draw.choice(["linear", "relu", "add", "concatenate"])
    return AddNode(Node("", layer, x=draw.uniform(0, 2000), y=draw.uniform(0, 900)), scope)


def _connect(draw: Draw, document: Document, scope: str) -> Any:
    graph = document.graph(scope)
    sources = [n for n in graph.nodes if (spec := document.spec(n.layer)) and spec.outputs]
    targets = [n for n in graph.nodes if (spec := document.spec(n.layer)) and spec.inputs]
    source, target = draw.choice(sources), draw.choice(targets)
    giver, taker = document.spec(source.layer), document.spec(target.layer)
    assert giver is not None
    assert taker is not None
    return Connect(source.id, giver.outputs[0].id, target.id, draw.choice(taker.inputs).id, scope, replace=True)


ACTS: tuple[Callable[[Draw, Document, str], Any], ...] = (
    _add,
    _add,
    _add,
    _connect,
    _connect,
    lambda draw, document, scope: MoveNodes(
        {id: (draw.uniform(0, 2000), draw.uniform(0, 900)) for id in _some(draw, document, scope, 3)}, scope
    ),
    lambda draw, document, scope: RemoveNodes(tuple(_some(draw, document, scope)), scope, draw.random() < 0.5),
    lambda draw, document, scope: Disconnect(tuple(document.graph(scope).links)[:1], scope),
    lambda draw, document, scope: SetNode(_some(draw, document, scope)[0], {"muted": draw.random() < 0.5}, scope),
    lambda draw, document, scope: SetParam(_some(draw, document, scope)[0], "out_features", draw.randint(1, 99), scope),
    lambda draw, document, scope: MakeBlock(tuple(_some(draw, document, scope, 2)), "Part", scope),
    lambda draw, document, scope: Unpack(_some(draw, document, scope)[0], scope),
    lambda draw, document, scope: SetNode(_some(draw, document, scope)[0], {"collapsed": draw.random() < 0.5}, scope),
    lambda draw, document, scope: BendLinks(
        {draw.choice(list(document.graph(scope).links)): ((draw.uniform(0, 2000), 9.0),)}, scope
    ),
    lambda draw, document, scope: Detach(tuple(_some(draw, document, scope, 2)), scope),
    lambda draw, document, scope: SwapInputs(_some(draw, document, scope)[0], scope),
    lambda draw, document, scope: MoveInto(
        tuple(_some(draw, document, scope, 2)), _some(draw, document, scope)[0], scope
    ),
)


def state(model: SceneModel) -> tuple[Any, ...]:
    """All that is drawn, in comparable form."""
    model.refresh()
    nodes = {id: (view.rect, view.look, view.shape) for id, view in model.nodes.items()}
    wires = {id: (wire.route.curves, wire.label, wire.full) for id, wire in model.wires.items()}
    return nodes, wires, model.frames, model.notes, {k: sorted(v) for k, v in model.marked.items()}


def step(hand: Any, draw: Draw) -> None:
    session = hand.session
    if draw.random() < 0.25:
        (session.undo if draw.random() < 0.6 else session.redo)()
        return
    blocks = [node.id for node in session.document.graph(session.selection.scope).nodes if node.block]
    if draw.random() < 0.1 and blocks and not session.selection.path:
        session.selection.enter(draw.choice(blocks))
    elif draw.random() < 0.05:
        session.selection.leave()
    try:
        session.history.do(draw.choice(ACTS)(draw, session.document, session.selection.scope))
    except (LayerloomError, IndexError):
        return  # it made no sense here


@pytest.mark.parametrize("seed", range(8))
def test_following_equals_building(hand: Any, seed: int) -> None:
    draw = random.Random(seed)
    followed = hand.canvas.stage.model
    for turn in range(150):
        step(hand, draw)
        if turn % 6 == 0:
            hand.canvas.repaint()
        fresh = SceneModel(hand.session, hand.session.selection.path)
        assert followed.path == fresh.path
        assert state(followed) == state(fresh)
        fresh.close()
    assert len(hand.session.history.entries) > 20
    assert not hand.notices
