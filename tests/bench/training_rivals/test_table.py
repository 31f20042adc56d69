"""Ratios, budgets and the price of watching, from given times."""

from __future__ import annotations

import pytest

from core.program.module import build, seed_everything
from tests.bench.training_rivals.clock import Clock
from tests.bench.training_rivals.networks import NETWORKS
from tests.bench.training_rivals.setting import SEED, mean_loss, setting
from tests.bench.training_rivals.table import Times, clock_of, met, monitoring, ratio, table


def times(*cpu: float, wall: float = 1.0, watching: float = 0.0, threads: int = 1) -> Times:
    return Times([c * wall for c in cpu], list(cpu), [c * watching for c in cpu], loss=0.25, threads=threads)


def found(plain: float) -> dict[str, Times]:
    return {
        "layerloom": times(1e-4, 1e-4, 9e-4, watching=0.05),
        "unwatched": times(1e-4, 1e-4, 1e-4, watching=0.04),
        "plain": times(plain, plain, plain),
    }


def test_the_ratio_is_the_median_of_the_rounds() -> None:
    told = found(1.5e-4)
    assert ratio(told["plain"], told["layerloom"], "cpu") == pytest.approx(1.5)  # the disturbed round does not count


def test_budgets_differ_by_network_and_rival() -> None:
    assert met("mlp", found(1.21e-4), ["plain"])
    assert not met("mlp", found(1.19e-4), ["plain"])
    assert met("transformer", found(1.01e-4), ["plain"])
    rows = table("mlp", found(1.19e-4))
    assert "MISSED" in rows[-1]
    assert "1.2" in rows[-1]
    assert "MISSED" not in rows[2]
    assert len({len(row) for row in rows}) == 1


def test_what_is_sampled_is_what_watching_takes_besides() -> None:
    words, cheap = monitoring(found(1e-4))
    assert cheap
    assert "1.0% of the time (budget 2%: met), the losses and metrics of every step 4.0%" in words
    dear = {**found(1e-4), "layerloom": times(1e-4, 1e-4, 1e-4, watching=0.07)}
    assert "MISSED" in monitoring(dear)[0]
    assert not monitoring(dear)[1]


def test_the_wall_is_what_counts_with_more_threads() -> None:
    assert clock_of(found(1e-4)) == "cpu"
    assert clock_of({**found(1e-4), "plain": times(1e-4, threads=2)}) == "wall"


def test_a_clock_stands_still_between_turns() -> None:
    clock = Clock()
    before = clock.now()
    assert clock.now() == before == 0.0
    clock.start()
    assert clock.now() >= 0.0
    clock.stop()
    after = clock.now()
    assert clock.now() == after > 0.0
    assert clock.take()["cpu"] == after
    assert clock.take()["cpu"] == 0.0


@pytest.mark.parametrize("name", NETWORKS)
def test_the_network_by_hand_is_the_one_that_is_drawn(name: str) -> None:
    given = setting(NETWORKS[name])
    seed_everything(SEED)
    drawn = build(given.program)
    assert mean_loss(drawn, given.x, given.y) == pytest.approx(given.final_loss(), rel=1e-5)
    assert sorted(given.shuffle) == list(range(len(given.x)))
