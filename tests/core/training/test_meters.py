"""Metrics equal scikit-learn's on the whole split, however it is cut into batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn import metrics as reference

from core.catalog.metrics import METRICS
from core.data.curves import Curve
from core.data.transforms import Affine
from core.problem import LayerloomError
from core.training.meters import CLASS_VALUES, NUMBER_VALUES, Meter, Units, meters
from core.training.pairing import Pairing

CLASSES = ("accuracy", "f1", "top_1", "top_3")
NUMBERS = ("mae", "rmse", "r2")


def measured(meter: Meter, prediction: torch.Tensor, target: torch.Tensor, size: int) -> dict[str, float]:
    for p, t in zip(prediction.split(size), target.split(size), strict=True):
        meter.add(p, t)
    return meter.values()


def class_meter(encoding: str = "index", classes: int = 5, logits: bool = True) -> Meter:
    [meter] = meters([Pairing("y", "t", "classification", encoding, classes, logits)], CLASSES)
    return meter


@pytest.mark.parametrize("size", [1, 7, 32, 1000])
@pytest.mark.parametrize("present", [5, 3])
def test_classes(size: int, present: int) -> None:
    torch.manual_seed(size)
    scores, truth = torch.randn(101, 5), torch.randint(0, present, (101,))
    found = measured(class_meter(), scores, truth, size)
    guess = scores.argmax(1)
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(truth, guess))
    assert found["f1"] == pytest.approx(reference.f1_score(truth, guess, average="macro"))
    for k in (1, 3):
        expected = reference.top_k_accuracy_score(truth.numpy(), scores.numpy(), k=k, labels=range(5))
        assert found[f"top_{k}"] == pytest.approx(expected)


@pytest.mark.parametrize("logits", [True, False])
def test_two_classes_by_one_score(logits: bool) -> None:
    torch.manual_seed(0)
    scores, truth = torch.randn(50, 1), torch.randint(0, 2, (50, 1)).float()
    found = measured(class_meter("binary", 2, logits), scores if logits else scores.sigmoid(), truth, 8)
    guess = (scores > 0).long().flatten()
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(truth.flatten(), guess))
    assert found["f1"] == pytest.approx(reference.f1_score(truth.flatten(), guess, average="macro"))
    assert found["top_1"] == found["accuracy"]


def test_one_hot_and_sequences_count_every_position() -> None:
    torch.manual_seed(0)
    scores, truth = torch.randn(20, 5), torch.randint(0, 5, (20,))
    plain = measured(class_meter(), scores, truth, 6)
    one_hot = measured(class_meter("one_hot"), scores, torch.nn.functional.one_hot(truth, 5).float(), 6)
    assert one_hot == plain
    sequence = measured(class_meter(), scores.view(4, 5, 5).transpose(1, 2), truth.view(4, 5), 2)
    assert sequence == plain


@pytest.mark.parametrize("size", [1, 9, 1000])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_numbers(size: int, offset: float) -> None:
    torch.manual_seed(1)
    target = torch.randn(80, 3, dtype=torch.float64) + offset
    prediction = target + 0.3 * torch.randn(80, 3, dtype=torch.float64)
    [meter] = meters([Pairing("y", "t", "regression", "as_is", 0, False)], NUMBERS)
    found = measured(meter, prediction, target, size)
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(target, prediction))
    assert found["rmse"] == pytest.approx(reference.mean_squared_error(target, prediction) ** 0.5)
    assert found["r2"] == pytest.approx(reference.r2_score(target, prediction), rel=1e-9)


def test_errors_are_in_the_units_of_the_data() -> None:
    target = torch.randn(40, 1)
    [meter] = meters(
        [Pairing("y", "t", "regression", "as_is", 0, False)],
        NUMBERS,
        {"t": Units(Affine(np.array([5.0]), np.array([1 / 77])))},
    )
    found = measured(meter, target + 0.5, target, 7)
    assert (found["mae"], found["rmse"]) == (pytest.approx(38.5, rel=1e-5), pytest.approx(38.5, rel=1e-5))


def test_errors_of_a_bent_target_are_in_the_units_of_the_data() -> None:
    torch.manual_seed(3)
    prices, guesses = (torch.exp(5 + torch.randn(50, 1, dtype=torch.float64)) for _ in range(2))
    curve, affine = Curve("log", np.zeros(())), Affine(np.array([5.0]), np.array([1.2]))
    seen = [torch.from_numpy(affine(curve(values.numpy()))) for values in (guesses, prices)]
    [meter] = meters([Pairing("y", "t", "regression", "as_is", 0, False)], NUMBERS, {"t": Units(affine, curve)})
    found = measured(meter, *seen, 9)
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(prices, guesses))
    assert found["rmse"] == pytest.approx(reference.mean_squared_error(prices, guesses) ** 0.5)
    assert found["r2"] == pytest.approx(reference.r2_score(prices, guesses))


@pytest.mark.parametrize(("error", "expected"), [(0.0, 1.0), (0.5, 0.0)])
def test_r2_of_a_constant_target_is_that_of_scikit_learn(error: float, expected: float) -> None:
    target = torch.full((10, 1), 3.0)
    [meter] = meters([Pairing("y", "t", "regression", "as_is", 0, False)], ("r2",))
    assert measured(meter, target + error, target, 4)["r2"] == expected
    assert reference.r2_score(target, target + error) == expected


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("constant", [0.0, 0.1, -1e6 / 3, 1e-12])
def test_constant_columns_beside_others_do_not_blow_up(constant: float, size: int) -> None:
    """What rounding leaves of their spread counts for nothing, however the examples are batched."""
    torch.manual_seed(2)
    target = torch.randn(90, 3, dtype=torch.float64)
    target[:, 1] = constant
    prediction = target + 0.3 * torch.randn(90, 3, dtype=torch.float64)
    [meter] = meters([Pairing("y", "t", "regression", "as_is", 0, False)], ("r2",))
    exact = target.clone()
    exact[:, 1], moved = 0.0, prediction - target  # of which scikit-learn's own mean leaves nothing
    expected = reference.r2_score(exact, exact + moved)
    assert measured(meter, prediction, target, size)["r2"] == pytest.approx(expected, rel=1e-9)
    meter.reset()
    prediction[:, 1] = constant
    expected = reference.r2_score(exact, torch.stack([(exact + moved)[:, 0], exact[:, 1], (exact + moved)[:, 2]], 1))
    assert measured(meter, prediction, target, size)["r2"] == pytest.approx(expected, rel=1e-9)


def test_a_small_spread_on_a_large_offset_still_counts() -> None:
    target = torch.tensor([[1e6], [1e6 + 0.0625], [1e6 + 0.125], [1e6]])
    [meter] = meters([Pairing("y", "t", "regression", "as_is", 0, False)], ("r2",))
    found = measured(meter, target.roll(1, 0), target, 3)["r2"]
    assert found == pytest.approx(reference.r2_score(target.double(), target.roll(1, 0).double()), rel=1e-9)


def test_rows_are_the_values_of_each_example() -> None:
    scores, truth = torch.eye(5)[:4], torch.tensor([0, 1, 0, 3])
    rows = class_meter().add(scores, truth)
    assert rows is not None
    assert rows.tolist() == [[1.0, 1.0, 0.0, 1.0]]


def test_the_task_chooses_and_several_targets_are_named() -> None:
    left = Pairing("a", "left", "classification", "index", 3, True)
    right = Pairing("b", "right", "regression", "as_is", 0, False)
    assert [m.names for m in meters([left], ())] == [("accuracy", "f1")]
    assert [m.names for m in meters([right], ())] == [("mae", "rmse", "r2")]
    assert [m.names for m in meters([left, right], ("accuracy", "mae"))] == [("left/accuracy",), ("right/mae",)]
    assert [m.names for m in meters([left], ("mae",))] == []
    with pytest.raises(LayerloomError, match="no metric 'auc'"):
        meters([left], ("auc",))


def test_every_declared_metric_is_computed() -> None:
    assert set(CLASS_VALUES) == {id for id, m in METRICS.items() if m.task == "classification"}
    assert set(NUMBER_VALUES) == {id for id, m in METRICS.items() if m.task == "regression"}
