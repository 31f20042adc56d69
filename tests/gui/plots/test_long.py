"""What the window and the run's folder keep of a long run is bounded, whatever its length."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from core.training.films import FRAMES, Films
from core.training.protocol import EpochEnded, Picture, Points, Progress, Signals, Started
from designer.plots.record import RunRecord

EACH = 4096
NAMES = ("train/loss", "train/accuracy", "lr", "grad_norm")


def feed(record: RunRecord, first: int, count: int) -> None:
    values = [float(i % 97) for i in range(EACH)]
    for start in range(first, first + count, EACH):
        last = start + EACH - 1
        record.take(Points(range(start, start + EACH), dict.fromkeys(NAMES, values)))
        record.take(Progress(last, 10**9, 1.0, 1.0, 1.0))
        record.take(Signals(last, {"n": {"gradient": 1.0}}))
        record.take(Picture("boundary", last, {"values": values}))
        record.take(EpochEnded(start // EACH, last, {"validation": {"loss": 1.0}}, 1.0))


@pytest.mark.slow
def test_memory_of_the_window_is_flat_over_ten_million_points(tmp_path: Path) -> None:
    record = RunRecord("long", tmp_path)
    record.take(Started("long", "cpu", 1, 1, 10**6, EACH, 0, {}, ("loss",), ()))
    tracemalloc.start()
    try:
        feed(record, 1, 1_000 * 1_024)
        early, _ = tracemalloc.get_traced_memory()
        feed(record, 1_000 * 1_024 + 1, 1_600 * 1_024)
        late, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    points = sum(series.count for series in record.series.values())
    assert points >= 10_000_000
    assert late - early < 0.2 * early
    assert late < 16 * 2**20


@pytest.mark.slow
def test_the_disk_that_films_take_is_bounded(tmp_path: Path) -> None:
    films = Films(tmp_path / "pictures")
    for step in range(5_000):
        films.take(Picture("boundary", step, {"values": [0.1234] * 500}))
        films.take(Signals(step, {f"n{i}": {"gradient": 1.0} for i in range(20)}))
    one = (tmp_path / "pictures" / "boundary.jsonl").stat().st_size
    assert one < (FRAMES + 3) * 4_000
    assert len(films.reel("signals")) <= FRAMES + 2
