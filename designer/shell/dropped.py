"""What happens to files that are dropped onto the window."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData

from core.problem import Problem, Severity
from designer.language import tr
from designer.session import Button
from designer.shell.imports import MODELS, import_model
from graph.storage import SUFFIX

if TYPE_CHECKING:
    from designer.window import MainWindow

DATA = {".csv": "csv", ".tsv": "csv", ".npz": "npz"}  # what becomes a source of data, by its ending
_WEIGHTS = (".pt", ".pth", ".safetensors", ".h5", ".keras")


def wanted(data: QMimeData) -> list[Path]:
    """The local files of a drag, whatever they are: what cannot be taken is told when it is dropped."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class Dropped:
    """Opens designs and models, offers data to the design in front, and says of other files why they are not taken."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def take(self, paths: list[Path]) -> None:
        for path in paths:
            ending = path.suffix.lower()
            if ending == SUFFIX:
                self._window.files.open(path)
            elif ending in DATA:
                self._offer(path, DATA[ending])
            elif ending in MODELS:
                import_model(self._window, path)
            else:
                self._window.session.notify(_refusal(path))

    def _offer(self, path: Path, kind: str) -> None:
        """The data of a design is not replaced unasked."""
        session = self._window.session
        present = session.document.job.data.source.kind
        instead = "" if present == "none" else " in place of the data that it has"
        session.notify(
            Problem("dropped-data", f"Train {session.title} on {path.name}{instead}?", severity=Severity.HINT),
            Button(tr("Use this data"), partial(self._use, path, kind)),
        )

    def _use(self, path: Path, kind: str) -> None:
        from designer.data.source import SourceChooser

        SourceChooser(self._window.session, self._window.assistant).choose(
            {"kind": kind, "params": {"path": str(path)}}
        )
        self._window.show_panel("data")


def _refusal(path: Path) -> Problem:
    takes = (
        f"A design ({SUFFIX}) or a model (.onnx) opens in a tab; a table (.csv) or arrays (.npz) become the data of "
        "the open design."
    )
    if path.suffix.lower() in _WEIGHTS:
        message = (
            f"{path.name} holds weights, and they do not say what the network is. Export the model as ONNX where it "
            f"was made, and drop that. {takes}"
        )
        return Problem("no-import", message, severity=Severity.WARNING)
    return Problem("not-taken", f"{path.name} is nothing that Layerloom opens. {takes}", severity=Severity.WARNING)
