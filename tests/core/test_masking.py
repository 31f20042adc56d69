"""Symbols hidden for a masked language model: in the shares of the paper, and never more than was asked for."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy, log_softmax

from core.modules.masking import MaskSymbols

SYMBOLS, SHARE = 50, 0.15


def drawn(count: int = 400_000) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, SYMBOLS, (4, count // 4), generator=generator)
    return x, torch.rand(x.shape, generator=generator) * 2 - 1


def test_the_shares_are_those_of_the_paper() -> None:
    """Of 15 %, 80 % masks, 10 % other symbols (one in 50 by chance the same), 10 % as they were; 4 deviations apart."""
    x, chance = drawn()
    shown, asked = MaskSymbols(SYMBOLS, SHARE)(x, chance)
    chosen = asked >= 0
    count = int(chosen.sum())
    assert chosen.float().mean() == pytest.approx(SHARE, abs=4 * (SHARE * 0.85 / x.numel()) ** 0.5)
    assert (shown == SYMBOLS).sum() / count == pytest.approx(0.8, abs=0.007)
    assert (shown[chosen] == x[chosen]).float().mean() == pytest.approx(0.1 + 0.1 / SYMBOLS, abs=0.006)


def test_answers_are_the_hidden_symbols_and_nothing_else_changes() -> None:
    x, chance = drawn(4000)
    shown, asked = MaskSymbols(SYMBOLS, SHARE)(x, chance)
    assert torch.equal(asked[asked >= 0], x[asked >= 0])
    assert set(asked[asked < 0].tolist()) == {-100}
    assert torch.equal(shown[asked < 0], x[asked < 0])


def test_replacements_are_uniform_over_the_symbols() -> None:
    """Chi square of the 10 % that become any symbol: 49 degrees of freedom, 85.4 is passed once in a thousand."""
    _, chance = drawn()
    x = torch.zeros_like(chance, dtype=torch.long)
    part = (chance + 1) / (2 * SHARE)
    swapped = MaskSymbols(SYMBOLS, SHARE)(x, chance)[0][(part >= 0.8) & (part < 0.9)]
    counts = torch.bincount(swapped, minlength=SYMBOLS).double()
    expected = counts.sum() / SYMBOLS
    assert len(counts) == SYMBOLS
    assert ((counts - expected) ** 2 / expected).sum() < 85.4


def test_full_chances_hide_nothing() -> None:
    x = torch.tensor([[3, SYMBOLS, 1]])
    shown, asked = MaskSymbols(SYMBOLS, SHARE)(x, torch.ones(1, 3))
    assert torch.equal(shown, x)
    assert torch.equal(asked, torch.full_like(x, -100))


def test_cross_entropy_counts_the_hidden_symbols_alone() -> None:
    x, chance = drawn(2000)
    _, asked = MaskSymbols(SYMBOLS, SHARE)(x, chance)
    scores = torch.randn(*x.shape, SYMBOLS, generator=torch.Generator().manual_seed(1)).movedim(-1, 1)
    picked = asked >= 0
    by_hand = -log_softmax(scores.movedim(1, -1)[picked], -1).gather(1, x[picked][:, None]).mean()
    assert cross_entropy(scores, asked) == pytest.approx(float(by_hand), rel=1e-5)
