"""The frames of one film of a run, read as they are wanted: never all at once, and never for long."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from core.problem import LayerloomError
from core.training.films import Films, Reel
from core.training.protocol import Picture

T = TypeVar("T")
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


class Frames(Generic[T]):
    """What a view keeps of each frame of the film that it follows: `of`, by the frame's step.

    `read` takes it out of a frame; `seconds` is how long `follow` may read at a time.
    """

    def __init__(self, read: Callable[[Picture], T], seconds: float) -> None:
        self._read, self._seconds = read, seconds
        self._film: Film | None = None
        self.of: dict[int, T] = {}

    def follow(self, film: Film) -> bool:
        """Drop what the film has no more, read what is new; whether more of it waits to be read."""
        if film is not self._film:
            self._film, self.of = film, {}
        steps = set(film.steps)
        self.of = {step: kept for step, kept in self.of.items() if step in steps}
        before = len(self.of)
        for frame in film.unseen(set(self.of), self._seconds):
            self.of[frame.step] = self._read(frame)
        return before < len(self.of) < len(steps)


def names(folder: Path) -> list[str]:
    """Films that a run has."""
    return Films(folder / "pictures").names


def _read(reel: Reel, index: int) -> Picture | None:
    try:
        frame = reel.frame(index)
    except LayerloomError:
        return None
    return frame if isinstance(frame, Picture) else None
