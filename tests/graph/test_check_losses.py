"""What the checks say about the losses of the real catalogue."""

from __future__ import annotations

import pytest

from core.catalog.families import default_catalog
from core.problem import Problem
from graph import fixes
from graph.check import problems
from graph.document import Document
from graph.infer import Inference
from tests.graph.sketch import Sketch


def autoencoder() -> Sketch:
    """x -> code -> back and y, with iris, and the mean squared error between them."""
    s = Sketch()
    s.document = Document(default_catalog())
    s.data("iris")
    s.node("input", id="x")
    s.node("linear", "x", id="code", out_features=3)
    s.node("linear", "code", id="back", out_features=4)
    s.node("output", "back", id="y")
    s.node("mse_loss", "back", "x", id="mse")
    return s


def found(s: Sketch) -> list[Problem]:
    return problems(s.document, Inference(s.document))


def test_a_loss_that_has_no_answer_asks_for_none() -> None:
    s = autoencoder()
    s.node("linear", "x", id="spread", out_features=3)
    s.node("gaussian_kl", "code", "spread")
    s.node("activity_l1", "code")
    s.params("mse", reduction="batchmean")
    assert found(s) == []


@pytest.mark.parametrize(("loss", "port", "source"), [("kl_sparsity", "x", "code"), ("bce_loss", "input", "back")])
def test_what_must_lie_between_0_and_1_comes_out_of_a_sigmoid(loss: str, port: str, source: str) -> None:
    s = autoencoder()
    s.node(loss, source, *(["x"] if port == "input" else []), id="loss")
    [problem] = found(s)
    assert (problem.code, problem.node, problem.port) == ("before-loss", "loss", port)
    assert problem.fixes[0].args == {"port": port, "layer": "sigmoid", "params": {}}
    s.remove("loss")
    s.node("sigmoid", source, id="squeezed")
    s.node(loss, "squeezed", *(["x"] if port == "input" else []), id="loss")
    assert found(s) == []


@pytest.mark.parametrize("loss", ["hinge_loss", "binary_focal_loss"])
def test_losses_on_raw_scores_have_no_sigmoid_before(loss: str) -> None:
    s = autoencoder()
    s.node("sigmoid", "back", id="squeezed")
    s.node(loss, "squeezed", "x", id="loss")
    [problem] = found(s)
    assert problem.fixes[0].args == {"node": "squeezed"}


def test_the_two_losses_of_a_variational_autoencoder_are_on_one_scale() -> None:
    s = autoencoder()
    s.node("linear", "x", id="spread", out_features=3)
    s.node("gaussian_kl", "code", "spread", id="kl")
    [problem] = found(s)
    assert (problem.code, problem.severity, problem.node, problem.others) == ("one-scale", "hint", "mse", ("kl",))
    assert "averages over each example's 4 numbers" in problem.message
    command = fixes.command(s.document, problem, problem.fixes[0])
    command.apply(s.document)
    assert found(s) == []


def test_a_map_is_trained_by_plain_steps() -> None:
    s = autoencoder()
    s.remove("mse")
    s.node("som", "code", id="map")
    s.node("som_loss", "map", id="loss")
    [problem] = found(s)
    assert (problem.code, problem.severity, problem.node) == ("som-steps", "hint", "loss")
    fixes.command(s.document, problem, problem.fixes[0]).apply(s.document)
    assert s.document.job.objectives[0].optimizer.kind == "sgd"
    assert found(s) == []
    s.setting("job", {"epochs": "many"})
    assert [p.code for p in found(s) if p.code == "som-steps"] == []
