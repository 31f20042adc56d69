"""What examinations of surfaces and of damage found, in words. Imports no torch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.analysis.examining.between import Between
    from core.analysis.examining.damage import Damage
    from core.analysis.examining.ground import Ground
    from core.analysis.examining.straight import WithoutActivations

UNSURE = 0.02  # of the sharpest curvature, that it may be off before that is told
SLIGHT = 1e-3  # of the loss, that a place must lie below the weights to be told
TOUGH, HIT = 0.9, 0.1  # of its lead over chance, that a network is to keep with this share of damage


def surface_verdict(found: Ground) -> str:
    rise = f"by {found.rise:.3g} at most" if math.isfinite(found.rise) else "beyond all numbers"
    told = f"The loss is {found.loss:.4g}; within {found.radius:g} of the size of the weights it rises {rise}."
    bent = found.curvature
    if bent is None:
        return told
    if bent.limit is None:
        return f"{told} Nowhere does it bend upwards."
    return (
        f"{told} The sharpest curvature is {bent.largest:.3g}: plain gradient descent over all of these examples stays "
        f"in the valley up to a learning rate of {bent.limit:.2g}."
    )


def surface_reasons(found: Ground, curved: bool, objectives: int) -> list[str]:
    """`curved`: the curvature was asked for. `objectives`: how many the job has."""
    told = []
    if found.loss - found.least > SLIGHT * max(abs(found.loss), 1e-12):
        told.append(f"Elsewhere on this plane the loss is lower, {found.least:.4g}: the weights are no minimum of it.")
    bent = found.curvature
    if bent is not None and -bent.least > 0.01 * bent.largest:
        told.append(f"In some direction the loss bends downwards ({bent.least:.3g}): the weights are no minimum.")
    if bent is not None and bent.error > UNSURE * abs(bent.largest):
        told.append(f"The curvature is known to within {bent.error:.2g} after {bent.products} products of the Hessian.")
    if curved and bent is None:
        told.append("PyTorch has no second derivative of a layer of this network, so the curvature is not known.")
    if objectives > 1:
        told.append("Several objectives share this network: the loss is the sum of all, which none of them minimises.")
    if len(found.x) < found.asked:
        told.append(f"{found.asked} places on each side would have taken too long; there are {len(found.x)}.")
    return told


def line_verdict(found: Between) -> str:
    part = next(iter(found.losses))
    losses, barrier = found.losses[part], found.barriers[part]
    first, last = (losses[found.at.index(end)] for end in (0.0, 1.0))
    scale = max(abs(first - last), 0.05 * min(abs(first), abs(last)), 1e-12)
    told = f"{found.other} has a loss of {first:.4g}, these weights {last:.4g}, on the {part} part. "
    if not math.isfinite(barrier):
        return f"{told}Between them the loss is beyond all numbers."
    if barrier <= 0.02 * scale:
        return f"{told}Nothing rises between them: no hill had to be climbed."
    return f"{told}Between them a barrier rises {barrier:.3g} above the higher of both."


def damage_verdict(found: Damage) -> str:
    done = "zeroed" if found.how == "zero" else "disturbed"
    first, *others = found.levels
    hit = min(others, key=lambda level: abs(level.share - HIT))
    worst = others[-1]
    name = found.metric
    told = f"{name} is {first.mean[name]:.4g} untouched, "
    told += f"{hit.mean[name]:.4g} with {hit.share:.0%} of the {found.what} {done}"
    told += f" and {worst.mean[name]:.4g} with {worst.share:.0%}." if worst is not hit else "."
    if found.chance is not None and found.kept(first) is None:
        told += f" That is no better than chance ({found.chance:.3g}): there is nothing to lose yet."
    if found.half is not None:
        told += f" Half of what it is better than chance ({found.chance:.3g}) is gone at {found.half:.0%}."
    return told[0].upper() + told[1:]


def tough(found: Damage) -> bool | None:
    """Whether the network keeps most of its lead over chance at the level nearest to `HIT`; None without one."""
    kept = found.kept(min(found.levels[1:], key=lambda level: abs(level.share - HIT)))
    return None if found.chance is None else kept is not None and kept >= TOUGH


def without_verdict(found: WithoutActivations) -> str:
    names = [name for name in found.whole if name != "loss"]
    name = next((n for n in names if n.rpartition("/")[2] in ("accuracy", "r2")), names[0] if names else "loss")
    told = f"{name[0].upper()}{name[1:]} is {found.whole[name]:.4g} as it is, {found.bare[name]:.4g} with its "
    told += f"{len(found.removed)} activation{'s' if len(found.removed) > 1 else ''} taken out"
    if found.trained is not None:
        told += f", and {found.trained[name]:.4g} where a network without them was trained"
    if found.map is None:
        return f"{told}. What is left still bends: other layers do."
    size = found.map.inputs * found.map.outputs + found.map.outputs
    return (
        f"{told}. What is left of {found.weights:,} weights is one linear map from {found.map.inputs:,} to "
        f"{found.map.outputs:,} numbers: {size:,} say the same."
    )
