"""Searching from the window itself: menu, palette, the panel in its dock, messages of the desktop."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.search.study import Study
from designer.actions import by_id
from designer.resources import EXAMPLES
from designer.search.panel import SearchPanel
from designer.search.studies import Studies
from designer.session import Session
from designer.shell import announcing
from designer.studio import Studio
from designer.window import MainWindow
from graph.commands import SetJob
from graph.variants import vary
from tests.core.search.studies import LR


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> MainWindow:
    window = MainWindow(warm=False)
    qtbot.addWidget(window, before_close_func=lambda w: w.session.history.mark_saved())
    window.show()
    design = tmp_path / "iris.loom"
    design.write_bytes((EXAMPLES / "iris_mlp.loom").read_bytes())
    window.files.open(design)
    return window


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What studies are asked for, which none begins."""
    asked: list[object] = []
    monkeypatch.setattr(Studies, "cross_validate", lambda _self, folds: asked.append(folds))
    monkeypatch.setattr(Studies, "start", lambda _self: asked.append("search"))
    return asked


def panel_of(window: MainWindow) -> SearchPanel:
    panel = window.docks["bottom"].pages["search"].panel
    assert isinstance(panel, SearchPanel)
    return panel


def test_cross_validate_is_in_menu_and_palette_and_brings_the_panel(window: MainWindow, wishes: list[object]) -> None:
    window.menus.actions["cross-validate"].trigger()
    assert panel_of(window).isVisible()
    assert wishes == [5]
    window.session.do(SetJob("search.folds", 3))
    next(entry for entry in window.menus.entries() if entry.label == "Cross-validate").run()
    assert wishes == [5, 3], "as many folds as the design says"
    assert by_id("cross-validate").menu == "Run"


def test_the_shortcut_searches_and_is_off_meanwhile(window: MainWindow, wishes: list[object]) -> None:
    action = window.menus.actions["search"]
    assert action.shortcut().toString() == "Ctrl+F5"
    action.trigger()
    assert wishes == ["search"]
    window.session.run.is_searching = True
    window.menus.refresh()
    assert not action.isEnabled()
    assert not window.menus.actions["cross-validate"].isEnabled()
    assert window.menus.actions["train"].isEnabled(), "training goes on beside it"
    window.session.run.is_searching = False


def test_a_mark_in_the_inspector_leads_into_the_panel(qtbot: QtBot, window: MainWindow) -> None:
    window.session.do(vary(window.session.document, LR, window.session.search.known[LR].suggestion))
    window.session.panel_requested.emit("search", LR)
    row = panel_of(window).setup.variables.rows[LR]
    window.activateWindow()
    qtbot.waitUntil(row.link.hasFocus)


def test_the_setup_can_be_hidden_and_comes_back_where_it_is_needed(window: MainWindow, qtbot: QtBot) -> None:
    window.show_panel("search")
    panel = panel_of(window)
    panel.header.setup.click()
    assert not panel.setup.isVisible()
    again = SearchPanel(window.studio)
    qtbot.addWidget(again)
    assert again.setup.isHidden(), "it is remembered"
    panel.go_to(LR)
    assert panel.setup.isVisible()


def test_further_trials_are_planned_where_nobody_works(
    panel: SearchPanel, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed: list[int] = []
    monkeypatch.setattr(Studies, "resume", lambda self: resumed.append(self.study.planned))
    study.write("state", state="finished")
    panel.studies.refresh()
    assert panel.header.more.isVisible()
    menu = panel.header.more_menu()
    assert [action.text() for action in menu.actions()] == ["10 more", "30 more", "100 more"]
    menu.actions()[1].trigger()
    assert resumed == [16 + 30]


def test_trials_are_copied_for_a_spreadsheet(panel: SearchPanel) -> None:
    panel.table.choose(1)
    {text: act for text, _, act in panel.entries(panel.table.selected)}["Copy"]()
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().split("\n")]
    assert lines[0][:4] == ["#", "State", "accuracy", "learning rate"]
    assert lines[1][:2] == ["2", "finished"]
    assert len(lines) == 2
    panel.table.clearSelection()
    assert len(panel.table.text().split("\n")) == 13


def test_the_desktop_hears_of_the_end_of_a_search(
    session: Session, studio: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(announcing, "announce", lambda _owner, title, text: said.append((title, text)))
    owner = QWidget()
    qtbot.addWidget(owner)
    announcing.Announcer(owner, session, studio)
    session.notify("Something else.", done=True)
    session.run.is_searching = True
    session.notify("Trial 3 is in the design.", done=True)
    session.run.is_searching = False
    session.notify("Search finished: best is trial 3, accuracy 0.97.", done=True)
    session.notify("Another good thing.", done=True)
    assert said == [("iris", "Search finished: best is trial 3, accuracy 0.97.")]
