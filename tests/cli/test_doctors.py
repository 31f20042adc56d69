"""The init doctor, the regularisation path and uncertainty on the command line: tables, what is applied, exit codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.catalog.families import default_catalog
from graph.commands import SetNode
from graph.storage import load, save
from tests import trainings
from tests.analysed import fresh

Run = Callable[..., Any]


def started(design: Path, init: dict[str, Any]) -> None:
    """Let every linear layer of the design start so."""
    document, _ = load(design, default_catalog())
    for node in list(document.graph().nodes):
        if node.layer == "linear":
            SetNode(node.id, {"init": init}).apply(document)
    save(document, design)


def inits(design: Path) -> list[Any]:
    document, _ = load(design, default_catalog())
    return [node.init.weight if node.init else None for node in document.graph().nodes if node.layer == "linear"]


def test_a_bad_start_is_found_and_mended(layerloom: Run, design: Path) -> None:
    started(design, {"weight": "zeros"})
    said = layerloom("check-init", design)
    assert said.code == 1
    assert "As it starts now" in said.out
    assert "--apply writes into the design: Start all layers so" in said.out
    mended = layerloom("check-init", design, "--starts", "xavier", "--apply")
    assert "Written into the design" in mended.out
    assert set(inits(design)) <= {"xavier_normal", "kaiming_normal"}
    again = layerloom("check-init", design, "--starts", "xavier", "--json")
    assert (again.code, again.json["holds"]) == (0, True)
    assert [start["id"] for start in again.json["starts"]] == ["drawn", "suited", "xavier"]


def test_unknown_starts_are_named(layerloom: Run, design: Path) -> None:
    said = layerloom("check-init", design, "--starts", "magic")
    assert said.code == 2
    assert "no start 'magic'; there are xavier, he" in said.err


@pytest.mark.parametrize(("kind", "fields"), [("l1", ("l1", "l1_shrinks")), ("elastic", ("l1", "l2"))])
def test_the_strength_that_validation_likes_is_written(
    layerloom: Run, design: Path, kind: str, fields: tuple[str, str]
) -> None:
    words = ("penalty-path", design, "--kind", kind, "--steps", "3", "--epochs", "2", "--low", "1e-4", "--high", "1e-2")
    said = layerloom(*words, "--apply")
    assert said.code == 0
    assert "standard error" in said.out
    assert "Written into the design: Strength" in said.out
    document, _ = load(design, default_catalog())
    objective = document.job.objectives[0]
    assert all(getattr(objective, name) for name in fields)


def test_uncertainty_of_a_run(layerloom: Run, tmp_path: Path) -> None:
    folder = fresh(tmp_path / "run", trainings.moons(), trainings.job(epochs=6))
    said = layerloom("uncertainty", folder.path, "--passes", "8")
    assert "The mean of 8 passes is right for" in said.out
    assert "mutual information" in said.out
    found = layerloom("uncertainty", folder.path, "--passes", "8", "--part", "validation", "--json").json
    assert (found["split"], found["passes"], len(found["uncertain"])) == ("validation", 8, min(24, found["examples"]))


def test_a_run_without_dropout_is_refused_in_a_sentence(layerloom: Run, tmp_path: Path) -> None:
    folder = fresh(tmp_path / "run", trainings.moons(dropout=False), trainings.job(epochs=1))
    said = layerloom("uncertainty", folder.path)
    assert said.code == 2
    assert "has no dropout" in said.err


def test_the_chain_rule_is_printed(layerloom: Run, design: Path) -> None:
    said = layerloom("trace", design, "--backward")
    assert "Chain rule, as a product of Jacobians" in said.out
    assert "backpropagation gives the same" in said.out
