"""What a tool of training works on: a design. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from core.program.program import Program
    from core.training.job import Job
    from core.training.run import Run


@dataclass(frozen=True)
class Asked:
    """What a tool works on; relative paths of the data start at `base`."""

    program: Program
    job: Job
    base: Path | None = None

    def run(self) -> Run:
        """The training, about to begin, with one thread where the job does not say how many."""
        from core.data.prepare import prepare
        from core.training.run import Run

        job = self.job.model_copy(update={"compile": False, "monitor": False, "threads": self.job.threads or 1})
        prepared = prepare(job.data, (*self.program.inputs, *self.program.targets), self.base)
        return Run(self.program, job, prepared)
