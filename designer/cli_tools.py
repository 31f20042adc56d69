"""``layerloom find-lr``, ``overfit``, ``check-gradients``, ``fit-batch``, ``race``: the tools, from their table."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.spec.params import Bool, Float, Int, Param, Text
from designer.cli_arguments import File, Json

if TYPE_CHECKING:
    from core.training.tools.table import Answer, Tool

Set = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="As `train` takes them: lr=0.01.")]
_KINDS: Mapping[str, type] = {Int.kind: int, Float.kind: float, Bool.kind: bool, Text.kind: str}
Apply = Annotated[bool, typer.Option("--apply", help="Write the suggestion into the design.")]


def add_commands(app: typer.Typer) -> None:
    """Give the application a command for each tool; its options are the tool's fields."""
    from core.training.tools.table import TOOLS

    for tool in TOOLS.values():
        help = f"{tool.doc} Exit code 1 where the answer is bad.\n\n{tool.when}"
        app.command(tool.command, help=help)(_command(tool))


def _command(tool: Tool) -> Callable[..., None]:
    def command(**given: Any) -> None:
        params = {name: value for name, value in given.items() if name in tool.param and value is not None}
        raise typer.Exit(run(tool, given["file"], params, given["settings"] or (), given["apply"], given["as_json"]))

    parts = {"file": (File, ...), "settings": (Set, None), "as_json": (Json, False)}
    own = {param.name: (_option(param), None) for param in tool.params}
    every = {**parts, **own, "apply": (Apply, False)}
    empty, named = inspect.Parameter.empty, inspect.Parameter.KEYWORD_ONLY
    command.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
        inspect.Parameter(name, named, default=empty if default is ... else default, annotation=kind)
        for name, (kind, default) in every.items()
    ])  # fmt: skip
    command.__annotations__ = {name: kind for name, (kind, _) in every.items()}
    return command


def _option(param: Param) -> Any:
    default = "" if param.default is None else f" [default: {param.format(param.default)}]"
    words = f"{param.label[0].upper()}{param.label[1:]}. " if param.label else ""
    name = f"--{param.name}/--no-{param.name}" if isinstance(param, Bool) else f"--{param.name}"
    return Annotated[
        _KINDS[param.kind] | None, typer.Option(name, help=f"{words}{param.doc}{default}", show_default=False)
    ]


def run(
    tool: Tool, file: Path, params: Mapping[str, Any], settings: Sequence[str], applies: bool, as_json: bool
) -> int:
    """Run a tool on a design and print what it found; returns the exit code.

    Raises:
        LayerloomError: the file, the settings, the data or the design does not hold.
    """
    from core.training.tools.table import Asked, perform
    from designer.cli_design import learn_signature, lowered, open_design
    from designer.cli_output import DESIGN, write_json
    from designer.cli_settings import apply_settings

    design = open_design(file)
    apply_settings(design.document, settings)
    learn_signature(design)
    asked = Asked(lowered(design), design.document.job, file.absolute().parent)
    with _bar(tool.label, shown=not as_json) as told:
        answer = perform(tool.id, asked, params, told)
    written = _apply(file, answer) if applies else ""
    if as_json:
        write_json(answer)
    else:
        _print(answer, written)
    return 0 if answer["good"] else DESIGN


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


def _print(answer: Answer, written: str) -> None:
    from designer.cli_output import console, table

    told = _TABLES[answer["tool"]](answer)
    if told is not None:
        columns, rows = told
        table(columns, rows, right=columns[1:])
    out = console()
    out.print(answer["verdict"], style="green" if answer["good"] else "bold red", soft_wrap=True)
    for reason in answer.get("reasons", ()):
        out.print(f"  - {reason}", soft_wrap=True)
    if written:
        out.print(f"Written into the design: {written}.")
    elif answer["fixes"]:
        out.print(f"--apply writes into the design: {answer['fixes'][0]['label']}.")


_Table = tuple[Sequence[str], Sequence[tuple[str, ...]]]


def _rates(answer: Answer) -> _Table:
    """Some of the steps, evenly chosen."""
    from designer.cli_output import number

    rows = list(zip(answer["rates"], answer["losses"], answer["smoothed"], strict=True))
    chosen = rows[:: max(1, len(rows) // 20)]
    return ("learning rate", "loss", "smoothed"), [tuple(number(v) for v in row) for row in chosen]


def _losses(answer: Answer) -> _Table:
    from designer.cli_output import number

    losses = answer["losses"]
    every = max(1, len(losses) // 10)
    steps = sorted({*range(0, len(losses), every), len(losses) - 1})
    return ("step", "loss"), [(f"{step:,}", number(losses[step])) for step in steps]


def _nodes(answer: Answer) -> _Table:
    rows = [
        (n["label"], f"{n['error']:.1e}", str(n["checked"]), str(n["kinks"]), "right" if n["right"] else "wrong")
        for n in answer["nodes"]
    ]
    return ("layer", "relative error", "weights", "at kinks", "gradient"), rows


def _tries(answer: Answer) -> _Table:
    from designer.numbers import lasting, size

    rows = [
        (f"{t['size']:,}", size(t["peak"]), lasting(t["seconds"]), f"{t['size'] / max(t['seconds'], 1e-9):,.0f}")
        if t["fits"]
        else (f"{t['size']:,}", "does not fit", "", "")
        for t in answer["tries"]
    ]
    return ("batch size", "memory", "a step", "examples/s"), rows


def _entries(answer: Answer) -> _Table:
    from designer.cli_output import number

    ranked = sorted(answer["entries"], key=lambda entry: (entry["last"] is None, entry["last"] or 0.0))
    rows = [
        (e["label"], number(e["losses"][0]), "broke" if e["last"] is None else number(e["last"]), f"{e['seconds']:.2f}")
        for e in ranked
    ]
    return ("optimizer, rate", "first loss", "last loss", "seconds"), rows


_TABLES: Mapping[str, Callable[[Answer], _Table | None]] = {
    "find_rate": _rates,
    "overfit": _losses,
    "check_gradients": _nodes,
    "fit_batch": _tries,
    "race": _entries,
}
