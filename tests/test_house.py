"""The rules of the house that tools do not check: sizes of files and functions, what the top level holds."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "graph", "exporters", "designer")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
SOURCE = [path for path in FILES if "catalog" not in path.parts]


@pytest.mark.parametrize("path", SOURCE, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_outgrows_300_lines_nor_a_function_40(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    long = [
        f"{node.name} has {_lines(node)} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _lines(node) > 40
    ]
    assert not long


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_the_top_level_is_the_owners() -> None:
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    allowed = {"pyproject.toml", "README.md", "LICENSE", "Makefile", "docs", "tests", "assets", *PACKAGES}
    assert {name for name in listed if not name.startswith(".")} <= allowed


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, without the docstring: contracts may be as long as they need."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
