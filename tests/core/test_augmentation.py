"""Random changes of examples: against fixed ones by torch and SciPy, and what must never change."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor, nn

from core.modules.augmentation import (
    ColourJitter,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomFlip,
    RandomGain,
    RandomShift,
    affine_matrix,
)

EACH = [RandomFlip(), RandomAffine(), RandomCrop(), ColourJitter(), RandomErasing(), RandomGain(), RandomShift()]
NOTHING: list[nn.Module] = [
    RandomFlip(0.0, 0.0),
    RandomAffine(0.0, 0.0, 0.0, 0.0),
    RandomCrop(0),
    ColourJitter(0.0, 0.0, 0.0),
    RandomErasing(0.0),
    RandomErasing(1.0, 0.0),
    RandomGain(0.0),
    RandomShift(0),
]


def pictures(count: int = 6, channels: int = 3, height: int = 9, width: int = 12) -> Tensor:
    torch.manual_seed(0)
    return torch.rand(count, channels, height, width)


@pytest.mark.parametrize("layer", EACH, ids=lambda layer: type(layer).__name__)
def test_nothing_happens_in_evaluation_and_something_in_training(layer: nn.Module) -> None:
    x = pictures()
    assert layer.eval()(x) is x
    changed = layer.train()(x)
    assert changed.shape == x.shape
    assert not torch.equal(changed, x)
    assert torch.equal(x, pictures())  # what arrives stays as it is
    rows = {tuple((changed[i] - x[i]).flatten().tolist()) for i in range(len(x))}
    assert len(rows) > 1  # a draw for each example


@pytest.mark.parametrize("layer", NOTHING, ids=lambda layer: type(layer).__name__)
def test_at_no_strength_nothing_changes(layer: nn.Module) -> None:
    x = pictures()
    torch.testing.assert_close(layer.train()(x), x, rtol=0, atol=2e-6)


def test_flips_are_those_of_torch() -> None:
    x = pictures()
    assert torch.equal(RandomFlip(1.0, 0.0).train()(x), x.flip(3))
    assert torch.equal(RandomFlip(1.0, 1.0).train()(x), x.flip(2, 3))
    flipped = RandomFlip(0.25, 0.0).train()(pictures(4000, 1, 2, 2))
    share = (flipped != pictures(4000, 1, 2, 2)).flatten(1).any(1).float().mean()
    assert abs(share - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 4000)


def turned(x: Tensor, angle: float, shrink: float = 1.0, slant: float = 0.0, move: Any = (0.0, 0.0)) -> Tensor:
    """One fixed change of each picture."""
    n = len(x)
    matrix = affine_matrix(
        torch.full((n,), angle), torch.full((n,), slant), torch.full((n,), shrink),
        torch.tensor(move)[:, None].expand(2, n), x.shape[2] / x.shape[3],
    )  # fmt: skip
    grid = nn.functional.affine_grid(matrix, list(x.shape), align_corners=False)
    return nn.functional.grid_sample(x, grid, align_corners=False)


def test_a_right_angle_is_rot90() -> None:
    x = pictures(height=8, width=8)
    torch.testing.assert_close(turned(x, math.pi / 2), torch.rot90(x, 1, (2, 3)), rtol=0, atol=1e-5)


@pytest.mark.parametrize("angle", [0.3, -1.1])
def test_any_angle_is_that_of_scipy_even_where_pictures_are_not_square(angle: float) -> None:
    x = pictures(2, 1, 11, 15)
    inner = (slice(None), slice(None), slice(3, -3), slice(4, -4))  # at the border SciPy extrapolates otherwise
    wanted = ndimage.rotate(x.numpy(), math.degrees(angle), axes=(3, 2), reshape=False, order=1)
    found = turned(x, angle).numpy()
    np.testing.assert_allclose(found[inner], wanted[inner], atol=1e-4)


def test_shifts_sizes_and_slants_are_what_they_say() -> None:
    x = pictures(2, 1, 10, 20)
    torch.testing.assert_close(turned(x, 0.0, move=(0.1, 0.2))[..., 2:, 2:], x[..., :-2, :-2], rtol=0, atol=1e-5)
    middle = nn.functional.interpolate(x[..., 1:9, :][..., 2:6, 5:15], scale_factor=2, mode="bilinear")
    inside = (..., slice(1, -1), slice(1, -1))
    torch.testing.assert_close(turned(x[..., 1:9, :], 0.0, shrink=0.5)[inside], middle[inside], rtol=0, atol=1e-5)
    row = turned(x, 0.0, slant=math.atan(1.0))  # a slant of one: row r moves by as many pixels as it is from the middle
    torch.testing.assert_close(row[:, :, 4, 6:14], 0.5 * (x[:, :, 4, 5:13] + x[:, :, 4, 6:14]), rtol=0, atol=1e-4)


def test_a_crop_is_a_part_of_the_padded_picture() -> None:
    x = pictures(40, 2, 5, 6)
    padded = nn.functional.pad(x, (2,) * 4)
    for made, whole in zip(RandomCrop(2).train()(x), padded, strict=True):
        parts = [whole[:, r : r + 5, c : c + 6] for r in range(5) for c in range(5)]
        assert any(torch.equal(made, part) for part in parts)


def test_jitter_keeps_the_mean_under_contrast_and_the_grey_under_saturation() -> None:
    x = pictures()
    made = ColourJitter(0.0, 0.5, 0.0).train()(x)
    torch.testing.assert_close(made.mean((1, 2, 3)), x.mean((1, 2, 3)))
    made = ColourJitter(0.0, 0.0, 0.5).train()(x)
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    torch.testing.assert_close((made * weights).sum(1), (x * weights).sum(1))
    brighter = ColourJitter(0.3, 0.0, 0.0).train()(x) / x
    factors = brighter.flatten(1)
    torch.testing.assert_close(factors, factors[:, :1].expand_as(factors), rtol=0, atol=1e-3)  # small values divide
    assert ((factors > 0.7) & (factors < 1.3)).all()


def test_erased_is_one_rectangle() -> None:
    x = pictures(60, 1, 16, 16) + 1
    for made in RandomErasing(1.0, 0.5).train()(x)[:, 0]:
        rows, columns = (made == 0).any(1).nonzero(), (made == 0).any(0).nonzero()
        box = made[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert (box == 0).all()
        assert (made == 0).sum() == box.numel()
        assert max(box.shape) <= 9


def test_shifted_series_are_those_of_before_with_zeros_that_come_in() -> None:
    for x in (pictures(30, 2, 1, 12)[:, :, 0], pictures(30, 1, 1, 12)[:, 0, 0]):
        padded = nn.functional.pad(x, (3, 3))
        for made, whole in zip(RandomShift(3).train()(x), padded, strict=True):
            assert any(torch.equal(made, whole[..., k : k + 12]) for k in range(7))


def test_gains_lie_evenly_between_their_ends() -> None:
    x = torch.ones(4000, 3)
    logs = RandomGain(0.5).train()(x)[:, 0].log()
    assert logs.abs().max() <= math.log(1.5) + 1e-6
    assert abs(logs.mean()) < 0.02
    assert abs(logs.std() - math.log(1.5) / math.sqrt(3)) < 0.01


def test_the_same_seed_draws_the_same() -> None:
    x = pictures()
    for layer in EACH:
        torch.manual_seed(5)
        first = layer.train()(x)
        torch.manual_seed(5)
        assert torch.equal(layer(x), first)
