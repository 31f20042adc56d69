"""Schedules: the closed formulas equal PyTorch's schedulers, step by step."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch

from core.catalog.schedules import SCHEDULES, Plateau, curve, schedule
from core.training.job import Pick, Warmup

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
    *(("multi_step", f) for f in product(milestones=((3, 5), (1, 40, 41), ()), gamma=(0.1, 0.7))),
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


@pytest.mark.parametrize("start", [0.25, 1.0])
@pytest.mark.parametrize("rise", [1, 9])
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("step", {"step_size": 20, "gamma": 0.5}),
        ("multi_step", {"milestones": (10, 30), "gamma": 0.5}),
        ("exponential", {"gamma": 0.97}),
        ("cosine", {"T_max": STEPS - 9}),
        ("warm_restarts", {"T_0": 11}),
    ],
)
@pytest.mark.filterwarnings("ignore:The epoch parameter")
def test_a_warm_up_in_front_is_that_of_pytorch(kind: str, fields: dict[str, Any], rise: int, start: float) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    name = SCHEDULES[kind].torch.rpartition(".")[2]
    then = getattr(torch.optim.lr_scheduler, name)(optimizer, **fields)
    up = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=start, total_iters=rise)
    both = torch.optim.lr_scheduler.SequentialLR(optimizer, [up, then], [rise])
    theirs = []
    for _ in range(STEPS):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        both.step()
    warmup = Warmup(length=rise, start_factor=start)
    ours = curve(Pick(kind=kind, params={**fields, "advance": "step"}), LR, STEPS, PER_EPOCH, warmup)
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_a_warm_up_of_epochs_rises_step_by_step() -> None:
    rates = curve(Pick(kind="constant"), 1.0, 12, 3, Warmup(length=2, unit="epoch", start_factor=0.0))
    assert rates == pytest.approx([0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, *[1.0] * 6])


PLATEAUS = product(
    metric=("loss", "accuracy"), patience=(0, 2), cooldown=(0, 3), threshold_mode=("rel", "abs"), min_lr=(0.0, 0.01)
)


@pytest.mark.parametrize("fields", PLATEAUS)
def test_a_plateau_decides_as_pytorch(fields: dict[str, Any]) -> None:
    values = SCHEDULES["plateau"].values({**fields, "factor": 0.3, "threshold": 0.05})
    plateau = Plateau(values, LR)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    given = {**values, "mode": "max" if values["metric"] == "accuracy" else "min"}
    del given["metric"]
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **given)
    series = torch.rand(60, generator=torch.Generator().manual_seed(1)).cumsum(0) % 1.7
    for index, value in enumerate(series.tolist()):
        if index == 30:  # as a run that is resumed
            resumed = Plateau(values, LR)
            resumed.load(plateau.state())
            plateau = resumed
        plateau.epoch_ended(value)
        theirs.step(value)
        assert plateau.rate == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
    assert plateau.rate < LR
