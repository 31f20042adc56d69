"""Graphs: what they are made of, and that nothing but the edges tells their classes apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.catalog.datasets import signature
from core.data.dataset import Dataset
from core.data.sources import load
from core.training.job import Pick


def graphs(**params: Any) -> Dataset:
    return load(Pick(kind="graphs", params=params))


def test_they_are_as_declared() -> None:
    found = graphs(n=60, nodes=10, features=3)
    assert found.signature == signature(Pick(kind="graphs", params={"n": 60, "nodes": 10, "features": 3}))
    assert {name: array.shape for name, array in found.fields.items()} == {
        "features": (60, 10, 3), "adjacency": (60, 10, 10), "target": (60,),
    }  # fmt: skip
    assert np.bincount(found.fields["target"]).tolist() == [30, 30]
    again, other = graphs(n=60, nodes=10, features=3), graphs(n=60, nodes=10, features=3, seed=1)
    assert all((found.fields[name] == again.fields[name]).all() for name in found.fields)
    assert (found.fields["features"] != other.fields["features"]).any()


@pytest.mark.parametrize("nodes", [4, 5, 24])
def test_edges_join_like_or_unlike_nodes_both_ways_and_none_to_itself(nodes: int) -> None:
    fields = graphs(n=200, nodes=nodes, features=1, noise=0.0, edges=0.5).fields
    kind, joined = fields["features"][:, :, 0], fields["adjacency"]
    assert set(np.unique(kind)) == {-1, 0, 1} if nodes > 4 else {-1, 1}
    assert (kind.sum(1) == 0).all(), "as many of each kind"
    assert ((kind != 0).sum(1) >= nodes / 2).all()
    assert (joined == joined.swapaxes(1, 2)).all()
    assert not joined[:, np.arange(nodes), np.arange(nodes)].any()
    likeness = kind[:, :, None] * kind[:, None, :] * np.where(fields["target"], -1, 1)[:, None, None]
    assert (likeness[joined > 0] == 1).all()
    possible = np.triu(likeness > 0, 1)
    assert np.triu(joined, 1)[possible].mean() == pytest.approx(0.5, abs=0.05)


def test_without_edges_nobody_can_tell() -> None:
    """Means and squares of the features are no better than chance; four deviations of 500 coins are 0.09."""
    fields = graphs(n=2000).fields
    x = np.concatenate([fields["features"].mean(1), np.square(fields["features"]).mean(1)], axis=1)
    y = fields["target"]
    right = LogisticRegression(max_iter=500).fit(x[500:], y[500:]).score(x[:500], y[:500])
    assert right == pytest.approx(0.5, abs=0.09)
