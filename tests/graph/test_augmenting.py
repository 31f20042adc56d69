"""The layers between the data and a node, as far as they only disturb examples in training."""

from __future__ import annotations

import pytest

from core.catalog.families import default_catalog
from graph.augmenting import Chain, chain, changes
from graph.commands import SetNode
from graph.document import Document
from graph.templates.drawing import Drawing


@pytest.fixture
def d() -> Drawing:
    return Drawing(default_catalog(), "Changes")


def by_name(document: Document) -> dict[str, str]:
    return {node.name: node.id for node in document.graph().nodes}


def test_layers_in_a_row_behind_an_input(d: Drawing) -> None:
    x = d.node("input", at=(0, 0), name="x")
    flip = d.node("random_flip", x, at=(0, 0), name="flip", vertical=0.5)
    mixed = d.node("mixup", flip, at=(0, 0), name="mix")
    noise = d.node("gaussian_noise", f"{mixed}.mixed", at=(0, 0), name="noise")
    hidden = d.node("linear", noise, at=(0, 0), name="hidden")
    d.node("dropout", hidden, at=(0, 0), name="late")
    ids = by_name(d.document)
    assert chain(d.document, ids["flip"]) == Chain("features", (("random_flip", {"vertical": 0.5}),))
    found = chain(d.document, ids["noise"])
    assert found is not None
    assert [layer for layer, _ in found.layers] == ["random_flip", "mixup", "gaussian_noise"]
    assert chain(d.document, ids["hidden"]) is None
    assert chain(d.document, ids["late"]) is None  # behind something that learns
    assert chain(d.document, ids["x"]) is None
    SetNode(ids["flip"], {"muted": True}).apply(d.document)
    found = chain(d.document, ids["mix"])
    assert found is not None
    assert [layer for layer, _ in found.layers] == ["mixup"]


def test_a_loose_end_leads_nowhere(d: Drawing) -> None:
    d.node("random_crop", at=(0, 0), name="crop")
    assert chain(d.document, by_name(d.document)["crop"]) is None


@pytest.mark.parametrize(
    ("layer", "wanted"),
    [("random_flip", True), ("dropout", True), ("batch_norm2d", False), ("reparameterise", False), ("conv2d", False)],
)
def test_only_what_disturbs_and_does_not_learn_counts(layer: str, wanted: bool) -> None:
    assert changes(default_catalog()[layer]) is wanted
