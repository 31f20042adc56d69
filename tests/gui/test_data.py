"""The Data panel: what it asks and sets, and what it shows of the classes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.data.preview import preview
from designer.data.panel import DataPanel
from designer.data.pictures import Bars
from designer.session import Session
from graph.commands import SetJob
from tests.asked import Asked


@pytest.fixture
def panel(session: Session, assistant: Asked, qtbot: QtBot) -> DataPanel:
    panel = DataPanel(session, assistant)
    qtbot.addWidget(panel)
    panel.resize(420, 1400)
    panel.show()
    return panel


def read(panel: DataPanel, session: Session, assistant: Asked, qtbot: QtBot) -> None:
    """Let the panel ask for its preview, and give it."""
    asked = len(assistant.questions)
    qtbot.waitUntil(lambda: len(assistant.questions) > asked)
    assert assistant.questions[-1][0] == "data.preview"
    assistant.reply(preview(session.document.job.data))


def uneven(tmp_path: Path) -> dict[str, object]:
    file = tmp_path / "uneven.csv"
    rows = [f"{i},{i * i % 7},{'rare' if i % 10 == 0 else 'usual'}" for i in range(100)]
    file.write_text("a,b,y\n" + "\n".join(rows) + "\n")
    return {"kind": "csv", "params": {"path": str(file)}}


def test_classes_are_shown_before_and_after(
    panel: DataPanel, session: Session, assistant: Asked, qtbot: QtBot, tmp_path: Path
) -> None:
    session.do(SetJob("data.source", uneven(tmp_path)))
    read(panel, session, assistant, qtbot)
    [bars] = panel.findChildren(Bars)
    assert bars.accessibleName() == "rare 7, usual 63"
    session.do(SetJob("balance", "smote"))
    qtbot.waitUntil(lambda: panel.findChildren(Bars)[0].accessibleName() == "rare 7 \N{RIGHTWARDS ARROW} 63, usual 63")
    session.do(SetJob("balance", "undersample"))
    qtbot.waitUntil(lambda: panel.findChildren(Bars)[-1].accessibleName() == "rare 7, usual 63 \N{RIGHTWARDS ARROW} 7")
