"""Series keep every extreme in bounded memory, whatever the size of the chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designer.plots.series import Series


def _filled(values: np.ndarray, chunks: list[int], capacity: int) -> Series:
    series, start = Series(capacity), 0
    while start < len(values):
        for size in chunks:
            part = values[start : start + size]
            series.append(np.arange(start, start + len(part)), part)
            start += len(part)
    return series


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=700),
    chunks=st.lists(st.integers(1, 97), min_size=1, max_size=5),
    most=st.integers(1, 50),
)
@settings(max_examples=150, deadline=None)
def test_no_extreme_is_lost_and_memory_stays_bounded(values: list[float], chunks: list[int], most: int) -> None:
    data = np.asarray(values)
    series = _filled(data, chunks, capacity=16)
    whole = series.whole(most)
    assert whole.low.min() == data.min()
    assert whole.high.max() == data.max()
    assert len(whole.x) <= 2 * most
    assert (np.diff(whole.x) > 0).all()
    assert series.count == len(data)
    assert series._columns.shape[1] <= 1024


def test_a_short_series_is_exact() -> None:
    series = _filled(np.array([3.0, 1.0, 2.0]), [2], capacity=16)
    envelope = series.whole()
    assert envelope.is_exact
    assert envelope.mean.tolist() == [3.0, 1.0, 2.0]
    assert envelope.x.tolist() == [0, 1, 2]


def test_a_window_reaches_one_point_past_each_side() -> None:
    series = _filled(np.arange(100.0), [100], capacity=128)
    assert series.window(40, 42, 1000).x.tolist() == [39, 40, 41, 42, 43]


def test_a_single_spike_among_ten_thousand_points_still_shows() -> None:
    data = np.zeros(10_000)
    data[7_777] = 5.0
    series = _filled(data, [1000], capacity=256)
    envelope = series.whole(100)
    assert envelope.high.max() == 5.0
    at = int(envelope.x[envelope.high.argmax()])
    assert at <= 7_777 < at + 200


def test_nan_shows_as_the_newest_value_and_hides_no_neighbour() -> None:
    series = Series(16)
    series.append(np.arange(64), np.where(np.arange(64) == 10, np.nan, 1.0))
    envelope = series.whole(4)
    assert np.isfinite(envelope.mean).all()
    series.append(np.array([64]), np.array([np.nan]))
    assert np.isnan(series.last_value)


def test_repeated_steps_of_a_resumed_run_are_dropped() -> None:
    series = Series()
    series.append(np.array([1, 2, 3]), np.array([1.0, 2.0, 3.0]))
    series.append(np.array([2, 3, 4]), np.array([9.0, 9.0, 4.0]))
    assert series.whole().mean.tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("count", [0, 1])
def test_tiny_series_answer_any_range(count: int) -> None:
    series = Series()
    series.append(np.arange(count), np.ones(count))
    assert len(series.window(-5, 5, 10).x) == count


def test_a_run_that_goes_on_from_a_checkpoint_forgets_what_came_after_it() -> None:
    series = _filled(np.arange(10.0), [3], capacity=16)
    series.cut(6)
    assert series.whole().mean.tolist() == [0, 1, 2, 3, 4, 5, 6]
    series.append(np.array([7, 8]), np.array([70.0, 80.0]))
    assert series.whole().mean.tolist() == [0, 1, 2, 3, 4, 5, 6, 70, 80]


@pytest.mark.parametrize("step", [-1, 0, 40, 63, 99, 200])
def test_cutting_merged_points_leaves_none_of_later_steps(step: int) -> None:
    series = _filled(np.arange(100.0), [7], capacity=16)
    series.cut(step)
    assert not len(series.whole().high) or series.whole().high.max() <= step
    assert series.last_step <= step
