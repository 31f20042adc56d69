"""``layerloom export``: models out of runs and designs. What costs time is imported when it runs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from core.problem import LayerloomError
from core.spec.params import Param
from designer.cli_arguments import Json
from designer.cli_output import Failed, console, number, table, write_json
from designer.cli_tools import option
from exporters.precisions import PRECISIONS, WHOLE

_PRECISION = f"ONNX: {', '.join(PRECISIONS)}."
Source = Annotated[Path, typer.Argument(metavar="FILE_OR_RUN", help="A design, or the folder of a run.")]
To = Annotated[str, typer.Option("--to", help="onnx, python or safetensors.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="The file to write.")]
Bake = Annotated[bool, typer.Option("--bake", help="ONNX: the graph takes raw data and prepares it itself.")]
Probabilities = Annotated[bool, typer.Option("--probabilities", help="ONNX: scores become probabilities.")]
Steps = Annotated[
    int, typer.Option("--fixed-steps", min=0, help="RK4 in so many steps for solvers that choose their own.")
]


def export(
    source: Source,
    out: Out,
    to: To = "onnx",
    bake: Bake = False,
    probabilities: Probabilities = False,
    fixed_steps: Steps = 0,
    precision: Annotated[str, typer.Option(help=_PRECISION)] = WHOLE,
    as_json: Json = False,
    **settings: Any,
) -> None:
    """Export a trained run, or a design with fresh weights. ONNX is compared with PyTorch.

    In fewer bits it is held to real examples: how many answers stay the same, and the metrics before and after.
    """
    given = {name: value for name, value in settings.items() if value is not None}
    inside = {"bake": bake, "probabilities": probabilities, "fixed_steps": fixed_steps}
    export_file(source, to, out, as_json, **inside, precision=precision, settings=given)


def _fields() -> dict[str, Param]:
    """The fields of all precisions, each once."""
    return {param.name: param for precision in PRECISIONS.values() for param in precision.params}


def _with_fields() -> inspect.Signature:
    parts = [p for p in inspect.signature(export, eval_str=True).parameters.values() if p.kind != p.VAR_KEYWORD]
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature([
        *(part.replace(kind=kind) for part in parts),
        *(inspect.Parameter(n, kind, default=None, annotation=option(field)) for n, field in _fields().items()),
    ])  # fmt: skip


_SIGNATURE = _with_fields()
export.__signature__ = _SIGNATURE  # type: ignore[attr-defined]
export.__annotations__ = {name: part.annotation for name, part in _SIGNATURE.parameters.items()}
COMMANDS = (export,)


def export_file(source: Path, to: str, out: Path, as_json: bool, **wanted: Any) -> None:
    """Write the artefact and show how far it is from PyTorch; `wanted` is what `designer.delivery.deliver` takes.

    Raises:
        LayerloomError: neither a design nor a run, an unknown format or precision, weights that are missing, or a full
            disk; Failed where the written file does not compute what PyTorch computes.
    """
    from designer.delivery import deliver, from_program, from_run

    is_run = source.is_dir()
    made = from_run(source) if is_run else from_program(_program(source))
    result = deliver(made, to, out, **wanted)
    certificate, reduction = result["certificate"], result.get("reduction")
    if as_json:
        write_json(result)
    else:
        what = f"the run in {source}" if is_run else f"{source.name} with fresh weights"
        console().print(f"Wrote {result['path']} ({result['bytes'] / 1024:,.0f} KiB): {what}.", soft_wrap=True)
        if reduction:
            show_reduction(result["bytes"], reduction)
        if certificate:
            show_certificate(certificate)
    if reduction and not reduction["passed"]:
        raise Failed(f"{out} does not answer as PyTorch does. Keep more bits, or calibrate otherwise.")
    if certificate and not certificate["passed"]:
        raise Failed(f"{out} and PyTorch differ by more than {certificate['tolerance']:g}: do not rely on this file.")


def show_certificate(certificate: Mapping[str, Any]) -> None:
    """The table of differences: a row for each output and batch size."""
    rows = [(r["output"], r["batch"], f"{r['max_abs']:.3g}", f"{r['max_rel']:.3g}") for r in certificate["rows"]]
    columns = ["output", "batch", "largest difference", "relative"]
    table(columns, rows, right=columns[1:])
    worst = max((row["max_rel"] for row in certificate["rows"]), default=0.0)
    verdict = "computes" if certificate["passed"] else "does not compute"
    limit = certificate["tolerance"]
    console().print(
        f"ONNX Runtime {verdict} what PyTorch computes: largest relative difference {worst:.3g} (limit {limit:g}).",
        soft_wrap=True,
    )


def show_reduction(size: int, reduction: Mapping[str, Any]) -> None:
    """What fewer bits changed: size, differences, answers and metrics, and what stayed float32."""
    out, judged = console(), reduction["judgement"]
    label = PRECISIONS[reduction["precision"]].label
    out.print(f"{label}: {size:,} bytes, in float32 {reduction['whole']:,}.", soft_wrap=True)
    if judged:
        rows = [
            (row["output"], *(f"{row[name]:.3g}" for name in ("max_abs", "max_rel", "mean_abs")))
            for row in judged["rows"]
        ]
        columns = ["output", "largest difference", "relative", "mean difference"]
        table(columns, rows, right=columns[1:])
        metrics = [(n, number(v), number(judged["after"].get(n, float("nan")))) for n, v in judged["before"].items()]
        if metrics:
            table(["metric", "PyTorch", "file"], metrics, right=["PyTorch", "file"])
        asked = f"{judged['examples']:,} examples of {judged['part']}"
        if judged["same"] is None:
            told = f"Relative differences up to {reduction['tolerance']:g} pass ({asked})."
        else:
            told = f"{judged['same']:.2%} of the answers stay the same; {reduction['agreement']:.0%} pass ({asked})."
        out.print(told, soft_wrap=True)
    if reduction["reason"]:
        out.print(reduction["reason"], soft_wrap=True)
    for kept in reduction["kept"]:
        out.print(f"  - {kept['label'] or 'weights'} stays float32: {kept['bytes']:,} bytes", soft_wrap=True)


def _program(file: Path) -> dict[str, Any]:
    from core.program.codec import to_json
    from designer.cli_design import lowered, open_design

    if not file.is_file():
        raise LayerloomError(f"There is no design and no run {file}.", code="missing")
    return to_json(lowered(open_design(file)))
