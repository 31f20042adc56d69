"""Drawn shapes: what each field says, against what is to be seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.catalog.datasets import signature
from core.catalog.shape_sources import CELL
from core.data.dataset import Dataset
from core.data.sources import load
from core.problem import LayerloomError
from core.training.job import Pick


def shapes(**params: Any) -> Dataset:
    return load(Pick(kind="shapes", params=params))


def test_fields_are_as_declared_and_the_seed_decides() -> None:
    found = shapes(n=40, size=48)
    assert found.signature == signature(Pick(kind="shapes", params={"n": 40, "size": 48}))
    for name, field in found.signature.fields.items():
        assert found.fields[name].shape == (40, *field.shape)
    again, other = shapes(n=40, size=48), shapes(n=40, size=48, seed=1)
    for name, values in found.fields.items():
        np.testing.assert_array_equal(values, again.fields[name])
    assert (found.fields["features"] != other.fields["features"]).any()


def test_the_boxes_hold_all_of_the_mask_and_no_more() -> None:
    """Each box, drawn out of its cell, is filled to its borders by one shape, and outside of all there is none."""
    found = shapes(n=100, noise=0.0).fields
    for mask, kinds, boxes in zip(found["mask"][:, 0], found["kinds"], found["boxes"], strict=True):
        rest = mask.copy()
        for row, column in zip(*np.nonzero(kinds), strict=True):
            right, down, width, height = boxes[:, row, column]
            x, y = (column + right) * CELL, (row + down) * CELL
            reach = width * len(mask) / 2
            assert width == height
            top, left = round(max(y - reach - 0.5, 0)), round(max(x - reach - 0.5, 0))
            inside = mask[top : round(y + reach + 0.5), left : round(x + reach + 0.5)]
            assert inside.any(0).sum() == pytest.approx(2 * reach, abs=1.6)
            assert inside.any(1).sum() == pytest.approx(2 * reach, abs=2.1)  # a tip is thin
            rest[top : round(y + reach + 0.5), left : round(x + reach + 0.5)] = 0
        assert not rest.any()
    np.testing.assert_array_equal(found["there"][:, 0], found["kinds"] > 0)


def test_areas_tell_the_kinds_apart() -> None:
    """Of the square round them, circles fill pi / 4, squares all, triangles half."""
    found = shapes(n=600, size=64, shapes=1, noise=0.0).fields
    side = found["boxes"][:, 2].max((1, 2)) * 64
    share = found["mask"].sum((1, 2, 3)) / side**2
    for kind, expected in enumerate((np.pi / 4, 1.0, 0.5)):
        assert np.median(share[found["target"] == kind]) == pytest.approx(expected, abs=0.03)


def test_the_small_picture_is_the_mean_of_four_pixels() -> None:
    found = shapes(n=20, noise=0.0).fields
    large = found["features"].astype(float).reshape(20, 3, 16, 2, 16, 2).mean((3, 5))
    assert np.abs(large - found["small"]).max() <= 1.0


def test_where_colour_tells_the_kind_it_does() -> None:
    found = shapes(n=300, shapes=1, colour="by_kind", noise=0.0).fields
    strongest = (found["features"] * found["mask"]).sum((2, 3)).argmax(1)
    np.testing.assert_array_equal(strongest, found["target"])


def test_a_size_that_has_no_whole_cells_is_refused() -> None:
    with pytest.raises(LayerloomError, match="a size of 30 is no multiple of 8"):
        shapes(size=30)
