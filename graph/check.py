"""All that is wrong with a design: what inference met, how it hangs together, whether it makes sense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.problem import Problem, Severity
from graph import rules_job, rules_meaning, rules_search, rules_solving, rules_topology
from graph.document import Document
from graph.findings import Findings
from graph.infer import Inference
from graph.survey import Survey
from graph.trouble import join

MAIN_RULES = (
    *rules_job.MAIN_RULES,
    *rules_search.MAIN_RULES,
    *rules_topology.MAIN_RULES,
    *rules_meaning.MAIN_RULES,
    *rules_solving.RULES,
)
BLOCK_RULES = (*rules_topology.BLOCK_RULES, *rules_meaning.BLOCK_RULES, *rules_solving.RULES)
_WORST_FIRST = {severity: place for place, severity in enumerate(Severity)}


def problems(document: Document, inference: Inference) -> list[Problem]:
    """Errors first, then warnings, then hints; within each, the whole design first and then by the order of creation.

    What is wrong with a node that no output or loss needs is a warning: the rest can be trained and exported.
    """
    return inference.remembered("check", lambda: _problems(document, inference))


def _problems(document: Document, inference: Inference) -> list[Problem]:
    main = Survey(document, inference, inference.main)
    surveys = {"": main, **{survey.place: survey for survey in _insides(main)}}
    found = [_weighed(problem, surveys) for problem in inference.problems]
    for rule in MAIN_RULES:
        found += rule(main)
    for place, survey in surveys.items():
        if place:
            found += [problem for rule in BLOCK_RULES for problem in rule(survey)]
    order = {node: number for number, node in enumerate(inference.main.graph.node_ids)}
    return sorted(found, key=lambda p: (_WORST_FIRST[p.severity], order.get(p.node.partition("/")[0], -1)))


def _insides(survey: Survey) -> Iterator[Survey]:
    """Each block once, as its first instance has it."""
    seen: set[str] = set()
    todo = [(survey.findings, "")]
    while todo:
        findings, place = todo.pop(0)
        for node, inside in findings.instances():
            found: Findings = inside[0][0]
            if found.scope not in seen:
                seen.add(found.scope)
                path = join(place, node)
                yield Survey(survey.document, survey.inference, found, path)
                todo.append((found, path))


def _weighed(problem: Problem, surveys: dict[str, Survey]) -> Problem:
    """An error of a node that nothing needs, as a warning."""
    if problem.severity != Severity.ERROR or all(_is_needed(step, surveys) for step in _steps(problem.node)):
        return problem
    return replace(problem, severity=Severity.WARNING, message=f"{problem.message} (No output or loss needs it.)")


def _steps(path: str) -> Iterator[tuple[str, str]]:
    """("", "n7"), ("n7", "n2") for ``n7/n2``."""
    place = ""
    for node in path.split("/"):
        yield place, node
        place = join(place, node)


def _is_needed(step: tuple[str, str], surveys: dict[str, Survey]) -> bool:
    place, node = step
    survey = surveys.get(place)
    return survey is None or not survey.sinks or node in survey.needed
