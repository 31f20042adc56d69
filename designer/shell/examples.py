"""The example files that come with the application, under the names of their templates."""

from __future__ import annotations

from pathlib import Path

from designer.resources import EXAMPLES


def examples() -> dict[str, list[tuple[str, Path]]]:
    """Label and file of every example, by family, as the gallery has them."""
    from graph.templates import TEMPLATES

    found: dict[str, list[tuple[str, Path]]] = {}
    for id, template in TEMPLATES.items():
        path = EXAMPLES / f"{id}.loom"
        if path.is_file():
            found.setdefault(template.family, []).append((template.label, path))
    return found
