"""Boxes against what is counted by hand, pixel by pixel or one by one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.analysis.boxes import average_precision, kept, matched, shares
from core.analysis.detection import detection
from core.analysis.subject import Part
from core.modules.losses import GridBoxLoss
from core.training.pairing import Pairing

A, B = np.array([[0, 0, 4, 4]]), np.array([[2, 2, 6, 6], [0, 0, 4, 2], [5, 5, 9, 9], [1, 1, 1, 3]])


def pixels(box: np.ndarray) -> np.ndarray:
    board = np.zeros((32, 32), bool)
    board[box[1] : box[3], box[0] : box[2]] = True
    return board


def test_shares_are_those_of_counted_pixels() -> None:
    draw = np.random.default_rng(0)
    corners = draw.integers(0, 32, (40, 2, 2))
    boxes = np.concatenate([corners.min(1), corners.max(1)], 1)
    boards = [pixels(box) for box in boxes]
    counted = [[(a & b).sum() / max((a | b).sum(), 1) for b in boards] for a in boards]
    np.testing.assert_allclose(shares(boxes.astype(float), boxes.astype(float)), counted)


def test_of_boxes_that_overlap_the_surest_is_kept() -> None:
    draw = np.random.default_rng(1)
    low = draw.uniform(0, 1, (60, 2))
    boxes, scores = np.concatenate([low, low + draw.uniform(0.1, 0.6, (60, 2))], 1), draw.uniform(size=60)
    chosen = kept(boxes, scores, 0.4)
    assert (np.diff(scores[chosen]) <= 0).all()
    among = shares(boxes[chosen], boxes[chosen])
    assert (among[~np.eye(len(chosen), dtype=bool)] <= 0.4).all()
    for at in set(range(60)) - set(chosen.tolist()):  # each that went shares too much with a surer one that stayed
        assert any(scores[c] >= scores[at] and shares(boxes[[at]], boxes[[c]])[0, 0] > 0.4 for c in chosen)


def test_one_true_box_makes_one_found_box_right() -> None:
    found = np.array([[0, 0, 4, 4], [0, 0, 4, 4.2], [9, 9, 10, 10]], float)
    assert matched(found, A.astype(float), 0.5).tolist() == [True, False, False]
    assert matched(found, np.zeros((0, 4)), 0.5).tolist() == [False, False, False]


@pytest.mark.parametrize(
    ("right", "total", "expected"),
    [
        ([1, 1], 2, 1.0),
        ([1, 0, 1], 2, 0.5 * 1 + 0.5 * 2 / 3),
        ([0, 1], 1, 0.5),
        ([0, 0], 3, 0.0),
        ([1, 0, 0, 1, 1], 4, 0.25 * 1 + 0.5 * 3 / 5),
        ([], 2, 0.0),
    ],
)
def test_average_precision_of_small_lists(right: list[int], total: int, expected: float) -> None:
    scores = np.linspace(1, 0.5, len(right))
    assert average_precision(np.array(right, bool), scores, total) == pytest.approx(expected)


def test_there_is_none_where_nothing_is_to_be_found() -> None:
    assert average_precision(np.array([False]), np.array([0.9]), 0) is None


def grid(*boxes: tuple[int, int, float, float, float, float]) -> torch.Tensor:
    """One picture of 2 x 2 cells: row, column, and the four numbers of each."""
    made = torch.zeros(1, 4, 2, 2)
    for row, column, *values in boxes:
        made[0, :, row, column] = torch.tensor(values)
    return made


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0, 0, 0.5, 0.5, 0.5, 0.5), 0.0),  # the very one
        ((0, 0, 0.5, 0.5, 0.5, 0.25), 0.5),  # half of it
        ((0, 0, 1.5, 0.5, 0.5, 0.5), 1.0),  # beside it: nothing shared, nothing between
        ((0, 0, 1.0, 0.5, 0.5, 0.5), 1 - 1 / 3),  # half a width further
    ],
)
def test_the_loss_is_one_less_the_generalised_share(
    box: tuple[int, int, float, float, float, float], expected: float
) -> None:
    loss = GridBoxLoss()(grid(box), grid((0, 0, 0.5, 0.5, 0.5, 0.5)))
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_cells_without_a_box_count_nothing() -> None:
    truth = grid((1, 0, 0.2, 0.8, 0.3, 0.4))
    guess = torch.rand(1, 4, 2, 2, requires_grad=True)
    GridBoxLoss()(guess, truth).backward()
    assert guess.grad is not None
    touched = guess.grad.abs().sum((0, 1)) > 0
    assert touched.tolist() == [[False, False], [True, False]]
    assert GridBoxLoss()(guess, torch.zeros(1, 4, 2, 2)).item() == 0.0


def test_a_perfect_detector_and_one_that_mistakes_a_cat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.analysis.detection.samples", lambda _s, _p, rows: [{"position": row} for row in rows])
    which = np.array([[[1, 0], [0, 2]], [[0, 1], [0, 0]]])
    boxes = np.concatenate(
        [grid((0, 0, 0.5, 0.5, 0.4, 0.4), (1, 1, 0.5, 0.5, 0.4, 0.4)), grid((0, 1, 0.1, 0.9, 0.3, 0.5))]
    )
    part = Part("test", {"t": which, "b": boxes}, np.arange(2), 2)
    kinds = Pairing("k", "t", "classification", "index", 3, logits=True)
    places = Pairing("b", "b", "regression", "as_is", 0, logits=False)
    scores = 9.0 * np.moveaxis(np.eye(3)[which], -1, 1)

    two = SimpleNamespace(prepared=SimpleNamespace(tasks={"t": SimpleNamespace(classes=("nothing", "cat", "dog"))}))

    def told(scores: np.ndarray) -> dict:  # type: ignore[type-arg]
        return detection(two, part, places, kinds, {"k": scores, "b": boxes})  # type: ignore[arg-type]

    perfect = told(scores)
    assert (perfect["map50"], perfect["map"]) == (1.0, 1.0)
    assert (perfect["right"], perfect["wrong"], perfect["missed"]) == (3, 0, 0)
    assert perfect["pictures"][1]["truth"] == [{"kind": "cat", "box": [0.4, 0.2, 0.7, 0.7]}]
    scores[0, :, 0, 0] = (0, 0, 5)  # the cat of the first picture is taken for a dog, not quite as surely
    worse = told(scores)
    assert [one["ap50"] for one in worse["classes"]] == [0.5, pytest.approx(1.0)]
    assert (worse["right"], worse["wrong"], worse["missed"]) == (2, 1, 1)
    assert worse["worst"][0]["position"] == 0
