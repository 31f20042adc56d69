"""``--set KEY=VALUE`` reaches the job and the nodes, and says what it cannot reach."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.problem import LayerloomError
from designer.cli_settings import apply_settings
from graph.document import Document
from graph.records import Change
from tests.cli.small import iris_mlp


def job_after(*settings: str) -> Any:
    document = iris_mlp()
    apply_settings(document, settings)
    return document.job


@pytest.fixture
def document() -> Document:
    return iris_mlp()


@pytest.mark.parametrize(
    ("setting", "read", "value"),
    [
        ("job.batch_size=64", lambda job: job.batch_size, 64),
        ("batch_size=full", lambda job: job.batch_size, "full"),
        ("epochs = 3", lambda job: job.epochs, 3),
        ("objectives.0.optimizer.params.lr=0.5", lambda job: job.objectives[0].optimizer.params["lr"], 0.5),
        ("lr=1e-3", lambda job: job.objectives[0].optimizer.params["lr"], 1e-3),
        ("objectives.0.clip_norm=none", lambda job: job.objectives[0].clip_norm, None),
        ("monitor=False", lambda job: job.monitor, False),
        ('metrics=["accuracy"]', lambda job: job.metrics, ("accuracy",)),
        ("data.split.test=0.3", lambda job: job.data.split.test, 0.3),
    ],
)
def test_values_of_the_job(setting: str, read: Any, value: Any) -> None:
    assert read(job_after(setting)) == value


def test_a_new_optimizer_starts_with_its_own_defaults() -> None:
    optimizer = job_after("optimizer=sgd").objectives[0].optimizer
    assert (optimizer.kind, optimizer.params) == ("sgd", {})
    assert job_after("source=none").data.source.kind == "none"
    optimizer = job_after("optimizer=sgd", "lr=0.1").objectives[0].optimizer
    assert optimizer.params == {"lr": 0.1}


@pytest.mark.parametrize("key", ["hidden.out_features", "n2.out_features"])
def test_parameters_of_nodes_by_name_or_id(document: Document, key: str) -> None:
    apply_settings(document, [f"{key}=32"])
    assert document.graph().node("n2").params["out_features"] == 32


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("batch_size", "expected KEY=VALUE"),
        ("=5", "expected KEY=VALUE"),
        ("batch_size=0", "batch_size: expected a whole number of 1 or more, or full; received 0"),
        ("batch_size=fully", "expected a whole number of 1 or more, or full; received 'fully'"),
        ("epochs=0", "epochs: Input should be greater than or equal to 1"),
        ("data.split.tset=0.1", "tset"),
        ("device=tpu", "device"),
        ("hiden.out_features=3", "neither a field of the job nor a node is called hiden. Did you mean hidden"),
        ("hidden.width=3", "hidden has no parameter width; it has out_features"),
        ("hidden.out_features=many", "expected a whole number"),
    ],
)
def test_what_cannot_be_set_is_told_and_changes_nothing(document: Document, setting: str, words: str) -> None:
    before = dict(document.settings), document.graph().node("n2")
    with pytest.raises(LayerloomError, match=words) as error:
        apply_settings(document, [setting])
    assert str(error.value).startswith(f"--set {setting}: ")
    assert (dict(document.settings), document.graph().node("n2")) == before


def test_a_name_that_two_nodes_bear(document: Document) -> None:
    record = document.graph().node("n4")
    document.apply([Change("", record, replace(record, name="hidden"))])
    with pytest.raises(LayerloomError, match="2 nodes are called hidden: n2, n4"):
        apply_settings(document, ["hidden.out_features=3"])
