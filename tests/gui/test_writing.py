"""The Generate panel: it asks for a few symbols at a time, shows them as they come, and asks a real process."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.catalog.sequences import GAP
from core.problem import Problem
from designer.studio import Studio
from designer.theme import Mode, manager
from designer.workers import AssistantClient
from designer.writing.panel import AT_ONCE, GeneratePanel
from tests.analysed import SUBJECTS, fresh
from tests.asked import Asked, show_run

FACTS = {"kind": "continue", "window": 64, "length": None, "symbols": "abc", "prompts": ["cab", "bac"]}
FACTS |= {"run": "Pets", "weights": "best", "epoch": 3}
TURNING = {**FACTS, "kind": "turn", "length": 10, "prompts": ["3 may 1999"]}


@pytest.fixture
def panel(studio: Studio, assistant: Asked, qtbot: QtBot) -> GeneratePanel:
    panel = GeneratePanel(studio, assistant)
    qtbot.addWidget(panel)
    panel.resize(1000, 320)
    panel.show()
    return panel


def seen(panel: GeneratePanel) -> str:
    return " ".join(part.text() for part in panel.findChildren(QLabel) if part.isVisible())


def test_a_text_comes_in_parts(panel: GeneratePanel, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    record = show_run(studio, tmp_path)
    assert assistant.names == ["generate.facts"]
    assistant.reply(FACTS)
    assert panel.prompt.toPlainText() == "cab"
    assert "best weights, of epoch 3 · sees 64 symbols at once" in seen(panel)
    panel.act.click()
    name, args, _ = assistant.questions[-1]
    assert name == "generate"
    assert args == {
        "run": str(record.folder), "prompt": "cab", "temperature": 0.8, "top_k": 0, "length": 400, "seed": 0,
        "count": AT_ONCE, "so_far": "",
    }  # fmt: skip
    assistant.reply({"text": "ab", "done": False})
    assert panel.page.text == "cabab"
    assert assistant.questions[-1][1]["so_far"] == "ab"
    assert panel.act.text() == "Stop"
    assistant.reply({"text": "\nc", "done": True})
    assert panel.page.text == panel.page.toPlainText() == "cabab\nc"
    assert panel.act.text() == "Generate"


def test_what_is_set_is_asked_for(panel: GeneratePanel, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    assistant.reply(FACTS)
    for name, value in {"temperature": 1.5, "top_k": 7, "length": 90, "seed": 11}.items():
        panel.form.edited.emit(name, value, None)
    panel.prompt.setPlainText("a")
    panel.write()
    asked = assistant.questions[-1][1]
    assert [asked[n] for n in ("prompt", "temperature", "top_k", "length", "seed")] == ["a", 1.5, 7, 90, 11]


def test_stop_keeps_what_is_written(panel: GeneratePanel, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    assistant.reply(FACTS)
    panel.write()
    assistant.reply({"text": "ab", "done": False})
    panel.act.click()
    asked = len(assistant.questions)
    assistant.reply({"text": "late", "done": False})
    assert panel.page.text == "cabab"
    assert len(assistant.questions) == asked
    panel.write()
    assert panel.page.text == "cab", "a new text begins on an empty page"


def test_texts_that_are_turned_stand_below_each_other(
    panel: GeneratePanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(TURNING)
    assert not panel.form.rows["length"].isVisible()
    QTest.keyClick(panel.prompt, Qt.Key.Key_Return)
    assistant.reply({"text": "1999-05-03", "done": True})
    panel.prompt.setPlainText("4 may 1999")
    QTest.keyClick(panel.prompt, Qt.Key.Key_Return)
    assistant.reply({"text": "1999-05-04", "done": True})
    assert panel.page.text == "3 may 1999  →  1999-05-03\n4 may 1999  →  1999-05-04"


def test_what_fills_a_gap_stands_out(panel: GeneratePanel, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    assistant.reply({**FACTS, "kind": "fill", "length": 64, "prompts": [f"a{GAP}c{GAP}"]})
    assert f"Text with gaps ({GAP})" in seen(panel)
    panel.write()
    assistant.reply({"text": "ab", "done": False})
    assistant.reply({"text": "cd", "done": True})
    assert panel.page.text == "abcd"
    assert panel.page.pieces == (("a", True), ("b", False), ("c", True), ("d", False))


def test_return_is_a_new_line_where_a_text_is_continued(
    panel: GeneratePanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(FACTS)
    QTest.keyClick(panel.prompt, Qt.Key.Key_Return)
    assert not panel.is_writing
    QTest.keyClick(panel.prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert panel.is_writing


def test_what_went_wrong_is_told(panel: GeneratePanel, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    assistant.reply(problem=Problem("weights", "There are none."))
    assert "No weights yet" in seen(panel)
    panel._look()
    assistant.reply(problem=Problem("generate", "This network does not write text."))
    assert "This network does not write text." in seen(panel)
    panel._look()
    assistant.reply(FACTS)
    panel.write()
    assistant.reply(problem=Problem("generate", "The network has never seen 'é'."))
    assert "never seen 'é'" in seen(panel)
    assert not panel.is_writing


def test_another_run_begins_anew(panel: GeneratePanel, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    assistant.reply(FACTS)
    panel.write()
    studio._show(None)
    assert panel.page.text == panel.prompt.toPlainText() == ""
    assert not panel.is_writing
    assert "No run yet" in seen(panel)


@pytest.mark.parametrize("mode", [Mode.LIGHT, Mode.DARK])
def test_the_prompt_is_dimmed_in_every_theme(
    mode: Mode, panel: GeneratePanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    assistant.reply(FACTS)
    panel.write()
    assistant.reply({"text": "ab", "done": True})
    before = manager().mode
    try:
        manager().set_mode(mode)
        cursor = QTextCursor(panel.page.document())
        colours = []
        for position in (1, len("cab") + 1):
            cursor.setPosition(position)
            colours.append(cursor.charFormat().foreground().color().name())
        theme = manager().theme
        assert colours == [theme.muted.name(), theme.text.name()]
    finally:
        manager().set_mode(before)


def test_a_real_process_writes(studio: Studio, tmp_path: Path, qtbot: QtBot) -> None:
    run = fresh(tmp_path / "run", *SUBJECTS["characters"])
    assistant = AssistantClient()
    panel = GeneratePanel(studio, assistant)
    qtbot.addWidget(panel)
    panel.show()
    record = show_run(studio, tmp_path)
    record.folder = run.path
    panel._look()
    try:
        qtbot.waitUntil(lambda: panel._facts is not None, timeout=30_000)
        panel.form.edited.emit("length", 60, None)
        panel.prompt.setPlainText("def ")
        panel.write()
        qtbot.waitUntil(lambda: not panel.is_writing, timeout=20_000)
        assert len(panel.page.text) == 64
        assert panel.page.text.startswith("def ")
    finally:
        with qtbot.waitSignal(assistant.ended, timeout=10_000):
            assistant.quit()
