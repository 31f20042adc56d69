"""``layerloom draw``: a design as a figure, without a window."""

from __future__ import annotations

import os
from pathlib import Path

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from designer.cli_output import console
from designer.selection import scope_at
from designer.session import Session
from graph import storage


def draw(file: Path, output: Path, *, style: str, block: str, scale: float, notes: bool) -> None:
    """Write the drawing of a design, or of the inside of one of its block instances.

    Raises:
        LayerloomError: the design, the style, the block or the ending is not known; a file cannot be read or written.
    """
    document, problems = storage.load(file, default_catalog())
    for problem in problems:
        console().print(problem.message, style="yellow")
    if scope_at(document, block) is None:
        raise LayerloomError(f"There is no block at {block} in {file.name}.", code="missing", received=block)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from designer.app import application
    from designer.drawing.write import STYLES, Figure

    if style not in STYLES:
        known = ", ".join(STYLES)
        raise LayerloomError(f"There is no style {style!r}: {known}.", code="missing", received=style, expected=known)
    app = application()
    figure = Figure(Session(document, file), block, style, notes=notes)
    try:
        figure.write(output, scale)
    finally:
        figure.close()
    app.processEvents()
    console().print(f"Wrote {output}")
