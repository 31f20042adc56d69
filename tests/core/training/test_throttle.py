"""The throttle: nothing is lost, the newest picture wins, state changes go at once."""

from __future__ import annotations

from core.training.protocol import EpochEnded, Event, Picture, Points, Progress, StateChanged, decode_event
from core.training.throttle import Throttle


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Told:
    """A throttle, the batches that it wrote, and its clock."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.batches: list[list[Event | None]] = []
        self.throttle = Throttle(self._write, clock=self.clock)

    def _write(self, text: str) -> None:
        self.batches.append([decode_event(line) for line in text.splitlines()])

    def put(self, *events: Event, at: float | None = None) -> None:
        self.clock.now = self.clock.now if at is None else at
        for event in events:
            self.throttle.put(event)


def points(step: int, **series: float) -> Points:
    return Points([step], {name: [value] for name, value in (series or {"a": float(step)}).items()})


def progress(step: int) -> Progress:
    return Progress(step, 10, 0.0, 0.0, 0.0)


def test_points_of_a_twentieth_of_a_second_become_one_event() -> None:
    told = Told()
    told.put(points(1), at=0.0)  # the first goes out at once
    told.put(points(2), points(3), at=0.01)
    assert len(told.batches) == 1
    told.put(points(4), at=0.06)
    assert told.batches[1:] == [[Points((2, 3, 4), {"a": [2.0, 3.0, 4.0]})]]


def test_other_series_stay_events_of_their_own() -> None:
    told = Told()
    told.put(points(0), at=0.0)
    told.put(points(1), points(1, norm=0.5), points(2), at=0.01)
    told.throttle.flush()
    assert told.batches[1] == [Points((1, 2), {"a": [1.0, 2.0]}), Points((1,), {"norm": [0.5]})]


def test_the_newest_progress_and_picture_win() -> None:
    told = Told()
    told.put(points(0), at=0.0)
    pictures = [Picture("boundary", 1, {}), Picture("other", 1, {}), Picture("boundary", 2, {})]
    told.put(progress(1), *pictures, progress(2), at=0.01)
    told.throttle.flush()
    assert {(type(e).__name__, getattr(e, "step", 0)) for e in told.batches[1]} == {
        ("Progress", 2), ("Picture", 2), ("Picture", 1),
    }  # fmt: skip


def test_a_state_goes_at_once_after_all_before_it() -> None:
    told = Told()
    told.put(points(0), at=0.0)
    told.put(points(1), progress(1), StateChanged("paused"), at=0.001)
    assert [type(e) for e in told.batches[1]] == [Points, Progress, StateChanged]


def test_points_do_not_pass_the_end_of_an_epoch() -> None:
    told = Told()
    told.put(points(0), at=0.0)
    told.put(points(1), EpochEnded(1, 1, {}, 0.1), points(2), EpochEnded(2, 2, {}, 0.1), at=0.01)
    told.throttle.flush()
    assert [(type(e).__name__, e.step if isinstance(e, EpochEnded) else e.step[-1]) for e in told.batches[1]] == [  # type: ignore[union-attr,index]
        ("Points", 1), ("EpochEnded", 1), ("Points", 2), ("EpochEnded", 2),
    ]  # fmt: skip


def test_nothing_is_written_where_nothing_was_said() -> None:
    told = Told()
    told.throttle.flush()
    assert told.batches == []
