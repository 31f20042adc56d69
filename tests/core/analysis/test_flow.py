"""Paths through a solved block: those that the network itself takes, told as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from core.analysis.flow import flow
from core.analysis.observe import Scope
from core.analysis.requests import Analyses
from core.analysis.subject import Subject, moment
from core.catalog.families import default_catalog
from core.problem import LayerloomError
from graph.commands import SetJob, SetNode
from graph.document import Document
from graph.lower import lower
from graph.templates import TEMPLATES
from tests.analysed import fresh

Made = tuple[Subject, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Made]:
    """An example trained for one epoch, with another solver; and the node that is solved."""

    def make(id: str, method: str) -> Made:
        document = TEMPLATES[id].build(default_catalog())
        [node] = [node for node in document.graph().nodes if node.solver is not None]
        _do(document, node.id, method)
        run = fresh(tmp_path_factory.mktemp(id) / "run", lower(document), document.job)
        return Subject(run, moment(run)), node.id

    return make


def _do(document: Document, node: str, method: str) -> None:
    solver = document.graph().node(node).solver
    assert solver is not None
    kept = {name: value for name, value in solver.params.items() if name in ("path", "steps")}
    for command in (
        SetJob("epochs", 1),
        SetJob("data.source.params.n", 100),
        SetJob("threads", 1),
        SetNode(node, {"solver": {"method": method, "params": kept}}),
    ):
        document.apply(command.changes(document))


@pytest.mark.parametrize(("method", "evaluations"), [("rk4", 40), ("euler", 10), ("dopri5", None)])
def test_paths_are_those_of_the_network(made: Callable[[str, str], Made], method: str, evaluations: int | None) -> None:
    subject, node = made("circles_ode", method)
    found = flow(subject, "test", node, sample=3)
    json.dumps(found, allow_nan=False)
    part = subject.chosen("test", np.array(found["positions"]))
    [batch] = subject.batches(part)
    end = Scope.main(subject.program, subject.weights, batch)
    [state] = end.outputs(end.step(node)).values()  # type: ignore[arg-type]
    at = found["at"]
    assert found["positions"][at] == 3
    last = [row[-1] for row in found["series"]]
    np.testing.assert_allclose(last, state[at].numpy(), rtol=2e-3, atol=2e-3)
    np.testing.assert_allclose([row[0] for row in found["series"]][:2], batch["point"][at].numpy(), atol=1e-4)
    assert found["evaluations"] == evaluations if evaluations else found["evaluations"] + 32 >= 40
    assert found["field"] is None
    assert len(found["share"]) == 2
    assert found["classes"] == ["outer", "inner"]
    assert len(found["times"]) == len(found["paths"][0]["x"]) == (41 if method == "dopri5" else 11)


def test_the_plane_has_the_slopes_that_the_block_gives(made: Callable[[str, str], Made]) -> None:
    subject, node = made("spiral_ode", "midpoint")
    found = flow(subject, "validation", node)
    field = found["field"]
    at = torch.tensor([field["x"], field["y"]]).T
    with torch.no_grad():
        slopes = subject.net.get_submodule("flow")(at)
    np.testing.assert_allclose(np.array([field["u"], field["v"]]).T, slopes.numpy(), rtol=1e-3, atol=1e-4)
    assert found["share"] is None
    xs = [x for path in found["paths"] for x in path["x"]]
    assert min(field["x"]) < min(xs) < max(xs) < max(field["x"])


def test_the_inside_of_a_solved_block_is_seen_at_the_start(made: Callable[[str, str], Made]) -> None:
    subject, node = made("spiral_ode", "rk4")
    [batch] = subject.batches(subject.part("test", 5))
    inside = Scope.main(subject.program, subject.weights, batch).inside(node)
    assert torch.equal(inside.given["h"], batch["start"])


def test_what_is_not_solved_has_no_paths(made: Callable[[str, str], Made], tmp_path: Path) -> None:
    subject, node = made("circles_ode", "euler")
    other = next(step.node for step in subject.program.steps if step.solver is None)
    with pytest.raises(LayerloomError, match="solves no differential equation"):
        flow(subject, "test", other)
    told = Analyses().flow({"run": str(subject.run.path), "node": node, "sample": 1})
    assert told["node"] == node
