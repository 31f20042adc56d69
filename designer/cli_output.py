"""What the command line says: tables for people, JSON for machines, and one sentence on stderr when it cannot."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.problem import LayerloomError, Problem, Severity

if TYPE_CHECKING:
    from rich.console import Console

DESIGN, INPUT, INTERRUPTED = 1, 2, 130  # exit codes: the design or the run failed, bad input, stopped by Ctrl+C
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.HINT: "cyan"}


class Failed(LayerloomError):
    """The input was understood, but the design or the run does not hold: exit code 1 instead of 2."""


def console() -> Console:
    """Where people read: stdout, wide enough for a table when it is not a terminal."""
    from rich.console import Console

    plain = Console(file=sys.stdout, highlight=False)
    return plain if plain.is_terminal else Console(file=sys.stdout, highlight=False, width=max(plain.width, 120))


def complain(message: str) -> None:
    """One sentence on stderr."""
    print(f"layerloom: {message}", file=sys.stderr, flush=True)


def write_json(data: Any, *, compact: bool = False) -> None:
    """One JSON value on stdout; numbers that JSON lacks become null."""
    text = json.dumps(_finite(data), ensure_ascii=False, allow_nan=False, indent=None if compact else 2)
    print(text, flush=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[str] = (), title: str = "") -> None:
    """A table on stdout; the columns named in `right` hold numbers."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for column in columns:
        grid.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    console().print(grid)


def show_problems(problems: Iterable[Problem]) -> None:
    """Each problem on a line of its own, the worst marked."""
    from rich.text import Text

    out = console()
    for problem in problems:
        mark = Text(f"{problem.severity}: ", style=_STYLES[problem.severity])
        out.print(mark + Text(problem.message))


def metrics_table(metrics: Mapping[str, Mapping[str, float]]) -> None:
    """The final metrics, a row for each and a column for each split."""
    parts = [part for part in ("train", "validation", "test") if metrics.get(part)]
    names = dict.fromkeys(name for part in parts for name in metrics[part])
    rows = [[name, *(number(metrics[part].get(name)) for part in parts)] for name in names]
    table(["metric", *parts], rows, right=parts)


def number(value: float | None) -> str:
    """Six significant digits; nothing where there is no number."""
    return "" if value is None else f"{value:.6g}"


def counted(value: int) -> str:
    return f"{value:,}"


def _finite(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    if isinstance(data, float) and (data != data or data in (float("inf"), float("-inf"))):
        return None
    return data
