"""The worker's part in a training of several processes: what it does otherwise than one that trains alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue

from core.training.distributed.following import follow, settle_random
from core.training.distributed.joint import Joint, Sharded
from core.training.distributed.leading import Leading
from core.training.distributed.parts import Parts
from core.training.distributed.ranks import Ranks
from core.training.distributed.sharing import share
from core.training.protocol import Command, Event
from core.training.run import Run
from core.training.runs import RunFolder
from core.training.start import start


class Team:
    """This process among those that train the run in a folder together; made where they have met."""

    def __init__(self, folder: RunFolder, ranks: Ranks) -> None:
        self._folder, self._ranks = folder, ranks
        self._parts: Parts | None = None
        ranks.join(folder.job)

    def start(self, folder: RunFolder, resume: bool) -> tuple[Run, int]:
        """As `core.training.start.start`, and the run is shared."""
        ranks = self._ranks
        kind = partial(Sharded if folder.job.sharding == "full" else Joint, ranks)
        run, step = start(folder, resume, fit=ranks.fitted, kind=kind, notes=ranks.leads)
        self._parts = share(run, ranks)
        if not ranks.leads:
            settle_random(run, folder, ranks.rank, resume)
        return run, step

    def lead(
        self, run: Run, folder: RunFolder, commands: SimpleQueue[Command], settle: Callable[[], None]
    ) -> Iterator[Event]:
        """Train as the first of all."""
        assert self._parts is not None
        loop = Leading(run, folder.title, folder.checkpoints, commands, settle, self._ranks, self._parts)
        yield from loop.lead()
        self._ranks.leave()

    def follow(self, resume: bool, say: Callable[[Event], None]) -> None:
        """Train as one of the others; `say` hears of the beginning and the end."""
        run, _ = self.start(self._folder, resume)
        assert self._parts is not None
        follow(run, self._ranks, self._parts, say)
        self._ranks.leave()
