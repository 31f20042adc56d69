"""The tools as commands, from their tables: ``layerloom find-lr FILE``, …; and for trained runs ``layerloom … RUN``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.spec.params import Bool, Choice, Float, Int, Param, Text
from designer.cli_arguments import File, Json

if TYPE_CHECKING:
    from core.training.tools.tool import Answer, Tool

Set = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="As `train` takes them: lr=0.01.")]
Apply = Annotated[bool, typer.Option("--apply", help="Write the suggestion into the design.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)]
Weights = Annotated[str, typer.Option(help="best or last. [default: those that the run ended with]")]
_KINDS: Mapping[str, type] = {Int.kind: int, Float.kind: float, Bool.kind: bool, Text.kind: str, Choice.kind: str}
_OF_DESIGN = {"file": (File, ...), "settings": (Set, None), "as_json": (Json, False), "apply": (Apply, False)}
_OF_RUN = {"run": (Run, ...), "weights": (Weights, ""), "as_json": (Json, False)}
_Parts = Mapping[str, tuple[Any, Any]]


def add_commands(app: typer.Typer) -> None:
    """Give the application a command for each tool; its options are the tool's fields."""
    from core.analysis.examining.table import EXAMS
    from core.training.tools.table import TOOLS

    for tool in TOOLS.values():
        app.command(tool.command, help=_help(tool))(_command(tool, _OF_DESIGN, _on_design))
    for exam in EXAMS.values():
        app.command(exam.command, help=_help(exam))(_command(exam, _OF_RUN, _on_run))


def _help(tool: Tool[Any]) -> str:
    return f"{tool.doc} Exit code 1 where the answer is bad.\n\n{tool.when}"


def _command(tool: Tool[Any], parts: _Parts, act: Callable[..., int]) -> Callable[..., None]:
    def command(**given: Any) -> None:
        params = {name: value for name, value in given.items() if name in tool.param and value is not None}
        raise typer.Exit(act(tool, params, **{name: given[name] for name in parts}))

    every = {**parts, **{param.name: (option(param), None) for param in tool.params}}
    empty, named = inspect.Parameter.empty, inspect.Parameter.KEYWORD_ONLY
    command.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
        inspect.Parameter(name, named, default=empty if default is ... else default, annotation=kind)
        for name, (kind, default) in every.items()
    ])  # fmt: skip
    command.__annotations__ = {name: kind for name, (kind, _) in every.items()}
    return command


def option(param: Param) -> Any:
    """A field as an option of a command."""
    default = "" if param.default is None else f" [default: {param.format(param.default)}]"
    words = f"{param.label[0].upper()}{param.label[1:]}. " if param.label else ""
    one_of = f" One of {', '.join(param.choices)}." if isinstance(param, Choice) else ""
    word = param.name.replace("_", "-")
    name = f"--{word}/--no-{word}" if isinstance(param, Bool) else f"--{word}"
    return Annotated[
        _KINDS[param.kind] | None, typer.Option(name, help=f"{words}{param.doc}{one_of}{default}", show_default=False)
    ]


def _on_design(
    tool: Tool[Any], params: Mapping[str, Any], file: Path, settings: Sequence[str] | None, as_json: bool, apply: bool
) -> int:
    """Run a tool on a design and print what it found; returns the exit code.

    Raises:
        LayerloomError: the file, the settings, the data or the design does not hold.
    """
    from core.training.tools.table import TOOLS, Asked
    from core.training.tools.tool import perform
    from designer.cli_design import lowered, open_design

    design = open_design(file, settings or ())
    asked = Asked(lowered(design), design.document.job, file.absolute().parent)
    with _bar(tool.label, shown=not as_json) as told:
        answer = perform(TOOLS, tool.id, asked, params, told)
    written = _apply(file, answer) if apply else ""
    hint = f"--apply writes into the design: {answer['fixes'][0]['label']}." if answer["fixes"] else ""
    return _tell(answer, as_json, f"Written into the design: {written}." if written else hint)


def _on_run(tool: Tool[Any], params: Mapping[str, Any], run: Path, weights: str, as_json: bool) -> int:
    """The same for a tool that works on a run. Raises LayerloomError where there is none, or no weights."""
    from core.analysis.examining.table import EXAMS, Examined
    from core.training.runs import RunFolder
    from core.training.tools.tool import perform

    with _bar(tool.label, shown=not as_json) as told:
        answer = perform(EXAMS, tool.id, Examined(RunFolder.open(run), weights), params, told)
    return _tell(answer, as_json)


@contextmanager
def _bar(label: str, *, shown: bool) -> Iterator[Callable[[float], None]]:
    from rich.progress import Progress

    from designer.cli_output import console

    out = console()
    with Progress(console=out, transient=True, disable=not (shown and out.is_terminal)) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _apply(file: Path, answer: Answer) -> str:
    """Put the first thing that an answer offers into the design on the disk; returns what that was."""
    from core.problem import Fix, Problem
    from designer.cli_design import open_design
    from graph.fixes import command
    from graph.storage import save

    if not answer["fixes"]:
        return ""
    fix = answer["fixes"][0]
    design = open_design(file)
    command(design.document, Problem("tool", ""), Fix(fix["label"], fix["action"], fix["args"])).apply(design.document)
    save(design.document, file)
    return str(fix["label"])


def _tell(answer: Answer, as_json: bool, hint: str = "") -> int:
    from designer.cli_output import DESIGN, console, table, write_json
    from designer.cli_tool_tables import TABLES, WORDS

    code = 0 if answer["good"] else DESIGN
    if as_json:
        write_json(answer)
        return code
    told = TABLES[answer["tool"]](answer) if answer["tool"] in TABLES else None
    if told is not None:
        columns, rows = told
        table(columns, rows, right=[c for c in columns[1:] if c not in WORDS])
    out = console()
    out.print(answer["verdict"], style="green" if answer["good"] else "bold red", soft_wrap=True)
    for reason in answer.get("reasons", ()):
        out.print(f"  - {reason}", soft_wrap=True)
    if hint:
        out.print(hint)
    return code
