"""``layerloom generate``: what a trained network writes, on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.analysed import SUBJECTS, fresh

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fresh(tmp_path_factory.mktemp("writer") / "run", *SUBJECTS["characters"]).path


def test_a_prompt_is_continued(layerloom: Run, writer: Path) -> None:
    words = ("generate", writer, "--prompt", "import ", "--length", "30", "--top-k", "5", "--seed", "3")
    said = layerloom(*words)
    assert said.code == 0
    assert said.out.startswith("import ")
    assert len(said.out) == len("import ") + 30 + len("\n")
    assert layerloom(*words).out == said.out
    assert layerloom(*words, "--seed", "4").out != said.out


def test_machines_get_the_text_alone(layerloom: Run, writer: Path) -> None:
    plain = layerloom("generate", writer, "--prompt", "x", "--length", "12").out
    told = layerloom("generate", writer, "--prompt", "x", "--length", "12", "--json").json
    assert told["kind"] == "continue"
    assert f"x{told['text']}\n" == plain


def test_what_cannot_be_written_is_one_sentence(layerloom: Run, writer: Path, tmp_path: Path) -> None:
    said = layerloom("generate", writer, "--prompt", "naïve")
    assert said.code == 2
    assert "has never seen 'ï'; it knows" in said.err
    assert layerloom("generate", tmp_path / "none").code == 2
    digits = fresh(tmp_path / "moons", *SUBJECTS["moons"]).path
    said = layerloom("generate", digits)
    assert (said.code, said.out) == (2, "")
    assert "This network does not write text" in said.err
