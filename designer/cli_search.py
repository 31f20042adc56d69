"""``layerloom search``: try many settings of a design and keep the best."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli_arguments import Json
from designer.cli_studies import Settings

_RANGES = (
    "lr=1e-4..1e-1 log; batch_size=16,32,64; hidden.out_features=8..64 step 8; KEY alone takes what is suggested. "
    "[default: what the design says]"
)
Vary = Annotated[list[str] | None, typer.Option("--vary", metavar="KEY=RANGE", help=_RANGES, show_default=False)]


def search(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A design (.loom).", show_default=False)] = None,
    vary: Vary = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="How many are tried (a grid tries all). [default: 30]")
    ] = None,
    strategy: Annotated[str, typer.Option(help="tpe, gp, random, sobol or grid. [default: tpe]")] = "",
    metric: Annotated[str, typer.Option(help="Of validation: loss, accuracy, rmse, … [default: loss]")] = "",
    mode: Annotated[str, typer.Option(help="auto, min or max. [default: auto]")] = "",
    pruner: Annotated[str, typer.Option(help="none, median, halving or hyperband. [default: none]")] = "",
    folds: Annotated[int | None, typer.Option(min=0, max=1000, help="Cross-validate each trial. [default: 0]")] = None,
    parallel: Annotated[int | None, typer.Option(min=1, help="Trainings at once. [default: 1]")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the proposals. [default: 0]")] = None,
    timeout: Annotated[float | None, typer.Option(min=0, help="After so many seconds no trial begins.")] = None,
    keep: Annotated[int | None, typer.Option(min=0, help="Best trials that keep weights. [default: 0, all]")] = None,
    from_design: Annotated[
        bool | None, typer.Option("--from-design/--anywhere", help="Whether the first trial is the design as it is.")
    ] = None,
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the study. [default: studies/…]")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the study in --out.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Write the best values into the design.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List what can be searched.")] = False,
    as_json: Json = False,
) -> None:
    """Try many settings of a design, each in a training of its own, and tell the best and what matters.

    Ctrl+C keeps what there is; `--resume` goes on.
    """
    from designer.cli_searching import Wish, list_searchable, search_design

    if listed:
        raise typer.Exit(list_searchable(file, as_json))
    numbers = {"trials": trials, "folds": folds, "parallel": parallel, "seed": seed, "timeout": timeout or None}
    numbers |= {"keep": keep, "from_design": from_design}
    words = {"strategy": strategy, "pruner": pruner, "metric": metric, "mode": mode}
    wish = Wish(tuple(vary or ()), {**numbers, **{name: word or None for name, word in words.items()}})
    raise typer.Exit(search_design(file, wish, settings or (), out, resume, apply, as_json))


def studies(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="A study, or the folder that holds them.")] = Path(
        "studies"
    ),
    as_json: Json = False,
) -> None:
    """What a study has found so far, or the studies in a folder, the newest first."""
    from designer.cli_searching import show_studies

    show_studies(path, as_json)


COMMANDS = (search, studies)
