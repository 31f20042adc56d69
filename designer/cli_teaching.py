"""``layerloom trace`` and ``layerloom lesson``, the commands that teach. What costs time is imported when they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli_arguments import File, Json

Run = Annotated[Path | None, typer.Option("--run", help="Folder of a run: its weights.", show_default=False)]


def trace(
    file: File,
    example: Annotated[int, typer.Option("--example", "-n", min=0, help="Which example goes through.")] = 0,
    count: Annotated[int, typer.Option(min=1, max=8, help="How many examples go through together.")] = 1,
    part: Annotated[str, typer.Option(help="Of which part: train, validation or test.")] = "train",
    backward: Annotated[bool, typer.Option("--backward", help="And back: gradients and one update.")] = False,
    run: Run = None,
    weights: Annotated[str, typer.Option(help="Of the run: best or last.")] = "",
    block: Annotated[str, typer.Option(help="Path of a block whose inside is stepped through.")] = "",
    copy: Annotated[int, typer.Option(min=0, help="Which copy of a repeated block.")] = 0,
    objective: Annotated[int, typer.Option(min=0, help="Which objective is followed back.")] = 0,
    matrices: Annotated[bool, typer.Option("--matrices", help="Print the matrices too.")] = False,
    as_json: Json = False,
) -> None:
    """One example through the network, node by node, with the real numbers and the formulas."""
    from designer.cli_trace import print_trace, wish

    wanted = wish(run, weights, part, example, count, objective, block, copy)
    print_trace(file, wanted, backward=backward, matrices=matrices, as_json=as_json)


def lesson(
    file: File,
    runs: Annotated[
        Path | None, typer.Option("--runs", help="Folder of the runs. [default: runs]", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """The lesson of a design, and how its checks stand. Exit code 1 where one is still to be done."""
    from designer.cli_lesson import print_lesson

    raise typer.Exit(print_lesson(file, runs, as_json))


COMMANDS = (trace, lesson)
