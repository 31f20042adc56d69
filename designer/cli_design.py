"""Designs on the command line: opening them, checking them, setting values by path, lowering them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.catalog.datasets import signature
from core.catalog.families import default_catalog
from core.catalog.solvers import SOLVERS
from core.data.signature import DataSignature
from core.problem import Problem, Severity
from core.program.cost import Cost
from core.program.program import Program
from core.spec.shape import Dim, TensorType, evaluate
from designer.cli_output import Failed, complain
from designer.cli_settings import apply_settings
from graph import check, storage
from graph.commands import SetJob
from graph.document import Document
from graph.infer import Inference, ScopeTypes
from graph.lower import lower


@dataclass(frozen=True)
class Design:
    """An opened design file: `notes` is what was wrong with the file itself."""

    path: Path
    document: Document
    notes: tuple[Problem, ...] = ()

    @property
    def title(self) -> str:
        return self.document.title or self.path.stem


@dataclass(frozen=True)
class Row:
    """One node of the table that `check` prints; nodes inside a block have a longer path."""

    path: str
    name: str
    layer: str
    shapes: tuple[str, ...]
    parameters: int | None
    macs: int | str | None

    @property
    def depth(self) -> int:
        return self.path.count("/")


@dataclass(frozen=True)
class Report:
    """All that `check` tells. Multiply-accumulates are those of one example."""

    rows: tuple[Row, ...]
    parameters: int
    macs: int | str
    problems: tuple[Problem, ...]

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == Severity.ERROR for problem in self.problems)


def open_design(path: Path, settings: Sequence[str] = ()) -> Design:
    """Open a design file, apply ``--set`` values, and learn what its data offers, reading the data files where only
    they can tell: what is set may be what makes them readable.

    Raises:
        LayerloomError: the file is no design, a setting does not fit, or its data cannot be read.
    """
    document, notes = storage.load(path, default_catalog())
    apply_settings(document, settings)
    design = Design(path, document, tuple(notes))
    learn_signature(design)
    return design


def learn_signature(design: Design) -> None:
    """Put the signature of the data into the job, where the stored one is not that of the source."""
    data = design.document.job.data
    known = signature(data.source)
    if known is None:
        known = _read_signature(design) if data.source.params.get("path") else DataSignature()
    if known != data.signature:
        SetJob("data.signature", known.model_dump(mode="json")).apply(design.document)


def report(design: Design) -> Report:
    """Shapes, costs and problems of the whole design."""
    document, inference = design.document, Inference(design.document)
    rows = tuple(_rows(document, inference, ""))
    total = inference.scope().total
    found = (*design.notes, *check.problems(document, inference))
    return Report(rows, total.parameters, _per_example(total.macs), found)


def lowered(design: Design) -> Program:
    """The program of the design; its warnings go to stderr.

    Raises:
        Failed: with the first error, and how many there are.
    """
    problems = report(design).problems
    errors = [p for p in problems if p.severity == Severity.ERROR]
    if errors:
        more = f" ({len(errors) - 1} more; see `layerloom check {design.path}`)" if len(errors) > 1 else ""
        raise Failed(f"{errors[0].message}{more}", code=errors[0].code, node=errors[0].node)
    for problem in problems:
        if problem.severity == Severity.WARNING:
            complain(f"warning: {problem.message}")
    return lower(design.document)


def _read_signature(design: Design) -> DataSignature:
    from core.data.sources import load

    return load(design.document.job.data.source, design.path.parent).signature


def _rows(document: Document, inference: Inference, path: str) -> Iterator[Row]:
    scope = inference.scope(path)
    within = scope.findings.scope
    graph = document.graph(within)
    for id in graph.order():
        node = graph.node(id)
        spec = document.spec(node.layer)
        place = f"{path}/{id}" if path else id
        cost = scope.costs.get(id)
        name = document.label(within, id) + (f" x {node.repeat}" if node.repeat > 1 else "")
        name += f" by {SOLVERS[node.solver.method].short}" if node.solver is not None else ""
        layer = spec.label if spec else node.layer
        yield Row(place, name, layer, _shapes(scope, id), *_cost(cost))
        if node.block in document.blocks:
            yield from _rows(document, inference, place)


def _shapes(scope: ScopeTypes, node: str) -> tuple[str, ...]:
    leaving: Iterable[TensorType] = [type for (maker, _), type in scope.types.items() if maker == node]
    return tuple(map(str, leaving or scope.incoming(node).values()))


def _cost(cost: Cost | None) -> tuple[int | None, int | str | None]:
    return (None, None) if cost is None else (cost.parameters, _per_example(cost.macs))


def _per_example(macs: Dim) -> int | str:
    count: Any = evaluate(macs, {"B": 1})
    return count if isinstance(count, int) else str(count)
