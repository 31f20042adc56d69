"""What is wrong with what flows through the nodes of a network: plain numbers, no torch."""

from __future__ import annotations

from collections.abc import Mapping

VANISHING = 1e-5  # of the largest gradient scale in the network
EXPLODING = 1e3  # gradient scale of a node
DEAD = 0.6  # share of the units


def symptoms(nodes: Mapping[str, Mapping[str, float]]) -> dict[tuple[str, str], float]:
    """What is bad in one measurement: (``vanishing``, ``exploding`` or ``dead``, node) -> how bad."""
    found: dict[tuple[str, str], float] = {}
    scales = {node: values["gradient"] for node, values in nodes.items() if "gradient" in values}
    largest = max(scales.values(), default=0.0)
    faint = [node for node, scale in scales.items() if scale < VANISHING * largest]
    if faint:
        found["vanishing", faint[0]] = scales[faint[0]] / largest
    loud = [node for node, scale in scales.items() if not scale <= EXPLODING]  # NaN too
    if loud:
        found["exploding", loud[0]] = scales[loud[0]]
    for node, values in nodes.items():
        if values.get("dead", 0.0) > DEAD:
            found["dead", node] = values["dead"]
    return found
