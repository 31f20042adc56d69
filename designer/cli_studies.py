"""``layerloom branch``, ``cross-validate`` and ``baselines``: what is done with runs beside training one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from designer.cli_arguments import File, Json

Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="As `train` takes them: lr=0.01, epochs=40.")
]
Folder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)]


def branch(
    run: Folder,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the new run.", show_default=False)],
    start: Annotated[str, typer.Option("--from", help="Which checkpoint it begins with: last or best.")] = "last",
    settings: Settings = None,
    weights_only: Annotated[
        bool, typer.Option("--weights-only", help="A fresh run of any job that begins with those weights.")
    ] = False,
    prune: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Set this share of the weights to zero, and hold them there.")
    ] = 0.0,
    scope: Annotated[str, typer.Option(help="With --prune: the smallest of global, or of each layer.")] = "global",
    trains: Annotated[bool, typer.Option("--train", help="Train it at once.")] = False,
    as_json: Json = False,
) -> None:
    """A new run from a checkpoint of another.

    From `last` it goes on exactly: optimizer, random numbers and curves so far; --set may then change what can be
    steered live (learning rate and other numbers, clipping, penalties, weights of losses, epochs). From `best`, or with
    --weights-only, any setting of the job may be another. With --prune it is a fresh run of the same job whose weights
    nearest zero are zero and stay so.
    """
    from designer.cli_study_runs import SCOPES, START, branch_run, pruned_run

    if start not in START:
        raise typer.BadParameter(f"--from takes last or best, not {start}.")
    which: Literal["last", "best"] = "best" if start == "best" else "last"
    if scope not in SCOPES:
        raise typer.BadParameter(f"--scope takes global or layer, not {scope}.")
    if prune:
        raise typer.Exit(pruned_run(run, out, which, settings or (), prune, scope, trains, as_json))
    raise typer.Exit(branch_run(run, out, which, settings or (), weights_only, trains, as_json))


def cross_validate(
    file: File,
    folds: Annotated[int, typer.Option(min=2, max=1000, help="In how many the examples are divided.")] = 5,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the study. [default: studies/…]")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="How many epochs, instead of the design's.")] = None,
    parallel: Annotated[int, typer.Option(min=1, help="Folds that train at once.")] = 1,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Train once for each fold, which validates, and tell the mean and the standard deviation of every metric.

    It is a study with a single trial: `layerloom search --resume` goes on with one that was stopped.
    """
    from designer.cli_study_runs import cross_validation

    given = [*(settings or ()), *([f"epochs={epochs}"] if epochs is not None else [])]
    raise typer.Exit(cross_validation(file, folds, out, given, parallel, as_json))


def baselines(
    run: Folder,
    part: Annotated[str, typer.Option(help="On which examples: test, validation or train.")] = "test",
    weights: Annotated[str, typer.Option(help="best or last. [default: those that the run ended with]")] = "",
    as_json: Json = False,
) -> None:
    """What simple methods of scikit-learn reach on the same examples and the same split, beside the network."""
    from designer.cli_study_runs import show_baselines

    show_baselines(run, part, weights, as_json)


COMMANDS = (branch, cross_validate, baselines)
