"""What the lessons of prototypes, capsules, experts and graphs say is so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.catalog.families import default_catalog
from core.data.sources import load
from core.training.loop import train
from core.training.protocol import Finished
from graph.check import problems
from graph.commands import SetJob, SetParam
from graph.document import Document
from graph.infer import Inference
from graph.lower import lower
from graph.templates import TEMPLATES, Expected
from tests.trainings import run


def build(id: str, **job: Any) -> Document:
    document = TEMPLATES[id].build(default_catalog())
    for field, value in {"threads": 1, **job}.items():
        SetJob(field, value).apply(document)
    return document


def put(document: Document, name: str, param: str, value: Any) -> None:
    [node] = [node for node in document.graph().nodes if node.name == name]
    SetParam(node.id, param, value).apply(document)


def trained(document: Document) -> tuple[dict[str, float], dict[str, torch.Tensor]]:
    """Metrics of the test part, and the weights."""
    made = run(lower(document), document.job)
    *_, last = (event for event in train(made) if isinstance(event, Finished))
    return dict(last.metrics["test"]), dict(made.net.state_dict())


def test_a_metric_of_one_answer_among_several_knows_which_way_is_better() -> None:
    expected = Expected("target/accuracy", 0.9)
    assert expected.holds(expected.reached({"test": {"target/accuracy": 0.95}}))
    assert not expected.holds(0.85)


@pytest.mark.slow
class TestBumps:
    def test_thin_bumps_leave_gaps_and_wide_ones_cannot_bend(self) -> None:
        for width, most in ((0.05, 0.75), (3.0, 0.9)):
            document = build("moons_rbf")
            put(document, "bumps", "width", width)
            assert trained(document)[0]["accuracy"] <= most

    def test_the_answers_place_four_centres_better_than_the_data(self) -> None:
        accuracy = []
        for trains in (None, ()):
            document = build("moons_rbf")
            put(document, "bumps", "out_features", 4)
            if trains is not None:
                SetJob("objectives.1.trains", trains).apply(document)
            accuracy.append(trained(document)[0]["accuracy"])
        assert accuracy[1] > accuracy[0] + 0.03


def test_half_of_the_experts_idle_without_balance() -> None:
    document = build("spirals_experts", epochs=20)
    even = trained(document)[0]
    put(document, "balance", "weight", 0.0)
    uneven = trained(document)[0]
    assert even["balance"] < 1.1
    assert uneven["balance"] > 1.5


@pytest.mark.slow
def test_neighbours_on_the_map_are_alike() -> None:
    metrics, weights = trained(build("digits_som"))
    units = next(w for name, w in weights.items() if name.endswith("map.weight"))
    beside = torch.cat(
        [(units[1:] - units[:-1]).square().sum(2).flatten(), (units[:, 1:] - units[:, :-1]).square().sum(2).flatten()]
    )
    flat = units.flatten(0, 1)
    assert beside.mean() < 0.5 * torch.pdist(flat).square().mean()
    alone = build("digits_som")
    put(alone, "pull", "sigma", 0.3)
    put(alone, "pull", "decay", "none")
    assert trained(alone)[0]["quantisation"] > metrics["quantisation"] + 0.5


def test_a_graph_is_told_by_its_edges(tmp_path: Path) -> None:
    """Nodes of both kinds in every graph; edges join like to like in one class, and unlike in the other."""
    draw = np.random.default_rng(0)
    target = np.arange(400) % 2
    kind = draw.permuted(np.tile(np.repeat([-1.0, 1.0], 16), (400, 1)), axis=1)
    like = kind[:, :, None] * kind[:, None, :] > 0
    joined = (like == target[:, None, None].astype(bool)) & (draw.random((400, 32, 32)) < 0.2)
    adjacency = np.triu(joined, 1)
    adjacency = adjacency | adjacency.swapaxes(1, 2)
    features = kind[:, :, None] * 0.5 + draw.normal(size=(400, 32, 16))
    file = tmp_path / "graphs.npz"
    np.savez(file, features=np.concatenate([features, adjacency], 2).astype(np.float32), target=target)
    document = build("graph_classifier", epochs=15)
    SetJob("data", {"source": {"kind": "npz", "params": {"path": str(file)}}}).apply(document)
    signature = load(document.job.data.source, tmp_path).signature
    SetJob("data.signature", signature.model_dump(mode="json")).apply(document)
    assert problems(document, Inference(document)) == []
    assert trained(document)[0]["accuracy"] >= 0.95
