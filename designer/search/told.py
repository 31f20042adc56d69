"""What a study tells, as values for pictures and tables: axes, lines, drawings. No widget."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, overload

import numpy as np

from core.search.study import Study
from core.search.trial import Trial
from core.training.search import Choices, Variable
from designer.figures.marks import GREY, Dots, Drawing, Line, Mark, numbers
from designer.language import tr
from designer.plots.readout import number
from designer.search.axes import Axis, spanning
from designer.search.strands import Strand
from designer.search.words import title, word

BEST, PRUNED = 2, GREY  # colours of the chart


def axis(name: str, variable: Variable) -> Axis:
    if isinstance(variable, Choices):
        return Axis(name, words=tuple(map(word, variable.choices)))
    return Axis(name, variable.low, variable.high, variable.log)


def axes(study: Study, names: Mapping[str, str]) -> tuple[Axis, ...]:
    """One for each variable, then the result."""
    varied = [axis(title(path, names), variable) for path, variable in study.search.variables.items()]
    return (*varied, spanning(study.search.metric, [trial.result for trial in study.trials]))


def strands(study: Study, names: Mapping[str, str]) -> tuple[Strand, ...]:
    """A line for each trial that began."""
    shown, merits = axes(study, names), merit(study)
    words = {path: isinstance(variable, Choices) for path, variable in study.search.variables.items()}
    return tuple(
        Strand(
            trial.number,
            tuple(ax.place(value) for ax, value in zip(shown, _values(trial, words), strict=True)),
            merits.get(trial.number) if trial.state == "finished" else None,
            partial(sentence, study, trial, names),
        )
        for trial in study.trials
        if trial.state != "waiting"
    )


def _values(trial: Trial, words: Mapping[str, bool]) -> list[Any]:
    return [*(word(trial.values.get(p)) if w else trial.values.get(p) for p, w in words.items()), trial.result]


def merit(study: Study) -> dict[int, float]:
    """How good each finished trial is among the others, from 0 to 1, by rank: one bad result hides no difference."""
    done = [trial for trial in study.trials if trial.state == "finished" and _is_number(trial.result)]
    sign = -1.0 if study.search.direction == "min" else 1.0
    order = sorted(done, key=lambda trial: sign * (trial.result or 0.0))
    return {
        trial.number: place / max(1, len(order) - 1) if len(order) > 1 else 1.0 for place, trial in enumerate(order)
    }


def sentence(study: Study, trial: Trial, names: Mapping[str, str]) -> str:
    """``Trial 7: accuracy 0.953, learning rate 0.004, …``."""
    parts = [f"{title(path, names)} {word(value)}" for path, value in trial.values.items()]
    if trial.result is not None:
        parts.insert(0, f"{study.search.metric} {reached(trial)}")
    parts += [trial.message] if trial.message else []
    return tr("Trial {n}: {what}", n=trial.number + 1, what=", ".join(parts))


class Sentences(Sequence[str]):
    """`sentence` of each of some trials, made when it is asked for: there may be thousands."""

    def __init__(self, study: Study, trials: Sequence[Trial], names: Mapping[str, str]) -> None:
        self._study, self._trials, self._names = study, trials, names

    def __len__(self) -> int:
        return len(self._trials)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [sentence(self._study, trial, self._names) for trial in self._trials[index]]
        return sentence(self._study, self._trials[index], self._names)


def reached(trial: Trial) -> str:
    """The result, with its deviation where there are folds."""
    if trial.result is None:
        return ""
    return f"{number(trial.result)} ± {trial.deviation:.2g}" if trial.deviation is not None else number(trial.result)


# -- drawings


def history(study: Study, names: Mapping[str, str]) -> tuple[Drawing, list[int]]:
    """The result of each trial in turn, with the best so far; and the trial of each dot."""
    shown = [trial for trial in study.trials if _is_number(trial.result)]
    x, y = numbers([trial.number + 1 for trial in shown]), numbers([trial.result for trial in shown])
    whole = np.array([trial.state == "finished" for trial in shown], bool)
    better = np.minimum if study.search.direction == "min" else np.maximum
    told = Sentences(study, shown, names)
    marks: list[Mark] = [Dots(x, y, [0 if done else PRUNED for done in whole], 3.2, told)]  # taken hold of first
    if whole.any():
        best = better.accumulate(y[whole])
        marks.append(Line(np.repeat(x[whole], 2)[1:], np.repeat(best, 2)[:-1], BEST, tr("best so far")))
    legend = [(tr("finished"), 0), (tr("best so far"), BEST)]
    legend += [(tr("pruned"), PRUNED)] if not whole.all() else []
    drawing = Drawing(
        marks,
        tr("{metric} of each trial", metric=study.search.metric),
        x_label=tr("trial"),
        x_whole=True,
        y_label=study.search.metric,
        x_span=(0.5, max(2.0, float(x.max()) + 0.5)) if len(x) else None,
        legend=legend,
        summary=_best_told(study, names),
    )
    return drawing, [trial.number for trial in shown]


def curves(study: Study) -> Drawing:
    """The metric over the epochs of every trial; the best stands out."""
    best, marks = study.best, list[Mark]()
    for trial in sorted(study.trials, key=lambda trial: trial is best or (best is not None and trial == best)):
        is_best = best is not None and trial.number == best.number
        for curve in trial.curves:
            if curve:
                x, y = numbers([epoch for epoch, _ in curve]), numbers([value for _, value in curve])
                name = tr("Trial {n}: {what}", n=trial.number + 1, what=study.search.metric)
                colour = BEST if is_best else PRUNED if trial.state == "pruned" else 0
                marks.append(Line(x, y, colour, name, thin=not is_best, dotted=len(x) == 1))
    name = tr("validation {metric} over the epochs", metric=study.search.metric)
    return Drawing(marks, name, x_label=tr("epoch"), y_label=study.search.metric, x_whole=True)


def slices(study: Study, names: Mapping[str, str]) -> list[tuple[Drawing, list[int]]]:
    """For each variable the result over its value; and the trial of each dot."""
    shown = [trial for trial in study.trials if _is_number(trial.result)]
    merits, told = merit(study), Sentences(study, shown, names)
    y = numbers([trial.result for trial in shown])
    colours = [PRUNED if trial.state != "finished" else BEST if merits[trial.number] == 1.0 else 0 for trial in shown]
    found = []
    for path, variable in study.search.variables.items():
        ax = axis(title(path, names), variable)
        x = np.array([_across(variable, trial.values.get(path)) for trial in shown], np.float64)
        drawing = Drawing(
            [Dots(x, y, colours, 3.2, told)],
            ax.title,
            y_label=study.search.metric,
            x_span=_span(variable),
            x_powers=ax.is_log,
            x_words=ax.words,
        )
        found.append((drawing, [trial.number for trial in shown]))
    return found


def pair(study: Study, names: Mapping[str, str], paths: tuple[str, str]) -> tuple[Drawing, list[int]]:
    """Which values of two variables do well together: a dot for each trial in the colour of its quarter; and the trial
    of each dot."""
    merits = merit(study)
    shown = [trial for trial in study.trials if trial.number in merits]
    x, y = (study.search.variables[path] for path in paths)
    colours = [_quarter(merits[trial.number]) for trial in shown]
    places = [numbers([_across(v, trial.values.get(p)) for trial in shown]) for p, v in zip(paths, (x, y), strict=True)]
    across, up = (axis(title(path, names), variable) for path, variable in zip(paths, (x, y), strict=True))
    drawing = Drawing(
        [Dots(places[0], places[1], colours, 3.8, Sentences(study, shown, names))],
        tr("{one} and {other}", one=up.title, other=across.title),
        x_label=across.title,
        y_label=up.title,
        x_span=_span(x),
        y_span=_span(y),
        x_powers=across.is_log,
        y_powers=up.is_log,
        x_words=across.words,
        y_words=up.words,
        legend=[(tr("best quarter"), BEST), (tr("better half"), 0), (tr("worse half"), GREY)],
    )
    return drawing, [trial.number for trial in shown]


def _quarter(merit: float) -> int:
    return BEST if merit >= 0.75 else 0 if merit >= 0.5 else GREY


def _across(variable: Variable, value: Any) -> float:
    """Where a value lies on the axis of a drawing: the place among the choices, the number, or its logarithm."""
    try:
        if isinstance(variable, Choices):
            return float(variable.index(value))
        return math.log10(value) if variable.log else float(value)
    except (ValueError, TypeError):
        return math.nan


def _span(variable: Variable) -> tuple[float, float]:
    if isinstance(variable, Choices):
        return -0.5, len(variable.choices) - 0.5
    low, high = _across(variable, variable.low), _across(variable, variable.high)
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


def _best_told(study: Study, names: Mapping[str, str]) -> str:
    return tr("Best: {trial}", trial=sentence(study, study.best, names)) if study.best else ""


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def epochs_of(trial: Trial) -> int:
    """How many epochs a trial has trained, over all its runs."""
    return sum(curve[-1][0] for curve in trial.curves if curve)


def shares(study: Study, names: Mapping[str, str]) -> Sequence[tuple[str, str, float]]:
    """Path, title and share of the spread that each variable explains, the largest first."""
    known = ((path, title(path, names), share) for path, share in study.importance.items())
    return sorted(known, key=lambda row: -row[2])
