"""The figures of the canvas bench: what the table says, and that our own acts do what they are timed for."""

from __future__ import annotations

import gc

import pytest
from pytestqt.qtbot import QtBot

from tests.bench.canvas_rivals.__main__ import take
from tests.bench.canvas_rivals.chain import ACROSS, chain
from tests.bench.canvas_rivals.editor import Editor
from tests.bench.canvas_rivals.layerloom import Layerloom
from tests.bench.canvas_rivals.measure import Harness, NotDone
from tests.bench.canvas_rivals.table import ACTS, US, best_rival, high, ratio, table

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


def test_ratio_is_the_geometric_mean_against_the_best_of_each_act() -> None:
    samples = {
        US: {"build": [10.0], "pan": [1.0, 2.0, 3.0]},
        "a": {"build": [40.0], "pan": [100.0]},
        "b": {"build": [900.0], "pan": [18.0]},
    }
    assert best_rival(samples, "pan") == ("b", 18.0)
    assert ratio(samples, ("build", "pan")) == pytest.approx((4.0 * 9.0) ** 0.5)


def test_no_ratio_where_an_act_has_no_pair() -> None:
    samples = {US: {"build": [10.0]}, "a": {"build": [40.0], "pan": [1.0]}}
    assert ratio(samples) is None
    assert ratio({"a": {"build": [1.0]}}, ("build",)) is None


def test_table_names_the_best_rival_and_tells_where_we_are_behind() -> None:
    samples = {US: {"drag": [3.0], "zoom": [1.0]}, "a": {"drag": [2.0], "zoom": [5.0]}, "b": {}}
    head, _, drag, zoom = table(samples, [US, "a", "b"])
    assert [cell.strip() for cell in head.split("|")[2:5]] == [US, "a", "b"]
    assert "0.7 (a) BEHIND" in drag
    assert [cell.strip() for cell in zoom.split("|")[2:6]] == ["1.0 / 1.0", "5.0 / 5.0", "-", "5.0 (a)"]


def test_high_is_the_95th_percentile() -> None:
    assert high([4.0]) == 4.0
    assert high([float(i) for i in range(101)]) == pytest.approx(95.0)


def test_chain_has_a_skip_into_each_add_and_holds_a_node_with_two_outputs() -> None:
    made = chain(100)
    ports = {(wire.target, wire.target_port) for wire in made.wires}
    assert ports == {(step.id, port) for step in made.steps for port in step.inputs}
    assert len(ports) == len(made.wires)
    assert sum(wire.source == made.held.id for wire in made.wires) == 2
    assert all(0 <= step.x < made.size[0] - ACROSS / 2 for step in made.steps)


def test_what_a_process_told_before_it_was_cut_off_counts() -> None:
    times: dict[str, list[float]] = {"pan": [1.0]}
    assert take(b'noise\n{"act": "pan", "ms": [2.0, 3.0]}\n{"act": "zo', times) == ""
    assert times == {"pan": [1.0, 2.0, 3.0]}
    assert take(b'{"error": "NotDone: drag"}\n', times) == "NotDone: drag"


@pytest.mark.slow
def test_every_act_is_timed_on_our_canvas(qtbot: QtBot) -> None:
    harness = Harness(Layerloom(), chain(24))
    try:
        times = dict(harness.run(2))
    finally:
        _close(harness.editor)
    assert set(ACTS) <= set(times)
    assert all(value > 0 for values in times.values() for value in values)


@pytest.mark.slow
def test_an_act_without_effect_is_no_time(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = Layerloom()
    harness = Harness(editor, chain(24))
    monkeypatch.setattr(editor, "select_all", editor.session.selection.clear)
    monkeypatch.setattr("tests.bench.canvas_rivals.measure.PATIENCE", 0.05)
    try:
        with pytest.raises(NotDone, match=r"not painted|0 selected instead of 24"):
            dict(harness.run(1))
    finally:
        _close(editor)


def _close(editor: Editor) -> None:
    editor.window.close()
    gc.enable()  # the window's own collector switched it off
