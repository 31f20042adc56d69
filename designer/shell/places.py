"""Where the application keeps things of its own accord."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from PySide6.QtCore import QSettings

from designer.resources import ASSETS

_RUNS, _MOST = "runs/folders", 40


def runs_folder(design: Path | None) -> Path:
    """Where runs of a design go: beside its file, or in the person's data folder while it has none of its own.

    The examples that come with the application are not the person's: their folder may be read-only, or be replaced.
    """
    if design is not None and not design.resolve().is_relative_to(ASSETS.resolve()):
        return design.parent / "runs"
    return platformdirs.user_data_path("layerloom", appauthor=False) / "runs"


def remember_runs(folder: Path) -> None:
    """Runs were made in a folder: the lists of other designs can show them too."""
    known = [str(folder), *(str(other) for other in remembered_runs() if other != folder)]
    QSettings().setValue(_RUNS, known[:_MOST])


def remembered_runs() -> list[Path]:
    """The folders that runs were made in, the newest first, as far as they are still there."""
    stored = QSettings().value(_RUNS)
    names = [stored] if isinstance(stored, str) else stored if isinstance(stored, list) else []
    return [folder for name in names if (folder := Path(str(name))).is_dir()]
