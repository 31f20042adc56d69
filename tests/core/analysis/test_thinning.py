"""Pruning and rounding measured on a trained run: against NumPy, and with costs that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.analysis.examining.examined import Examined
from core.analysis.examining.table import EXAMS
from core.analysis.examining.thinning import Level, costs, fewer_bits, pruned, quantised, within
from core.analysis.measuring import Gauge
from core.analysis.subject import Subject
from core.problem import LayerloomError
from core.training.runs import RunFolder
from core.training.tools.tool import perform

Subjects = Callable[[str], Subject]


@pytest.mark.parametrize("bits", range(2, 9))
@pytest.mark.parametrize("per_channel", [True, False])
def test_fewer_bits_are_whole_numbers_times_a_step(bits: int, per_channel: bool) -> None:
    """Integer arithmetic in NumPy: round to even, clip, scale back."""
    weight = torch.randn(5, 3, 2, generator=torch.Generator().manual_seed(bits))
    weight[2] = 0
    made = fewer_bits(weight, bits, per_channel).numpy()
    array, top = weight.numpy(), 2 ** (bits - 1) - 1
    largest = np.abs(array).reshape(5, -1).max(1) if per_channel else np.full(5, np.abs(array).max())
    step = np.where(largest > 0, largest / np.float32(top), np.float32(1))[:, None, None].astype(np.float32)
    whole = np.clip(np.rint(array / step), -top, top).astype(np.int64)
    np.testing.assert_allclose(made, whole * step, rtol=1e-6, atol=1e-7)
    assert len(np.unique(whole)) <= 2**bits - 1


def test_pruning_levels_are_what_the_pruned_weights_give(subject: Subjects) -> None:
    given = subject("digits")
    found = pruned(given, scope="global", most=0.9, steps=3, cost=10.0)
    gauge = Gauge(given, given.part("test", 2000))
    names = [name for name, p in gauge.net.named_parameters() if p.ndim > 1]
    whole = np.concatenate([given.weights[name].numpy().ravel() for name in names])
    cut = np.sort(np.abs(whole))[round(0.9 * len(whole)) - 1]
    with torch.no_grad():
        for name, parameter in gauge.net.named_parameters():
            if name in names:
                parameter.copy_(torch.where(parameter.abs() <= float(cut), torch.zeros(()), parameter))
    assert found.levels[-1].values == pytest.approx(gauge.values())
    assert found.levels[-1].kept == pytest.approx(1 - round(0.9 * len(whole)) / len(whole))
    assert [round(1 - level.kept, 2) for level in found.levels] == [0.0, 0.3, 0.6, 0.9]
    assert found.chosen == 3
    zeros = sum(share * given.weights[f"{node}.weight"].numel() for node, share in found.layers.items())
    assert zeros == pytest.approx(round(0.9 * len(whole)))


def test_the_network_is_left_as_it_was(subject: Subjects) -> None:
    given = subject("moons")
    before = {name: tensor.clone() for name, tensor in given.weights.items()}
    found = quantised(given, cost=1.0)
    assert [level.bits for level in found.levels] == [32, 8, 7, 6, 5, 4, 3, 2]
    assert all(torch.equal(before[name], tensor) for name, tensor in given.weights.items())
    assert found.levels[0].values == pytest.approx(Gauge(given, given.part("test", 2000)).values())


def test_costs_are_points_or_shares() -> None:
    assert costs(0.9, 0.88, "accuracy") == pytest.approx(0.02)
    assert costs(2.0, 2.1, "mae") == pytest.approx(0.05)
    assert costs(2.0, 1.9, "loss") == pytest.approx(-0.05)
    levels = [Level(1 - k / 10, 32, {"accuracy": v}) for k, v in enumerate((0.9, 0.9, 0.895, 0.85, 0.9, float("nan")))]
    assert within(levels, "accuracy", 0.01) == 2  # what comes after a dear level does not count
    assert within(levels[:2], "accuracy", 0.0) == 1
    assert within([levels[0], levels[5]], "accuracy", 1.0) == 0


def test_the_exam_offers_a_branch(trained: Callable[[str], RunFolder]) -> None:
    answer = perform(EXAMS, "prune", Examined(trained("moons")), {"steps": 4, "most": 0.8, "cost": 1.0})
    assert answer["good"]
    assert "weights can be zero" in answer["verdict"]
    [fix] = answer["fixes"]
    assert fix["action"] == "prune_branch"
    assert fix["args"]["share"] == pytest.approx(0.8, abs=0.02)
    cheap = perform(EXAMS, "prune", Examined(trained("digits")), {"steps": 1, "most": 0.99, "cost": 0.0})
    assert set(cheap["labels"]) >= {"conv", "logits"}


def test_there_must_be_something_to_thin(subject: Subjects) -> None:
    with pytest.raises(LayerloomError, match="has no 'nothing' examples"):
        pruned(subject("digits"), part="nothing")
