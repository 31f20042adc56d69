"""Commands that make runs and take models out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.problem import LayerloomError
from core.program.codec import to_json
from core.training.launch import Host, Machines
from core.training.runs import RunFolder
from designer.cli_design import learn_signature, lowered, open_design
from designer.cli_output import Failed, complain, console, metrics_table, table, write_json
from designer.cli_progress import Bars, JsonLines
from designer.cli_settings import apply_settings
from designer.cli_train import Ending, follow_run
from graph.codec import encode


def start_run(
    file: Path | None,
    run: Path | None,
    settings: Sequence[str],
    resume: bool,
    as_json: bool,
    place: Machines | Host | None = None,
) -> int:
    """Make the run folder (or open it, to resume, or to join other machines) and train; returns the exit code.

    Raises:
        LayerloomError: the arguments do not go together, the design does not hold, or the run failed.
    """
    joins = isinstance(place, Machines) and place.nodes > 1 and run is not None and (run / "run.json").is_file()
    if resume:
        folder = resumable(run, settings)
    else:
        folder = RunFolder.open(run) if joins and run is not None else make_run(file, run, settings)
    ending = train_run(folder, resume, as_json, place)
    if as_json:
        write_json(ending.to_json(), compact=True)
    ending.check()
    if not as_json:
        _tell(ending)
    return ending.exit_code


def make_run(file: Path | None, run: Path | None, settings: Sequence[str]) -> RunFolder:
    """The folder of a new run of a design, with the settings applied."""
    if file is None:
        raise LayerloomError("train needs a design: layerloom train FILE --run DIR.", code="arguments")
    design = open_design(file)
    apply_settings(design.document, settings)
    learn_signature(design)
    program = lowered(design)
    folder = run if run is not None else free_folder(file)
    base = file.absolute().parent
    return RunFolder.create(folder, program, design.document.job, encode(design.document), design.title, base)


def resumable(run: Path | None, settings: Sequence[str]) -> RunFolder:
    """The run to go on with."""
    if run is None:
        raise LayerloomError("--resume needs the run: layerloom train --run DIR --resume.", code="arguments")
    if settings:
        raise LayerloomError(
            f"--resume goes on with the job that is in {run}; {settings[0].partition('=')[0]} cannot be changed there. "
            "Start a new run instead.",
            code="arguments",
        )
    return RunFolder.open(run)


def train_run(folder: RunFolder, resume: bool, as_json: bool, place: Machines | Host | None = None) -> Ending:
    """Train in a worker process, telling how it goes."""
    if as_json:
        return follow_run(folder.path, resume, JsonLines(), place)
    with Bars() as bars:
        return follow_run(folder.path, resume, bars, place)


def _tell(ending: Ending) -> None:
    done = ending.finished
    assert done is not None
    early = ", stopped early" if done.stopped_early else ""
    best = f", best epoch {done.best_epoch}" if done.best_epoch is not None else ""
    word = "Stopped" if ending.asked_to_stop else "Finished"
    console().print(f"{word} after {done.epochs:g} epochs in {done.seconds:.1f} s{early}{best}.")
    metrics_table(done.metrics)
    console().print(f"The run is in {ending.folder}.", soft_wrap=True)
    if ending.asked_to_stop:
        complain(f"stopped by Ctrl+C; go on with `layerloom train --run {ending.folder} --resume`.")


def free_folder(file: Path) -> Path:
    """``runs/<design>-<n>``, the first that does not exist."""
    number = 1
    while (path := Path("runs") / f"{file.stem}-{number}").exists():
        number += 1
    return path


@dataclass(frozen=True)
class Wish:
    """What `export` is to write, and where."""

    format: str
    out: Path
    bake: bool = False
    probabilities: bool = False
    fixed_steps: int = 0


def export_file(source: Path, wish: Wish, as_json: bool) -> None:
    """Write the artefact and show how far it is from PyTorch.

    Raises:
        LayerloomError: neither a design nor a run, an unknown format, weights that are missing, or a full disk; Failed
            where the written file does not compute what PyTorch computes.
    """
    from designer.delivery import deliver, from_program, from_run

    is_run = source.is_dir()
    made = from_run(source) if is_run else from_program(_program(source))
    inside = {"bake": wish.bake, "probabilities": wish.probabilities}
    result = deliver(made, wish.format, wish.out, fixed_steps=wish.fixed_steps, **inside)
    certificate = result["certificate"]
    if as_json:
        write_json(result)
    else:
        what = f"the run in {source}" if is_run else f"{source.name} with fresh weights"
        console().print(f"Wrote {result['path']} ({result['bytes'] / 1024:,.0f} KiB): {what}.")
        if certificate:
            show_certificate(certificate)
    if certificate and not certificate["passed"]:
        raise Failed(
            f"{wish.out} and PyTorch differ by more than {certificate['tolerance']:g}: do not rely on this file."
        )


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


def _program(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise LayerloomError(f"There is no design and no run {file}.", code="missing")
    return to_json(lowered(open_design(file)))
