"""Where the application keeps things of its own accord."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from designer.resources import ASSETS


def runs_folder(design: Path | None) -> Path:
    """Where runs of a design go: beside its file, or in the person's data folder while it has none of its own.

    The examples that come with the application are not the person's: their folder may be read-only, or be replaced.
    """
    if design is not None and not design.resolve().is_relative_to(ASSETS.resolve()):
        return design.parent / "runs"
    return platformdirs.user_data_path("layerloom", appauthor=False) / "runs"
