"""Checks in few words, for those who write lessons."""

from __future__ import annotations

from typing import Any

from core.catalog.metrics import goal
from graph.lessons.facts import Conditions
from graph.lessons.lesson import Check

SOURCE = "job.data.source.params"


def reaches(metric: str, figure: float, where: Conditions | None = None, *, part: str = "test") -> Check:
    """A run, of a design as `where` says, is as good as the figure or better."""
    return _figure(metric, figure, where, part, goal(metric) == "max")


def fails(metric: str, figure: float, where: Conditions | None = None, *, part: str = "test") -> Check:
    """A run, of a design as `where` says, is as bad as the figure or worse."""
    return _figure(metric, figure, where, part, goal(metric) != "max")


def better(metric: str, where: Conditions, than: Conditions, *, margin: float = 0.0, part: str = "test") -> Check:
    """The best run with `where` beats the best one with `than`."""
    return Check("better", {"metric": metric, "part": part, "margin": margin}, where, than)


def trained(where: Conditions) -> Check:
    """A run of a design as `where` says came to its end."""
    return Check("trained", where=where)


def varied(of: str, *values: Any, where: Conditions | None = None, count: int = 2) -> Check:
    """Runs were made with all of these values of a setting; without any, with `count` different ones."""
    named = {"values": ", ".join(map(str, values))} if values else {"count": count}
    return Check("variants", {"of": of, **named}, where or {})


def drawn(where: Conditions) -> Check:
    """The design is as `where` says."""
    return Check("drawn", where=where)


def small(most: int) -> Check:
    """The design has no more than so many parameters."""
    return Check("parameters", {"at_most": most})


def _figure(metric: str, figure: float, where: Conditions | None, part: str, low: bool) -> Check:
    bound = "at_least" if low else "at_most"
    return Check("metric", {"metric": metric, "part": part, bound: figure}, where or {})
