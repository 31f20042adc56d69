"""Checks of blocks that are solved as differential equations."""

from __future__ import annotations

from collections.abc import Iterator

from core.problem import Problem, Severity
from core.program.fixed import adapts, unsuited
from graph.survey import Survey


def adaptive_steps(survey: Survey) -> Iterator[Problem]:
    """What trains here and cannot go into ONNX as it is: told before somebody exports."""
    for node in survey.findings.graph.nodes:
        sound = survey.findings.outcomes[node.id].given is not None
        if sound and node.solver is not None and adapts(node.solver):
            yield unsuited(survey.label(node.id), survey.path(node.id), node.solver, Severity.HINT)


RULES = (adaptive_steps,)
