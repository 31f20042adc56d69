"""What the tools found, as drawings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from designer.figures.marks import GREY, Dots, Drawing, Line, Mark, numbers
from designer.trials import grounds, penalties, starts, strange, sure, thinning

Answer = Mapping[str, Any]
GIBIBYTE = 2.0**30


def rates(answer: Answer) -> Drawing:
    """The loss over the logarithm of the rate, with the suggestion and the steepest place."""
    x = np.log10(numbers(answer["rates"]))
    losses, smoothed = numbers(answer["losses"]), numbers(answer["smoothed"])
    whole = smoothed[np.isfinite(smoothed)]
    low, first = (float(whole.min()), float(whole[0])) if len(whole) else (0.0, 1.0)
    room = max(first - low, 1e-3 * abs(first), 1e-12)
    span = (low - 0.25 * room, first + 0.75 * room)
    marks: list[Mark] = [Dots(x, losses, [GREY] * len(x), 1.6), Line(x, smoothed, 0, "smoothed loss")]
    legend = [("smoothed", 0), ("of each batch", GREY)]
    for name, colour in (("tenth", 2), ("steepest", 1)):
        if answer[name]:
            place = np.full(2, np.log10(answer[name]))
            marks.append(Line(place, np.array(span), colour, f"{name} {answer[name]:.2g}", dashed=True))
            legend.append((f"{'a tenth of the least' if name == 'tenth' else name}: {answer[name]:.2g}", colour))
    return Drawing(
        marks,
        "Loss over the learning rate",
        x_label="learning rate",
        y_label="loss",
        y_span=span,
        x_powers=True,
        legend=legend,
        summary=answer["verdict"],
    )


def losses(answer: Answer) -> Drawing:
    """The loss of the batch over the steps."""
    found = np.log10(np.maximum(numbers(answer["losses"]), 1e-12))
    x = np.arange(len(found), dtype=float)
    goal = np.log10(max(0.01 * abs(answer["losses"][0] or 0.0), 1e-3))
    marks = [Line(x, found, 0, "loss"), Line(x[[0, -1]], np.full(2, goal), 2, "learned by heart", dashed=True)]
    legend = [("loss of the batch", 0), ("learned by heart", 2)]
    return Drawing(
        marks,
        "Loss of the batch",
        x_label="step",
        y_label="loss",
        y_powers=True,
        legend=legend,
        summary=answer["verdict"],
    )


def sizes(answer: Answer) -> Drawing:
    """The memory that each batch size took, under what it may take."""
    tries = [one for one in answer["tries"] if one["fits"]]
    x, y = numbers([one["size"] for one in tries]), numbers([one["peak"] / GIBIBYTE for one in tries])
    limit = answer["limit"] / GIBIBYTE
    ends = np.array([0.0, max([one["size"] for one in answer["tries"]], default=1)])
    marks = [Line(x, y, 0, "memory", dotted=True), Line(ends, np.full(2, limit), 3, "limit", dashed=True)]
    return Drawing(
        marks,
        "Memory",
        x_label="batch size",
        y_label="GiB",
        y_span=(0.0, 1.1 * limit),
        legend=[("taken", 0), ("allowed", 3)],
        summary=answer["verdict"],
    )


PICTURES: Mapping[str, Callable[[Answer], Drawing]] = {
    "compress": thinning.bits,
    "prune": thinning.sparsity,
    "find_rate": rates,
    "overfit": losses,
    "fit_batch": sizes,
    "race": grounds.ways,
    "learning_curve": grounds.learned,
    "loss_line": grounds.along,
    "damage": grounds.damaged,
    "check_init": starts.forward,
    "penalty_path": penalties.losses,
    "uncertainty": sure.risk,
    "anomalies": strange.errors,
}
