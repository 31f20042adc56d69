"""What `branch`, `cross-validate` and `baselines` do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.training.across import Metrics, Spread, across
from core.training.branching import branch
from core.training.job import Job
from core.training.runs import RunFolder
from designer.cli_output import Failed, console, number, table, write_json
from designer.cli_runs import start_run
from designer.cli_searching import Wish, make_study
from designer.cli_settings import apply_settings, is_of_job
from designer.cli_watching import watch
from graph.commands import SetSetting
from graph.document import Document

START = ("last", "best")
SCOPES = ("global", "layer")


def branch_run(
    run: Path,
    out: Path,
    which: Literal["last", "best"],
    settings: Sequence[str],
    weights_only: bool,
    trains: bool,
    as_json: bool,
) -> int:
    """Make the branch, and train it where that is wanted; returns the exit code.

    Raises:
        LayerloomError: there is no such run or checkpoint, or a setting does not fit a branch.
    """
    source = RunFolder.open(run)
    made = branch(source, out, which=which, job=job_with(source.job, settings), weights_only=weights_only)
    step = int(made.branch["step"])
    begins = f"goes on after step {step:,}" if step else f"begins anew with the {which} weights"
    return _train_or_tell(made, source, begins, trains, as_json)


def pruned_run(
    run: Path, out: Path, which: Literal["last", "best"], settings: Sequence[str], share: float, scope: str,
    trains: bool, as_json: bool,
) -> int:  # fmt: skip
    """Make a branch whose smallest weights are zero and stay so, and train it where that is wanted.

    Raises:
        LayerloomError: there is no such run or checkpoint, or nothing to prune.
    """
    from core.analysis.subject import moment, read_weights
    from core.training.pruning import prune_branch

    source = RunFolder.open(run)
    weights = read_weights(moment(source, which).path)
    made = prune_branch(source, out, weights, share, scope, which, job_with(source.job, settings))
    return _train_or_tell(made, source, f"begins with {made.branch['note']}, from the {which} weights", trains, as_json)


def _train_or_tell(made: RunFolder, source: RunFolder, begins: str, trains: bool, as_json: bool) -> int:
    if trains:
        return start_run(None, made.path, (), resume=True, as_json=as_json)
    if as_json:
        origin = {name: value for name, value in made.branch.items() if name != "run"}
        write_json({"run": str(made.path), "from": str(source.path), **origin})
        return 0
    console().print(f"{made.path} {begins} of {source.path.name}.", soft_wrap=True)
    console().print(f"Train it with `layerloom train --run {made.path} --resume`.", soft_wrap=True)
    return 0


def job_with(job: Job, settings: Sequence[str]) -> Job:
    """The job with values changed as by ``--set``. Raises LayerloomError where a key is none of the job's."""
    document = Document(default_catalog())
    SetSetting("job", job.model_dump(mode="json")).apply(document)
    for setting in settings:
        if not is_of_job(setting.partition("=")[0].strip()):
            raise LayerloomError(
                f"--set {setting}: a branch keeps the network; only the training job can be changed.", code="set"
            )
    apply_settings(document, settings)
    return document.job


def cross_validation(
    file: Path, folds: int, out: Path | None, settings: Sequence[str], parallel: int, as_json: bool
) -> int:
    """A study of the design as it is, one run for each fold; returns the exit code.

    Raises:
        LayerloomError: the design or a setting does not hold, or a fold failed.
    """
    wish = Wish((), {"folds": folds, "parallel": parallel}, varies=False)
    study = make_study(file, wish, settings, out)
    ending = watch(study, as_json)
    study.refresh()
    if ending.problem is not None:
        raise Failed(ending.problem)
    [trial] = study.trials
    if trial.state != "finished":
        return ending.exit_code
    runs = [RunFolder.open(run) for run in trial.runs]
    found: list[Metrics] = [(run.result() or {})["metrics"] for run in runs]
    spreads = across(found)
    if as_json:
        told = {part: {name: asdict(value) for name, value in row.items()} for part, row in spreads.items()}
        rows = [{"run": str(r.path), "fold": k, "metrics": m} for k, (r, m) in enumerate(zip(runs, found, strict=True))]
        write_json({"study": str(study.path), "folds": rows, "across": told}, compact=True)
    else:
        _show_folds(found, spreads)
        console().print(f"The study is in {study.path}, with a run for each fold.", soft_wrap=True)
    return 0


def _show_folds(found: Sequence[Metrics], spreads: Mapping[str, Mapping[str, Spread]]) -> None:
    parts = [part for part in ("train", "validation", "test") if part in spreads]
    names = dict.fromkeys(name for part in parts for name in spreads[part])
    columns = ["metric", *(f"fold {fold + 1}" for fold in range(len(found))), *parts]
    rows = [
        [name, *(number(metrics.get("validation", {}).get(name)) for metrics in found)]
        + [str(spreads[part].get(name, "")) for part in parts]
        for name in names
    ]
    console().print("Validation fold by fold, then mean ± standard deviation of each part:")
    table(columns, rows, right=columns[1:])


def show_baselines(run: Path, part: str, weights: str, as_json: bool) -> None:
    """Print what simple methods reach.

    Raises:
        LayerloomError: there is no such run or part, it has no weights yet, or nothing simple compares with it.
    """
    from core.analysis.baselines import baselines
    from core.analysis.subject import Subject, moment

    folder = RunFolder.open(run)
    answer = baselines(Subject(folder, moment(folder, weights)), part)
    if as_json:
        write_json(answer)
        return
    for task in answer["tasks"]:
        has_errors = any(row["rmse"] is not None for row in task["rows"])
        columns = ["method", task["metric"], *(["rmse"] if has_errors else []), "seconds"]
        rows = []
        for row in task["rows"]:
            seconds = "" if row["seconds"] is None else f"{row['seconds']:.2f}"
            rows.append([row["method"], number(row["value"]), *([number(row["rmse"])] if has_errors else []), seconds])
        title = f"{task['name']}: {answer['split']} part, fitted on {answer['trained_on']:,} examples"
        table(columns, rows, right=columns[1:], title=title)
