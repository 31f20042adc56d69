"""Commands that make runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.problem import LayerloomError
from core.training.launch import Host, Machines
from core.training.runs import RunFolder
from designer.cli_design import lowered, open_design
from designer.cli_output import complain, console, metrics_table, write_json
from designer.cli_progress import Bars, JsonLines
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
    design = open_design(file, settings)
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
