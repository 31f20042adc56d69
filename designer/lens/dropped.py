"""What a dropout layer drops, as pictures: the mask, what arrives and what leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.spec.params import Int, Param
from designer.lens.hung import Hung
from designer.plots.readout import number

MASK, BEFORE, AFTER = "Mask", "Before", "After"
PARTS = (MASK, BEFORE, AFTER)
FIELDS: tuple[Param, ...] = (
    Int("seed", 0, min=0, max=2**31 - 1, label="Seed", doc="Another seed drops others; the same seed the same ones."),
)


def picture(found: Mapping[str, Any], part: str) -> Hung:
    """What `core.analysis.masks` says, as one of `PARTS`."""
    what = "channels" if len(found["shape"]) > 1 and found["units"] == found["shape"][0] else "numbers"
    stay = f"{found['kept']:.1%} of {found['units']:,} {what} stay"
    usual = f"p {found['p']:g}: {found['low']:.1%} to {found['high']:.1%} in 95 of 100 draws"
    noun = "channel" if len(found["shape"]) >= 3 else "example"
    if part == BEFORE:
        return Hung(found["given"], "What arrives", stay, noun)
    if part == AFTER:
        apart = (
            f"; the mean of {found['draws']} draws is {found['apart']:.1%} off" if found["apart"] is not None else ""
        )
        return Hung(found["made"], f"What leaves in training, times {number(found['scale'])}", f"{stay}{apart}", noun)
    return Hung(found["mask"], stay, usual, noun)
