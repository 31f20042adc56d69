"""What the tools found, as tables on the command line: columns and rows; None where the verdict says it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from core.training.tools.tool import Answer
from designer.cli_output import number
from designer.numbers import lasting, size

Table: TypeAlias = tuple[Sequence[str], Sequence[tuple[str, ...]]]


def _rates(answer: Answer) -> Table:
    """Some of the steps, evenly chosen."""
    rows = list(zip(answer["rates"], answer["losses"], answer["smoothed"], strict=True))
    chosen = rows[:: max(1, len(rows) // 20)]
    return ("learning rate", "loss", "smoothed"), [tuple(number(v) for v in row) for row in chosen]


def _losses(answer: Answer) -> Table:
    losses = answer["losses"]
    every = max(1, len(losses) // 10)
    steps = sorted({*range(0, len(losses), every), len(losses) - 1})
    return ("step", "loss"), [(f"{step:,}", number(losses[step])) for step in steps]


def _nodes(answer: Answer) -> Table:
    rows = [
        (n["label"], f"{n['error']:.1e}", str(n["checked"]), str(n["kinks"]), "right" if n["right"] else "wrong")
        for n in answer["nodes"]
    ]
    return ("layer", "relative error", "weights", "at kinks", "gradient"), rows


def _tries(answer: Answer) -> Table:
    rows = [
        (f"{t['size']:,}", size(t["peak"]), lasting(t["seconds"]), f"{t['size'] / max(t['seconds'], 1e-9):,.0f}")
        if t["fits"]
        else (f"{t['size']:,}", "does not fit", "", "")
        for t in answer["tries"]
    ]
    return ("batch size", "memory", "a step", "examples/s"), rows


def _entries(answer: Answer) -> Table:
    ranked = sorted(answer["entries"], key=lambda entry: (entry["last"] is None, entry["last"] or 0.0))
    rows = [
        (e["label"], number(e["losses"][0]), "broke" if e["last"] is None else number(e["last"]), f"{e['seconds']:.2f}")
        for e in ranked
    ]
    return ("optimizer, rate", "first loss", "last loss", "seconds"), rows


def _starts(answer: Answer) -> Table:
    def told(value: float | None) -> str:
        return "-" if value is None else f"{value:.2g}"

    rows = [
        (
            start["label"],
            told(start["kept_forward"]),
            told(start["kept_back"]),
            told(start["lost"]),
            told(start["loss"]),
        )
        for start in answer["starts"]
    ]
    return ("start", "signal kept", "gradient kept", "powers of 10 strayed", "loss"), rows


def _strengths(answer: Answer) -> Table:
    rows = [
        (
            f"{place['strength']:.3g}",
            *("-" if place[key] is None else number(place[key]) for key in ("train", "validation", "error")),
            f"{place['zeros']:.1%}",
            number(place["size"]),
        )
        for place in answer["places"]
    ]
    return ("strength", "training", "validation", "standard error", "zeros", "sum of |w|"), rows


TABLES: Mapping[str, Callable[[Answer], Table | None]] = {
    "find_rate": _rates,
    "overfit": _losses,
    "check_gradients": _nodes,
    "fit_batch": _tries,
    "race": _entries,
    "check_init": _starts,
    "penalty_path": _strengths,
}
