"""A layer that normalises, as charts: what it keeps from training beside the statistics of the examples, by channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from designer.figures.marks import Dots, Drawing, Floats, Mark, numbers
from designer.plots.readout import number

MEANS, VARIANCES, LEAVING = "Means", "Variances", "What leaves"
PARTS = (MEANS, VARIANCES, LEAVING)
LEAST = 1e-30
LEGEND = 0.3  # of the width beside the last channel, where the legend stands


def drawing(found: Mapping[str, Any], part: str) -> Drawing:
    """What `core.analysis.normed` says, as one of `PARTS`."""
    if part == LEAVING:
        return _leaving(found)
    key, word = ("var", "variance") if part == VARIANCES else ("mean", "mean")
    known = found["running"]
    given = numbers(found["given"][key])
    x = np.arange(len(given), dtype=np.float64)
    y = _powers(given) if key == "var" else given
    names = [_told(found, key, word, channel) for channel in range(len(x))]
    marks: list[Mark] = [Dots(x, y, [0] * len(x), 3.0, names)]
    legend = [(f"of {found['examples']:,} {found['split']} examples", 0)]
    if known is not None:
        kept = numbers(known[key])
        marks.insert(0, Dots(x, _powers(kept) if key == "var" else kept, [1] * len(x), 5.0, names))
        legend.append((f"kept, after {found['batches']:,} batches" if found["batches"] is not None else "kept", 1))
    title = {"mean": "Means by channel", "var": "Variances by channel"}[key]
    return Drawing(
        marks,
        title,
        _rule(found, key),
        x_label="channel",
        y_label=word,
        x_span=_span(len(x)),
        y_powers=key == "var",
        legend=legend,
        summary=_summary(found),
    )


def _leaving(found: Mapping[str, Any]) -> Drawing:
    """Mean and standard deviation of what leaves: the layer's shift and scale, where its statistics suit."""
    mean, std = numbers(found["made"]["mean"]), np.sqrt(numbers(found["made"]["var"]))
    x = np.arange(len(mean), dtype=np.float64)
    names = [[f"channel {k}: {word} {number(v)}" for k, v in enumerate(values)]
             for word, values in (("mean", mean), ("standard deviation", std))]  # fmt: skip
    marks = [Dots(x, values, [i] * len(x), 3.0, names[i]) for i, values in enumerate((mean, std))]
    legend = [("mean", 0), ("standard deviation", 1)]
    return Drawing(
        marks, "What leaves, by channel", found["formula"], x_label="channel", x_span=_span(len(x)), legend=legend
    )


def _rule(found: Mapping[str, Any], key: str) -> str:
    """How the kept numbers came about, or what is used in their place."""
    if found["running"] is None:
        return "nothing is kept: each batch or example is its own measure"
    if found["momentum"] is None:
        return f"kept: the plain mean over all batches of training; {_far(found)}"
    m = float(found["momentum"])
    batch = "batch mean" if key == "mean" else "batch variance"
    return f"kept = {1 - m:g} kept + {m:g} {batch}; {_far(found)}"


def _far(found: Mapping[str, Any]) -> str:
    if not found["far"]:
        return "all near"
    return f"{found['far']} of {found['channels']} far off"


def _summary(found: Mapping[str, Any]) -> str:
    return f"{found['layer']}, {found['channels']} channels: {_rule(found, 'mean')}"


def _told(found: Mapping[str, Any], key: str, word: str, channel: int) -> str:
    told = f"channel {channel}: {word} {number(found['given'][key][channel])}"
    if found["running"] is None:
        return told
    gap = f", {found['gap'][channel]:+.2f} deviations off" if key == "mean" else ""
    return f"{told}, kept {number(found['running'][key][channel])}{gap}"


def _span(channels: int) -> tuple[float, float]:
    """All channels, and room for the legend."""
    return -0.7, channels - 0.3 + LEGEND * channels


def _powers(values: Floats) -> Floats:
    found: Floats = np.log10(np.maximum(values, LEAST))
    return found
