"""How the weights of a node lie when it starts: the law of its initialisation as a histogram, and its deviation."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from core.catalog.spreads import Law, fans, law, own_law
from core.program.calls import initialised
from core.program.program import Init
from core.spec.layer import LayerSpec
from designer.figures.marks import Bars, Drawing
from designer.language import tr
from designer.plots.readout import number

BINS, REACH = 41, 3.2  # bars, and deviations on either side that they reach over


def spread(spec: LayerSpec, init: Init | None, weights: Mapping[str, tuple[int, ...]]) -> Drawing | None:
    """Of the layer's largest tensor; None where it has none, or where its start has no formula."""
    names, _ = initialised(weights)
    init = init or Init()
    mine = names if init.weight != "default" else [name for name, shape in weights.items() if len(shape) > 1]
    if not mine:
        return None
    name = max(mine, key=lambda each: np.prod(weights[each]))
    shape = weights[name]
    chosen = init.weight != "default"
    found = law(init.weight, init.weight_params, shape) if chosen else own_law(spec, weights, name)
    if found is None:
        return None
    edges = _edges(found)
    shares = [found.share(a, b) for a, b in pairwise(edges.tolist())]
    title = tr("{name}: mean {mean}, std {std}", name=name, mean=number(found.mean), std=number(found.std))
    note = tr("fan {into} in, {out} out", into=fans(shape)[0], out=fans(shape)[1]) if len(shape) > 1 else ""
    names_of = [f"{number(a)} … {number(b)}: {s:.1%}" for (a, b), s in zip(pairwise(edges), shares, strict=True)]
    return Drawing((Bars(edges, 100 * np.array(shares), 0, names_of),), title, note, y_label="%", summary=title)


def _edges(found: Law) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Of the bars; one value stands in the middle."""
    reach = REACH * found.std or max(1e-3, 0.1 * abs(found.mean))
    return np.linspace(found.mean - reach, found.mean + reach, BINS + 1)
