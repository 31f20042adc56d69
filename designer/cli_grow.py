"""``layerloom grow``: a network that learned gets more layers or units, and keeps what it learned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.problem import LayerloomError
from designer.cli_arguments import Json

Run = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)]


def grow(
    run: Run,
    out: Annotated[Path, typer.Option("--out", "-o", help="The grown design to write (.loom).", show_default=False)],
    after: Annotated[str, typer.Option(metavar="NODE", help="Add a layer behind this one.")] = "",
    wider: Annotated[str, typer.Option(metavar="NODE", help="Give this layer more units.")] = "",
    to: Annotated[int, typer.Option(min=0, metavar="N", help="With --wider: how many units.")] = 0,
    folder: Annotated[
        Path | None, typer.Option("--run", help="Folder of the new run. [default: runs/<design>-<n>]")
    ] = None,
    weights: Annotated[str, typer.Option(help="best or last. [default: those that the run ended with]")] = "",
    trains: Annotated[bool, typer.Option("--train", help="Train it at once.")] = False,
    as_json: Json = False,
) -> None:
    """Grow a trained network so that it computes what it computed, and has more to learn with (Net2Net).

    A new layer begins as the identity; a wider one copies units and shares out the weights of whoever reads them. Nodes
    go by what they are called, or by their ids.
    """
    if bool(after) == bool(wider) or bool(wider) != bool(to):
        raise LayerloomError("grow takes --after NODE, or --wider NODE with --to N.", code="arguments")
    raise typer.Exit(_grown(run, out, after, wider, to, folder, weights, trains, as_json))


def _grown(
    run: Path, out: Path, after: str, wider: str, to: int, folder: Path | None, weights: str, trains: bool,
    as_json: bool,
) -> int:  # fmt: skip
    from core.training.runs import RunFolder
    from designer.cli_output import console, write_json
    from designer.cli_runs import free_folder, start_run
    from designer.growing import grow as make
    from graph.storage import save

    out = out if out.suffix == ".loom" else out.with_suffix(".loom")
    made = make(RunFolder.open(run), folder or free_folder(out), after=after, wider=wider, to=to, which=weights)
    save(made.document, out)
    if trains:
        return start_run(None, made.run.path, (), resume=True, as_json=as_json)
    if as_json:
        write_json({"design": str(out), "run": str(made.run.path), "from": str(run), "note": made.note})
        return 0
    console().print(f"{made.note}: {out}. {made.run.path} begins with the weights of {run.name}.", soft_wrap=True)
    console().print(f"Train it with `layerloom train --run {made.run.path} --resume`.", soft_wrap=True)
    return 0


COMMANDS = (grow,)
