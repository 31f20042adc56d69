"""Tidy placement: what must hold for any drawing, and what networks must look like."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.graph import Graph
from graph.layout import GRID, SIZE, tidy
from graph.records import Link, Node

Edges = list[tuple[int, int]]


def drawing(edges: Iterable[tuple[int, int]], alone: Iterable[int] = ()) -> Graph:
    edges, graph = list(edges), Graph()
    nodes = sorted({n for edge in edges for n in edge} | set(alone))
    links = [Link(f"l{i}", f"n{a}", "y", f"n{b}", f"x{i}") for i, (a, b) in enumerate(edges)]
    graph.fill([Node(f"n{n}", "relu") for n in nodes], links)
    return graph


def residual(blocks: int) -> Edges:
    edges, last = list[tuple[int, int]](), 1
    for i in range(blocks):
        first = 2 + 3 * i
        edges += [*pairwise([last, first, first + 1, first + 2]), (last, first + 2)]
        last = first + 2
    return edges


UNET = [*pairwise(range(1, 10)), (1, 9), (2, 8), (3, 7), (4, 6)]
ATTENTION = [(1, 2), (1, 3), (1, 4), (2, 5), (3, 5), (4, 5), (5, 6), (1, 6), (6, 7), (7, 8), (8, 9), (6, 9)]
INCEPTION = [(1, 2), (1, 3), (1, 4), (1, 5), (2, 6), (3, 6), (4, 6), (5, 6), (6, 7)]
NETWORKS = {"residual": residual(6), "unet": UNET, "attention": ATTENTION, "inception": INCEPTION}


def check(graph: Graph, sizes: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """What every placement keeps."""
    places = tidy(graph, sizes)
    assert places.keys() == sizes.keys()
    assert all(x % GRID == 0 and y % GRID == 0 for x, y in places.values())
    for link in graph.links.values():
        assert places[link.source][0] + sizes[link.source][0] < places[link.target][0]
    boxes = sorted((x, x + sizes[n][0], y, y + sizes[n][1]) for n, (x, y) in places.items())
    for i, (left, right, top, bottom) in enumerate(boxes):
        for other in boxes[i + 1 :]:
            if other[0] >= right:
                break
            assert other[2] >= bottom or other[3] <= top, (left, right, top, bottom, other)
    moved = Graph()
    moved.fill([Node(n.id, n.layer, x=places[n.id][0], y=places[n.id][1]) for n in graph.nodes], graph.links.values())
    assert tidy(moved, sizes) == places
    return places


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str) -> None:
    graph = drawing(NETWORKS[name])
    check(graph, dict.fromkeys(graph.node_ids, SIZE))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_drawing(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 25))
    pairs = st.tuples(st.integers(1, count), st.integers(1, count)).filter(lambda p: p[0] < p[1])
    edges = data.draw(st.lists(pairs, max_size=50)) if count > 1 else []
    graph = drawing(edges, range(1, count + 1))
    size = st.tuples(st.integers(40, 300).map(float), st.integers(20, 400).map(float))
    check(graph, {id: data.draw(size) for id in graph.node_ids})


def test_a_chain_is_straight_beside_its_skips() -> None:
    for name in ("residual", "unet"):
        heights = {y for _, y in tidy(drawing(NETWORKS[name])).values()}
        assert len(heights) == 1, name


def test_branches_stand_evenly_round_what_they_leave_and_join() -> None:
    places = tidy(drawing(INCEPTION))
    ys = [places[f"n{i}"][1] for i in (2, 3, 4, 5)]
    assert ys == sorted(ys)
    assert places["n1"][1] == places["n6"][1] == places["n7"][1] == pytest.approx((ys[0] + ys[3]) / 2, abs=GRID)


def test_a_skip_has_a_lane_of_its_own() -> None:
    """With a second branch, the wire past it needs room: the branches stand further apart than without."""
    plain = tidy(drawing([(1, 2), (1, 3), (2, 4), (3, 4)]))
    skip = tidy(drawing([(1, 2), (1, 3), (2, 4), (3, 4), (1, 4)]))
    assert abs(skip["n2"][1] - skip["n3"][1]) >= abs(plain["n2"][1] - plain["n3"][1])


def test_a_target_stands_right_before_its_loss() -> None:
    places = tidy(drawing([*pairwise(range(1, 8)), (20, 7)]))
    assert places["n20"][0] == places["n6"][0]


def test_parts_are_stacked_and_loners_come_last() -> None:
    places = tidy(drawing([(1, 2), (5, 6)], alone=[3]))
    assert places["n1"][1] < places["n5"][1] < places["n3"][1]
    assert places["n1"][0] == places["n5"][0] == places["n3"][0]


def test_a_selection_stays_where_it_is_and_the_rest_is_left_alone() -> None:
    graph = Graph()
    graph.fill(
        [Node("a", "relu", x=503, y=77), Node("b", "relu", x=500, y=300), Node("c", "relu")],
        [Link("l", "a", "y", "b", "x")],
    )
    places = tidy(graph, {"a": (100, 50), "b": (100, 50), "gone": (1, 1)})
    assert places.keys() == {"a", "b"}
    assert places["a"] == (500.0, 80.0)
    assert tidy(Graph()) == {}


@pytest.mark.parametrize(("links", "reach"), [(1100, 6), (2000, 60)])
def test_a_thousand_nodes_flow_from_left_to_right(links: int, reach: int) -> None:
    rng = random.Random(7)
    edges = [(i, i + 1) for i in range(1, 1000) if rng.random() < 0.6]
    while len(edges) < links:
        a = rng.randint(1, 999)
        edges.append((a, min(1000, a + rng.randint(1, reach))))
    graph = drawing(edges)
    places = tidy(graph)
    assert places.keys() == set(graph.node_ids)
    assert all(places[link.source][0] < places[link.target][0] for link in graph.links.values())
