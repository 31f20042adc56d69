"""A block's solver in the inspector, on its card and in words."""

from __future__ import annotations

from collections.abc import Mapping

from pytestqt.qtbot import QtBot

from core.program.program import Solver
from designer.canvas.parts import _badge
from designer.forms.editors import NamedEditor, TextEditor
from designer.forms.field import FieldRow
from designer.inspector.node import NodePage
from designer.inspector.panel import InspectorPanel
from designer.inspector.solving import NONE, told
from designer.session import Session
from designer.telling import tell
from tests.solved import flow


def page(qtbot: QtBot, session: Session, node: str) -> NodePage:
    panel = InspectorPanel(session)
    qtbot.addWidget(panel)
    panel.resize(320, 900)
    panel.show()
    session.selection.set([node])
    qtbot.waitUntil(lambda: isinstance(panel.page, NodePage))
    assert isinstance(panel.page, NodePage)
    return panel.page


def rows(shown: NodePage) -> Mapping[str, FieldRow]:
    assert shown.solver is not None
    return shown.solver.form.form.rows if shown.solver.form.form is not None else {}


def test_the_solver_of_a_block_is_picked_and_edited_in_the_inspector(qtbot: QtBot) -> None:
    document, instance = flow("rk4", end=2.0)
    session = Session(document)
    shown = page(qtbot, session, instance)
    assert shown.solver is not None
    node = document.graph().node
    shown.solver.form.picked.emit("dopri5")
    assert node(instance).solver == Solver("dopri5", {"end": 2.0})
    qtbot.waitUntil(lambda: "rtol" in rows(shown))
    fields = shown.solver.form.form
    assert fields is not None
    assert [name for name, row in fields.rows.items() if not row.isHidden()] == [
        "rtol", "atol", "start", "end", "adjoint", "path",
    ]  # fmt: skip
    editor = fields.rows["rtol"].editor
    assert isinstance(editor, TextEditor | NamedEditor)
    editor.line.setText("0.001")
    editor.line.textEdited.emit("0.001")
    assert node(instance).solver == Solver("dopri5", {"end": 2.0, "rtol": 0.001})
    assert session.history.undo_label == "Set the solver of flow"
    shown.solver.form.reset.emit("end")
    assert node(instance).solver == Solver("dopri5", {"rtol": 0.001})
    shown.solver.form.picked.emit(NONE)
    assert node(instance).solver is None
    session.history.undo()
    assert node(instance).solver == Solver("dopri5", {"rtol": 0.001})


def test_layers_have_no_solver(qtbot: QtBot) -> None:
    document, instance = flow()
    [link] = document.graph().incoming(instance)
    assert page(qtbot, Session(document), link.source).solver is None


def test_the_solver_is_told_in_few_words() -> None:
    assert told(None) == "none"
    assert told(Solver("rk4")) == "RK4, 40 evaluations"
    assert told(Solver("euler", {"steps": 1})) == "Euler, 1 evaluation"
    assert told(Solver("dopri5")) == "dopri5, at least 8 evaluations"


def test_the_card_and_the_outline_say_what_solves_the_block() -> None:
    document, instance = flow("rk4_38")
    session = Session(document)
    assert _badge(document.graph().node(instance)) == "∫ RK4"
    assert "solved as a differential equation by RK4, 3/8 rule" in tell(
        session, "", "", document.graph().node(instance)
    )
