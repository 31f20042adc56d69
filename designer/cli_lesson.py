"""``layerloom lesson``: what a design teaches, and how its checks stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from designer.cli_design import open_design
from designer.cli_output import DESIGN, console, write_json
from graph.lessons import Lesson, lesson_of
from graph.lessons.evidence import Evidence
from graph.lessons.runs import Runs
from graph.lessons.verify import Outcome, Standing, verify


def print_lesson(file: Path, runs: Path | None, as_json: bool) -> int:
    """Print lesson and standing; returns the exit code. Runs are looked for in the folder ``runs`` and beside the file.

    Raises:
        LayerloomError: the file is no design, or teaches nothing.
    """
    design = open_design(file)
    lesson = lesson_of(design.document)
    if lesson is None:
        raise LayerloomError(f"{file} has no lesson.", code="lesson")
    reader = Runs(default_catalog(), lesson.id)
    folders = [runs] if runs is not None else [Path("runs"), file.absolute().parent / "runs"]
    found = {run.name: run for folder in folders for run in reader.under(folder)}
    standing = verify(lesson, Evidence(design.document, tuple(found.values())))
    if as_json:
        write_json(_plain(lesson, standing))
    else:
        _tell(design.title, lesson, standing)
    return 0 if standing.passed else DESIGN


def _tell(title: str, lesson: Lesson, standing: Standing) -> None:
    out = console()
    out.print(title, style="bold", markup=False)
    for heading, text in (("What it is", lesson.what), ("What to look at", lesson.look)):
        out.print(f"\n{heading}", style="bold")
        out.print(text, markup=False)
    for heading, outcomes in (("To reach", standing.goals), ("To try", standing.tries)):
        if outcomes:
            out.print(f"\n{heading}", style="bold")
        for outcome in outcomes:
            _outcome(outcome)
    out.print(f"\n{standing.done} of {standing.checked} checks hold.", style="bold")


def _outcome(outcome: Outcome) -> None:
    from rich.text import Text

    mark = Text("✓ ", style="green") if outcome.passed else Text("○ " if outcome.verdict else "· ", style="dim")
    console().print(mark + Text(outcome.task.text))
    if outcome.verdict is not None:
        console().print(Text(f"  {outcome.verdict.said}", style="green" if outcome.passed else "cyan"))


def _plain(lesson: Lesson, standing: Standing) -> dict[str, Any]:
    rows = {"goals": standing.goals, "tries": standing.tries}
    told = {
        key: [
            {"text": o.task.text, "passed": o.verdict and o.passed, "said": o.verdict and o.verdict.said}
            for o in outcomes
        ]
        for key, outcomes in rows.items()
    }
    texts = {"id": lesson.id, "what": lesson.what, "look": lesson.look}
    return {**texts, **told, "done": standing.done, "checked": standing.checked, "passed": standing.passed}
