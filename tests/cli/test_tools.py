"""The tools of training on the command line: tables, JSON, exit codes, and the suggestion written into the design."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.catalog.families import default_catalog
from core.training.tools.table import TOOLS
from graph.storage import load

Run = Callable[..., Any]


def test_the_range_test_suggests_and_writes_it_into_the_design(layerloom: Run, design: Path) -> None:
    said = layerloom("find-lr", design, "--steps", "60", "--low", "1e-5", "--json")
    assert said.code == 0
    found = said.json
    assert len(found["rates"]) == len(found["losses"]) <= 60
    assert found["rates"][0] == 1e-5
    words = layerloom("find-lr", design, "--steps", "60", "--low", "1e-5", "--apply")
    assert words.code == 0
    assert "smoothed" in words.out
    assert "a tenth of that" in words.out
    document, _ = load(design, default_catalog())
    rate = document.job.objectives[0].optimizer.params["lr"]
    assert rate == pytest.approx(found["suggestion"], rel=0.06)
    assert f"Written into the design: Learning rate {rate:g}" in words.out


def test_overfit_passes_and_fails_by_its_exit_code(layerloom: Run, design: Path) -> None:
    good = layerloom("overfit", design, "--set", "lr=0.01")
    assert (good.code, "Passed" in good.out) == (0, True)
    bad = layerloom("overfit", design, "--set", "lr=1e-12", "--steps", "50")
    assert bad.code == 1
    assert "- The weights hardly moved" in bad.out


def test_gradients_are_told_layer_by_layer(layerloom: Run, design: Path) -> None:
    said = layerloom("check-gradients", design)
    assert said.code == 0
    assert "hidden" in said.out
    assert "Right:" in said.out
    found = layerloom("check-gradients", design, "--samples", "4", "--json").json
    assert all(node["checked"] <= 4 for node in found["nodes"])


def test_the_batch_that_fits_is_all_of_iris(layerloom: Run, design: Path) -> None:
    found = layerloom("fit-batch", design, "--memory", "4000", "--apply", "--json").json
    assert found["fits"] == found["examples"]
    document, _ = load(design, default_catalog())
    assert document.job.batch_size == found["examples"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--steps", "1"), "steps"),
        (("--low", "0"), "low"),
        (("--low", "2", "--high", "1"), "range test needs"),
        (("--set", "nothing=1"), "nothing"),
    ],
)
def test_bad_input_is_one_sentence(layerloom: Run, design: Path, words: tuple[str, ...], says: str) -> None:
    said = layerloom("find-lr", design, *words)
    assert said.code == 2
    assert says in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_every_field_of_every_tool_is_an_option_with_its_help(layerloom: Run) -> None:
    for tool in TOOLS.values():
        said = layerloom(tool.command, "--help")
        assert said.code == 0
        for param in tool.params:
            assert f"--{param.name}" in said.out


def test_answers_are_plain_json(layerloom: Run, design: Path) -> None:
    for command in ("find-lr", "overfit", "check-gradients"):
        found = layerloom(command, design, "--json").json
        assert json.dumps(found, allow_nan=False)
        assert {"tool", "good", "verdict", "fixes"} <= set(found)
