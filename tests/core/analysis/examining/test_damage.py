"""Damage: nothing changes nothing, the same weights go as PyTorch's pruning takes, and who is spared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn.utils import prune

from core.analysis.examining.damage import damage, heads
from core.analysis.measuring import Gauge
from core.analysis.subject import Subject
from core.problem import LayerloomError
from core.program.module import build
from tests import drawn

Get = Callable[[str], Subject]


def test_without_damage_it_is_the_network_itself(subject: Get) -> None:
    for name in ("digits", "regression", "attention"):
        made = subject(name)
        found = damage(made, steps=2, repeats=1)
        assert dict(found.levels[0].mean) == Gauge(made, made.part("test", 2000)).values()
        assert [level.share for level in found.levels] == pytest.approx([0.0, 0.45, 0.9])


def test_the_weights_that_go_are_those_of_torchs_random_pruning(subject: Get) -> None:
    digits = subject("digits")
    found = damage(digits, most=0.6, steps=2, repeats=3, seed=11)
    for level in found.levels[1:]:
        values = []
        for repeat in range(3):
            gauge = Gauge(digits, digits.part("test", 2000))
            torch.manual_seed(11 + repeat)
            for module in (gauge.net.conv, gauge.net.logits):
                assert isinstance(module, torch.nn.Module)
                prune.random_unstructured(module, "weight", amount=level.share)  # type: ignore[no-untyped-call]
            values.append(gauge.values())
        for name in ("loss", "accuracy"):
            of = [value[name] for value in values]
            assert level.mean[name] == pytest.approx(np.mean(of), rel=1e-6)
            assert level.deviation[name] == pytest.approx(np.std(of, ddof=1), rel=1e-5)
            assert (level.low[name], level.high[name]) == (pytest.approx(min(of)), pytest.approx(max(of)))


def test_all_weights_zero_leave_the_biases_alone(subject: Get) -> None:
    """Then every example gets one answer, and the accuracy is the share of one class."""
    digits = subject("digits")
    found = damage(digits, most=1.0, steps=1, repeats=2)
    target = digits.part("test").arrays["target"]
    shares = np.bincount(target) / len(target)
    assert min(abs(shares - found.levels[-1].mean["accuracy"])) < 1e-9
    assert found.levels[-1].deviation["loss"] == 0.0
    assert found.chance == pytest.approx(shares.max())
    assert found.parts == sum(w.numel() for n, w in digits.weights.items() if n in ("conv.weight", "logits.weight"))


def test_a_unit_goes_with_its_bias_and_outputs_are_spared(subject: Get) -> None:
    made = subject("regression")
    found = damage(made, what="units", most=1.0, steps=1, repeats=1)
    assert found.parts == 16, "the hidden ones"
    rest = float(made.weights["out.bias"])
    target = made.part("test").arrays["target"].astype(float)
    assert found.levels[-1].mean["loss"] == pytest.approx(np.mean((target - rest) ** 2), rel=1e-5)


def test_noise_is_as_large_as_asked(subject: Get) -> None:
    made = subject("regression")
    none = damage(made, how="noise", strength=0.0, steps=2, repeats=1)
    assert none.levels[1].mean == none.levels[0].mean
    little, much = (damage(made, how="noise", strength=s, most=1.0, steps=1, repeats=4) for s in (0.01, 5.0))
    assert little.levels[1].deviation["loss"] < much.levels[1].deviation["loss"]


def test_half_of_the_lead_is_found_between_the_levels(subject: Get) -> None:
    found = damage(subject("attention"), most=1.0, steps=10, repeats=2, examples=200)
    assert found.chance is not None
    leads = [found.kept(level) for level in found.levels]
    assert leads[0] == 1.0
    assert found.half is not None
    place = next(k for k, lead in enumerate(leads) if lead is not None and lead < 0.5)
    assert (place - 1) / 10 <= found.half <= place / 10


def test_what_gives_an_output_is_found_through_blocks_and_expressions() -> None:
    program = drawn.resnet()
    assert heads(program, build(program)) == {"head"}
    siamese = drawn.siamese()
    assert heads(siamese, build(siamese)) == {"score", "encoder"}
    d = drawn.Drawing("Tail", "Tail")
    x = d.layer("conv2d", "conv", d.input("x", 1, 8, 8), params={"out_channels": 4, "kernel_size": 3})
    x = d.block("ResidualBlock", drawn.residual_block("end", 4, 4, 8, 1), "end", x, repeat=2)
    d.output(d.layer("softmax", "soft", d.layer("flatten", "flat", x)))
    tail = d.program()
    assert heads(tail, build(tail)) == {"end.1.conv2", "end.1.shortcut"}, "of the last copy alone"


def test_a_network_without_units_before_its_outputs_is_refused(subject: Get) -> None:
    made = subject("autoencoder")
    assert damage(made, what="units", steps=1, repeats=1).parts == 12
    with pytest.raises(LayerloomError, match="no 'other' examples"):
        damage(made, part="other")
