"""Making a setting a variable of the search: by the mark beside it, by its menu, by the keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from core.training.search import Range
from designer.actions import by_id
from designer.forms.field import LABEL_WIDTH, FieldRow
from designer.inspector.many import ManyPage
from designer.inspector.menu import field_menu
from designer.inspector.node import NodePage
from designer.inspector.panel import InspectorPanel
from designer.search.marks import QUIET_MS, add_entries, search_focused
from designer.search.setup import Setup
from designer.session import Notice, Session
from designer.training.panel import TrainingPanel
from graph.commands import MoveNodes, SetJob
from graph.variants import apply, vary
from tests.core.search.studies import KIND, LR, WIDTH


@pytest.fixture
def page(session: Session, qtbot: QtBot) -> NodePage:
    """The inspector of the first layer; nothing is searched."""
    session.do(SetJob("search", None))
    session.selection.set(["n2"])
    panel = InspectorPanel(session)
    qtbot.addWidget(panel)
    panel.resize(330, 600)
    panel.show()
    assert isinstance(panel.page, NodePage)
    page = panel.page
    qtbot.wait(2 * QUIET_MS)
    page.keeper = panel  # type: ignore[attr-defined]  # it lives as long as the page is looked at
    return page


def width_row(page: NodePage) -> FieldRow:
    assert page.form is not None
    return page.form.rows["out_features"]


def hover(row: FieldRow) -> None:
    row.enterEvent(QEnterEvent(QPointF(5, 5), QPointF(5, 5), QPointF(5, 5)))


def test_the_mark_of_a_field_makes_it_a_variable_in_one_step(
    qtbot: QtBot, session: Session, page: NodePage, notices: list[Notice]
) -> None:
    row, before = width_row(page), len(session.history.entries)
    assert row.is_searched is False
    assert row.search.isHidden(), "it shows when the mouse is there"
    hover(row)
    qtbot.mouseClick(row.search, Qt.MouseButton.LeftButton)
    variable = session.document.job.search.variables[WIDTH]
    assert variable == session.search.known[WIDTH].suggestion
    assert isinstance(variable, Range)
    assert variable.low < 32 < variable.high
    assert len(session.history.entries) == before + 1
    assert row.is_searched
    row.leaveEvent(QEvent(QEvent.Type.Leave))
    assert not row.search.isHidden()
    assert "8 to 128, logarithmic" in row.search.toolTip()
    assert notices[-1].problem.message == "out features is searched: 8 to 128, logarithmic."
    session.undo()
    qtbot.waitUntil(lambda: row.is_searched is False)


def test_the_mark_of_a_variable_leads_to_it(qtbot: QtBot, session: Session, page: NodePage) -> None:
    session.do(vary(session.document, WIDTH, Range(low=4, high=8, integer=True)))
    qtbot.waitUntil(lambda: width_row(page).is_searched is True)
    asked: list[tuple[str, str]] = []
    session.panel_requested.connect(lambda panel, place: asked.append((panel, place)))
    qtbot.mouseClick(width_row(page).search, Qt.MouseButton.LeftButton)
    assert asked == [("search", WIDTH)]


def test_the_name_gives_way_to_the_mark(page: NodePage) -> None:
    row = width_row(page)
    hover(row)
    assert row._name.width() + row.search.width() <= LABEL_WIDTH
    row.leaveEvent(QEvent(QEvent.Type.Leave))
    assert row._name.width() == LABEL_WIDTH


def test_a_field_that_cannot_be_searched_has_no_mark(page: NodePage) -> None:
    assert page.behaviour is not None
    row = page.behaviour.rows["frozen"]
    assert row.is_searched is None
    hover(row)
    assert row.search.isHidden()


def test_the_keyboard_searches_the_field_that_it_is_in(
    qtbot: QtBot, session: Session, page: NodePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Window:
        pass

    window = Window()
    window.session = session  # type: ignore[attr-defined]
    asked: list[tuple[str, str]] = []
    session.panel_requested.connect(lambda panel, place: asked.append((panel, place)))
    page.window().activateWindow()
    width_row(page).editor.setFocus()
    qtbot.waitUntil(lambda: width_row(page).editor.focusProxy().hasFocus())
    search_focused(window)  # type: ignore[arg-type]
    assert WIDTH in session.document.job.search.variables
    page.header.setFocus()
    page.window().setFocus()
    width_row(page).editor.focusProxy().clearFocus()
    search_focused(window)  # type: ignore[arg-type]
    assert asked == [("search", "add")]
    assert by_id("search-field").shortcut == "Ctrl+Shift+K"


def entries(menu: QMenu) -> dict[str, object]:
    return {action.text(): action for action in menu.actions()}


def test_the_menu_of_a_name_searches_and_ends_it(session: Session, page: NodePage) -> None:
    menu = field_menu(page, session, ("", "n2"), "out_features", WIDTH)
    next(a for a in menu.actions() if a.text() == "Search this setting").trigger()
    assert WIDTH in session.document.job.search.variables
    menu = QMenu(page)
    add_entries(menu, session, WIDTH)
    assert list(entries(menu)) == ["Show in the Search panel", "Search it no more"]
    menu.actions()[1].trigger()
    assert WIDTH not in session.document.job.search.variables
    menu = QMenu(page)
    add_entries(menu, session, "node.n2.nothing")
    assert menu.isEmpty()


def test_settings_of_the_training_panel_are_marked(qtbot: QtBot, session: Session) -> None:
    panel = TrainingPanel(session)
    qtbot.addWidget(panel)
    assert panel._optimizer.form.choice.is_searched
    assert panel._optimizer.form.form is not None
    assert panel._optimizer.form.form.rows["lr"].is_searched
    assert panel._forms["run"].form.rows["batch_size"].is_searched is False
    assert panel._forms["run"].form.rows["device"].is_searched is None
    session.do(SetJob("objectives.0.optimizer", {"kind": "sgd"}))
    assert panel._optimizer.form.form.rows["lr"].is_searched, "the fields of another optimizer are marked too"
    session.do(vary(session.document, KIND, None))
    qtbot.waitUntil(lambda: panel._optimizer.form.choice.is_searched is False)
    assert set(session.document.job.search.variables) == {LR, WIDTH}


def test_several_nodes_are_searched_as_one_variable(qtbot: QtBot, session: Session, notices: list[Notice]) -> None:
    session.do(SetJob("search", None))
    session.selection.set(["n2", "n6"])
    panel = InspectorPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    assert isinstance(panel.page, ManyPage)
    row = panel.page.form.rows["out_features"]
    hover(row)
    qtbot.mouseClick(row.search, Qt.MouseButton.LeftButton)
    variable = session.document.job.search.variables[WIDTH]
    assert variable.also == ("node.n6.out_features",)
    assert "the same for 1 more" in notices[-1].problem.message
    setup = Setup(session)
    qtbot.addWidget(setup)
    assert setup.variables.rows[WIDTH].link.text() == "Linear 1 out features + 1"
    assert "Linear 2 out features" in setup.variables.rows[WIDTH].link.toolTip()
    session.attempt(lambda: apply(session.document, {WIDTH: 24}))
    assert [session.document.graph().node(id).params["out_features"] for id in ("n2", "n6")] == [24, 24]


def test_moving_a_node_changes_nothing_of_the_search(session: Session) -> None:
    told: list[None] = []
    known = session.search.known
    session.search.changed.connect(lambda: told.append(None))
    session.do(MoveNodes({"n2": (500.0, 40.0)}))
    assert told == []
    assert session.search.known is known
    session.do(SetJob("epochs", 7))
    assert told == [None]
