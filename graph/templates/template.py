"""What a ready design is: its name, how it is drawn, where the gallery shows it, and the figure that it must reach."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from core.catalog import Catalog
from core.catalog.metrics import goal
from graph.commands.settings import SetSetting
from graph.document import Document
from graph.lessons.lesson import SETTING, Task, lesson_of
from graph.lessons.shorthand import SOURCE, reaches
from graph.lessons.verify import told


@dataclass(frozen=True, slots=True)
class Expected:
    """What training with the stored seed must reach on one part of the data, and where that figure comes from.

    `metric` is an id of `core.catalog.metrics`, with its answer in front where a design has several
    (``target/accuracy``), or the name of a loss; the table says which way is better, and losses are better when
    smaller.
    """

    metric: str
    figure: float
    part: str = "test"
    source: str = ""
    quick: bool = True  # trains within half a minute on one core; others are left to `make examples`

    @property
    def at_least(self) -> bool:
        """Whether larger is better."""
        return goal(self.metric) == "max"

    def reached(self, metrics: Mapping[str, Mapping[str, Any]]) -> float:
        """The figure among the metrics of a finished run, by part and name; NaN where it was not measured."""
        return float(metrics.get(self.part, {}).get(self.metric, math.nan))

    def holds(self, value: float) -> bool:
        """NaN never holds."""
        return value >= self.figure if self.at_least else value <= self.figure


@dataclass(frozen=True, slots=True)
class Template:
    """A design that `build` draws anew each time; `doc` is one sentence for its card.

    `family` is the section of the gallery. An `example` also lies ready as a file, and reaches what it `expects`.
    `data` tells that it comes with data; without, it is drawn for shapes alone and its Target waits for data.
    """

    label: str
    doc: str
    build: Callable[[Catalog], Document]
    family: str
    example: bool = False
    data: bool = True
    expects: Expected | None = None


def starter(family: str, label: str, build: Callable[[Catalog], Document], *, data: bool = True) -> Template:
    """A design to build on. Its docstring is what the card says."""
    return Template(label, build.__doc__ or "", build, family, data=data)


def example(family: str, label: str, build: Callable[[Catalog], Document], expects: Expected | None = None) -> Template:
    """A design that also lies ready as a file, with the figure that it must reach."""
    whole = partial(_with_goal, build, expects) if expects is not None else build
    return Template(label, build.__doc__ or "", whole, family, example=True, expects=expects)


def _with_goal(build: Callable[[Catalog], Document], expects: Expected, catalog: Catalog) -> Document:
    """The design, whose lesson asks first for what training must reach."""
    document = build(catalog)
    lesson = lesson_of(document)
    if lesson is not None:
        source = document.job.data.source
        named = {f"{SOURCE}.{name}": value for name, value in source.params.items() if isinstance(value, str)}
        where = {"job.data.source.kind": source.kind, **named}  # the figure is promised for these data
        words = told(reaches(expects.metric, expects.figure, part=expects.part))
        goal = Task(f"Press Train. {words}.", reaches(expects.metric, expects.figure, where, part=expects.part))
        SetSetting(SETTING, replace(lesson, goals=(goal, *lesson.goals)).to_json()).apply(document)
    return document
