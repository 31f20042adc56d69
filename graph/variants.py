"""A design with other values: what a search tries on a copy, and what is taken over from it in one step.

Paths are those of `core.training.search`: ``job.batch_size``, ``node.n3.out_features``, ``node.n7/n2.layer``.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from core.problem import LayerloomError, Severity
from core.program.program import Program
from core.training.job import Job
from core.training.search import Variable
from graph import check
from graph.codec import decode, encode
from graph.commands.base import Batch, Command
from graph.commands.settings import SetJob
from graph.document import Document
from graph.infer import Inference
from graph.lower import lower
from graph.values import SetValue
from graph.values import value_at as value_at


def vary(document: Document, path: str, variable: Variable | None, token: Hashable = None) -> Command:
    """Let the value at a path be searched as `variable` says, or (None) no longer."""
    held = {p: v.model_dump(mode="json", exclude_defaults=True) for p, v in document.job.search.variables.items()}
    held.pop(path, None) if variable is None else held.update(
        {path: variable.model_dump(mode="json", exclude_defaults=True)}
    )
    return SetJob("search.variables", held or None, token)


def apply(document: Document, values: Mapping[str, Any], label: str = "") -> Command:
    """The values of a trial as one act: layers and kinds first, as they reset what belongs to them.

    What a variable of the design's search names as `also` takes its value too.
    """
    every = document.job.search.spread(values)
    ordered = sorted(every, key=lambda path: path.rpartition(".")[2] not in ("layer", "kind"))
    return Batch(label or "Apply the values of a trial", tuple(SetValue(path, every[path]) for path in ordered))


@dataclass(frozen=True)
class Variant:
    """A design with the values of a trial, ready to be trained; its job searches nothing."""

    program: Program
    job: Job
    design: str


def variant(document: Document, values: Mapping[str, Any]) -> Variant:
    """The design with other values, made of a copy: the document stays as it is.

    Raises:
        LayerloomError: a value does not fit, or the values together make no network that can be trained; the problem
            is the first that a check of the design finds.
    """
    copy, _ = decode(encode(document), document.catalog, document.title)
    apply(copy, values).apply(copy)
    SetJob("search", None).apply(copy)
    inference = Inference(copy)
    errors = [p for p in check.problems(copy, inference) if p.severity == Severity.ERROR]
    if errors:
        raise LayerloomError(errors[0])
    return Variant(lower(copy, inference), copy.job, encode(copy))
