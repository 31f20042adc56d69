"""What ``layerloom search`` does: makes the study, watches its process, tells what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from core.catalog.families import default_catalog
from core.problem import LayerloomError, Severity
from core.search.study import Study, list_studies
from core.search.trial import Trial
from designer.cli_design import lowered, open_design
from designer.cli_output import Failed, console, number, table, write_json
from designer.cli_settings import short_path
from designer.cli_vary import offers, variables, worded
from designer.cli_watching import watch
from graph import storage
from graph.codec import decode, encode
from graph.commands import SetJob
from graph.rules_search import troubles
from graph.searchable import Searchable
from graph.variants import apply

SHOWN = 10  # of the best trials


@dataclass(frozen=True)
class Wish:
    """What the command line says of the search; None where the design decides. `varies`: False for folds alone."""

    vary: tuple[str, ...]
    given: Mapping[str, Any]
    varies: bool = True


def search_design(
    file: Path | None, wish: Wish, settings: Sequence[str], out: Path | None, resume: bool, applies: bool, as_json: bool
) -> int:
    """Make the study (or open it, to go on), carry it out and tell; returns the exit code.

    Raises:
        LayerloomError: the arguments do not go together, the design or the search does not hold, or the study failed.
    """
    if applies:
        _design(file)
    study = _resumed(out, wish, settings) if resume else make_study(file, wish, settings, out)
    ending = watch(study, as_json)
    study.refresh()
    if ending.problem is not None:
        raise Failed(ending.problem)
    best = study.best
    if as_json:
        write_json(_summary(study), compact=True)
    else:
        _tell(study, file)
    if applies and best is not None:
        _apply(study, file, best, as_json)
    return ending.exit_code if best is not None or ending.exit_code else 1


def list_searchable(file: Path | None, as_json: bool) -> int:
    """What of a design can be searched; people see what is usual, machines everything."""
    document = open_design(_design(file)).document
    found = offers(document)
    if as_json:
        write_json([_offer(one) for one in found])
        return 0
    rows = [
        (short_path(document, one.path), one.group, one.label, one.param.format(one.value), worded(one.suggestion))
        for one in found
        if one.usual
    ]
    table(["key", "of", "what", "now", "suggested"], rows)
    return 0


def show_studies(path: Path, as_json: bool) -> None:
    """One study, or a table of those in a folder. Raises LayerloomError where there is no such folder."""
    if not path.is_dir():
        raise LayerloomError(f"There is no folder {path}.", code="missing")
    if (path / "study.json").is_file():
        study = Study.open(path)
        if as_json:
            write_json(_summary(study))
        else:
            _tell(study, None)
        return
    found = list_studies(path)
    if as_json:
        write_json([{**asdict(row), "folder": str(row.folder)} for row in found])
    elif not found:
        console().print(f"There are no studies in {path}.")
    else:
        rows = [
            (row.folder.name, row.title, str(row.state), f"{row.ended}/{row.planned}", row.metric, number(row.best))
            for row in found
        ]
        table(["study", "design", "state", "trials", "metric", "best"], rows, right=("trials", "best"))


def _design(file: Path | None) -> Path:
    if file is None:
        raise LayerloomError("search needs a design: layerloom search FILE --vary lr.", code="arguments")
    return file


def _offer(one: Searchable) -> dict[str, Any]:
    told = {"path": one.path, "group": one.group, "label": one.label, "value": one.value, "usual": one.usual}
    return {**told, "suggestion": one.suggestion.model_dump(mode="json", exclude_defaults=True), "doc": one.doc}


def make_study(file: Path | None, wish: Wish, settings: Sequence[str], out: Path | None) -> Study:
    """The folder of a new study of a design.

    Raises:
        LayerloomError: the design, a setting or the search does not hold, or the folder is in use.
    """
    path = _design(file)
    design = open_design(path, settings)
    document = design.document
    if not wish.varies:
        SetJob("search", None).apply(document)
    for name, value in wish.given.items():
        if value is not None:
            SetJob(f"search.{name}", {"kind": value} if name in ("strategy", "pruner") else value).apply(document)
    if wish.vary:
        varied = {
            p: v.model_dump(mode="json", exclude_defaults=True) for p, v in variables(document, wish.vary).items()
        }
        SetJob("search.variables", varied).apply(document)
    search = document.job.search
    if search.is_empty:
        raise LayerloomError(
            f"Nothing varies: say what, for example --vary lr; `layerloom search {path} --list` lists what can.",
            code="arguments",
        )
    wrong = next((p for p in troubles(document) if p.severity != Severity.HINT), None)
    if wrong is not None:
        raise Failed(wrong)
    lowered(design)
    folder = out if out is not None else _free_folder(path)
    return Study.create(folder, encode(document), search, design.title, path.absolute().parent)


def _resumed(out: Path | None, wish: Wish, settings: Sequence[str]) -> Study:
    if out is None:
        raise LayerloomError("--resume needs the study: layerloom search --out FOLDER --resume.", code="arguments")
    others = [name for name, value in wish.given.items() if value is not None and name != "trials"]
    if wish.vary or settings or others:
        raise LayerloomError(
            f"--resume goes on with the search that is in {out}; only --trials can be changed there. Start a new "
            "search instead.",
            code="arguments",
        )
    study = Study.open(out)
    if wish.given.get("trials"):
        study.extend(int(wish.given["trials"]))
    return study


def _free_folder(file: Path) -> Path:
    """``studies/<design>-<n>``, the first that does not exist."""
    number = 1
    while (path := Path("studies") / f"{file.stem}-{number}").exists():
        number += 1
    return path


# -- what is told


def _summary(study: Study) -> dict[str, Any]:
    trials = [trial.to_json() for trial in study.trials]
    best = study.best
    return {
        "study": str(study.path),
        "state": study.state(),
        "metric": study.search.metric,
        "direction": study.search.direction,
        "best": best.to_json() if best else None,
        "importance": dict(study.importance),
        "trials": trials,
    }


def _tell(study: Study, file: Path | None) -> None:
    out = console()
    ended = [trial for trial in study.trials if trial.has_ended]
    counts = {state: sum(trial.state == state for trial in ended) for state in ("finished", "pruned", "failed")}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "none ended"
    out.print(f"{len(ended)} of {study.planned} trials: {told}.")
    keys = named(study)
    _show_best(study, keys)
    for path, share in study.importance.items():
        out.print(f"  {share:>4.0%}  {keys[path]}", soft_wrap=True)
    failed = [trial for trial in ended if trial.state == "failed"]
    if failed:
        out.print(f"Trial {failed[0].number} failed: {failed[0].message}", soft_wrap=True, markup=False)
    best = study.best
    if best is not None:
        values = study.search.spread(best.values)
        words = "".join(f" --set {quote(f'{keys[path]}={exact(value)}')}" for path, value in values.items())
        text = f"Train the best anew with `layerloom train {file or 'FILE'}{words}`; its run is in {best.runs[0]}."
        out.print(text, soft_wrap=True, markup=False)
    out.print(f"The study is in {study.path}.", soft_wrap=True)


def _show_best(study: Study, keys: Mapping[str, str]) -> None:
    done = study.ranked
    if not done:
        return
    paths = list(study.search.variables)
    result = study.search.metric + (" (mean ± deviation)" if study.search.folds else "")
    rows = []
    for trial in done[:SHOWN]:
        values = (_word(trial.values[path]) for path in paths)
        named_ = f"{trial.number}{' (as designed)' if trial.is_design else ''}"
        rows.append(
            [
                named_,
                told_result(trial),
                *values,
                f"{trial.parameters:,}" if trial.parameters else "",
                f"{trial.seconds:.2g}",
            ]
        )
    columns = ["trial", result, *(keys[path] for path in paths), "parameters", "seconds"]
    table(columns, rows, right=columns, title=f"The best of {len(done)}" if len(done) > 1 else "")
    if study.importance:
        console().print("What the differences come from:")


def named(study: Study) -> dict[str, str]:
    """What varies, in the words of ``--vary`` and ``--set``."""
    document, _ = decode(study.design, default_catalog(), study.title)
    paths = study.search.spread(dict.fromkeys(study.search.variables))
    return {path: short_path(document, path) for path in paths}


def told_values(trial: Trial, keys: Mapping[str, str]) -> str:
    """``lr 0.0123, hidden.out_features 16``."""
    return ", ".join(f"{keys[path]} {_word(value)}" for path, value in trial.values.items())


def told_result(trial: Trial) -> str:
    """``0.9532``, or ``0.953 ± 0.021`` over folds."""
    from core.training.across import Spread

    if trial.result is None:
        return ""
    return (
        number(trial.result) if trial.deviation is None else str(Spread(trial.result, trial.deviation, len(trial.runs)))
    )


def exact(value: Any) -> str:
    """As ``--set`` reads it back, to the last digit."""
    return value if isinstance(value, str) else json.dumps(value)


def _word(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _apply(study: Study, file: Path | None, best: Trial, as_json: bool) -> None:
    path = _design(file)
    document = open_design(path).document
    apply(document, best.values).apply(document)
    storage.save(document, path)
    if not as_json:
        console().print(f"The values of trial {best.number} are in {path}.", soft_wrap=True)
