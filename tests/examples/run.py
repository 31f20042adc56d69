"""Trains and exports every example and prints what came of it: ``python -m tests.examples.run [--write FILE] [ID …]``.

Each must reach the figure that stands beside its template, and compute the same as PyTorch after export. With
``--write`` the table is put into a Markdown file, between the marks that are there.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from designer.cli_output import table
from graph.templates import TEMPLATES
from tests.examples.trial import Trial, attempt

BEGIN, END = "<!-- measured -->", "<!-- end -->"
COLUMNS = ("example", "metric", "reached", "expected", "parameters", "epochs", "seconds", "ONNX", "Python", "kept")


def examples() -> list[str]:
    return [id for id, template in TEMPLATES.items() if template.example]


def row(trial: Trial) -> tuple[str, ...]:
    """One line of the table that is printed."""
    expected = trial.expected
    sign = ">=" if expected.at_least else "<="
    return (
        trial.id,
        expected.metric,
        f"{trial.reached:.4f}",
        f"{sign} {expected.figure:g}",
        f"{trial.parameters:,}",
        f"{trial.epochs:g}",
        f"{trial.seconds:.1f}",
        f"{trial.onnx:.1e}",
        f"{trial.python:.1e}",
        "no" if trial.complaints else "yes",
    )


def line(trial: Trial) -> str:
    """One line of the table in the documentation."""
    id, metric, reached, expected, parameters, epochs, seconds, onnx, *_ = row(trial)
    source = f"; {trial.expected.source}" if trial.expected.source else ""
    doc = TEMPLATES[trial.id].doc
    cells = (f"`{id}`", doc, f"{metric} {reached}", expected + source, parameters, f"{epochs}, {seconds}", onnx)
    return f"| {' | '.join(cells)} |"


def markdown(lines: Mapping[str, str]) -> str:
    """The table for the documentation from its lines by example, a section for each family."""
    text = []
    there = [id for id in examples() if id in lines]
    for family in dict.fromkeys(TEMPLATES[id].family for id in there):
        text += [f"### {family}", "", "| example | what | reached | expected | parameters | epochs, seconds | ONNX |"]
        text.append("|---|---|---|---|---|---|---|")
        text += [lines[id] for id in there if TEMPLATES[id].family == family]
        text.append("")
    return "\n".join(text)


def put_into(file: Path, trials: Sequence[Trial]) -> None:
    """Bring the table between the marks of a file up to date; what was not tried keeps its line."""
    before, _, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    former, _, after = rest.partition(END)
    lines = {found[1]: found[0] for found in re.finditer(r"^\| `(\w+)` \|.*$", former, re.MULTILINE)}
    lines |= {trial.id: line(trial) for trial in trials}
    file.write_text(f"{before}{BEGIN}\n\n{markdown(lines)}\n{END}{after}", encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 where an example does not keep what it promises."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.examples.run", description="Trains and exports the examples."
    )
    parser.add_argument("ids", nargs="*", metavar="ID", help="only these examples")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this Markdown file")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.ids) - set(examples()))
    if unknown:
        parser.error(f"there is no example {unknown[0]!r}; there are {', '.join(examples())}")
    trials = []
    for id in given.ids or examples():
        with tempfile.TemporaryDirectory(prefix="layerloom-example-") as place:
            trials.append(attempt(id, Path(place)))
        print(f"{id}: {'; '.join(trials[-1].complaints) or 'as expected'}", flush=True)
    table(COLUMNS, map(row, trials), right=COLUMNS[2:9])
    if given.write:
        put_into(given.write, [trial for trial in trials if not trial.complaints])
    return 1 if any(trial.complaints for trial in trials) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
