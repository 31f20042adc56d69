"""``layerloom import``: a model of another tool becomes a design and a run. Heavy imports happen when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli_arguments import Json


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A model (.onnx).", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The design to write. [default: NAME.loom]")] = None,
    run: Annotated[Path | None, typer.Option(help="Folder of the run that keeps the weights.")] = None,
    as_json: Json = False,
) -> None:
    """Import an ONNX model: a design, and a run with its weights that can be exported and trained on from."""
    from core.files import atomic_write
    from core.problem import LayerloomError
    from designer.cli_output import complain, console, write_json
    from designer.cli_runs import free_folder
    from designer.imported import summary
    from designer.importing import import_model

    out = out or Path(f"{file.stem}.loom")
    if out.exists():
        raise LayerloomError(f"{out} exists already; choose another file with --out.", code="exists")
    report = import_model(file, run or free_folder(file))
    atomic_write(out, report.pop("design"))
    if as_json:
        write_json({"out": str(out), **report})
        return
    weights = f", its weights are in {report['run']}." if report["run"] else "."
    console().print(summary(report, file.name), soft_wrap=True)
    console().print(f"The design is in {out}{weights}", soft_wrap=True)
    for problem in report["problems"]:
        complain(problem["message"])
