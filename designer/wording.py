"""What a catalogue of another language must have: every text that the window shows and that is no name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from core.analysis.examining.edges.cases import CASES
from core.analysis.examining.table import EXAMS
from core.catalog.balancing import BALANCES
from core.catalog.datasets import SOURCES
from core.catalog.families import default_catalog
from core.catalog.initialisers import INITIALISERS
from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import SCHEDULES
from core.catalog.solvers import SOLVERS
from core.catalog.strategies import PRUNERS, STRATEGIES
from core.catalog.transforms import TRANSFORMS
from core.spec.params import Param
from core.training.tools.table import TOOLS
from core.training.tools.tool import Tool
from designer.language import catalogue, without_numbers
from exporters.precisions import PRECISIONS
from graph.searchable import OWN_FIELDS

_FIELDS = {"BatchSize", "Bool", "Choice", "Float", "Int", "Names", "Several", "Text"}


def missing(code: str) -> list[str]:
    """What of `texts` the catalogue of a language lacks."""
    known = catalogue(code)
    wanted = (text for text in dict.fromkeys(texts()) if any(map(str.isalpha, text)))
    return [text for text in wanted if text not in known and without_numbers(text) not in known]


def texts() -> Iterator[str]:
    """Every text of the tables of actions and panels, of the code, and of the declarations of layers and options."""
    from designer.actions import ACTIONS
    from designer.shell.panels import PANELS

    yield from literals()
    for action in ACTIONS:
        yield from filter(None, (*action.menu.split("/"), action.label, action.tip))
    for panel in PANELS:
        yield panel.title
    yield from of_layers()
    yield from of_options()


def literals() -> Iterator[str]:
    """Every text that stands in the designer's code within `tr` or `marked`, or in the declaration of a field."""
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                name, first = node.func.id, node.args[0]
                if name in ("tr", "marked"):
                    yield from _constants(first)
                elif name == "map" and getattr(first, "id", "") == "marked":
                    yield from (text for part in node.args[1:] for text in _constants(part))
                elif name in _FIELDS:
                    yield from _field(node)


def of_layers() -> Iterator[str]:
    """What the declarations of layers say: categories, help, ports and fields."""
    for spec in default_catalog():
        yield from filter(None, (spec.category, spec.doc, spec.when))
        yield from _of_params(spec.params, named=spec.torch is not None)
        yield from (port.doc for port in (*spec.inputs, *spec.outputs) if port.doc)


def of_options() -> Iterator[str]:
    """What the declarations of all that is picked by name say: sources, optimizers, strategies, tools, edge cases, …"""
    for table in (SOURCES, TRANSFORMS, INITIALISERS, OPTIMIZERS, SCHEDULES, SOLVERS):
        for option in table.values():
            yield from filter(None, (option.label, option.group, option.doc))
            yield from _of_params(option.params, named=bool(option.torch))
    for case in CASES.values():
        yield from (case.label, case.doc, case.fails, case.remedy)
    for precision in PRECISIONS.values():
        yield from (precision.label, precision.doc, precision.when)
        yield from _of_params(precision.params, named=False)
    for way in BALANCES.values():
        yield from filter(None, (way.label, way.doc, way.when))
    for strategy in (*STRATEGIES.values(), *PRUNERS.values()):
        yield from (strategy.label, strategy.doc, strategy.when, strategy.pros, strategy.cons)
        yield from _of_params(strategy.params, named=False)
    yield from _of_params(OWN_FIELDS, named=False)
    tools: tuple[Tool[Any], ...] = (*TOOLS.values(), *EXAMS.values())
    for tool in tools:
        yield from (tool.label, tool.doc, tool.when)
        yield from _of_params(tool.params, named=False)


def _of_params(params: Iterable[Param], *, named: bool) -> Iterator[str]:
    """`named`: a field without a label bears the name of an argument, which is not translated."""
    from designer.forms.expected import expectation

    for param in params:
        told = (param.doc, param.label if named else param.title, expectation(param), getattr(param, "empty", ""))
        yield from filter(None, told)
        yield from (getattr(param, "labels", None) or {}).values()


def _constants(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp():
            yield from (*_constants(node.body), *_constants(node.orelse))
        case ast.Tuple() | ast.List():
            yield from (text for part in node.elts for text in _constants(part))


def _field(call: ast.Call) -> Iterator[str]:
    """Title, help and words of a field that the designer itself declares."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    named = given.get("label", call.args[0])
    yield from (text if named is not call.args[0] else text.replace("_", " ") for text in _constants(named) if text)
    yield from _constants(given.get("doc", ast.Tuple([], ast.Load())))
    if isinstance(labels := given.get("labels"), ast.Dict):
        yield from (text for value in labels.values for text in _constants(value))
