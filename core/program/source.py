"""Program -> Python text: a standalone, formatted module such as one would write by hand. Imports no torch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.catalog import Catalog
from core.problem import LayerloomError
from core.program.body import ClassWriter
from core.program.carried import PREFIX, carried
from core.program.classes import Classes
from core.program.program import Program, Step
from core.program.text import comment, docstring
from core.program.writer import Writer, import_lines
from core.spec.layer import Call, LayerSpec

_LONGEST_TITLE = 1000
SIGNATURE = "Drawn with Layerloom; needs nothing but PyTorch."
SOLVED_SIGNATURE = "Drawn with Layerloom; needs PyTorch, and torchdiffeq for its adaptive solver."


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a module.

    `nodes` maps line numbers (from 1) to the path of the node that the line constructs or computes. A class that serves
    several block instances has the paths of the first; `labels` maps paths to what the person calls the nodes.
    """

    text: str
    nodes: Mapping[int, str]
    main: str
    labels: Mapping[str, str]


def source(program: Program, catalog: Catalog | None = None, *, also: Collection[str] = ()) -> Source:
    """Write the program as Python.

    Layers are looked up in `catalog`, by default the whole one. `also` names what else the text should import, for
    lines that the caller puts behind it. The text is a pure function of all three.

    Raises:
        LayerloomError: a layer is unknown, computes nothing, or its constructor cannot be written.
        AssertionError: the program breaks its own rules (see `Program.verify`).
    """
    program.verify()
    specs = _Lookup(catalog or _whole_catalog())
    classes = Classes(program, specs)
    own = carried(sorted({target for _, step in program.walk() if (target := specs.target(step)).startswith(PREFIX)}))
    classes.name_apart(own.names | own.imports.keys())
    writer = Writer()
    writer.used.update(also)
    for definition in own.definitions:
        writer.lines += [*definition.split("\n"), "", ""]
    for made in classes.all:
        ClassWriter(writer, made, classes).write()
        writer.blank(2)
    signature = SOLVED_SIGNATURE if {"odeint", "odeint_adjoint"} & writer.used else SIGNATURE
    head = _head(program, signature, import_lines(writer.used, own.imports))
    shift = len(head)
    return Source(
        text="\n".join([*head, *writer.lines]).rstrip("\n") + "\n",
        nodes={line + shift: node for line, node in writer.nodes.items()},
        main=classes.all[-1].name,
        labels={step.node: step.label or step.name for _, step in program.walk()},
    )


class _Lookup:
    """The declaration of a step's layer."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def __call__(self, step: Step) -> LayerSpec:
        spec = self._catalog.get(step.layer)
        if spec is None:
            raise LayerloomError(f"There is no layer {step.layer!r}.", code="unknown-layer", node=step.node)
        return spec

    def target(self, step: Step) -> str:
        """The class that the step constructs, as a dotted path; empty where it constructs none of torch's or ours."""
        code = self(step).torch if step.layer else None
        return code.target if isinstance(code, Call) else ""


def _whole_catalog() -> Catalog:
    from core.catalog.families import default_catalog

    return default_catalog()


def _head(program: Program, signature: str, imports: list[str]) -> list[str]:
    title = docstring(0, comment(program.title)[:_LONGEST_TITLE] or program.name)
    text = "\n".join(title).removesuffix('"""').rstrip("\n")
    return [*text.split("\n"), "", signature, '"""', "", *imports, "", ""]
