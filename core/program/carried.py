"""The text of our own modules, taken out of their files, so that exported source stands alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

PREFIX = "core.modules."
_CHECKER = re.compile(r"  # (type: ignore|noqa).*$")  # remarks to our own checkers mean nothing to a reader


@dataclass(frozen=True, slots=True)
class Carried:
    """Top-level definitions in the order of their files, and the imports that they use (name -> statement).

    ``from __future__`` is left behind: annotations must hold as they stand, from Python 3.10 on.
    """

    definitions: tuple[str, ...]
    imports: dict[str, ast.Import | ast.ImportFrom]
    names: frozenset[str]


def carried(targets: Iterable[str]) -> Carried:
    """What must stand in the source for these classes (``core.modules.positional.PositionalEncoding``, …) to work."""
    wanted: dict[str, set[str]] = {}
    for target in targets:
        module, _, name = target.removeprefix(PREFIX).rpartition(".")
        wanted.setdefault(module, set()).add(name)
    definitions: list[str] = []
    imports: dict[str, ast.Import | ast.ImportFrom] = {}
    names: set[str] = set()
    for module in sorted(wanted):
        file = _read(module)
        needed = file.closure(wanted[module])
        definitions += [text for name, text in file.definitions.items() if name in needed]
        imports |= {name: node for name, node in file.imports.items() if name in needed}
        names |= needed
    return Carried(tuple(definitions), imports, frozenset(names))


@dataclass(frozen=True, slots=True)
class _File:
    definitions: dict[str, str]
    uses: dict[str, frozenset[str]]
    imports: dict[str, ast.Import | ast.ImportFrom]

    def closure(self, names: set[str]) -> set[str]:
        """These names and all that their definitions use, however indirectly."""
        todo, seen = sorted(names), set[str]()
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += self.uses.get(name, ())
        return seen


@cache
def _read(module: str) -> _File:
    text = files("core").joinpath("modules", *module.split(".")[:-1], f"{module.split('.')[-1]}.py").read_text("utf-8")
    lines = text.splitlines()
    definitions, uses, imports = dict[str, str](), dict[str, frozenset[str]](), dict[str, ast.Import | ast.ImportFrom]()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports |= {alias.asname or alias.name.partition(".")[0]: _only(node, alias) for alias in node.names}
        for name in _defined(node):
            start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            definitions[name] = "\n".join(_CHECKER.sub("", line) for line in lines[start - 1 : node.end_lineno])
            uses[name] = frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
    return _File(definitions, uses, imports)


def _defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            yield name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            if name != "__all__":
                yield name


def _only(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.Import | ast.ImportFrom:
    return ast.Import([alias]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [alias], node.level)
