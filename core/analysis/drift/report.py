"""What a person is told of windows of new inputs: alerts with sentence and likely cause, curves, one window in full."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.analysis.drift.statistics import LARGE, MODERATE, severity

Window = Mapping[str, Any]
CURVES = 40  # traits whose way over the windows is told
_ORDER = {"fault": 0, "large": 1, "moderate": 2, "slight": 3}
_FOLLOWS = "It follows from what has drifted among the inputs."
_TOGETHER = (
    "No input has drifted by itself, so they go together otherwise than before; look at pairs of them, or for kinds of "
    "examples that training did not have."
)
_INSIDE = ("features", "output")  # groups of what the network makes of its inputs
MUCH_MISSING = 0.1  # of the examples


def reported(
    windows: Sequence[Window], alpha: float, least: float, chosen: int | None, notes: Sequence[str], more: bool = False
) -> dict[str, Any]:
    """What is told of windows, the oldest first; there may be `more` before them.

    Within a window the p values are Holm's; over the windows of the report they are multiplied by how many there are
    (Bonferroni), so that of reports in which nothing has changed at most the share `alpha` raises an alarm.

    Keys: ``alarm``, ``verdict``; ``windows``: ``name``, ``examples``, ``fed``, ``alerts`` (how many), ``worst`` (the
    trait), ``psi`` and ``statistic`` (of the traits in ``traits``, in their order), ``metric``; ``traits``; ``chosen``
    (index of the window told in full); ``window``: it, its rows by how surely they have drifted; ``alerts``: those of
    all windows, the newest first: ``window`` (index), ``severity`` (fault, large, moderate, slight), ``group``,
    ``about``, ``sentence``, ``cause``, ``psi``;
    ``detectable`` (the least statistic of Kolmogorov and Smirnov that would be an alarm there); ``notes``.
    """
    count = len(windows)
    judged = [_judged(window, index, count, alpha, least) for index, window in enumerate(windows)]
    alerts = [alert for _, found in judged for alert in found]
    alerts.sort(key=lambda alert: (-alert["window"], alert["group"] in _INSIDE, _ORDER[alert["severity"]],
                                   -(alert["psi"] or 0.0)))  # fmt: skip
    index = count - 1 if chosen is None or not 0 <= chosen < count else chosen
    traits = _followed(judged)
    full = judged[index][0]
    left = [f"The last {count} windows are shown; there are more before them."] if more else []
    return {
        "alarm": bool(alerts),
        "verdict": _verdict(judged, alerts, alpha),
        "windows": [_short(window, found, traits) for window, found in judged],
        "traits": traits,
        "chosen": index,
        "window": {**full, "rows": sorted(full["rows"], key=_surely)},
        "alerts": alerts,
        "detectable": _detectable(full, alpha, count),
        "thresholds": [MODERATE, LARGE],
        "notes": [*notes, *left, *full["notes"]],
    }


def _judged(
    window: Window, index: int, windows: int, alpha: float, least: float
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The window with each row's ``adjusted`` p over all windows and whether it has ``drifted``; and its alerts."""
    rows: list[dict[str, Any]] = []
    alerts: list[dict[str, Any]] = []
    for row in window["rows"]:
        told = {**row, "adjusted": _times(row["adjusted"], windows)}
        missing = _times(row.get("adjusted_missing"), windows)
        index_ = row["psi"] or 0.0
        moved = told["adjusted"] is not None and told["adjusted"] < alpha and index_ >= least
        gone = missing is not None and missing < alpha
        told.update(adjusted_missing=missing, drifted=moved or gone, severity=severity(index_))
        if row["group"] in _INSIDE:
            told["cause"] = _FOLLOWS if any(row["drifted"] for row in rows if row["group"] == "input") else _TOGETHER
        rows.append(told)
        if moved or gone:
            alerts.append(_alert(told, index, moved))
    for about, sentence in window["faults"]:
        is_column = any(row["name"] == about for row in rows)
        cause = "A column that was written by hand, or by another program." if is_column else ""
        alerts.append(_entry(index, "fault", about, sentence, cause, None))
    metric = dict(window["metric"]) if window["metric"] else None
    if metric:
        metric["adjusted"] = _times(metric["adjusted"], windows)
        metric["drifted"] = metric["adjusted"] is not None and metric["adjusted"] < alpha
        if metric["drifted"]:
            alerts.append(_of_metric(metric, index))
    return {**window, "rows": rows, "metric": metric}, alerts


def _times(p: float | None, windows: int) -> float | None:
    return None if p is None else min(1.0, p * windows)


def _alert(row: Mapping[str, Any], window: int, moved: bool) -> dict[str, Any]:
    if moved:
        sentence = " ".join(filter(None, (_moved(row), _means(row))))
        return _entry(window, row["severity"], row["name"], sentence, row["cause"], row["psi"], row["group"])
    before, now = row["missing"]
    sentence = f"{row['name']} is missing in {now:.1%} of the examples, in training in {before:.1%}."
    cause = "Look at what delivers this column." if now > before else "Something fills in now what was left empty."
    much = "large" if abs(now - before) > MUCH_MISSING else "moderate"
    return _entry(window, much, row["name"], sentence, cause, row["psi"], row["group"])


def _moved(row: Mapping[str, Any]) -> str:
    name, index = row["name"], f"{row['psi'] or 0.0:.3f}"
    measure = f"{'D' if row['kind'] == 'number' else 'chi²'} {row['statistic']:.3g}"
    p = "p < 0.001" if row["adjusted"] < 0.001 else f"p {row['adjusted']:.3f}"
    if row["group"] == "features":
        return f"The network's last features have drifted in {name}: PSI {index}, {measure}, {p} after correction."
    if row["group"] == "output":
        return f"The network's answers have drifted in {name}: PSI {index}, {measure}, {p} after correction."
    return f"{name} has drifted: PSI {index}, {measure}, {p} after correction."


def _means(row: Mapping[str, Any]) -> str:
    if row["mean"] is None or None in row["mean"]:
        return ""
    spread = row["deviation"][0] or 1.0
    before, now = (0.0 if abs(mean) < 1e-3 * spread else mean for mean in row["mean"])
    return f"Its mean went from {before:.4g} to {now:.4g}."


def _of_metric(metric: Mapping[str, Any], window: int) -> dict[str, Any]:
    is_better = (metric["value"] > metric["before"]) == (metric["name"] == "accuracy")
    sentence = (
        f"Live {metric['name']} is {metric['value']:.3f} ({metric['low']:.3f} to {metric['high']:.3f}) over "
        f"{metric['examples']:,} examples, held out it was {metric['before']:.3f}: "
        f"{'better' if is_better else 'worse'} than chance can tell."
    )
    cause = (
        "Easier examples, or targets that the inputs give away."
        if is_better
        else "What the network learned no longer holds here: train it again with examples like these."
    )
    return _entry(window, "slight" if is_better else "large", metric["name"], sentence, cause, None)


def _entry(
    window: int, severity_: str, about: str, sentence: str, cause: str, index: float | None, group: str = "input"
) -> dict[str, Any]:  # fmt: skip
    told = {"window": window, "severity": severity_, "about": about, "sentence": sentence, "cause": cause}
    return {**told, "psi": index, "group": group}


def _surely(row: Mapping[str, Any]) -> tuple[bool, bool, float]:
    """What has drifted first, and of that the inputs."""
    return not row["drifted"], row["drifted"] and row["group"] != "input", -(row["psi"] or 0.0)


def _followed(judged: Sequence[tuple[Mapping[str, Any], Any]]) -> list[str]:
    """The traits with the largest PSI anywhere, the largest first."""
    most: dict[str, float] = {}
    for window, _ in judged:
        for row in window["rows"]:
            most[row["name"]] = max(most.get(row["name"], 0.0), row["psi"] or 0.0)
    return sorted(most, key=lambda name: -most[name])[:CURVES]


def _short(window: Mapping[str, Any], alerts: Sequence[Any], traits: Sequence[str]) -> dict[str, Any]:
    rows = {row["name"]: row for row in window["rows"]}
    worst = max(window["rows"], key=lambda row: (row["drifted"], row["psi"] or 0.0), default=None)
    return {
        "name": window["name"],
        "examples": window["examples"],
        "fed": window["fed"],
        "alerts": len(alerts),
        "worst": worst["name"] if worst else "",
        "psi": [rows[name]["psi"] if name in rows else None for name in traits],
        "statistic": [rows[name]["statistic"] if name in rows else None for name in traits],
        "metric": window["metric"],
    }


def _detectable(window: Mapping[str, Any], alpha: float, windows: int) -> float | None:
    """By Smirnov's limit law for the first test of the family: sqrt(-ln(a / 2) / 2) sqrt(1 / n + 1 / m)."""
    tests = sum(row[key] is not None for row in window["rows"] for key in ("p", "p_missing"))
    tests += window["metric"] is not None
    new, before = window["examples"], window["reference"]
    if not new or not before or not tests:
        return None
    return min(1.0, math.sqrt(-math.log(alpha / windows / tests / 2) / 2) * math.sqrt(1 / new + 1 / before))


def _verdict(judged: Sequence[tuple[Mapping[str, Any], Sequence[Any]]], alerts: Sequence[Any], alpha: float) -> str:
    count, compared = len(judged), len(judged[-1][0]["rows"])
    if not alerts and count > 1:
        return f"No drift in {count} windows: of {compared} traits none differs beyond chance at alpha {alpha:g}."
    if not alerts:
        return f"No drift: of {compared} traits none differs beyond chance at alpha {alpha:g}."
    hit = [window["name"] for window, found in judged if found]
    names = list(dict.fromkeys(alert["about"] for alert in alerts if alert["about"]))
    told = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    if count > 1:
        return f"{len(alerts)} alerts in {len(hit)} of {count} windows, last in {hit[-1]}: {told}."
    return f"1 alert: {told}." if len(alerts) == 1 else f"{len(alerts)} alerts: {told}."
