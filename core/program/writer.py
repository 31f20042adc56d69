"""Collects the lines of a source file: each knows its node, and the file knows what it must import."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping

from core.program import layout
from core.program.text import INDENT

_OURS = {
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "math": "import math",
    "sys": "import sys",
    "nn": "from torch import nn",
    "Tensor": "from torch import Tensor",
    "odeint": "from torchdiffeq import odeint",
    "odeint_adjoint": "from torchdiffeq import odeint_adjoint",
}
_QUALIFIERS = tuple(f"{name}." for name in _OURS)  # nn and Tensor are put in by who writes classes and signatures


class Writer:
    """Lines at a depth of indentation; `nodes` maps line numbers to the node that they compute."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.nodes: dict[int, str] = {}
        self.used: set[str] = set()  # names that the lines refer to
        self.depth = 0

    def line(self, text: str = "", node: str = "") -> None:
        self._add([INDENT * self.depth + text if text else ""], node)

    def put(self, head: str, value: str, node: str = "", tail: str = "") -> None:
        """One statement: ``head value tail``, broken into lines where it is too long."""
        tree = layout.expression(value)
        if any(name in value for name in _QUALIFIERS):
            self.used.update(n.id for n in ast.walk(tree) if isinstance(n, ast.Name))
        self._add(layout.statement(self.depth, head, tree, tail), node)

    def define(self, name: str, parameters: list[str], returns: str) -> None:
        """The head of a method; its body is written one level deeper."""
        self.used |= {"Tensor"} if any("Tensor" in part for part in (*parameters, returns)) else set()
        self._add(layout.signature(self.depth, name, parameters, returns), "")

    def blank(self, count: int = 1) -> None:
        self.lines += [""] * count

    def _add(self, lines: list[str], node: str) -> None:
        if node:
            start = len(self.lines) + 1
            self.nodes.update(dict.fromkeys(range(start, start + len(lines)), node))
        self.lines += lines


def import_lines(used: set[str], carried: Mapping[str, ast.Import | ast.ImportFrom]) -> list[str]:
    """The import statements for these names, in isort's order, standard library first."""
    statements = {name: ast.parse(text).body[0] for name, text in _OURS.items() if name in used} | dict(carried)
    plain: set[tuple[str, str]] = set()
    members: dict[str, set[str]] = {}
    for statement in statements.values():
        assert isinstance(statement, ast.Import | ast.ImportFrom)
        [alias] = statement.names
        renamed = f" as {alias.asname}" if alias.asname else ""
        if isinstance(statement, ast.Import):
            plain.add((alias.name, f"import {alias.name}{renamed}"))
        else:
            members.setdefault(statement.module or "", set()).add(alias.name + renamed)
    origins = [(name, False, text) for name, text in plain]
    for module, names in members.items():
        origins.append((module, True, f"from {module} import {', '.join(sorted(names, key=_member_order))}"))
    sections: dict[int, list[str]] = {}
    for module, _, text in sorted(origins, key=lambda row: (_section(row[0]), row[1], row[0])):
        sections.setdefault(_section(module), []).append(text)
    lines: list[str] = []
    for _, texts in sorted(sections.items()):
        lines += [*([""] if lines else []), *texts]
    return lines


def _section(module: str) -> int:
    root = module.partition(".")[0]
    return 0 if root in sys.stdlib_module_names else 1


def _member_order(name: str) -> tuple[int, str]:
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2), name
