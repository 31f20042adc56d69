"""The kinds of checks that a lesson may have: one table. Each is declared with its fields and how it is judged.

A judge is given the values of the fields, the conditions, and the evidence; it says whether the check holds, and in a
sentence what was met or what is missing. Nothing in a file is ever evaluated: what is no declared field is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from core.catalog.metrics import METRICS, goal
from core.spec.option import OptionSpec
from core.spec.params import Bool, Choice, Float, Int, Text
from graph.lessons import facts
from graph.lessons.evidence import Evidence, Trained
from graph.lessons.facts import Conditions

NO_RUN = "There is no run of it yet: train it."


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a check holds, and a sentence: what was met, or what is missing."""

    passed: bool
    said: str


Judge: TypeAlias = Callable[[Mapping[str, Any], Conditions, Conditions, Evidence], Verdict]


@dataclass(frozen=True)
class CheckSpec(OptionSpec):
    """A kind of check. `tell` puts it in words; `bounds` names fields of which one at least must be given, `paths`
    those that hold a path of `facts`."""

    judge: Judge = lambda *_: Verdict(False, "")
    tell: Callable[[Mapping[str, Any], Conditions, Conditions], str] = lambda *_: ""
    bounds: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    def verify(self, values: Mapping[str, Any]) -> None:
        """Raises ValueError where values that fit one by one say nothing together, or a path is none."""
        if self.bounds and all(values[name] in (None, "") for name in self.bounds):
            raise ValueError(f"{self.label}: {' or '.join(self.bounds)} is missing.")
        for name in self.paths:
            facts.check_path(values[name])


# -- runs


def _reached(values: Mapping[str, Any], where: Conditions, _than: Conditions, evidence: Evidence) -> Verdict:
    runs = _made(evidence, where)
    if not runs:
        return _unmade(evidence, where)
    figures = [(_figure(run, values), run) for run in runs]
    for figure, run in figures:
        if _within(figure, values):
            return Verdict(True, f"Reached: {_metric(values)} {_number(figure)}, in the run {run.name}.")
    known = [figure for figure, _ in figures if not math.isnan(figure)]
    if not known:
        return Verdict(False, f"No run has measured {_metric(values)} yet; the test part is measured at the end.")
    best = max(known) if values["at_least"] is not None else min(known)
    return Verdict(False, f"So far {_metric(values)} {_number(best)}; asked is {_bounds(values)}.")


def _trained(_values: Mapping[str, Any], where: Conditions, _than: Conditions, evidence: Evidence) -> Verdict:
    runs = [run for run in _made(evidence, where) if run.ended]
    return Verdict(True, f"Made: {runs[0].name}.") if runs else _unmade(evidence, where)


def _better(values: Mapping[str, Any], where: Conditions, than: Conditions, evidence: Evidence) -> Verdict:
    sign = 1.0 if goal(values["metric"]) == "max" else -1.0
    sides = []
    for conditions in (where, than):
        known = [f for run in _made(evidence, conditions) if not math.isnan(f := _figure(run, values))]
        if not known:
            return _unmade(evidence, conditions)
        sides.append(max(known, key=lambda figure: sign * figure))
    one, other = sides
    words = f"{_metric(values)} {_number(one)} with {facts.told(where)}, {_number(other)} with {facts.told(than)}"
    passed = sign * (one - other) >= values["margin"]
    return Verdict(passed, f"{words}." if passed else f"{words}: asked is a difference of {_number(values['margin'])}.")


def _variants(values: Mapping[str, Any], where: Conditions, _than: Conditions, evidence: Evidence) -> Verdict:
    path, runs = values["of"], [run for run in _made(evidence, where) if run.ended]
    if not runs:
        return _unmade(evidence, where)
    met = {_word(value) for run in runs for value in facts.values(run.document, path)}
    wanted = [word for word in map(str.strip, values["values"].split(",")) if word]
    missing = [word for word in wanted if not any(_same(word, other) for other in met)]
    said = f"Trained with {facts.name(path)} {', '.join(sorted(met))} so far"
    if wanted:
        return Verdict(not missing, f"{said}; to come: {', '.join(missing)}." if missing else f"{said}.")
    lacking = values["count"] - len(met)
    return Verdict(lacking <= 0, f"{said}." if lacking <= 0 else f"{said}; {lacking} more to come.")


# -- the drawing


def _drawn(_values: Mapping[str, Any], where: Conditions, _than: Conditions, evidence: Evidence) -> Verdict:
    for path, wanted in where.items():
        if not facts.holds(evidence.document, {path: wanted}):
            met = ", ".join(map(_word, facts.values(evidence.document, path)))
            now = f"now it is {met}" if met else "the design has no such thing"
            return Verdict(False, f"Asked is {facts.told({path: wanted})}; {now}.")
    return Verdict(True, f"So it is: {facts.told(where)}.")


def _parameters(values: Mapping[str, Any], where: Conditions, _than: Conditions, evidence: Evidence) -> Verdict:
    [count] = facts.values(evidence.document, "parameters")
    if not _within(count, values):
        return Verdict(False, f"The design has {count:,} parameters; asked is {_bounds(values)}.")
    rest = _drawn({}, where, {}, evidence)
    return rest if not rest.passed else Verdict(True, f"The design has {count:,} parameters.")


def _layer(values: Mapping[str, Any], where: Conditions, _than: Conditions, evidence: Evidence) -> Verdict:
    [count] = facts.values(evidence.document, f"layers.{values['layer']}")
    spec = evidence.document.spec(values["layer"])
    label = spec.label if spec else values["layer"]
    there = f"The design has {count} {label}" if count else f"The design has no {label} that is not muted"
    if bool(count) != values["present"]:
        return Verdict(False, f"{there}; asked is {'one at least' if values['present'] else 'none'}.")
    rest = _drawn({}, where, {}, evidence)
    return rest if not rest.passed else Verdict(True, f"{there}.")


# -- shared


def _made(evidence: Evidence, where: Conditions) -> list[Trained]:
    return [run for run in evidence.runs if facts.holds(run.document, where)]


def _unmade(evidence: Evidence, where: Conditions) -> Verdict:
    """Which step comes next: to draw it so, or to train it."""
    now = facts.holds(evidence.document, where)
    if now and (not where or not evidence.runs):
        return Verdict(False, NO_RUN)
    if now:
        return Verdict(False, f"The design has {facts.told(where)}. Now train it.")
    return Verdict(False, f"No run yet with {facts.told(where)}: set it, then train it.")


def _figure(run: Trained, values: Mapping[str, Any]) -> float:
    return float(run.metrics.get(values["part"], {}).get(values["metric"], math.nan))


def _within(value: float, values: Mapping[str, Any]) -> bool:
    """NaN never is."""
    low, high = values["at_least"], values["at_most"]
    return not math.isnan(value) and (low is None or value >= low) and (high is None or value <= high)


def _bounds(values: Mapping[str, Any]) -> str:
    low, high = values["at_least"], values["at_most"]
    said = [f"at least {_number(low)}"] if low is not None else []
    return " and ".join(said + ([f"at most {_number(high)}"] if high is not None else []))


def _metric(values: Mapping[str, Any]) -> str:
    """``test accuracy``, ``validation RMSE``."""
    owner, _, own = values["metric"].rpartition("/")
    label = METRICS[own].label if own in METRICS else own.replace("_", " ")
    label = label if label[1:2].isupper() or label[1:2].isdigit() else label[:1].lower() + label[1:]
    return " ".join(filter(None, (values["part"], owner, label)))


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _same(one: str, other: str) -> bool:
    """Equal as texts or as numbers: 8 and 8.0."""
    try:
        return one == other or float(one) == float(other)
    except ValueError:
        return False


def _word(value: Any) -> str:
    return " x ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _with(where: Conditions) -> str:
    return f", with {facts.told(where)}" if where else ""


_METRIC = Text("metric", "accuracy", doc="What is measured, as the curves call it: accuracy, target/accuracy, loss.")
_PART = Choice("part", choices=("test", "validation", "train"), default="test", doc="The part of the data.")
_LEAST = Float("at_least", None, optional=True, doc="The figure that is to be reached or passed.")
_MOST = Float("at_most", None, optional=True, doc="The figure that is not to be passed.")

_SPECS = (
    CheckSpec(
        "metric", "Figure", "A run reached a figure.", (_METRIC, _PART, _LEAST, _MOST), judge=_reached,
        tell=lambda v, where, _: f"A run reaches a {_metric(v)} of {_bounds(v)}{_with(where)}",
        bounds=("at_least", "at_most"),
    ),
    CheckSpec(
        "trained", "Run", "A run of a design that is as the conditions say came to its end.", judge=_trained,
        tell=lambda _v, where, _: f"A run is made{_with(where)}",
    ),
    CheckSpec(
        "better", "Comparison", "One kind of run is better than another.",
        (_METRIC, _PART, Float("margin", 0.0, min=0.0, doc="By how much at least.")), judge=_better,
        tell=lambda v, where, than: f"{facts.told(where)} does better than {facts.told(than)}: {_metric(v)}",
    ),
    CheckSpec(
        "variants", "Variants", "Runs were made with several values of one setting.",
        (
            Text("of", doc="Which setting: job.epochs, node.hidden.out_features."),
            Text("values", "", doc="The values, with commas between them; empty: any."),
            Int("count", 2, min=1, doc="How many different values, where none are named."),
        ),
        judge=_variants, tell=lambda v, where, _: f"Runs with several values of {facts.name(v['of'])}{_with(where)}",
        bounds=("of",), paths=("of",),
    ),
    CheckSpec(
        "drawn", "Design", "The design is as the conditions say.", judge=_drawn,
        tell=lambda _v, where, _: f"The design has {facts.told(where)}",
    ),
    CheckSpec(
        "parameters", "Parameters", "The design has no more, or no fewer, parameters.",
        (Int("at_most", None, min=0, optional=True), Int("at_least", None, min=0, optional=True)), judge=_parameters,
        tell=lambda v, where, _: f"The design has {_bounds(v)} parameters{_with(where)}",
        bounds=("at_least", "at_most"),
    ),
    CheckSpec(
        "layer", "Layer", "A layer of this kind is in the design, or is not.",
        (Text("layer", doc="Id of the layer."), Bool("present", True, doc="Whether it is to be there.")), judge=_layer,
        tell=lambda v, where, _: f"The design has {'a' if v['present'] else 'no'} {v['layer']}{_with(where)}",
        bounds=("layer",),
    ),
)  # fmt: skip

CHECKS: Mapping[str, CheckSpec] = {spec.id: spec for spec in _SPECS}
