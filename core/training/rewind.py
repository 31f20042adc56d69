"""The state of a run a moment ago, in memory: from there its last steps are taken again, to see where one broke."""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from pathlib import Path

from core.problem import LayerloomError
from core.training import checkpoint as files
from core.training.checkpoint import Checkpoint
from core.training.run import Run

EVERY = 0.5  # seconds between two states that are kept, at least
SHARE = 200  # keeping them may take one part in so many of the time
MOST_BYTES = 256 * 2**20  # what is larger is not kept: the last checkpoint then stands for it


class Rewind:
    """Keeps the newest good state.

    Attributes:
        due: when to `keep` next, by `time.perf_counter`.
    """

    def __init__(self, run: Run, folder: Path | None) -> None:
        self._run, self._folder = run, folder
        self._kept: Checkpoint | None = None
        self.due = 0.0

    def keep(self) -> float:
        """Copy the state of the run, between steps and with the recorder read; returns the seconds that it took.

        Raises:
            LayerloomError: a weight is no number any more.
        """
        start = time.perf_counter()
        run = self._run
        if not run.finite():
            raise run.engine.diverged(run.epoch + 1, run.step, {})
        state = run.checkpoint()
        size = sum(t.nbytes for tensors in (state.weights, state.training) for t in tensors.values())
        if size <= MOST_BYTES:
            plain = copy.deepcopy(dict(state.state))
            self._kept = Checkpoint(files.plain(state.weights), files.plain(state.training), plain)
        now = time.perf_counter()
        self.due = now + max(EVERY, SHARE * (now - start))
        return now - start

    def located(self, error: LayerloomError) -> LayerloomError:
        """The error of a run that diverged with the node that broke first, where taking its last steps again finds it;
        the run is of no use afterwards. Any other error stays as it is."""
        start = self._kept or self._last()
        if error.problem.code != "diverged" or start is None:
            return error
        from core.training.tools.locating import located

        try:
            return located(self._run, error, start)
        except LayerloomError as trouble:  # the steps cannot be taken again; what is known is told
            return LayerloomError(replace(error.problem, detail=f"{error.problem.detail}\n{trouble}".strip()))

    def _last(self) -> Checkpoint | None:
        if self._folder is None or not files.exists(self._folder / "last"):
            return None
        try:
            return files.load(self._folder / "last")
        except LayerloomError:
            return None
