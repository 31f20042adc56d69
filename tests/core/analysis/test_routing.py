"""Routing of capsules, told round by round: each round is what the layer gives with so many rounds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.analysis.layers import layers
from core.analysis.observe import Scope
from core.analysis.routing import routing
from core.analysis.subject import Subject, moment
from core.catalog.families import default_catalog
from core.problem import LayerloomError
from graph.commands import SetJob
from graph.lower import lower
from graph.templates import TEMPLATES
from tests.analysed import fresh


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> tuple[Subject, str]:
    document = TEMPLATES["capsules_digits"].build(default_catalog())
    for command in (SetJob("epochs", 1), SetJob("threads", 1), SetJob("batch_size", 256)):
        document.apply(command.changes(document))
    place: Path = tmp_path_factory.mktemp("capsules") / "run"
    run = fresh(place, lower(document), document.job)
    return Subject(run, moment(run)), next(n.id for n in document.graph().nodes if n.layer == "capsules")


def test_each_round_is_the_layers_with_so_many_rounds(subject: tuple[Subject, str]) -> None:
    about, node = subject
    found = routing(about, "test", node, sample=5)
    json.dumps(found, allow_nan=False)
    weight = about.weights["digits.weight"]
    below, above, _, _ = weight.shape
    assert (found["below"], found["above"]) == (below, above)
    pictures = np.array(found["rounds"]["images"]) / 255 * found["rounds"]["peak"]
    assert pictures.shape[0] == len(found["lengths"]) == 3
    assert found["agreement"][0] == pytest.approx(0.0, abs=1e-6)
    assert found["agreement"] == sorted(found["agreement"])
    told = layers(about, "test", "", node, 5)
    assert told["node"]["further"] == ["routing", "wished"]
    assert found["lengths"][-1] == pytest.approx(np.linalg.norm(_output(about, node, 5), axis=1).tolist(), abs=1e-4)


def _output(about: Subject, node: str, sample: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    [batch] = about.batches(about.chosen("test", np.array([sample])))
    scope = Scope.main(about.program, about.weights, batch)
    step = scope.step(node)
    assert step is not None
    return np.asarray(scope.outputs(step)["y"][0].double())


def test_what_routes_nothing_is_refused(subject: tuple[Subject, str]) -> None:
    with pytest.raises(LayerloomError, match="routes no capsules"):
        routing(subject[0], "test", "n1")
