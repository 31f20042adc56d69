"""``layerloom monitor``: new inputs of a trained network beside those that it was trained on, once or as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from designer.cli_arguments import Json

ROWS = 20  # traits that are printed
_STYLES = {"fault": "bold red", "large": "bold red", "moderate": "yellow", "slight": "cyan"}


def monitor(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)],
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="A table, arrays, a folder of pictures, or a folder of such files in the "
                       "order of their names.", show_default=False),
    ],
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and tell what has come; Ctrl+C ends.")] = False,
    every: Annotated[float, typer.Option(min=0.2, help="With --watch: seconds between two looks.")] = 5.0,
    window: Annotated[int, typer.Option(min=0, help="Rows that are taken together; 0: all of a file.")] = 0,
    alpha: Annotated[
        float, typer.Option(min=1e-9, max=0.5, help="Of reports where nothing has changed, at most this share alarms.")
    ] = 0.01,
    least_psi: Annotated[float, typer.Option(min=0.0, help="The least PSI that is worth an alarm.")] = 0.0,
    weights: Annotated[str, typer.Option(help="best or last. [default: those that the run ended with]")] = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    """Compare new inputs with the training data: drift of each column, of the network's features and answers, live
    metrics where targets are there, and latency. Exit code 1 on an alert."""
    from core.analysis.drift.monitor import Monitor, Watched
    from core.analysis.subject import Subject, moment
    from core.training.runs import RunFolder

    folder = RunFolder.open(run)
    watcher = Monitor(Subject(folder, moment(folder, weights)), Watched(alpha, least_psi, window))
    tell = _json if as_json else _tell
    raise typer.Exit(_watch(watcher, data, every, tell) if watch else _once(watcher, data, tell))


COMMANDS = (monitor,)


def _once(watcher: Any, data: Path, tell: Callable[[Mapping[str, Any]], None]) -> int:
    from designer.cli_output import DESIGN

    report = watcher.look(data)
    tell(report)
    return DESIGN if report["alarm"] else 0


def _watch(watcher: Any, data: Path, every: float, tell: Callable[[Mapping[str, Any]], None]) -> int:
    """Look again whenever something has changed; a file that does not hold yet is told once and looked at again."""
    from core.analysis.drift.monitor import stamp
    from core.problem import LayerloomError
    from designer.cli_output import DESIGN, complain

    alarmed, seen = False, ""
    try:
        while True:
            try:
                now = stamp(data)
                if now != seen:
                    seen = now
                    report = watcher.look(data, growing=True)
                    alarmed |= report["alarm"]
                    tell(report)
            except LayerloomError as error:
                complain(str(error))
            time.sleep(every)
    except KeyboardInterrupt:
        return DESIGN if alarmed else 0


def _json(report: Mapping[str, Any]) -> None:
    from designer.cli_output import write_json

    write_json(report, compact=True)


def _tell(report: Mapping[str, Any]) -> None:
    from designer.cli_output import console

    window = report["window"]
    out = console()
    out.print(f"{window['name']}: {window['examples']:,} examples beside {report['reference']:,} of training.",
              soft_wrap=True)  # fmt: skip
    _print_traits(window["rows"])
    if len(report["windows"]) > 1:
        _print_windows(report["windows"])
    _print_rest(report)
    out.print(report["verdict"], style="bold red" if report["alarm"] else "green", soft_wrap=True)
    names = [f"{one['name']}: " if len(report["windows"]) > 1 else "" for one in report["windows"]]
    for alert in report["alerts"]:
        out.print(f"  - {names[alert['window']]}{alert['sentence']}", style=_STYLES[alert["severity"]], soft_wrap=True)
        if alert["cause"]:
            out.print(f"    {alert['cause']}", soft_wrap=True)
    for note in report["notes"]:
        out.print(f"Note: {note}", soft_wrap=True)


def _print_traits(rows: list[Mapping[str, Any]]) -> None:
    from designer.cli_output import table

    columns = ("trait", "of", "test", "statistic", "p", "PSI", "missing", "outside", "")
    told = [
        (row["name"], row["group"], row["test"], _number(row["statistic"]), _p(row["adjusted"]),
         _number(row["psi"]), f"{row['missing'][1]:.1%}", f"{row['outside'][1]:.1%}", "drifted" * row["drifted"])
        for row in rows[:ROWS]
    ]  # fmt: skip
    table(columns, told, right=columns[3:8])


def _print_windows(windows: list[Mapping[str, Any]]) -> None:
    from designer.cli_output import table

    columns = ("window", "examples", "alerts", "most changed", "metric")
    told = [
        (w["name"], f"{w['examples']:,}", str(w["alerts"] or ""), w["worst"],
         f"{w['metric']['name']} {w['metric']['value']:.3f}" if w["metric"] else "")
        for w in windows
    ]  # fmt: skip
    table(columns, told, right=("examples", "alerts"))


def _print_rest(report: Mapping[str, Any]) -> None:
    from designer.cli_output import console

    out = console()
    metric = report["window"]["metric"]
    if metric:
        text = f"{metric['value']:.3f} ({metric['low']:.3f} to {metric['high']:.3f}), held out {metric['before']:.3f}"
        out.print(f"Live {metric['name']}: {text}.", soft_wrap=True)
    for one in report["latency"]:
        out.print(
            f"Batch of {one['batch']}: {one['p50']:.3g} ms (p50), {one['p95']:.3g} ms (p95), "
            f"{one['per_second']:,.0f} examples a second.",
            soft_wrap=True,
        )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _p(value: float | None) -> str:
    return "" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"
