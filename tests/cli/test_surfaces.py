"""Races, learning curves, and examinations of a run on the command line: tables, verdicts, exit codes, refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.catalog.families import default_catalog
from graph.storage import load
from tests.analysed import SUBJECTS, fresh

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fresh(tmp_path_factory.mktemp("surfaces") / "run", *SUBJECTS["moons"]).path


def test_a_race_of_batch_sizes_writes_its_winner(layerloom: Run, design: Path) -> None:
    words = ("race", design, "--vary", "batches", "--steps", "4", "--equal", "examples", "--no-surface")
    size = load(design, default_catalog())[0].job.batch_size
    found = layerloom(*words, "--json").json
    assert all(entry["examples"] >= 4 * size for entry in found["entries"])
    said = layerloom(*words, "--apply")
    assert said.code == 0
    assert "full batch" in said.out
    document, _ = load(design, default_catalog())
    winner = next(entry for entry in found["entries"] if entry["name"] == found["winner"])
    assert document.job.batch_size == winner["setting"]["value"]
    refused = layerloom("race", design, "--vary", "batches", "--entries", "half")
    assert (refused.code, "a batch has 1 or more examples" in refused.err) == (2, True)
    assert layerloom("race", design, "--vary", "weather").code == 2


def test_a_learning_curve_is_a_table_and_a_verdict(layerloom: Run, design: Path) -> None:
    said = layerloom("learning-curve", design, "--points", "4", "--repeats", "2", "--epochs", "2", "--equal", "epochs")
    assert said.code in (0, 1)
    assert "accuracy, validation" in " ".join(said.out.split())
    assert "examples accuracy is" in " ".join(said.out.split())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("loss-surface", "--resolution", "5"), "sharpest curvature"),
        (("loss-surface", "--view", "run", "--no-curved", "--resolution", "5"), "loss at the start"),
        (("loss-line", "--steps", "5"), "these weights"),
        (("damage", "--repeats", "2", "--steps", "3", "--what", "units"), "units hit"),
        (("without-activations", "--epochs", "1"), "trained without"),
    ],
)
def test_a_run_is_examined(layerloom: Run, trained: Path, words: tuple[str, ...], says: str) -> None:
    said = layerloom(words[0], trained, *words[1:])
    assert said.code in (0, 1)
    assert says in " ".join(said.out.split())
    found = layerloom(words[0], trained, *words[1:], "--json").json
    assert found["verdict"].endswith(".")


def test_what_cannot_be_examined_is_one_sentence(layerloom: Run, trained: Path, tmp_path: Path) -> None:
    for words, says in (
        (("loss-line", trained, "--other", "elsewhere"), "does not exist"),
        (("loss-surface", tmp_path), "is not the folder of a run"),
        (("damage", trained, "--most", "2"), "most"),
    ):
        said = layerloom(*words)
        assert said.code == 2
        assert says in said.err
        assert len(said.err.strip().splitlines()) == 1
