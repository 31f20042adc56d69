"""A block's solver in the inspector, on its card and in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.problem import Problem
from core.program.fixed import unsuited
from core.program.program import Solver
from designer.canvas.parts import _badge
from designer.export.dialog import ExportDialog
from designer.forms.editors import NamedEditor, TextEditor
from designer.forms.field import FieldRow
from designer.inspector.node import NodePage
from designer.inspector.panel import InspectorPanel
from designer.inspector.solving import NONE, told
from designer.session import Session
from designer.studio import Studio
from designer.telling import tell
from tests.asked import Asked
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


def test_another_method_keeps_the_length_of_a_path(qtbot: QtBot) -> None:
    document, instance = flow("euler", path=True, steps=7)
    shown = page(qtbot, Session(document), instance)
    assert shown.solver is not None
    shown.solver.form.picked.emit("dopri5")
    assert document.graph().node(instance).solver == Solver("dopri5", {"path": True, "points": 7})
    shown.solver.form.picked.emit("rk4")
    assert document.graph().node(instance).solver == Solver("rk4", {"path": True, "steps": 7})


def test_an_export_that_is_refused_goes_on_with_fixed_steps(qtbot: QtBot, tmp_path: Path) -> None:
    document, instance = flow("dopri5")
    session, assistant, parent = Session(document), Asked(), QWidget()
    qtbot.addWidget(parent)
    studio = Studio(session, tmp_path)
    dialog = ExportDialog(session, studio, assistant, None, parent)
    dialog.show()
    dialog._start()
    assert assistant.questions[-1][1]["fixed_steps"] == 0
    solver = document.graph().node(instance).solver
    assert solver is not None
    assistant.reply(problem=unsuited("flow", instance, solver))
    [offered] = [b for b in dialog.findChildren(QPushButton) if b.text() == "Export with fixed steps"]
    assert offered.isVisible()
    offered.click()
    assert assistant.questions[-1][1]["fixed_steps"] == 40
    assert not offered.isVisible()
    assistant.reply(problem=Problem("disk", "The disk is full."))
    assert not offered.isVisible()
    studio.close()


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
