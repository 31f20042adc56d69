"""From the values of a trial to the folders of its runs."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.catalog.families import default_catalog
from core.catalog.strategies import STRATEGIES
from core.files import file_error
from core.problem import LayerloomError
from core.search.study import Study
from core.search.trial import Trial
from core.training.job import Job
from core.training.lock import Lock
from core.training.runs import RunFolder
from graph.codec import decode
from graph.searchable import present
from graph.variants import Variant, variant

PATIENCE = 20.0  # seconds in which a worker has to end whose study is gone


@dataclass(eq=False)
class Errand:
    """One run of a trial that is to be trained, or goes on. `said` is the last state that its worker told."""

    number: int
    fold: int
    folder: RunFolder
    epochs: int
    resume: bool = False
    said: str = ""
    is_done: bool = False


class Maker:
    """Makes runs of a study's design. Raises LayerloomError where the design does not hold at all."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._document, _ = decode(study.design, default_catalog(), study.title)

    def present(self) -> dict[str, Any] | None:
        """What stands in the design, where the first trial is to have it and can; else None."""
        search = self._study.search
        spec = STRATEGIES.get(search.strategy.kind)
        if not search.from_design or not search.variables or spec is None or spec.enumerates:
            return None
        try:
            values = {path: present(self._document, path) for path in search.variables}
        except LayerloomError:
            return None
        return values if all(search.variables[path].holds(value) for path, value in values.items()) else None

    def errands(self, trial: Trial) -> list[Errand]:
        """The runs of a trial: those that were begun before go on, the others are made.

        Raises:
            LayerloomError: the values make no network that can be trained, or the disk refuses.
        """
        made: Variant | None = None
        found = []
        for fold, path in enumerate(self._study.folders(trial.number)):
            folder = _begun(path)
            resume = folder is not None
            if folder is None:
                made = made or variant(self._document, trial.values)
                folder = self._make(path, trial.number, fold, made)
            found.append(Errand(trial.number, fold, folder, folder.job.epochs, resume))
        return found

    def _make(self, path: Path, number: int, fold: int, made: Variant) -> RunFolder:
        _clear(path)
        folds = self._study.search.folds
        title = f"{self._study.title}, trial {number}" + (f", fold {fold + 1}" if folds else "")
        job = _of_fold(made.job, fold, folds) if folds else made.job
        return RunFolder.create(path, made.program, self._with_threads(job), made.design, title, self._study.base)

    def _with_threads(self, job: Job) -> Job:
        """A fixed number of threads: measuring it would take longer than a short trial, and the trials of two studies
        with the same seed would differ."""
        threads = job.threads or max(1, (os.cpu_count() or 1) // self._study.search.parallel)
        return job.model_copy(update={"threads": threads})


def drop_weights(study: Study) -> None:
    """Trials that have ended and are not among the best that keep theirs lose their weights; curves and results stay.

    Raises:
        LayerloomError: the disk refuses.
    """
    keep = study.search.keep
    kept = {trial.number for trial in study.ranked[:keep]}
    for trial in study.trials if keep else ():
        for run in trial.runs if trial.has_ended and trial.number not in kept else ():
            weights = run / "checkpoints"
            if weights.exists() and not Lock(run / "lock").held():  # its worker may be about to leave it
                _clear(weights)


def _of_fold(job: Job, fold: int, folds: int) -> Job:
    split = job.data.split.model_copy(update={"folds": folds, "fold": fold})
    return job.model_copy(update={"data": job.data.model_copy(update={"split": split})})


def _begun(path: Path) -> RunFolder | None:
    """The run in a folder that has something to go on from, or has ended; else None.

    Raises:
        LayerloomError: a worker of a study that was killed is still at it, and does not end.
    """
    try:
        folder = RunFolder.open(path)
    except LayerloomError:
        return None
    deadline = time.monotonic() + PATIENCE
    while folder.lock.held():  # it saves, and ends
        if time.monotonic() > deadline:
            raise LayerloomError(f"The run in {path} is going on in another process; stop that first.", code="running")
        time.sleep(0.1)
    return folder if folder.can_resume or folder.result() else None


def _clear(path: Path) -> None:
    """What a process that was killed left of a run that had hardly begun goes."""
    try:
        if path.exists():
            shutil.rmtree(path)
    except OSError as error:
        raise file_error("remove", path, error) from error
