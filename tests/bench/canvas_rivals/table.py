"""From the times of all editors to the table and the ratio."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

US = "Layerloom"
ACTS = ("build", "pan", "zoom", "drag", "select all", "delete all")  # those of the ratio, all nodes visible
Samples = Mapping[str, Mapping[str, Sequence[float]]]  # editor, act -> milliseconds


def median(times: Sequence[float]) -> float:
    return statistics.median(times)


def high(times: Sequence[float]) -> float:
    """The 95th percentile; of a few times, the longest."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]


def best_rival(samples: Samples, act: str) -> tuple[str, float] | None:
    """The fastest of the others at an act, and its median; None where none could do it."""
    found = [(median(acts[act]), name) for name, acts in samples.items() if name != US and act in acts]
    return (min(found)[1], min(found)[0]) if found else None


def ratio(samples: Samples, acts: Sequence[str] = ACTS) -> float | None:
    """Geometric mean over the acts of the best rival's median by ours; None where an act has no such pair."""
    ratios = []
    for act in acts:
        best = best_rival(samples, act)
        if best is None or act not in samples.get(US, {}):
            return None
        ratios.append(best[1] / median(samples[US][act]))
    return statistics.geometric_mean(ratios)


def table(samples: Samples, editors: Sequence[str]) -> list[str]:
    """Lines of a Markdown table: median / p95 of each editor, and how many times the best rival takes as long."""
    acts = list(dict.fromkeys(a for found in samples.values() for a in found))
    rows = [["ms, median / p95", *editors, "best rival / ours"]]
    for act in acts:
        cells = [_cell(samples.get(editor, {}).get(act)) for editor in editors]
        rows.append([act, *cells, _against(samples, act)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return lines


def _cell(times: Sequence[float] | None) -> str:
    return f"{_short(median(times))} / {_short(high(times))}" if times else "-"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def _against(samples: Samples, act: str) -> str:
    best, ours = best_rival(samples, act), samples.get(US, {}).get(act)
    if best is None or not ours:
        return "-"
    times = best[1] / median(ours)
    return f"{times:.1f} ({best[0]})" + ("" if times >= 1 else " BEHIND")
