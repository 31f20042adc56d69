"""Hiding symbols of a text, for a network that learns to fill them in."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MaskSymbols(nn.Module):
    """Hides a share of the symbols and tells which they were (Devlin et al., BERT, 2018, section 3.1).

    `chance` decides: numbers from -1 to 1, one for each index of `x`. The lowest `share` of that range is asked for;
    of those, 80 % become the mask, whose index is `symbols`, 10 % another symbol at random, and 10 % stay.

    Returns the text as it is shown, and the answers: `x` where a symbol is asked for, -100 elsewhere, which is what
    torch's cross entropy leaves out. Where every chance is 1, the text passes as it is.
    """

    def __init__(self, symbols: int, share: float = 0.15) -> None:
        super().__init__()
        self.symbols, self.share = symbols, share

    def forward(self, x: Tensor, chance: Tensor) -> tuple[Tensor, Tensor]:
        part = (chance + 1) / (2 * self.share)  # below 1 where asked for, and uniform there
        other = ((part - 0.8) * 10 * self.symbols).long().clamp(0, self.symbols - 1)
        shown = torch.where(part < 0.8, self.symbols, torch.where(part < 0.9, other, x))
        return shown, torch.where(part < 1, x, -100)
