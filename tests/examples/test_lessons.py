"""What a lesson says will happen when a thing is tried, happens: its check holds for the run that was changed so, and
not for the run of the design as it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.catalog.families import default_catalog
from core.training.loop import train
from core.training.protocol import Finished
from graph.codec import decode, encode
from graph.commands import SetJob, SetNode, SetParam
from graph.document import Document
from graph.lessons import lesson_of
from graph.lessons.evidence import Evidence, Trained
from graph.lessons.verify import judge, verify
from graph.lower import lower
from graph.templates import TEMPLATES
from tests.trainings import run

Change = Callable[[Document], None]


def built(id: str) -> Document:
    document = TEMPLATES[id].build(default_catalog())
    SetJob("threads", 1).apply(document)
    SetJob("monitor", False).apply(document)
    return document


def trained(document: Document, name: str) -> Trained:
    """A run in this process."""
    kept, _ = decode(encode(document), default_catalog())
    *_, last = (event for event in train(run(lower(document), document.job)) if isinstance(event, Finished))
    return Trained(name, kept, last.metrics)


def job(path: str, value: Any) -> Change:
    def change(document: Document) -> None:
        SetJob(path, value).apply(document)

    return change


def param(name: str, field: str, value: Any) -> Change:
    def change(document: Document) -> None:
        for node in [node for node in document.graph().nodes if node.name == name]:
            SetParam(node.id, field, value).apply(document)

    return change


def mute(layer: str) -> Change:
    def change(document: Document) -> None:
        for node in [node for node in document.graph().nodes if node.layer == layer]:
            SetNode(node.id, {"muted": True}).apply(document)

    return change


SOURCE = "data.source.params"
QUICK: tuple[tuple[str, int, tuple[Change, ...]], ...] = (
    ("perceptron_and", 0, (job(f"{SOURCE}.gate", "xor"),)),
    ("perceptron_and", 1, (job(f"{SOURCE}.gate", "nand"),)),
    ("perceptron_and", 2, (job(f"{SOURCE}.noise", 0.4),)),
    ("xor_mlp", 1, (mute("tanh"),)),
    ("xor_mlp", 2, (job("data.source", {"kind": "xor"}),)),
    ("iris_mlp", 0, (mute("relu"),)),
)
SLOW: tuple[tuple[str, int, tuple[Change, ...]], ...] = (
    ("spiral_ode", 0, (job(f"{SOURCE}.system", "van_der_pol"),)),
    ("circles_ode", 2, (job("data.source", {"kind": "moons", "params": {"n": 1000, "noise": 0.05}}),)),
    ("mnist1d_mlp", 0, (job(f"{SOURCE}.shuffle_points", True),)),
    ("mnist1d_cnn", 0, (job(f"{SOURCE}.shuffle_points", True),)),
    ("mnist1d_cnn", 1, tuple(param(f"stage {n}", "kernel_size", 1) for n in (1, 2, 3))),
    ("unet_denoise", 1, (job(f"{SOURCE}.noise", 8.0),)),
    ("moons_rbf", 0, (param("bumps", "width", 0.05),)),
    ("moons_rbf", 1, (param("bumps", "out_features", 4),)),
    ("digits_som", 0, (param("pull", "sigma", 0.3),)),
    ("spirals_experts", 0, (param("balance", "weight", 0.0),)),
    ("autoencoder", 2, (param("encoder", "features", 32),)),
)


def assert_it_holds(id: str, number: int, changes: tuple[Change, ...]) -> None:
    document = built(id)
    lesson = lesson_of(document)
    assert lesson is not None
    check = lesson.tries[number].check
    assert check is not None
    for change in changes:
        change(document)
    made = trained(document, "tried")
    verdict = judge(check, Evidence(document, [made]))
    assert verdict.passed, f"{verdict.said} ({made.metrics.get('test')})"
    plain = Trained("as it comes", built(id), made.metrics)
    assert not judge(check, Evidence(document, [plain])).passed, "a run of the design as it comes is no such run"


@pytest.mark.parametrize(("id", "number", "changes"), QUICK)
def test_what_is_tried_comes_out(id: str, number: int, changes: tuple[Change, ...]) -> None:
    assert_it_holds(id, number, changes)


@pytest.mark.slow
@pytest.mark.parametrize(("id", "number", "changes"), SLOW)
def test_what_is_tried_comes_out_of_larger_ones(id: str, number: int, changes: tuple[Change, ...]) -> None:
    assert_it_holds(id, number, changes)


@pytest.mark.parametrize("id", ["perceptron_and", "xor_mlp", "spirals_mlp"])
def test_the_goal_is_reached_by_the_design_as_it_comes_and_by_no_spoilt_one(id: str) -> None:
    document = built(id)
    lesson = lesson_of(document)
    assert lesson is not None
    standing = verify(lesson, Evidence(document, [trained(document, "first")]))
    assert [outcome.passed for outcome in standing.goals] == [True]
    assert standing.done == 1, "nothing was tried yet"
    spoilt = built(id)
    SetJob("epochs", 1).apply(spoilt)
    SetJob("objectives.0.optimizer.params.lr", 1e-6).apply(spoilt)
    assert not verify(lesson, Evidence(document, [trained(spoilt, "spoilt")])).goals[0].passed
