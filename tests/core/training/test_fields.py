"""Several fields of one file feed several inputs: graphs whose nodes and edges come from arrays of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.catalog.families import default_catalog
from core.data.sources import load
from core.training.loop import train
from core.training.protocol import Finished
from graph.check import problems
from graph.commands import SetJob
from graph.infer import Inference
from graph.lower import lower
from graph.templates.drawing import Drawing
from tests.trainings import run


def graphs(file: Path) -> None:
    """Nodes of two kinds in every graph; edges join like to like in one class, and unlike in the other."""
    draw = np.random.default_rng(0)
    target = np.arange(300) % 2
    kind = draw.permuted(np.tile(np.repeat([-1.0, 1.0], 8), (300, 1)), axis=1)
    like = kind[:, :, None] * kind[:, None, :] > 0
    joined = np.triu((like == target[:, None, None].astype(bool)) & (draw.random(like.shape) < 0.4), 1)
    features = kind[:, :, None] * 0.5 + draw.normal(size=(300, 16, 4)) * 0.5
    np.savez(file, features=features, target=target, adjacency=joined | joined.swapaxes(1, 2))


def test_nodes_and_edges_come_from_arrays_of_their_own(tmp_path: Path) -> None:
    graphs(tmp_path / "graphs.npz")
    d = Drawing(default_catalog(), "Graphs of a file")
    nodes = d.node("input", at=(0, 0), name="nodes")
    edges = d.node("input", at=(0, 1), name="edges", field="adjacency")
    conv = d.node("graph_conv", nodes, edges, at=(1, 0), out_features=16)
    mean = d.node("mean", d.node("relu", conv, at=(2, 0)), at=(3, 0), dim=(1,))
    scores = d.node("linear", mean, at=(4, 0), out_features=2)
    d.node("output", scores, at=(5, 0))
    d.node("cross_entropy", scores, d.node("target", at=(4, 1)), at=(5, 1))
    source = {"kind": "npz", "params": {"path": str(tmp_path / "graphs.npz"), "others": "adjacency"}}
    optimizer = {"kind": "adam", "params": {"lr": 0.02}}
    d.job(data={"source": source}, epochs=15, batch_size=32, threads=1, objectives=[{"optimizer": optimizer}])
    signature = load(d.document.job.data.source).signature
    d.do(SetJob("data.signature", signature.model_dump(mode="json")))
    assert problems(d.document, Inference(d.document)) == []
    program = lower(d.document)
    assert [(value.name, value.field) for value in program.inputs] == [("nodes", "features"), ("edges", "adjacency")]
    *_, last = (event for event in train(run(program, d.document.job)) if isinstance(event, Finished))
    assert last.metrics["test"]["accuracy"] >= 0.95
