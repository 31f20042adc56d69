"""Checks of the search that a job holds: warnings, as they keep nobody from training the design itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.catalog.strategies import PRUNERS, STRATEGIES, StrategySpec
from core.problem import Fix, LayerloomError, Problem, Severity
from core.search.space import points
from core.training.pick import Pick
from core.training.search import Choices, Range, Search, Variable
from graph.document import Document
from graph.paths import locate
from graph.searchable import declared, options_at
from graph.survey import Survey
from graph.values import JOB, NODE, place_of, refusal, value_at

MOST_POINTS = 10_000
_FEW = 5  # points that a range gets by the fix


def search_holds(survey: Survey) -> Iterator[Problem]:
    """The search of the job."""
    try:
        yield from troubles(survey.document)
    except LayerloomError:
        return  # the job itself does not hold, which its own rule tells


def troubles(document: Document) -> Iterator[Problem]:
    """Why the search of a document cannot be, or wastes trials. Raises LayerloomError where the job does not hold."""
    search = document.job.search
    if search.is_empty:
        return
    for path, variable in search.variables.items():
        yield from _variable(document, search, path, variable)
    yield from _twice(document, search)
    yield from _picks(search)
    yield from _grid(document, search)
    yield from _validation(document, search)


def _variable(document: Document, search: Search, path: str, variable: Variable) -> Iterator[Problem]:
    leave = _vary(search, path, None, "Do not search it")
    for place in (path, *variable.also):
        node = place.removeprefix(NODE).rpartition(".")[0] if place.startswith(NODE) else ""
        try:
            value_at(document, place)
            field = declared(document, place)
        except LayerloomError as error:
            yield _told(f"{place}: {error}", leave, code="search-path")
            continue
        for value in _ends(variable):
            wrong = refusal(document, place, value)
            try:
                if field is not None and not wrong:
                    field.check(tuple(value) if isinstance(value, list) else value)
            except ValueError as error:
                wrong = str(error)
            if wrong:
                yield _told(
                    f"{_name(document, place)} cannot be {value!r:.40}. {wrong}", leave, code="search-value", node=node
                )
                break
    yield from _of_other_kinds(document, search, path)


def _name(document: Document, path: str) -> str:
    """``out features of Linear``, where the path leads somewhere."""
    try:
        field = declared(document, path)
        title = field.title if field else path.rpartition(".")[2]
        if not path.startswith(NODE):
            return title if field else path
        return f"{title} of {document.label(*locate(document, path.removeprefix(NODE).rpartition('.')[0]))}"
    except LayerloomError:
        return path


def _ends(variable: Variable) -> tuple[Any, ...]:
    return variable.choices if isinstance(variable, Choices) else (variable.at(0.0), variable.at(1.0))


def _of_other_kinds(document: Document, search: Search, path: str) -> Iterator[Problem]:
    """A field of an option whose kind is searched too, where not every kind has it."""
    pick, _, name = path.removeprefix(JOB).rpartition(".params.")
    kinds = search.variables.get(f"{JOB}{pick}.kind")
    options = options_at(pick)
    if not pick or options is None or not isinstance(kinds, Choices):
        return
    without = [kind for kind in kinds.choices if kind in options and name not in options[kind].param]
    if without:
        labels = ", ".join(options[kind].label for kind in without)
        kept = tuple(kind for kind in kinds.choices if kind not in without)
        fixes = [_vary(search, path, None, "Do not search it")]
        if kept:
            fixes.append(
                _vary(search, f"{JOB}{pick}.kind", kinds.model_copy(update={"choices": kept}), f"Without {labels}")
            )
        yield _told(f"{name} is searched, which {labels} has not: every trial with it would fail.", *fixes)


def _twice(document: Document, search: Search) -> Iterator[Problem]:
    """Two paths to one value: it can have one alone."""
    seen: dict[tuple[str, ...], str] = {}
    for path, variable in search.variables.items():
        for place in (path, *variable.also):
            key = _key(document, place)
            if key not in seen:
                seen[key] = place
                continue
            alone = variable.model_copy(update={"also": tuple(other for other in variable.also if other != place)})
            fix = _vary(search, path, None if place == path else alone, "Search it once")
            yield _told(f"{_name(document, place)} is searched twice; it can have one value alone.", fix)
            return


def _key(document: Document, path: str) -> tuple[str, ...]:
    try:
        return place_of(document, path)
    except LayerloomError:  # gone, which is told by itself
        return (path,)


def _picks(search: Search) -> Iterator[Problem]:
    picked: tuple[tuple[str, Pick, Mapping[str, StrategySpec]], ...] = (
        ("strategy", search.strategy, STRATEGIES),
        ("pruner", search.pruner, PRUNERS),
    )
    for name, pick, table in picked:
        spec = table.get(pick.kind)
        reset = Fix(f"Reset the {name}", "set_job", {"path": f"search.{name}", "value": None})
        if spec is None:
            yield _told(f"there is no {name} {pick.kind!r:.40}; there are {', '.join(table)}.", reset)
            continue
        try:
            spec.values(pick.params)
        except ValueError as error:
            yield _told(f"{spec.label}: {error}", reset)
    if search.folds and search.pruner.kind != "none":
        drop = Fix("Prune nothing", "set_job", {"path": "search.pruner", "value": None})
        whole = Fix("Search without folds", "set_job", {"path": "search.folds", "value": None})
        yield _told("trials of several folds are never pruned.", drop, whole, severity=Severity.HINT)


def _grid(document: Document, search: Search) -> Iterator[Problem]:
    every = points(search)
    if every is None or not search.variables:
        return
    other = Fix("Propose values by TPE", "set_job", {"path": "search.strategy", "value": {"kind": "tpe"}})
    for path, variable in search.variables.items():
        if isinstance(variable, Range) and not variable.grid():
            few = _vary(search, path, variable.model_copy(update={"points": _FEW}), f"Visit {_FEW} points of it")
            name = _name(document, path)
            text = f"{name} has a range without a step: say by step or points which of its values the grid visits."
            yield _told(text, few, other, code="search-grid")
    if every > MOST_POINTS:
        yield _told(f"the grid has {every:,} points, each of them a training.", other, code="search-grid")


def _validation(document: Document, search: Search) -> Iterator[Problem]:
    if not search.folds and not document.job.data.split.validation:
        share = Fix("Set 15 % aside for validation", "set_job", {"path": "data.split.validation", "value": 0.15})
        folds = Fix("Judge by 5 folds", "set_job", {"path": "search.folds", "value": 5})
        yield _told("trials are judged by the validation part, and none of the data is set aside for it.", share, folds)


def _vary(search: Search, path: str, variable: Variable | None, label: str) -> Fix:
    kept = {p: v for p, v in search.variables.items() if p != path} | ({path: variable} if variable else {})
    value = {p: v.model_dump(mode="json", exclude_defaults=True) for p, v in kept.items()}
    return Fix(label, "set_job", {"path": "search.variables", "value": value or None})


def _told(
    text: str, *fixes: Fix, code: str = "search", severity: Severity = Severity.WARNING, node: str = ""
) -> Problem:
    return Problem(code, f"Search: {text}", severity=severity, fixes=fixes, node=node)


MAIN_RULES = (search_holds,)
