"""The drawing as SVG, PDF and PNG: from the window and from the command line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from core.problem import LayerloomError
from designer.canvas.labels import Labels
from designer.canvas.model import SceneModel
from designer.drawing.dialog import DrawingDialog
from designer.drawing.write import STYLES, Figure
from designer.session import Notice, Session
from graph import storage
from graph.commands import AddNote, MakeBlock, MoveNodes, SetNode
from graph.document import Document
from graph.records import Note

SVG = "{http://www.w3.org/2000/svg}"


def write(session: Session, path: Path, **options: object) -> Path:
    figure = Figure(session, **options)  # type: ignore[arg-type]
    try:
        figure.write(path)
    finally:
        figure.close()
    return path


def test_svg_is_lines_and_text_without_pixels(session: Session, tmp_path: Path) -> None:
    path = write(session, tmp_path / "net.svg")
    root = ElementTree.parse(path).getroot()
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"Input", "Linear", "ReLU", "Output"} <= set(texts)
    assert not list(root.iter(f"{SVG}image"))
    assert all(float(element.get("textLength", 0)) > 0 for element in root.iter(f"{SVG}text"))
    assert all(
        "sans-serif" in e.get("font-family", "") or "monospace" in e.get("font-family", "")
        for e in root.iter(f"{SVG}text")
    )
    assert QSvgRenderer(str(path)).isValid()


def test_shapes_stand_where_the_canvas_tells_them(session: Session, tmp_path: Path) -> None:
    session.do(MoveNodes({f"n{i}": (400.0 * i, 0.0) for i in range(1, 5)}))
    model = SceneModel(session)
    model.refresh()
    labels = Labels(STYLES["publication"].skin())
    labels.follow(model)
    told = [wire.label for wire in model.wires.values() if labels.place(wire) is not None]
    model.close()
    assert told
    root = ElementTree.parse(write(session, tmp_path / "net.svg")).getroot()
    texts = [str(element.text) for element in root.iter(f"{SVG}text")]
    assert all(texts.count(label) >= told.count(label) for label in told)


def test_pdf_has_one_page_of_the_size_of_the_drawing_and_its_fonts(session: Session, tmp_path: Path) -> None:
    data = write(session, tmp_path / "net.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    [box] = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    width, height = map(float, box)
    figure = Figure(session)
    assert width == pytest.approx(figure.size.width() * 0.75, abs=2)
    assert height == pytest.approx(figure.size.height() * 0.75, abs=2)
    figure.close()
    assert b"/FontFile" in data
    assert b"/Subtype /Image" not in data


def test_publication_is_white_and_png_has_the_wanted_size(session: Session, tmp_path: Path) -> None:
    figure = Figure(session)
    figure.write(tmp_path / "net.png", 2.0)
    image = QImage(str(tmp_path / "net.png"))
    assert image.width() == round(figure.size.width() * 2)
    assert image.pixelColor(2, 2) == QColor("white")
    figure.close()
    dark = QImage(str(write(session, tmp_path / "dark.png", style="dark")))
    assert dark.pixelColor(2, 2).lightness() < 60


def test_a_huge_drawing_is_scaled_down_not_refused(session: Session) -> None:
    session.do(SetNode("n4", {"x": 40_000.0}))
    figure = Figure(session)
    assert figure.image(3.0).width() <= 16_000
    figure.close()


def test_notes_are_left_out_unless_wanted(session: Session, tmp_path: Path) -> None:
    session.do(AddNote(Note("", "only for me", 0.0, 900.0)))
    assert "only for me" not in write(session, tmp_path / "a.svg").read_text()
    assert "only for me" in write(session, tmp_path / "b.svg", notes=True).read_text()


def test_an_unknown_ending_is_told(session: Session, tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match=r"net\.bmp ends in none"):
        write(session, tmp_path / "net.bmp")


def test_a_folder_that_is_not_there_is_told(session: Session, tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match="there is no folder"):
        write(session, tmp_path / "missing" / "net.svg")


def test_the_dialog_draws_what_is_looked_at(
    session: Session, notices: list[Notice], qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.do(MakeBlock(("n2", "n3"), "Hidden"))
    block = next(node.id for node in session.document.graph().nodes if node.block)
    session.selection.enter(block)
    dialog = DrawingDialog(session, None)  # type: ignore[arg-type]
    qtbot.addWidget(dialog)
    dialog.show()
    before = dialog.picture.pixmap().toImage()
    dialog.style_box.setCurrentIndex(list(STYLES).index("dark"))
    assert dialog.picture.pixmap().toImage() != before
    dialog.format_box.setCurrentIndex(dialog.format_box.findData(".svg"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "inside"), ""))
    dialog.save_button.click()
    text = (tmp_path / "inside.svg").read_text()
    assert "ReLU" in text
    assert "Output" not in re.sub("Block output", "", text)
    assert notices[-1].done


def test_the_command_line_draws_without_a_window(document: Document, tmp_path: Path) -> None:
    storage.save(document, tmp_path / "net.loom")
    command = [sys.executable, "-W", "ignore", "-m", "designer.cli", "draw", str(tmp_path / "net.loom")]
    done = subprocess.run([*command, "-o", str(tmp_path / "net.pdf")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "net.pdf").read_bytes().startswith(b"%PDF")
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "n.svg"), "--style", "odd"], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "There is no style" in done.stderr
    assert "Traceback" not in done.stderr
