"""The window with a small design in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from designer.window import MainWindow
from graph.commands import AddNode, Connect
from graph.document import Document
from graph.records import Node
from tests.gui.acts.person import CATALOG, Person


@pytest.fixture
def person(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """input -> a (linear) -> b (relu) -> sum -> out; c (linear) from the input too, into the sum."""
    monkeypatch.setattr(QMessageBox, "exec", lambda _box: QMessageBox.StandardButton.Discard)
    window = MainWindow(warm=False)
    qtbot.addWidget(window)
    document = Document(CATALOG)
    spots = {"in": (0, 0), "a": (260, 10), "b": (520, 30), "c": (260, 200), "sum": (800, 60), "out": (1060, 10)}
    layers = {"in": "input", "a": "linear", "b": "relu", "c": "linear", "sum": "add", "out": "output"}
    for id, (x, y) in spots.items():
        params: dict[str, Any] = {"input": {"shape": (8,)}, "linear": {"out_features": 8}}.get(layers[id], {})
        AddNode(Node(id, layers[id], params=params, x=x, y=y)).apply(document)
    wires = [
        ("in", "a", "x"),
        ("a", "b", "x"),
        ("b", "sum", "a"),
        ("in", "c", "x"),
        ("c", "sum", "b"),
        ("sum", "out", "x"),
    ]
    for index, (giver, taker, end) in enumerate(wires):
        Connect(giver, "y", taker, end, id=f"l{index}").apply(document)
    window.open_tab(document, None)
    window.resize(1600, 1000)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    window.canvas.navigator.animated = window.canvas.glide.animated = False
    yield Person(window)
    window.session.history.mark_saved()
    window.close()
