"""Draws the pictures of the documentation with the application's own canvas: ``python -m tests.examples.pictures``."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from core.catalog.families import default_catalog
from designer.canvas.model import SceneModel
from designer.canvas.picture import picture
from designer.canvas.skin import Skin
from designer.session import Session
from designer.theme import Mode, manager
from graph.document import Document
from graph.templates import TEMPLATES

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
# file -> template, and names of the blocks to look inside of, from the outside in
PICTURES: dict[str, tuple[str, ...]] = {
    "resnet50": ("resnet50",),
    "bottleneck": ("resnet50", "project 2"),
    "unet": ("unet",),
    "inception": ("googlenet", "4a"),
}


def place(document: Document, names: tuple[str, ...]) -> str:
    """The path of the block instance with these names, each within the one before."""
    path, scope = [], ""
    for name in names:
        [node] = [node for node in document.graph(scope).nodes if node.name == name]
        path.append(node.id)
        scope = node.block
    return "/".join(path)


def draw(template: str, *inside: str, scale: float = 1.25) -> QImage:
    """The template's main graph, or the inside of a block, in the light theme."""
    document = TEMPLATES[template].build(default_catalog())
    session = Session(document)
    model = SceneModel(session, place(document, inside))
    return picture(model, Skin(manager().theme), scale)


def main() -> None:
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    manager().install(app, Mode.LIGHT)
    FOLDER.mkdir(exist_ok=True)
    for name, of in PICTURES.items():
        file = FOLDER / f"{name}.png"
        draw(*of).convertToFormat(QImage.Format.Format_RGB32).save(str(file))
        print(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)


if __name__ == "__main__":
    main()
