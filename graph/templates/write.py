"""Writes the example designs: ``python -m graph.templates.write assets/examples``."""

from __future__ import annotations

import sys
from pathlib import Path

from core.catalog.families import default_catalog
from graph.codec import encode
from graph.templates import TEMPLATES

SUFFIX = ".loom"


def examples() -> dict[str, str]:
    """The text of each example's file, by file name."""
    catalog = default_catalog()
    return {id + SUFFIX: encode(t.build(catalog)) for id, t in TEMPLATES.items() if t.example}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m graph.templates.write FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in examples().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
