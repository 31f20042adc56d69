"""A small design on disk, and the command line as a function."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from designer.cli import app
from graph.storage import save
from tests.cli.small import iris_mlp


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def last(self) -> Any:
        """The last line of stdout, as JSON."""
        return json.loads(self.out.splitlines()[-1])


@pytest.fixture
def layerloom(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Runs one command line in this process."""
    monkeypatch.delenv("LAYERLOOM_DEBUG", raising=False)

    def run(*words: str | Path) -> Said:
        result = CliRunner().invoke(app, [str(word) for word in words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def design(tmp_path: Path) -> Path:
    path = tmp_path / "iris.loom"
    save(iris_mlp(), path)
    return path
