"""Tidy placement with frames: each is one piece, nested ones too, and one that cannot be is drawn round its nodes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from graph.graph import Graph
from graph.layout import GRID, SIZE, tidy
from graph.layout.framed import HEAD, MARGIN, tidy_framed
from graph.records import Frame, Link, Node, Note

Edges = Iterable[tuple[int, int]]


def drawing(edges: Edges, frames: Iterable[Frame], spots: dict[int, tuple[float, float]] | None = None) -> Graph:
    """Nodes n1, n2, … in a row 300 apart, or where `spots` says."""
    edges, graph = list(edges), Graph()
    nodes = sorted({n for edge in edges for n in edge})
    at = {n: (300.0 * n, 0.0) for n in nodes} | (spots or {})
    links = [Link(f"l{i}", f"n{a}", "y", f"n{b}", f"x{i}") for i, (a, b) in enumerate(edges)]
    graph.fill([Node(f"n{n}", "relu", x=at[n][0], y=at[n][1]) for n in nodes], links)
    graph.frames.update({frame.id: frame for frame in frames})
    return graph


def sizes(graph: Graph) -> dict[str, tuple[float, float]]:
    return dict.fromkeys(graph.node_ids, SIZE)


def carries(frame: Frame, place: tuple[float, float]) -> bool:
    x, y = place
    return (
        frame.x + MARGIN <= x and x + SIZE[0] <= frame.x + frame.width - MARGIN and
        frame.y + HEAD <= y and y + SIZE[1] <= frame.y + frame.height - MARGIN
    )  # fmt: skip


def test_without_frames_it_is_tidy() -> None:
    graph = drawing([(1, 2), (2, 3), (1, 3)], [])
    assert tidy_framed(graph, sizes(graph)).places == tidy(graph, sizes(graph))


def test_a_frame_is_one_piece_and_the_chain_stays_straight() -> None:
    graph = drawing([(1, 2), (2, 3), (3, 4), (4, 5)], [Frame("f", "Body", 580, -60, 560, 200)])
    found = tidy_framed(graph, sizes(graph))
    frame = found.frames["f"]
    assert {id for id, place in found.places.items() if carries(frame, place)} == {"n2", "n3"}
    assert len({y for _, y in found.places.values()}) == 1
    xs = [found.places[f"n{i}"][0] for i in range(1, 6)]
    assert xs == sorted(xs)
    assert xs[0] + SIZE[0] < frame.x
    assert frame.x + frame.width < xs[3]
    assert all(value % GRID == 0 for place in found.places.values() for value in place)


def test_nested_frames_and_notes_go_along_and_twice_changes_nothing() -> None:
    outer, inner = Frame("o", "Outer", 560, -120, 900, 400), Frame("i", "Inner", 880, -60, 260, 200)
    graph = drawing([(1, 2), (2, 3), (3, 4), (4, 5)], [outer, inner])
    graph.notes["t"] = Note("t", "why", 600, 200)
    found = tidy_framed(graph, sizes(graph))
    assert carries(found.frames["o"], found.places["n2"])
    assert carries(found.frames["i"], found.places["n3"])
    assert found.frames["o"].x < found.frames["i"].x
    moved = found.frames["o"].x - outer.x
    assert found.places["t"][0] == 600 + moved
    again = Graph()
    places = found.places
    again.fill([Node(n.id, n.layer, x=places[n.id][0], y=places[n.id][1]) for n in graph.nodes], graph.links.values())
    again.frames.update(found.frames)
    assert tidy_framed(again, sizes(again)).places == {id: at for id, at in places.items() if id != "t"}
    assert tidy_framed(again, sizes(again)).frames == found.frames


def test_a_frame_that_a_wire_leaves_and_enters_again_is_drawn_round_its_nodes() -> None:
    graph = drawing([(1, 2), (2, 3), (1, 3)], [Frame("f", "Ends", -20, -60, 1300, 200)], {2: (600.0, 400.0)})
    found = tidy_framed(graph, sizes(graph))
    assert carries(found.frames["f"], found.places["n1"])
    assert carries(found.frames["f"], found.places["n3"])
    assert found.places.keys() == {"n1", "n2", "n3"}


def test_empty_frames_stay() -> None:
    graph = drawing([(1, 2)], [Frame("f", "Empty", 5000, 5000, 100, 100)])
    assert tidy_framed(graph, sizes(graph)).frames == {}


def test_it_can_be_given_up() -> None:
    def stop() -> None:
        raise TimeoutError

    graph = drawing([(1, 2), (2, 3)], [])
    with pytest.raises(TimeoutError):
        tidy_framed(graph, sizes(graph), stop)
