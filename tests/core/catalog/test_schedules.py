"""Schedules: the closed formulas equal PyTorch's schedulers, step by step."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch

from core.catalog.schedules import SCHEDULES, curve, schedule
from core.training.job import Pick

EPOCHS, PER_EPOCH = 12, 7
STEPS = EPOCHS * PER_EPOCH
LR = 0.3


def torch_curve(kind: str, fields: dict[str, Any], epochs: bool) -> tuple[list[float], list[float]]:
    """Rates and momenta of PyTorch's own scheduler over the run."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR, momentum=0.9)
    scheduler = getattr(torch.optim.lr_scheduler, SCHEDULES[kind].torch.rpartition(".")[2])(optimizer, **fields)
    rates, momenta = [], []
    for step in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if step + 1 < STEPS and (not epochs or (step + 1) % PER_EPOCH == 0):
            scheduler.step()
    return rates, momenta


def product(**choices: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]


CASES = [
    *(("step", f) for f in product(step_size=(1, 3, 50), gamma=(0.1, 0.7))),
    *(("exponential", f) for f in product(gamma=(0.5, 0.97))),
    *(("cosine", f) for f in product(T_max=(5, 12, 84, None), eta_min=(0.0, 0.01))),
    *(("warm_restarts", f) for f in product(T_0=(1, 3, 10), T_mult=(1, 2, 3), eta_min=(0.0, 0.02))),
]


@pytest.mark.parametrize("advance", ["step", "epoch"])
@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_the_curve_is_that_of_pytorch(kind: str, fields: dict[str, Any], advance: str) -> None:
    ours = curve(Pick(kind=kind, params={**fields, "advance": advance}), LR, STEPS, PER_EPOCH)
    if kind == "cosine" and fields["T_max"] is None:
        fields = {**fields, "T_max": STEPS if advance == "step" else EPOCHS}
    theirs, _ = torch_curve(kind, fields, advance == "epoch")
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-15)


ONE_CYCLES = product(
    pct_start=(0.0, 0.1, 0.3, 0.45),
    anneal_strategy=("cos", "linear"),
    div_factor=(25.0, 4.0),
    final_div_factor=(1e4, 10.0),
    three_phase=(False, True),
)


@pytest.mark.filterwarnings("ignore:.*lr_scheduler.step.*")
@pytest.mark.parametrize("fields", ONE_CYCLES)
def test_one_cycle_is_that_of_pytorch_momentum_included(fields: dict[str, Any]) -> None:
    pick = Pick(kind="one_cycle", params={**fields, "cycle_momentum": True})
    rates, momenta = torch_curve("one_cycle", {**fields, "max_lr": LR, "total_steps": STEPS}, False)
    assert curve(pick, LR, STEPS, PER_EPOCH) == pytest.approx(rates, rel=1e-9, abs=1e-15)
    bound = schedule(pick, STEPS, PER_EPOCH)
    assert [bound.momentum(step) for step in range(STEPS)] == pytest.approx(momenta, rel=1e-9)


def test_one_cycle_leaves_the_momentum_alone_unless_asked() -> None:
    assert schedule(Pick(kind="one_cycle"), 10, 5).momentum(3) is None


@pytest.mark.parametrize("kind", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_shortest_runs_have_a_rate_above_or_at_zero(kind: str, steps: int) -> None:
    rates = curve(Pick(kind=kind), LR, steps, 1)
    assert len(rates) == steps
    assert all(0 <= rate <= LR for rate in rates)


def test_a_shorter_last_epoch_counts_as_one() -> None:
    rates = curve(Pick(kind="step", params={"step_size": 1, "gamma": 0.5}), 1.0, 7, 3)
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_an_unknown_schedule_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no schedule 'cosin'; there are constant, step"):
        schedule(Pick(kind="cosin"), 10, 5)
    with pytest.raises(ValueError, match="gamma"):
        schedule(Pick(kind="step", params={"gamma": -1}), 10, 5)
