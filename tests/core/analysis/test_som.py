"""A trained map, told: its errors and pictures are those worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from core.analysis.som import distances, nearest, organised
from core.analysis.subject import Subject, moment
from core.catalog.families import default_catalog
from core.data.dataset import Array
from core.problem import LayerloomError
from graph.commands import SetJob, SetParam
from graph.lower import lower
from graph.templates import TEMPLATES
from tests.analysed import fresh


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[int, ...]], tuple[Subject, str]]:
    def make(grid: tuple[int, ...]) -> tuple[Subject, str]:
        document = TEMPLATES["digits_som"].build(default_catalog())
        [node] = [node.id for node in document.graph().nodes if node.layer == "som"]
        for command in (SetParam(node, "grid", grid), SetJob("epochs", 1), SetJob("batch_size", 64)):
            document.apply(command.changes(document))
        run = fresh(tmp_path_factory.mktemp("som") / "run", lower(document), document.job)
        return Subject(run, moment(run)), node

    return make


def pictures(sheet: dict[str, object]) -> Array:
    zero, reach = (128, 127) if sheet["signed"] else (0, 255)
    return (np.array(sheet["images"], float) - zero) / reach * sheet["peak"]  # type: ignore[operator, no-any-return]


@pytest.mark.parametrize(("grid", "shape"), [((4, 5), (1, 4, 5)), ((7,), (1, 1, 7)), ((2, 3, 4), (2, 3, 4))])
def test_the_map_is_told_for_grids_of_one_two_and_three_directions(
    made: Callable[[tuple[int, ...]], tuple[Subject, str]], grid: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    subject, node = made(grid)
    found = organised(subject, "test", node)
    json.dumps(found, allow_nan=False)
    units = subject.weights["map.weight"].double().numpy()
    rows = subject.part("test").arrays["digit"].reshape(-1, 64)
    apart = np.linalg.norm(rows[:, None] - units.reshape(-1, 64), axis=2)
    hits = pictures(found["hits"])
    assert hits.shape == shape
    np.testing.assert_allclose(hits.ravel(), np.bincount(apart.argmin(1), minlength=apart.shape[1]), atol=0.6)
    assert found["quantisation"] == pytest.approx(apart.min(1).mean(), rel=1e-5)
    assert pictures(found["apart"]).shape == shape
    assert 0 <= found["topographic"] <= 1
    assert found["classes"] == list("0123456789")  # of the data: the design does not look at them
    assert len(found["labels"]) == apart.shape[1]
    assert {k for k, label in enumerate(found["labels"]) if label < 0} == {
        k for k in range(apart.shape[1]) if k not in apart.argmin(1)
    }
    planes = pictures(found["planes"])
    assert len(planes) == 64
    np.testing.assert_allclose(
        planes[20 * shape[0] if shape[0] == 1 else 0].ravel(),
        units.reshape(*shape, 64)[0, :, :, 20 if shape[0] == 1 else 0].ravel(),
        atol=found["planes"]["peak"] / 100,
    )


def test_neighbours_are_those_around_a_unit() -> None:
    places = np.stack(list(np.mgrid[:3, :3]), -1).reshape(-1, 2)
    units = np.zeros((9, 2))
    units[4] = (3.0, 4.0)  # the middle
    assert distances(units, places).tolist() == pytest.approx([5 / 3, 1, 5 / 3, 1, 5, 1, 5 / 3, 1, 5 / 3])
    first, second, near = nearest(np.array([[3.0, 3.0]]), units)
    assert (first[0], near[0]) == (4, 1.0)
    assert second[0] != 4


def test_what_is_no_map_is_refused(made: Callable[[tuple[int, ...]], tuple[Subject, str]]) -> None:
    subject, _ = made((4, 5))
    with pytest.raises(LayerloomError, match="no self-organising map"):
        organised(subject, "test", "n1")
