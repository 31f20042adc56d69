"""Films: bounded room over any length, the first and the newest frame always there, readable at any moment."""

from __future__ import annotations

import os
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problem import LayerloomError
from core.training.films import Film, Films, Reel
from core.training.protocol import Picture, Signals, encode_event


def line(step: int, size: int = 10) -> bytes:
    return encode_event(Picture("p", step, {"a": "x" * size})).encode()


@given(count=st.integers(1, 300), most=st.integers(4, 20), gap=st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_room_is_bounded_and_first_and_newest_stay(count: int, most: int, gap: int) -> None:
    path = Path(tempfile.gettempdir()) / f"film-{os.getpid()}.jsonl"
    path.unlink(missing_ok=True)
    film = Film(path, most)
    steps = [index * gap for index in range(count)]
    for step in steps:
        film.add(step, line(step))
    told = Reel(path).steps
    assert told[0] == 0
    assert told[-1] == steps[-1]
    assert len(told) <= most + 2
    assert set(told) <= set(steps)
    if count > 3 * most:
        gaps = [b - a for a, b in pairwise(told[:-1])]
        assert max(gaps) <= 4 * min(gaps)  # evenly over the whole run
    path.unlink()


def test_bytes_are_bounded_too(tmp_path: Path) -> None:
    film = Film(tmp_path / "p.jsonl", most=1000, room=20_000)
    for step in range(500):
        film.add(step, line(step, 900))
        assert (tmp_path / "p.jsonl").stat().st_size <= 21_000
    assert Reel(tmp_path / "p.jsonl").steps[0] == 0


def test_a_film_that_is_opened_again_goes_on_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    for start in range(0, 400, 50):
        film = Film(path, most=16)
        for step in range(start, start + 50):
            film.add(step, line(step))
    told = Reel(path).steps
    assert len(told) <= 18
    assert (told[0], told[-1]) == (0, 399)


def test_rewinding_forgets_later_frames_and_what_never_changes_comes_once(tmp_path: Path) -> None:
    films = Films(tmp_path / "pictures")
    films.take(Picture("boundary", 0, {"points": [1, 2], "values": [0]}))
    for step in (10, 20, 30):
        films.take(Picture("boundary", step, {"values": [step]}))
        films.take(Signals(step, {"n": {"gradient": 1.0}}))
    films.rewind(20)
    reel = films.reel("boundary")
    assert reel.steps == [0, 10, 20]
    assert reel.frame(2) == Picture("boundary", 20, {"points": [1, 2], "values": [20]})
    assert films.names == ["boundary", "signals"]
    assert [event.step for event in films.newest() if isinstance(event, Picture | Signals)] == [20, 20]
    films.take(Picture("boundary", 25, {"values": [25]}))
    assert films.reel("boundary").steps == [0, 10, 20, 25]


def test_a_frame_that_was_cut_short_is_left_out_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    films = Films(tmp_path / "pictures")
    for step in (1, 2, 3):
        films.take(Picture("p", step, {"a": step}))
    path = tmp_path / "pictures" / "p.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    assert films.reel("p").steps == [1, 2]
    reel = films.reel("p")
    path.write_bytes(path.read_bytes().replace(b'"step":2', b'"step":7'))
    with pytest.raises(LayerloomError, match=r"p\.jsonl: a frame is damaged"):
        reel.frame(1)
    assert len(films.reel("none")) == 0


def test_a_picture_whose_name_is_a_path_is_refused(tmp_path: Path) -> None:
    films = Films(tmp_path / "pictures")
    with pytest.raises(LayerloomError, match=r"cannot be called '\.\./status'"):
        films.take(Picture("../status", 1, {}))
    assert not list(tmp_path.rglob("*"))
