"""Models of other tools, opened as designs: the assistant reads the file, the window shows what became of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.catalog.families import default_catalog
from core.problem import LayerloomError, Problem, Severity
from designer.imported import summary
from designer.language import tr
from designer.session import Button
from designer.shell.places import runs_folder
from graph.codec import decode

if TYPE_CHECKING:
    from designer.window import MainWindow

MODELS = (".onnx",)  # what can be imported, by its ending
_TOLD = 3  # messages about one file


def import_model(window: MainWindow, path: Path) -> None:
    """Open the network in a file in a tab of its own; its weights become a finished run in the list of runs."""
    run = runs_folder(None) / f"{path.stem}-imported-{time.strftime('%Y%m%d-%H%M%S')}"

    def arrived(report: Any, problem: Problem | None) -> None:
        if problem is not None:
            window.session.notify(problem)
        else:
            _open(window, path, report)

    window.session.notify(tr("Reading {file}…", file=path.name))
    window.assistant.request("import", {"path": str(path), "run": str(run)}, arrived)


def _open(window: MainWindow, path: Path, report: Mapping[str, Any]) -> None:
    try:
        document, _ = decode(str(report["design"]), default_catalog(), path.name)
    except LayerloomError as error:
        window.session.notify(error.problem)
        return
    tab = window.open_tab(document, None)
    tab.session.history.mark_unsaved()
    for problem in report["problems"][:_TOLD]:
        tab.session.notify(Problem.from_json(problem))
    if report["run"]:
        tab.studio.show(Path(report["run"]))
    passed = report["certificate"] is None or report["certificate"]["passed"]
    severity = Severity.HINT if passed and not report["problems"] else Severity.WARNING
    told = Problem("imported", summary(report, path.name), severity=severity)
    tab.session.notify(told, Button(tr("Show its run"), lambda: window.show_panel("runs")), done=passed)
