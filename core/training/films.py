"""Pictures of a run over its steps, kept in its folder: ``pictures/NAME.jsonl``, a frame a line, in bounded room.

However long a run goes on, a film keeps about `FRAMES` frames over its whole course: when it is full, every second
frame goes, and from then on frames are kept half as often. The first and the newest are always there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from core.files import MEGABYTE, file_error
from core.problem import LayerloomError
from core.training.protocol import Event, Picture, Signals, decode_event, encode_event

FRAMES = 120
ROOM = 8 * MEGABYTE  # for each film
SIGNALS = "signals"


class Films:
    """The films of one run. Every method may raise LayerloomError where the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, Film] = {}

    @property
    def names(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*.jsonl"))

    def take(self, event: Picture | Signals) -> None:
        """Keep a picture as the newest frame of its film."""
        name = event.name if isinstance(event, Picture) else SIGNALS
        if name not in self._open:
            self._open[name] = Film(self._path(name))
        self._open[name].add(event.step, encode_event(event).encode())

    def rewind(self, step: int) -> None:
        """Forget the frames of later steps: the run goes on from there."""
        self._open = {}
        for name in self.names:
            Film(self._path(name)).cut(step)

    def reel(self, name: str) -> Reel:
        """The frames of a film as they are now; none where there is no such film."""
        return Reel(self._path(name))

    def newest(self) -> Iterator[Event]:
        """The newest frame of each film."""
        for name in self.names:
            reel = self.reel(name)
            if len(reel):
                yield reel.frame(len(reel) - 1)

    def _path(self, name: str) -> Path:
        if not name.isidentifier():  # a run on another machine says it, and it names a file here
            raise LayerloomError(f"A picture cannot be called {name!r:.40}.", code="picture")
        return self._folder / f"{name}.jsonl"


class Film:
    """Writes the frames of one film. Between two that are kept for good lies at least a gap; the newest is provisional
    and gives way to the next where that comes too soon."""

    def __init__(self, path: Path, most: int = FRAMES, room: int = ROOM) -> None:
        self._path, self._most, self._room = path, most, room
        found = _lines(path)
        self._kept = found[:-1]  # step, where it begins, how long it is
        self._newest = found[-1] if found else None
        full = len(self._kept) > most // 3 or _end(self._kept) > room // 3
        self._gap = self._mean_gap() if full else 0.0

    def add(self, step: int, line: bytes) -> None:
        if self._newest and self._newest[0] >= step:
            self.cut(step - 1)
        if self._newest and (not self._kept or self._newest[0] - self._kept[-1][0] >= self._gap):
            self._kept.append(self._newest)
        if len(self._kept) > self._most or _end(self._kept) + len(line) > self._room:
            self._thin()
        self._newest = (step, _end(self._kept), len(line))
        self._put(line)

    def cut(self, step: int) -> None:
        """Forget the frames of later steps."""
        found = [*self._kept, *([self._newest] if self._newest else [])]
        left = [frame for frame in found if frame[0] <= step]
        if len(left) < len(found):
            self._kept, self._newest = left[:-1], left[-1] if left else None
            self._put(b"", _end(left))

    def _put(self, line: bytes, at: int | None = None) -> None:
        try:
            self._path.parent.mkdir(exist_ok=True)
            with self._path.open("rb+" if self._path.exists() else "wb+") as file:
                file.truncate(_end(self._kept) if at is None else at)
                file.seek(0, 2)
                file.write(line)
        except OSError as error:
            raise file_error("write to", self._path, error) from error

    def _thin(self) -> None:
        """Keep every second frame, the first among them."""
        chosen = self._kept[::2]
        fresh = self._path.with_suffix(".new")
        try:
            with self._path.open("rb") as old, fresh.open("wb") as new:
                self._kept, at = [], 0
                for step, start, length in chosen:
                    old.seek(start)
                    new.write(old.read(length))
                    self._kept.append((step, at, length))
                    at += length
            fresh.replace(self._path)
        except OSError as error:
            raise file_error("write to", self._path, error) from error
        self._gap = self._mean_gap()

    def _mean_gap(self) -> float:
        return (self._kept[-1][0] - self._kept[0][0]) / (len(self._kept) - 1) if len(self._kept) > 1 else 0.0


class Reel:
    """Reads the frames of one film; those that are cut short, since they are just being written, are left out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = _lines(path)
        self._first: Event | None = None

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def steps(self) -> list[int]:
        return [step for step, _, _ in self._lines]

    def frame(self, index: int) -> Picture | Signals:
        """A frame; what never changes in a picture comes once, with the first, and is put into each.

        Raises:
            LayerloomError: the film cannot be read, or was rewritten meanwhile.
        """
        if self._first is None:
            self._first = self._read(0)
        event = self._read(index)
        if isinstance(event, Picture) and isinstance(self._first, Picture):
            return replace(event, data={**self._first.data, **event.data})
        return event

    def _read(self, index: int) -> Picture | Signals:
        step, start, length = self._lines[index]
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                event = decode_event(file.read(length).decode())
        except (OSError, ValueError, TypeError) as error:
            cause = error if isinstance(error, OSError) else OSError("a frame is damaged")
            raise file_error("read", self._path, cause) from error
        if not isinstance(event, Picture | Signals) or event.step != step:
            raise file_error("read", self._path, OSError("a frame is damaged"))
        return event


_Frame = tuple[int, int, int]


def _end(frames: list[_Frame]) -> int:
    return frames[-1][1] + frames[-1][2] if frames else 0


def _lines(path: Path) -> list[_Frame]:
    """Step, start and length of each whole line of a film, as far as their steps rise."""
    found: list[_Frame] = []
    try:
        with path.open("rb") as file:
            at = 0
            for line in file:
                step = _step(line)
                if step is None or (found and found[-1][0] >= step):
                    break
                found.append((step, at, len(line)))
                at += len(line)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise file_error("open", path, error) from error
    return found


def _step(line: bytes) -> int | None:
    """The step that a line tells near its beginning, without parsing the rest; None where it is cut short."""
    if not line.endswith(b"}\n"):
        return None
    _, _, rest = line[:200].partition(b'"step":')
    digits = rest.split(b",", 1)[0]
    return int(digits) if digits.isdigit() else None
