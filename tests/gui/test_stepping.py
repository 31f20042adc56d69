"""The Step panel: it asks for a trace of what is drawn, plays it, and shows each moment on board and canvas."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from core.problem import Problem
from core.training.protocol import Command
from designer import assistant as process
from designer.canvas.view import CanvasView
from designer.session import Session, Shown
from designer.stepping.matrix import Matrix, written
from designer.stepping.panel import StepPanel
from designer.stepping.player import Player, moments
from designer.studio import Studio
from designer.theme import Mode, manager
from designer.training.flow import Flow
from graph.commands import SetJob, SetParam
from graph.document import Document
from graph.templates import TEMPLATES
from tests.asked import Asked

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def document() -> Document:
    return TEMPLATES["xor_mlp"].build(default_catalog())


@pytest.fixture
def panel(session: Session, studio: Studio, assistant: Asked, qtbot: QtBot) -> StepPanel:
    panel = StepPanel(session, studio, assistant)
    qtbot.addWidget(panel)
    panel.resize(1000, 330)
    panel.show()
    return panel


def answered(assistant: Asked) -> dict[str, Any]:
    """Let the real thing answer the newest question."""
    name, args, then = assistant.questions[-1]
    reply = process.answer(Command("request", {"id": 1, "name": name, "args": args}))
    then(reply.result, Problem.from_json(reply.problem) if reply.problem else None)
    return dict(reply.result or {})


def opened(panel: StepPanel, assistant: Asked, qtbot: QtBot) -> dict[str, Any]:
    qtbot.waitUntil(lambda: bool(assistant.questions), timeout=3000)
    return answered(assistant)


def test_all_moments_in_order(panel: StepPanel, assistant: Asked, qtbot: QtBot) -> None:
    trace = opened(panel, assistant, qtbot)
    labels = [(m.way, trace["nodes"][m.index]["label"]) for m in panel.player.moments]
    forward = ["two_bits", "target", "hidden", "Tanh", "score", "BCE with logits"]
    assert [label for way, label in labels if way == "forward"] == forward
    assert [label for way, label in labels if way == "back"] == [
        "BCE with logits",
        "score",
        "Tanh",
        "hidden",
        "two_bits",
    ]
    assert [label for way, label in labels if way == "update"] == ["hidden", "score"]
    assert [label for way, label in labels if way == "chain"] == forward[2:]


def test_the_chain_rule_ends_in_the_gradient_of_the_input(panel: StepPanel, assistant: Asked, qtbot: QtBot) -> None:
    shown: list[Shown] = []
    panel._session.traced.connect(shown.append)
    trace = opened(panel, assistant, qtbot)
    panel.player.go(len(panel.player.moments) - 1)
    assert panel._way.text() == "Chain rule, 4 of 4"
    [_, _, last] = panel.board.equations
    assert last["text"] == "dL/dtwo_bits = dL/dy · J4 ⋯ J1"
    entry = next(node for node in trace["nodes"] if node["label"] == "two_bits")
    assert last["terms"][-1]["rows"][0] == pytest.approx(entry["back"][0]["terms"][0]["rows"][0], rel=1e-12)
    assert all(text.startswith("∇") for _, text in shown[-1].nodes.values()), "gradients stay on the canvas"


def test_one_click_to_the_beginning_of_a_way(panel: StepPanel, assistant: Asked, qtbot: QtBot) -> None:
    opened(panel, assistant, qtbot)
    way = panel.transport.way
    assert [way.itemText(i) for i in range(way.count())] == ["Forward", "Back", "Update", "Chain rule"]
    assert way.currentText() == "Forward"
    way.setCurrentIndex(3)
    way.activated.emit(3)
    assert panel._way.text() == "Chain rule, 1 of 4"
    panel.player.step(-1)
    assert way.currentText() == "Update"


def test_a_large_jacobian_is_a_picture(qtbot: QtBot) -> None:
    sheet = {"images": [[[128, 255], [1, 128]]], "peak": 1.0, "signed": True}
    term = {"symbol": "J1", "before": "", "shape": [40, 80], "rows": [[0.5] * 6] * 6, "at": [], "origin": [0, 0],
            "mark": None, "whole": False, "sheet": sheet}  # fmt: skip
    matrix = Matrix.of(term)
    assert (matrix.width, matrix.height) == (150.0, 75.0)
    assert matrix.cell_at(10.0, 10.0) is None


def test_the_board_shows_the_moment(panel: StepPanel, assistant: Asked, qtbot: QtBot) -> None:
    opened(panel, assistant, qtbot)
    panel.player.go(2)
    assert panel._way.text() == "Forward, 3 of 6"
    assert panel._name.whole == "hidden"
    [equation] = panel.board.equations
    assert equation["text"] == "Y = X · Wᵀ + b"
    assert "Y = X · Wᵀ + b" in panel.board.accessibleDescription()
    panel.player.go(7)
    assert panel._way.text() == "Back, 2 of 5"
    assert panel.board.equations[0]["text"] == "dL/dW = (dL/dY)ᵀ · X"
    panel.player.go(12)
    assert "One step of AdamW" in panel.board.equations[0]["title"]


def test_keyboard(panel: StepPanel, assistant: Asked, qtbot: QtBot) -> None:
    opened(panel, assistant, qtbot)
    for key, position in (
        (Qt.Key.Key_Right, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1), (Qt.Key.Key_End, 16),
        (Qt.Key.Key_Right, 16), (Qt.Key.Key_Home, 0), (Qt.Key.Key_Left, 0),
    ):  # fmt: skip
        QTest.keyClick(panel, key)
        assert panel.player.position == position
    QTest.keyClick(panel, Qt.Key.Key_Space)
    assert panel.player.is_playing
    QTest.keyClick(panel, Qt.Key.Key_Space)
    assert not panel.player.is_playing


def test_it_plays_to_the_end_and_stops_there(panel: StepPanel, assistant: Asked, qtbot: QtBot) -> None:
    opened(panel, assistant, qtbot)
    panel.transport.speed.setCurrentText("4 x")
    panel.player._clock.setInterval(1)
    panel.transport.play.click()
    assert panel.transport.play.toolTip() == "Pause (Space)"
    qtbot.waitUntil(lambda: not panel.player.is_playing, timeout=3000)
    assert panel.player.position == len(panel.player.moments) - 1
    assert panel.transport.slider.value() == panel.player.position
    panel.transport.play.click()
    assert panel.player.position == 0, "from the beginning again"
    panel.hide()
    assert not panel.player.is_playing, "nobody looks"


def test_the_canvas_follows(panel: StepPanel, session: Session, assistant: Asked, qtbot: QtBot) -> None:
    shown: list[Shown] = []
    session.traced.connect(shown.append)
    trace = opened(panel, assistant, qtbot)
    panel.player.go(3)
    tanh = trace["nodes"][3]
    assert session.selection.node == tanh["node"]
    assert set(shown[-1].nodes) == {node["node"] for node in trace["nodes"][:4]}
    assert shown[-1].wires[trace["nodes"][2]["node"], "y"][1] == trace["nodes"][2]["text"], "what arrives now"
    assert shown[-1].nodes[tanh["node"]][1] == tanh["text"]
    panel.player.go(7)
    score = trace["nodes"][4]
    assert shown[-1].nodes[score["node"]][1] == f"∇ {score['gradient']}"
    assert list(shown[-1].wires) == [(tanh["node"], "y")], "the gradient goes back to Tanh"
    assert shown[-1].wires[tanh["node"], "y"][1] == f"∇ {tanh['gradient']}", "it is Tanh's only reader"
    panel.hide()
    assert shown[-1] == Shown({}, {})


def test_live_signals_wait_while_a_trace_has_the_canvas(session: Session, studio: Studio, qtbot: QtBot) -> None:
    canvas = CanvasView(session)
    qtbot.addWidget(canvas)
    Flow(canvas, studio)
    session.traced.emit(Shown({"n2": (0.5, "0.2")}, {("n2", "y"): (1.0, "")}))
    overlay = canvas.stage.overlay
    assert overlay is not None
    reading = overlay.node("n2")
    assert reading is not None
    assert (reading.value, reading.text) == (0.5, "0.2")
    session.traced.emit(Shown({}, {}))
    assert canvas.stage.overlay is None


def test_a_selected_node_is_gone_to(panel: StepPanel, session: Session, assistant: Asked, qtbot: QtBot) -> None:
    trace = opened(panel, assistant, qtbot)
    panel.player.go(8)
    session.selection.set([trace["nodes"][2]["node"]])
    assert panel._way.text() == "Back, 4 of 5", "the same way"
    session.selection.set([])
    assert panel._way.text() == "Back, 4 of 5"


def test_another_number_is_worked_out(panel: StepPanel, assistant: Asked, qtbot: QtBot) -> None:
    trace = opened(panel, assistant, qtbot)
    panel.player.go(2)
    QTest.qWait(0)
    place = panel.board.number_place([0, 3])
    assert place is not None
    QTest.mouseClick(panel.board, LEFT, pos=place.toPoint())
    args = assistant.questions[-1][1]
    assert (args["node"], args["unit"]) == (trace["nodes"][2]["node"], 3)
    answered(assistant)
    assert panel.player.position == 2
    assert panel.board.equations[0]["working"].startswith("y[0, 3] = ")


def test_it_asks_again_when_the_design_or_the_wish_changes(
    panel: StepPanel, session: Session, assistant: Asked, qtbot: QtBot
) -> None:
    opened(panel, assistant, qtbot)
    asked = len(assistant.questions)
    hidden = next(node.id for node in session.document.graph().nodes if node.name == "hidden")
    session.do(SetParam(hidden, "out_features", 3))
    qtbot.waitUntil(lambda: len(assistant.questions) > asked, timeout=3000)
    assert answered(assistant)["nodes"][2]["shape"] == [1, 3]
    panel.choice.part.setCurrentText("test")
    qtbot.waitUntil(lambda: assistant.questions[-1][1]["part"] == "test", timeout=3000)
    answered(assistant)
    panel.choice.example.line.setText("7")
    panel.choice.example._typed("7")
    qtbot.waitUntil(lambda: assistant.questions[-1][1]["example"] == 7, timeout=3000)


def test_what_cannot_be_traced_is_told(panel: StepPanel, session: Session, assistant: Asked, qtbot: QtBot) -> None:
    opened(panel, assistant, qtbot)
    session.do(SetJob("data", None))
    qtbot.waitUntil(lambda: panel._stack.currentIndex() == 0, timeout=3000)
    assert "data" in panel._empty._hint.text().lower()
    assert panel.player.moments == ()
    QTest.keyClick(panel, Qt.Key.Key_Space)
    assert not panel.player.is_playing


def test_the_assistants_problem_is_told(panel: StepPanel, assistant: Asked, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(assistant.questions), timeout=3000)
    assistant.reply(problem=Problem("example", "There is no example 900."))
    assert panel._empty._hint.text() == "There is no example 900."
    assert panel.choice.example.isVisible(), "so that another can be chosen"


class TestInsideBlocks:
    @pytest.fixture
    def document(self) -> Document:
        return TEMPLATES["deep_mlp"].build(default_catalog())

    def test_a_block_is_stepped_into(self, panel: StepPanel, session: Session, assistant: Asked, qtbot: QtBot) -> None:
        trace = opened(panel, assistant, qtbot)
        place = next(i for i, node in enumerate(trace["nodes"]) if node["inside"])
        panel.player.go(place)
        assert not panel._into.isHidden()
        assert "8 copies in a row" in panel._facts.text()
        panel._into.click()
        block = trace["nodes"][place]["node"]
        assert session.selection.path == block
        qtbot.waitUntil(lambda: assistant.questions[-1][1]["place"] == block, timeout=3000)
        inside = answered(assistant)
        assert [n["label"] for n in inside["nodes"]][1:] == ["Linear", "Batch norm 1D", "ReLU"]
        panel._copy.setCurrentIndex(5)
        qtbot.waitUntil(lambda: assistant.questions[-1][1]["copies"] == [5], timeout=3000)
        assert answered(assistant)["nodes"][1]["text"] != inside["nodes"][1]["text"]
        session.selection.leave()
        qtbot.waitUntil(lambda: assistant.questions[-1][1]["place"] == "", timeout=3000)


@pytest.mark.parametrize("mode", [Mode.LIGHT, Mode.DARK])
def test_it_is_painted(panel: StepPanel, assistant: Asked, qtbot: QtBot, mode: Mode) -> None:
    manager().set_mode(mode)
    try:
        opened(panel, assistant, qtbot)
        pictures = set()
        for position in (2, 7, 12):
            panel.player.go(position)
            pictures.add(bytes(panel.board.grab().toImage().constBits()))
        assert len(pictures) == 3
    finally:
        manager().set_mode(Mode.SYSTEM)


def test_a_large_matrix_says_that_there_is_more() -> None:
    term = {"symbol": "W", "before": "", "shape": [3, 40, 100], "rows": [[0.5] * 8] * 8, "at": [2], "origin": [16, 8],
            "mark": [17, 9], "whole": False}  # fmt: skip
    matrix = Matrix.of(term)
    assert matrix.height > 8 * 20
    assert matrix.cell_at(10.0, 5.0) == (2, 16, 8)
    assert matrix.cell_at(10.0, 500.0) is None
    assert written(-0.12345) == "−0.123"
    assert written("nan") == "nan"


def test_moments_without_a_way_back(qtbot: QtBot) -> None:
    node: dict[str, Any] = {"update": [], "chain": [], "back": [], "gradient": None}
    found = moments({"nodes": [node, node], "forward": [0, 1], "back": []})
    titles = [(m.way, m.index, m.title) for m in found]
    assert titles == [("forward", 0, "Forward, 1 of 2"), ("forward", 1, "Forward, 2 of 2")]
    owner = QObject()
    player = Player(owner)
    player.load(found)
    player.go(1)
    player.load(found[:1])
    assert player.position == 0, "what is gone is not stood on"
