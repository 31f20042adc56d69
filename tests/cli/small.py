"""A small design, drawn by commands."""

from __future__ import annotations

from core.catalog.families import default_catalog
from graph.commands import AddNode, Connect, SetJob, SetSetting
from graph.document import Document
from graph.records import Node


def iris_mlp() -> Document:
    document = Document(default_catalog())
    nodes = (
        Node("n1", "input", name="flower"),
        Node("n2", "linear", name="hidden", params={"out_features": 16}),
        Node("n3", "relu"),
        Node("n4", "linear", name="scores", params={"out_features": 3}),
        Node("n5", "output", name="species"),
        Node("n6", "target", name="answer"),
        Node("n7", "cross_entropy"),
    )
    wires = (("n1", "y", "n2", "x"), ("n2", "y", "n3", "x"), ("n3", "y", "n4", "x"), ("n4", "y", "n5", "x"))
    for node in nodes:
        AddNode(node).apply(document)
    for source, port, target, end in (*wires, ("n4", "y", "n7", "input"), ("n6", "y", "n7", "target")):
        Connect(source, port, target, end).apply(document)
    SetSetting("title", "Iris").apply(document)
    job = {
        "data": {
            "source": {"kind": "iris"},
            "transforms": [{"kind": "standardise", "field": "features"}],
        },
        "epochs": 8,
        "batch_size": 16,
        "device": "cpu",
        "threads": 1,
    }
    for path, value in job.items():
        SetJob(path, value).apply(document)
    SetJob("objectives.0.optimizer.params", {"lr": 0.03}).apply(document)
    return document
