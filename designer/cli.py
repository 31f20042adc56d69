"""``layerloom``: the window and the command line. Every import that costs time happens when its command runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from core.problem import LayerloomError
from designer import cli_export, cli_grow, cli_import, cli_monitor, cli_sampling, cli_search, cli_studies, cli_teaching
from designer.cli_arguments import File, Host, Json, Nodes, Processes, RemotePython, Rendezvous, Restarts
from designer.cli_tools import add_commands as add_tools

DEBUG = "--debug"
DEFAULT = "open"


class _Group(TyperGroup):
    """Commands; the first word that is none of them is a file, which the window opens. Refusals become sentences."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        word = args[0]
        if self.get_command(ctx, word) is None and not word.startswith("-"):
            if not Path(word).exists():
                close = get_close_matches(word, self.commands, n=1)
                hint = f" Did you mean `layerloom {close[0]}`?" if close else ""
                raise LayerloomError(f"There is no file and no command {word!r}.{hint}", code="missing")
            args = [DEFAULT, *args]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        from designer.cli_output import INPUT, Failed, complain

        try:
            return super().invoke(ctx)
        except LayerloomError as error:
            complain(str(error))
            if os.environ.get("LAYERLOOM_DEBUG"):
                raise
            code = 1 if isinstance(error, Failed) else INPUT
            raise typer.Exit(code) from error

    def main(self, *args: Any, **more: Any) -> Any:
        from designer.cli_output import INTERRUPTED, complain

        try:
            code = super().main(*args, **{**more, "standalone_mode": False})
        except typer.Abort:
            sys.exit(INTERRUPTED)
        except typer.TyperException as error:  # a wrong option or argument
            complain(" ".join(getattr(error, "format_message", error.__str__)().split()))
            sys.exit(getattr(error, "exit_code", 2))
        sys.exit(code if isinstance(code, int) else 0)


app = typer.Typer(
    cls=_Group,
    name="layerloom",
    help="Draw a neural network, watch it learn, ship it as ONNX.\n\n`layerloom [FILE]` opens the window.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    debug: Annotated[bool, typer.Option(DEBUG, help="Show tracebacks (allowed anywhere on the line).")] = False,
) -> None:
    if context.invoked_subcommand is None:
        _open_window(None)


@app.command(DEFAULT)
def open_window(
    file: Annotated[Path | None, typer.Argument(help="A design (.loom).", show_default=False)] = None,
) -> None:
    """Open the window, on a design if one is given."""
    if file is not None and not file.exists():
        raise LayerloomError(f"There is no file {file}.", code="missing")
    _open_window(file)


def _open_window(file: Path | None) -> None:
    from designer.app import run

    raise typer.Exit(run(file))


@app.command()
def layers(
    layer: Annotated[str, typer.Argument(help="The id of one layer: everything about it.", show_default=False)] = "",
    category: Annotated[str, typer.Option(help="Only this category (any part of its name).")] = "",
    as_json: Json = False,
) -> None:
    """List the layers that a design can have, or tell all about one."""
    from designer.cli_tables import list_layers, show_layer

    if layer:
        show_layer(layer, as_json)
    else:
        list_layers(category, as_json)


@app.command("check")
def check_design(
    file: File,
    cost: Annotated[
        bool, typer.Option("--cost", help="What training it takes: memory, time, what looks wrong.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Shapes, parameters, multiply-accumulates and problems of a design. Exit code 1 where it has errors."""
    from designer.cli_tables import print_report

    raise typer.Exit(print_report(file, as_json, cost))


@app.command()
def draw(
    file: File,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to: .svg, .pdf or .png.", show_default=False)],
    style: Annotated[str, typer.Option(help="publication (white, flat), light or dark.")] = "publication",
    block: Annotated[str, typer.Option(help="Path of a block to draw the inside of, as `check` lists it.")] = "",
    scale: Annotated[float, typer.Option(help="Pixels of a PNG to a unit of the drawing.", min=0.05, max=16.0)] = 3.0,
    notes: Annotated[bool, typer.Option("--notes", help="Draw the notes too.")] = False,
) -> None:
    """Write the drawing of a design as a figure."""
    from designer.cli_draw import draw as draw_figure

    draw_figure(file, output, style=style, block=block, scale=scale, notes=notes)


@app.command()
def train(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A design (.loom); not needed with --resume.", show_default=False),
    ] = None,
    run: Annotated[Path | None, typer.Option("--run", help="Folder of the run. [default: runs/NAME-1, -2, …]")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="How many epochs, instead of the design's.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A value of the job or of a node: lr=0.01, conv1.out_channels=32."
        ),
    ] = None,
    logs: Annotated[
        list[str] | None, typer.Option("--log", help="Also log for tensorboard, mlflow or wandb; may be repeated.")
    ] = None,
    processes: Processes = None,
    nodes: Nodes = 1,
    rendezvous: Rendezvous = "",
    restarts: Restarts = None,
    host: Host = "",
    python: RemotePython = "python3",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    as_json: Json = False,
) -> None:
    """Train a design in a run folder. Ctrl+C stops after the batch and keeps the run."""
    from designer.cli_machines import place
    from designer.cli_runs import start_run

    given = {"epochs": epochs, "device": device, "logs": json.dumps(logs) if logs else None}
    where = place(processes, nodes, rendezvous, restarts, host, python, resume)
    own = {} if resume or nodes > 1 else {"processes": processes}
    raise typer.Exit(start_run(file, run, _overrides(settings or (), {**given, **own}), resume, as_json, where))


@app.command()
def generate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run that learned text.")],
    prompt: Annotated[str, typer.Option(help="What the text begins with; or the text to be turned.")] = "",
    length: Annotated[int, typer.Option(min=0, help="How many symbols to write.")] = 400,
    temperature: Annotated[float, typer.Option(min=0.0, help="0: always the best; above 1: bolder.")] = 0.8,
    top_k: Annotated[int, typer.Option(min=0, help="Draw from so many of the best; 0: from all.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed writes the same text.")] = 0,
    weights: Annotated[str, typer.Option(help="best or last. [default: those that the run ended with]")] = "",
    as_json: Json = False,
) -> None:
    """Let a trained network write: continue a prompt, or turn a text into what it becomes."""
    from core.analysis.writing import Style
    from designer.cli_generate import generate as write

    write(run, prompt, length, Style(temperature, top_k, seed), weights, as_json)


@app.command()
def new(
    template: Annotated[str, typer.Argument(help="A starter network; `--list` names them.", show_default=False)] = "",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The design to write.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the templates.")] = False,
    as_json: Json = False,
) -> None:
    """Write a new design from a template."""
    from designer.cli_tables import list_templates, write_template

    if listed or not template:
        list_templates(as_json)
    else:
        write_template(template, out, force, as_json)


@app.command()
def runs(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that holds run folders.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """List the runs in a folder, the newest first."""
    from designer.cli_tables import print_runs

    print_runs(directory, as_json)


@app.command()
def demo(
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Where run and model go. [default: a new folder]")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="How many epochs, instead of the example's.")] = None,
    as_json: Json = False,
) -> None:
    """The whole job without a window: train a residual network on digits, export ONNX, compare it with PyTorch."""
    from designer.cli_demo import run_demo

    raise typer.Exit(run_demo(folder, epochs, as_json))


@app.command()
def version(as_json: Json = False) -> None:
    """Versions of Layerloom and of what it stands on."""
    from designer.cli_tables import print_versions

    print_versions(as_json)


_MODULES = (cli_export, cli_grow, cli_sampling, cli_monitor, cli_teaching, cli_studies, cli_search)
for _command in (command for module in _MODULES for command in module.COMMANDS):
    app.command()(_command)
app.command("import")(cli_import.import_file)
add_tools(app)


def _overrides(settings: Sequence[str], given: Mapping[str, object]) -> list[str]:
    return [*settings, *(f"{key}={value}" for key, value in given.items() if value is not None)]


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script. Whatever goes wrong is one sentence; ``--debug`` anywhere on the line shows tracebacks."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if DEBUG in given:
        given.remove(DEBUG)
        os.environ["LAYERLOOM_DEBUG"] = "1"
    else:
        sys.excepthook = _one_sentence
    typer.main.get_command(app).main(given, prog_name="layerloom")


def _one_sentence(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What a person sees of a fault of ours."""
    print(
        f"layerloom: this should not have happened: {kind.__name__}: {error}. Run the same line with {DEBUG} "
        "for the traceback, and please report it.",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
