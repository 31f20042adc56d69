"""What the tools found, as tables on the command line: columns and rows; None where the verdict says it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from core.analysis.examining.sure import RANKINGS
from core.training.tools.tool import Answer
from designer.cli_output import number
from designer.numbers import brief, lasting, size

FOUND = "what was found"
WORDS = frozenset(("result", FOUND))  # columns of words; all others but the first hold numbers
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
        (
            e["label"],
            "broke" if e["last"] is None else number(e["last"]),
            f"{e['batches']:,}",
            f"{e['examples']:,}",
            f"{e['seconds']:.2f}",
        )
        for e in ranked
    ]
    return (answer["vary"], "last loss", "steps", "examples", "seconds"), rows


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


def _sizes(answer: Answer) -> Table:
    """What is judged, and the loss."""
    both = [(name, part) for name in dict.fromkeys((answer["metric"], "loss")) for part in ("train", "validation")]
    rows = [
        (
            f"{point['examples']:,}",
            *(f"{point['mean'][part][name]:.4g} ± {point['deviation'][part][name]:.1g}" for name, part in both),
        )
        for point in answer["points"]
    ]
    return ("examples", *(f"{name}, {part}" for name, part in both)), rows


def _curvature(answer: Answer) -> Table:
    bent = answer["curvature"]
    rows = [("loss at these weights", number(answer["loss"])), ("most within the radius", _told(answer["rise"]))]
    if bent is not None:
        rows += [("sharpest curvature", number(bent["largest"])), ("least curvature", number(bent["least"]))]
    rows += [(f"loss at {place['name']}", _told(place["loss"])) for place in answer["places"][1:]]
    return ("what", "value"), rows


def _line(answer: Answer) -> Table:
    """Some of the places, evenly chosen, and both ends."""
    parts = list(answer["losses"])
    every = max(1, len(answer["at"]) // 12)
    chosen = [k for k, at in enumerate(answer["at"]) if k % every == 0 or at in (0, 1)]
    rows = [(f"{answer['at'][k]:.3g}", *(_told(answer["losses"][part][k]) for part in parts)) for k in chosen]
    return ("from other weights (0) to these (1)", *parts), rows


def _networks(answer: Answer) -> Table:
    rows = [
        (name, *(_told(value) for value in answer[key].values()))
        for key, name in (("whole", "as it is"), ("bare", "taken out"), ("trained", "trained without"))
        if answer[key] is not None
    ]
    return ("activations", *answer["whole"]), rows


def _levels(answer: Answer) -> Table:
    names = list(answer["levels"][0]["mean"])
    rows = [
        (f"{level['share']:.0%}", *(f"{_told(level['mean'][n])} ± {_told(level['deviation'][n])}" for n in names))
        for level in answer["levels"]
    ]
    return (f"{answer['what']} hit", *names), rows


def _sureness(answer: Answer) -> Table:
    curves = answer["curves"]
    rows = [
        (RANKINGS[name], *(number(curve[key]) for key in ("area", "kept")), number(curve["risk"][-1]))
        for name, curve in curves.items()
    ]
    return ("ranked by", "mean risk", "risk of the surest 80 %", "risk of all"), rows


def _strange(answer: Answer) -> Table:
    by = [("network", answer)]
    if answer["beside"] is not None:
        by.append((f"{answer['beside']['components']} principal components", answer["beside"]))
    rows = [(name, *(f"{found[key]:.1%}" for key in ("caught", "alarms")), number(found["area"])) for name, found in by]
    return ("by", "caught", "false alarms", "area under ROC"), rows


def _precisions(answer: Answer) -> Table:
    metric = answer["metric"]
    rows = [
        (e["label"], *["-"] * (6 + bool(metric)))
        if e["problem"]
        else (
            e["label"],
            size(e["bytes"]),
            *(f"{brief(t['p50'] / 1000)} ({brief(t['p95'] / 1000)})" for t in e["latency"].values()),
            "-" if e["memory"] is None else size(e["memory"]),
            f"{e['max_abs']:.2g}",
            "-" if e["same"] is None else f"{1 - e['same']:.2%}",
            *([number(e["values"][metric])] if metric else []),
        )
        for e in answer["entries"]
    ]
    heads = ("precision", "file", "1: p50 (p95)", "32: p50 (p95)", "memory", "largest difference", "changed")
    return (*heads, metric) if metric else heads, rows


def _sparsities(answer: Answer) -> Table:
    names = list(answer["levels"][0]["values"])
    rows = [
        (f"{1 - level['kept']:.1%}", *(_told(level["values"][name]) for name in names)) for level in answer["levels"]
    ]
    return ("weights that are zero", *names), rows


def _told(value: float | None) -> str:
    return "no number" if value is None else number(value)


def _cases(answer: Answer) -> Table:
    rows = [(case["label"], case["state"], case["sentence"]) for case in answer["cases"] if case["state"] != "skipped"]
    return ("edge case", "result", FOUND), rows


TABLES: Mapping[str, Callable[[Answer], Table | None]] = {
    "find_rate": _rates,
    "overfit": _losses,
    "compress": _precisions,
    "prune": _sparsities,
    "check_gradients": _nodes,
    "fit_batch": _tries,
    "race": _entries,
    "learning_curve": _sizes,
    "edges": _cases,
    "loss_surface": _curvature,
    "loss_line": _line,
    "damage": _levels,
    "without_activations": _networks,
    "check_init": _starts,
    "penalty_path": _strengths,
    "uncertainty": _sureness,
    "anomalies": _strange,
}
