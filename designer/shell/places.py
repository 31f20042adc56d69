"""Where the application keeps things of its own accord."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def runs_folder(design: Path | None) -> Path:
    """Where runs of a design go: beside its file, or in the person's data folder while it has none."""
    if design is not None:
        return design.parent / "runs"
    return platformdirs.user_data_path("layerloom", appauthor=False) / "runs"
