"""The Monitor panel: what it asks, what the hand does with a report, watching, and one real process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from core.analysis.drift.comparing import compare
from core.analysis.drift.monitor import _adjust
from core.analysis.drift.report import reported
from core.analysis.drift.traits import numbers, words
from core.problem import Problem
from designer.figures.marks import Bars, Dots, Line
from designer.monitor import panel as panels
from designer.monitor.drawings import course, histograms
from designer.monitor.panel import MonitorPanel
from designer.session import Notice
from designer.studio import Studio
from designer.workers import AssistantClient
from tests.asked import Asked, show_run
from tests.core.analysis.drift.towns import People, trained, write


def window(shift: float, seed: int) -> dict[str, Any]:
    rng, new = np.random.default_rng(0), np.random.default_rng(seed)
    rows = [
        compare("age", "input", numbers(rng.normal(size=500)), numbers(new.normal(shift, size=200)), 0.01),
        compare("size", "input", numbers(rng.normal(size=500)), numbers(new.normal(size=200)), 0.01),
        compare("town", "input", words(rng.choice(["Oslo", "Rome"], 500)), words(new.choice(["Oslo", "Rome"], 200)),
                0.01),
    ]  # fmt: skip
    _adjust(rows, None)
    return {"name": f"day {seed}", "examples": 200, "fed": 200, "reference": 500, "rows": rows, "metric": None,
            "notes": [], "faults": []}  # fmt: skip


def report(*shifts: float, chosen: int | None = None) -> dict[str, Any]:
    windows = [window(shift, seed) for seed, shift in enumerate(shifts, 1)]
    told = reported(windows, 0.01, 0.0, chosen, ["A note."])
    latency = [{"batch": 1, "p50": 0.1, "p95": 0.2, "calls": 9, "per_second": 9_000.0}]
    return {**told, "stamp": f"{shifts}", "reference": 500, "latency": latency, "alpha": 0.01, "run": "Pets"}


def said(panel: MonitorPanel) -> str:
    return " ".join(part.text() for part in panel.findChildren(QLabel) if part.isVisibleTo(panel))


@pytest.fixture
def panel(studio: Studio, assistant: Asked, qtbot: QtBot) -> MonitorPanel:
    panel = MonitorPanel(studio, assistant)
    qtbot.addWidget(panel)
    panel.resize(1200, 340)
    panel.show()
    return panel


def test_it_says_what_to_do_until_there_is_something(
    panel: MonitorPanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    assert "No run yet" in said(panel)
    assert not any(choice.isEnabled() for choice in panel.choices)
    show_run(studio, tmp_path)
    assert "No new inputs yet" in said(panel)
    assert all(choice.isEnabled() for choice in panel.choices)
    assert not assistant.questions


def test_inputs_are_asked_about_and_shown(
    panel: MonitorPanel, studio: Studio, assistant: Asked, tmp_path: Path, qtbot: QtBot
) -> None:
    show_run(studio, tmp_path)
    panel.look_at(tmp_path / "new.csv")
    name, args, _ = assistant.questions[-1]
    assert name == "analyse.monitor"
    expected = {"alpha": 0.01, "rows": 0, "growing": False, "chosen": None, "seen": ""}
    assert args == {"run": str(tmp_path / "Pets"), "path": str(tmp_path / "new.csv"), **expected}
    assistant.reply(report(2.0))
    assert panel.view.table.current == "age"
    assert panel.view.histogram.drawing.title == "age"
    assert not panel.view.course.isVisible(), "one window has no course"
    qtbot.waitUntil(lambda: "age has drifted" in said(panel))
    assert "A note." in said(panel)
    assert "9,000 examples a second" in said(panel)
    assert panel.badge() == "1"


def test_a_row_shows_its_trait(panel: MonitorPanel, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    panel.look_at(tmp_path)
    assistant.reply(report(0.0, 0.0, 2.0))
    table = panel.view.table
    assert table.item(0, 0).text() == "age"  # type: ignore[union-attr]
    table.choose("town")
    assert panel.view.histogram.drawing.title == "town"
    assert panel.view.course.drawing.title == "town over the windows"
    assistant.questions[-1][2](report(0.0, 0.0, 2.0), None)
    assert table.current == "town", "a new report keeps what was chosen"
    assert table.item(0, 0).font().bold()  # type: ignore[union-attr]
    assert table.item(0, 5).text() == "0.0%"  # type: ignore[union-attr]


def test_an_alert_leads_to_its_window_and_trait(
    panel: MonitorPanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    panel.look_at(tmp_path)
    assistant.reply(report(2.0, 0.0, 0.0))
    panel.view.table.choose("size")
    [heading] = [b for b in panel.view.beside.findChildren(QPushButton) if b.text() == "day 1"]
    heading.click()
    assert assistant.questions[-1][1]["chosen"] == 0
    assistant.reply(report(2.0, 0.0, 0.0, chosen=0))
    assert panel.view.table.current == "age"
    asked = len(assistant.questions)
    panel.view._ask(0)
    assert len(assistant.questions) == asked, "that window is shown already"
    panel.view._ask(2)
    assert assistant.questions[-1][1]["chosen"] == 2


def test_a_refusal_is_told_and_weights_are_waited_for(
    panel: MonitorPanel, studio: Studio, assistant: Asked, tmp_path: Path
) -> None:
    show_run(studio, tmp_path)
    panel.look_at(tmp_path / "new.csv")
    assistant.reply(None, Problem("drift.columns", "new.csv lacks the column age."))
    assert "new.csv lacks the column age." in said(panel)
    panel.refresh()
    assistant.reply(report(0.0))
    assert "lacks the column" not in said(panel)
    assert "No drift" in said(panel)
    panel.refresh()
    assistant.reply(None, Problem("weights", "none"))
    assert "No weights yet" in said(panel)


def test_settings_ask_anew(panel: MonitorPanel, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    panel._alpha.setCurrentIndex(0)
    assert not assistant.questions, "there is nothing to compare yet"
    panel.look_at(tmp_path / "new.csv")
    assistant.reply(report(0.0))
    panel._rows.setCurrentIndex(panels.WINDOWS.index(500))
    assert assistant.questions[-1][1]["rows"] == 500
    assert assistant.questions[-1][1]["alpha"] == 0.05


def test_a_watched_file_is_looked_at_again_and_told_of_unseen(
    panel: MonitorPanel, studio: Studio, assistant: Asked, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices: list[Notice] = []
    studio.session.noticed.connect(notices.append)
    panel._timer.setInterval(30)
    show_run(studio, tmp_path)
    panel.look_at(tmp_path / "new.csv")
    assistant.reply(report(0.0))
    panel.watching.click()
    name, args, _ = assistant.questions[-1]
    assert (name, args["growing"], args["seen"]) == ("analyse.monitor", True, report(0.0)["stamp"])
    assistant.reply(None)
    assert "No drift" in said(panel), "nothing has changed, so all stays"
    panel.hide()
    count = len(assistant.questions)
    qtbot.waitUntil(lambda: len(assistant.questions) > count, timeout=2000)
    with qtbot.waitSignal(panel.badge_changed):
        assistant.reply(report(2.0))
    assert panel.badge() == "1"
    assert "age" in str(notices[-1].problem.message)
    panel.watching.click()
    assert not panel._timer.isActive()


def test_files_can_be_dropped(panel: MonitorPanel, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "new.csv"))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    panel.dropEvent(QDropEvent(QPointF(QPoint(5, 5)), Qt.DropAction.CopyAction, data, buttons, keys))
    assert assistant.questions[-1][1]["path"] == str(tmp_path / "new.csv")


def test_another_run_forgets_the_report(panel: MonitorPanel, studio: Studio, assistant: Asked, tmp_path: Path) -> None:
    show_run(studio, tmp_path)
    panel.look_at(tmp_path / "new.csv")
    assistant.reply(report(2.0))
    show_run(studio, tmp_path / "other")
    assert panel.badge() == ""
    assert assistant.questions[-1][1]["run"] == str(tmp_path / "other" / "Pets")


def test_drawings_hold_what_the_report_tells() -> None:
    told = report(0.0, 2.0)
    [row] = [row for row in told["window"]["rows"] if row["name"] == "age"]
    drawing = histograms(row)
    [bars, line] = drawing.marks
    assert isinstance(bars, Bars)
    assert isinstance(line, Line)
    assert bars.heights.sum() == pytest.approx(1.0, abs=1e-3)
    assert np.unique(line.y).tolist() == np.unique(row["histogram"]["before"]).tolist()
    assert "in training" in bars.names[0]
    *levels, psi, dots = course(told, "age").marks
    assert isinstance(psi, Line)
    assert isinstance(dots, Dots)
    assert psi.y.tolist() == [one["psi"][told["traits"].index("age")] for one in told["windows"]]
    assert [level.y[0] for level in levels if isinstance(level, Line)] == [0.1, 0.25]
    assert len(set(dots.colours)) == 2, "a window with alerts stands out"
    [town] = [row for row in told["window"]["rows"] if row["name"] == "town"]
    assert histograms(town).note == ", ".join(town["histogram"]["labels"])
    assert histograms({**row, "histogram": {"edges": [], "before": [], "now": []}}).note == "no values"


def test_the_assistant_compares_for_the_window(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    run = trained(tmp_path)
    write(tmp_path / "new.csv", People(shift=5).lines(300, 2))
    assistant = AssistantClient()
    panel = MonitorPanel(studio, assistant)
    qtbot.addWidget(panel)
    panel.show()
    studio.show(run.path)
    panel.look_at(tmp_path / "new.csv")
    qtbot.waitUntil(lambda: panel.view.table.rowCount() > 0, timeout=60_000)
    assistant.kill()
    assert panel.view.table.current == "income"
    qtbot.waitUntil(lambda: "income has drifted" in said(panel))
