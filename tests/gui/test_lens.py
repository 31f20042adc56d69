"""The Lens panel: it follows the selection, shows what the answers say, and asks a real process."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from core.problem import Problem
from core.training.protocol import Looked
from designer.figures.images import diverging
from designer.figures.marks import Arrows, Dots, Line
from designer.lens.gallery import Gallery
from designer.lens.panel import LensPanel
from designer.session import Session
from designer.studio import Studio
from designer.theme import Mode, manager
from designer.workers import AssistantClient
from graph.document import Document
from tests import answers
from tests.analysed import SUBJECTS, fresh
from tests.asked import Asked, show_run

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def panel(session: Session, studio: Studio, assistant: Asked, qtbot: QtBot) -> LensPanel:
    panel = LensPanel(session, studio, assistant)
    qtbot.addWidget(panel)
    panel.resize(1100, 320)
    panel.show()
    return panel


def test_it_follows_the_selection(
    panel: LensPanel, session: Session, studio: Studio, assistant: Asked, tmp_path: Path, qtbot: QtBot
) -> None:
    show_run(studio, tmp_path)
    name, args, _ = assistant.questions[-1]
    assert name == "analyse.layers"
    assert (args["place"], args["node"], args["sample"], args["split"]) == ("", "", 0, "test")
    assistant.reply(answers.layers(node=""))
    assert panel._page.currentWidget() is panel.overview
    assert panel.overview.rowCount() == 2
    session.selection.set(["n2"])
    qtbot.waitUntil(lambda: len(assistant.questions) == 2, timeout=2000)
    assert assistant.questions[-1][1]["node"] == "n2"
    assistant.reply(answers.layers())
    assert panel._page.currentWidget() is panel.node
    assert panel.node.output.count == 2
    session.selection.set(["n2", "n3"])
    qtbot.waitUntil(lambda: len(assistant.questions) == 3, timeout=2000)
    assert assistant.questions[-1][1]["node"] == ""


def test_a_solved_block_shows_its_paths_and_slopes(
    panel: LensPanel, session: Session, studio: Studio, assistant: Asked, tmp_path: Path, qtbot: QtBot
) -> None:
    show_run(studio, tmp_path)
    answer = answers.layers()
    answer["node"] |= {"further": ["flow"], "weights": [], "filters": None, "attention": []}
    assistant.reply(answer)
    assert panel.node.view.currentText() == "Flow"
    assert assistant.questions[-1][0] == "analyse.flow"
    assistant.reply(answers.flow())
    drawing = panel.node.figure.drawing
    assert drawing.title == "Paths of 2 examples by RK4, 8 evaluations of the block"
    assert "goes from 0, 0 at 0 to 2, 0 at 1" in drawing.summary
    arrows, other, own, starts = drawing.marks
    assert isinstance(arrows, Arrows)
    assert isinstance(other, Line)
    assert isinstance(own, Line)
    assert (other.thin, own.thin) == (True, False)
    assert isinstance(starts, Dots)
    assert not panel.node.figure.grab().isNull()
    panel.node.part.setCurrentText("Over time")
    assert panel.node.figure.drawing.x_label == "time"
    assert len(panel.node.figure.drawing.marks) == 2


def test_a_map_shows_distances_hits_classes_and_planes(
    panel: LensPanel, session: Session, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    answer = answers.layers()
    answer["node"] |= {"further": ["map"]}
    assistant.reply(answer)
    assert panel.node.view.currentText() == "Map"
    assert assistant.questions[-1][0] == "analyse.map"
    assistant.reply(answers.organised())
    node = panel.node
    assert node._stack.currentWidget() is node.gallery
    assert node.gallery.accessibleName() == "Distance of units to their neighbours, 2 x 3"
    assert node.gallery.accessibleDescription() == "quantisation error 0.5, topographic error 12.5 %"
    counts = {"U-matrix": 1, "Hits": 1, "Component planes": 2}
    for part, count in counts.items():
        node.part.setCurrentText(part)
        assert node.gallery.count == count
    node.part.setCurrentText("Classes")
    [dots] = node.figure.drawing.marks
    assert isinstance(dots, Dots)
    assert list(dots.names) == [
        "row 0, column 0: cat", "row 0, column 1: cat", "row 1, column 0: dog", "row 1, column 1: dog",
        "row 1, column 2: cat",
    ]  # fmt: skip
    assert node.figure.drawing.note == "1 unit wins nothing"
    assert len(assistant.questions) == 2, "the answer is kept"


def test_capsules_show_whom_they_vote_for(
    panel: LensPanel, session: Session, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    answer = answers.layers()
    answer["node"] |= {"further": ["routing"]}
    assistant.reply(answer)
    assert assistant.questions[-1][0] == "analyse.routing"
    assistant.reply(answers.routing())
    assert panel.node.gallery.count == 2
    assert panel.node.gallery.accessibleDescription() == "agreement by round 0 %, 100 %"
    panel.node.part.setCurrentText("Lengths by round")
    first, second = panel.node.figure.drawing.marks
    assert isinstance(first, Line)
    assert (first.name, first.y.tolist()) == ("capsule 0", [0.2, 0.6])
    assert isinstance(second, Line)


def test_another_example_is_another_question(
    panel: LensPanel, session: Session, studio: Studio, assistant: Asked, tmp_path: Path, qtbot: QtBot
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(answers.layers())
    panel.choose(-3)
    assert panel.sample == 0
    panel.choose(100)
    assert panel.sample == 9, "there are ten"
    panel.choose(0)
    QTest.keyClick(panel._field.line, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: len(assistant.questions) == 2, timeout=2000)
    assert assistant.questions[-1][1]["sample"] == 1
    panel._part.setCurrentText("train")
    assistant.reply(answers.layers())
    qtbot.waitUntil(lambda: len(assistant.questions) == 3, timeout=2000)
    assert (assistant.questions[-1][1]["split"], assistant.questions[-1][1]["sample"]) == ("train", 0)


@pytest.mark.parametrize("kind", ["maps", "matrix", "vector"])
@pytest.mark.parametrize("view", ["Weights", "Filters", "Values", "Attention"])
def test_every_picture_is_drawn(
    panel: LensPanel, studio: Studio, assistant: Asked, tmp_path: Path, kind: str, view: str
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(answers.layers(kind=kind))
    panel.node.view.setCurrentText(view)
    assert panel.node.view.currentText() == view
    assert not panel.grab().isNull()
    drawn = {"Weights": "weight, 2 x 1 x 2 x 2", "Values": "What comes out, over all examples"}
    hung = {"Filters": "Kernels, 2 x 1 x 2 x 2", "Attention": "2 heads, 2 queries (rows) x 2 keys"}
    if view in drawn:
        assert panel.node.figure.drawing.title == drawn[view]
    else:
        assert panel.node.gallery.accessibleName() == hung[view]
    if view == "Weights":
        panel.node.part.setCurrentIndex(1)
        assert panel.node.figure.drawing.title.startswith("bias")


def test_the_picture_wished_for_stays_when_another_node_is_selected(
    panel: LensPanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(answers.layers())
    panel.node.view.setCurrentText("Values")
    for attention, expected in (([], "Values"), (answers.layers()["node"]["attention"], "Values")):
        panel.refresh()
        answer = answers.layers()
        answer["node"]["attention"] = attention
        assistant.reply(answer)
        assert panel.node.view.currentText() == expected


def test_a_dot_of_the_latent_space_is_an_example(
    panel: LensPanel, studio: Studio, assistant: Asked, tmp_path: Path, qtbot: QtBot
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(answers.layers())
    panel.node.view.setCurrentText("Latent space")
    assert assistant.questions[-1][:2] == (
        "analyse.latent", {"run": str(tmp_path / "Pets"), "split": "test", "node": "n2"},
    )  # fmt: skip
    assistant.reply(answers.latent())
    figure = panel.node.figure
    assert "70.0 %" in figure.drawing.note
    dots = next(mark for mark in figure.drawing.marks if isinstance(mark, Dots))
    x, y = figure.place(figure.area(), dots.x, dots.y)
    where = QPointF(float(x[2]), float(y[2]))
    assert figure.told(where) == "dog, example 7"
    QTest.mouseClick(figure, LEFT, NONE, where.toPoint())
    assert panel.sample == 7


def test_a_node_is_revealed_from_the_table(
    panel: LensPanel, session: Session, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(answers.layers(node=""))
    session.selection.clear()
    panel.overview.cellDoubleClicked.emit(1, 0)
    assert session.selection.node == "n3"
    assert "3 of its values are no numbers" in panel.overview.item(1, 0).toolTip()
    assert [panel.overview.item(row, 8).text() for row in (0, 1)] == ["50.0 %", ""]


def test_trouble_is_told(panel: LensPanel, session: Session, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    assistant.reply(problem=Problem("weights", "No weights yet."))
    assert panel._stack.currentIndex() == 0
    panel.refresh()
    assistant.reply(problem=Problem("node", "The network of this run has no block n9."))
    assert panel._error.text() == "The network of this run has no block n9."
    session.selection.set(["n1"])
    panel.refresh()
    assistant.reply(answers.layers(node=""))
    assert "computes nothing in this run" in panel._error.text()
    session.selection.clear()
    panel.refresh()
    assistant.reply(answers.layers(node=""))
    assert panel._error.isHidden()


def test_the_gallery_tells_the_number_under_the_cursor(qtbot: QtBot) -> None:
    gallery = Gallery()
    qtbot.addWidget(gallery)
    gallery.resize(400, 250)
    gallery.show_sheet(answers.SHEET, "Maps", noun="channel")
    first = gallery.rect_of(0)
    assert gallery.told(QPointF(first.left() + 2, first.bottom() - 2)) == "channel 0, row 1, column 0: 2"
    second = gallery.rect_of(1)
    assert gallery.told(second.center()).endswith(": -2")
    assert not first.intersects(second)
    assert gallery.told(QPointF(399, 249)) == ""


@pytest.mark.parametrize("mode", [Mode.LIGHT, Mode.DARK])
def test_nothing_is_the_colour_of_the_ground(mode: Mode) -> None:
    manager().set_mode(mode)
    image = diverging([[128, 255, 1]])
    ground = manager().theme.background.rgb()
    assert image.pixel(0, 0) == ground
    assert image.pixel(1, 0) == manager().theme.chart[1].rgb()
    assert image.pixel(2, 0) == manager().theme.chart[0].rgb()
    assert diverging([[0, 255]], one_sided=True).pixel(0, 0) == ground
    manager().set_mode(Mode.SYSTEM)


def test_a_real_run_in_a_real_process(qtbot: QtBot, tmp_path: Path) -> None:
    run = fresh(tmp_path / "run", *SUBJECTS["moons"])
    session = Session(Document(default_catalog()))
    studio = Studio(session, tmp_path)
    assistant = AssistantClient()
    panel = LensPanel(session, studio, assistant)
    qtbot.addWidget(panel)
    panel.show()
    studio.show(run.path)
    qtbot.waitUntil(lambda: panel._answer is not None, timeout=60_000)
    names = [panel.overview.item(row, 0).text() for row in range(panel.overview.rowCount())]
    assert names == ["hidden", "norm", "relu", "dropout", "logits", "loss"]
    assistant.kill()
    studio.close()


def test_a_unit_that_is_clicked_is_looked_at(
    panel: LensPanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(answers.layers(kind="vector"))
    bars = panel.node.output_bars
    area = bars.area()
    QTest.mouseClick(bars, LEFT, NONE, QPointF(area.left() + area.width() * 0.5, area.center().y()).toPoint())
    name, args, _ = assistant.questions[-1]
    assert (name, args["node"], args["unit"], args["sample"]) == ("analyse.unit", "n2", 1, 0)
    assistant.reply(answers.unit())
    view = panel.node.unit
    assert view.likes.title == "Unit 1 of 3 answers most to"
    assert view.terms.drawing.note == "-1.5 + 0.25 bias + 0.25 of the rest = -1 → ReLU 0"
    assert [tile.caption for tile in view.likes.sheet.tiles] == ["2.5"]
    assert not panel.grab().isNull()
    panel.refresh()
    assistant.reply(answers.layers(kind="maps"))
    assert assistant.names[-1] == "analyse.unit", "the same unit with the newer weights"
    assistant.reply(answers.unit())
    panel.node.output.chosen.emit(0)
    assert assistant.questions[-1][1]["unit"] == 0
    assistant.reply({**answers.unit(0), "sum": None})
    assert view.terms.isHidden()


def test_a_run_that_goes_on_is_asked_for_its_weights_and_looked_at_when_they_come(
    panel: LensPanel, studio: Studio, assistant: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[None] = []
    monkeypatch.setattr(studio, "look", lambda: looks.append(None))
    record = show_run(studio, tmp_path, "running")
    assert len(looks) == 1
    assistant.reply(problem=Problem("weights", "None yet."))
    studio.advanced.emit()
    assert len(looks) == 1  # it was asked; that is enough
    panel._watch._pause.stop()
    record.take(Looked(str(tmp_path), 40))
    studio.advanced.emit()
    assert assistant.names == ["analyse.layers"] * 2
    assert len(looks) == 2  # newer ones, for the next look
    panel._watch._pause.stop()
    studio.advanced.emit()
    assert assistant.names == ["analyse.layers"] * 2
    record.state = "finished"
    studio.advanced.emit()
    assert len(looks) == 2
