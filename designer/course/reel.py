"""The frames of one film of a run, read as they are wanted: never all at once, and never for long."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from core.problem import LayerloomError
from core.training.films import Films, Reel
from core.training.protocol import Picture

HELD = 16  # frames that are kept decoded


class Film:
    """A film as it grows; `refresh` looks at the file again."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._films = Films(folder / "pictures")
        self._reel = self._films.reel(name)
        self._held: OrderedDict[int, Picture] = OrderedDict()

    @property
    def steps(self) -> list[int]:
        return self._reel.steps

    def refresh(self) -> None:
        """Raises LayerloomError where the disk refuses."""
        self._reel = self._films.reel(self.name)

    def frame(self, index: int) -> Picture | None:
        """None where the film was rewritten meanwhile: `refresh`, and ask again."""
        step = self._reel.steps[index]
        if step in self._held:
            self._held.move_to_end(step)
            return self._held[step]
        found = _read(self._reel, index)
        if found is not None:
            self._held[step] = found
            if len(self._held) > HELD:
                self._held.popitem(last=False)
        return found

    def unseen(self, seen: set[int], seconds: float) -> Iterator[Picture]:
        """Frames of steps that are not in `seen`, for about so long."""
        reel, end = self._reel, time.perf_counter() + seconds
        for index, step in enumerate(reel.steps):
            if step not in seen:
                frame = _read(reel, index)
                if frame is None or time.perf_counter() > end:
                    return
                yield frame


def names(folder: Path) -> list[str]:
    """Films that a run has."""
    return Films(folder / "pictures").names


def _read(reel: Reel, index: int) -> Picture | None:
    try:
        frame = reel.frame(index)
    except LayerloomError:
        return None
    return frame if isinstance(frame, Picture) else None
