"""The inspector: pages by selection, edits through history, facts, help."""

from __future__ import annotations

import math
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from core.program.program import Init
from core.spec.params import UNSET
from designer.forms.editors import BoolEditor, ChoiceEditor, NamedEditor, TextEditor
from designer.forms.form import Form
from designer.inspector.facts import UNKNOWN, facts
from designer.inspector.initial import told
from designer.inspector.many import ManyPage
from designer.inspector.menu import field_menu
from designer.inspector.node import NodePage
from designer.inspector.overview import OverviewPage
from designer.inspector.panel import InspectorPanel
from designer.inspector.spread import BINS
from designer.inspector.wire import WirePage
from designer.session import Session
from graph.commands import AddNode, Batch, Disconnect, MakeBlock, SetJob, SetParam, SetPromotion
from graph.records import Node


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> InspectorPanel:
    panel = InspectorPanel(session)
    qtbot.addWidget(panel)
    panel.resize(320, 900)
    panel.show()
    return panel


def node_page(qtbot: QtBot, panel: InspectorPanel, session: Session, node: str) -> NodePage:
    session.selection.set([node])
    qtbot.waitUntil(lambda: isinstance(panel.page, NodePage) and panel.page._id == node)
    assert isinstance(panel.page, NodePage)
    return panel.page


def write(qtbot: QtBot, form: Form | None, name: str, text: str) -> None:
    assert form is not None
    editor = form.rows[name].editor
    assert isinstance(editor, TextEditor | NamedEditor)
    editor.line.setFocus()
    editor.line.selectAll()
    qtbot.keyClicks(editor.line, text)


def params(session: Session, node: str) -> dict[str, Any]:
    return dict(session.document.graph().node(node).params)


def texts(page: NodePage) -> str:
    return "\n".join(each.text() for each in page.findChildren(QLabel))


def test_a_burst_of_typing_is_one_undo_step(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n2")
    write(qtbot, page.form, "out_features", "128")
    assert params(session, "n2")["out_features"] == 128
    assert session.history.undo_label == "Set out_features of Linear to 128"
    session.undo()
    assert params(session, "n2")["out_features"] == 16
    assert not session.history.can_undo


def test_undo_shows_in_the_form(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n2")
    session.do(SetParam("n2", "out_features", 99))
    assert page.form is not None
    editor = page.form.rows["out_features"].editor
    assert isinstance(editor, TextEditor)
    qtbot.waitUntil(lambda: editor.line.text() == "99")
    session.undo()
    qtbot.waitUntil(lambda: editor.line.text() == "16")
    assert panel.page is page


def test_wrong_values_never_reach_the_document(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n2")
    write(qtbot, page.form, "out_features", "-")
    assert params(session, "n2")["out_features"] == 16
    assert not session.is_dirty


def test_reset_takes_the_default(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n2")
    assert page.form is not None
    qtbot.mouseClick(page.form.rows["out_features"]._reset, Qt.MouseButton.LeftButton)
    assert "out_features" not in params(session, "n2")


def test_inside_a_block_the_values_of_the_instance_are_shown(
    qtbot: QtBot, panel: InspectorPanel, session: Session
) -> None:
    session.do(MakeBlock(("n2", "n3"), "Body", block="b", instance="i"))
    session.do(SetPromotion("b", "n2", "out_features", "width"))
    session.do(AddNode(Node("j", "block:b", params={"width": 7}, x=400.0, y=300.0)))

    def editor(path: str) -> TextEditor:
        session.selection.set(["n2"], path=path)
        qtbot.waitUntil(lambda: isinstance(panel.page, NodePage) and panel.page._path == path)
        assert isinstance(panel.page, NodePage)
        assert panel.page.form is not None
        found = panel.page.form.rows["out_features"].editor
        assert isinstance(found, TextEditor)
        return found

    assert editor("i").isEnabled(), "the instance leaves it as the block has it"
    there = editor("j")
    assert there.line.text() == "7"
    assert not there.isEnabled()
    assert "sets this for itself" in there.toolTip()
    session.do(SetParam("j", "width", UNSET))
    qtbot.waitUntil(lambda: editor("j").isEnabled())
    assert editor("j").line.text() == "16"


def test_renaming(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n2")
    page.header.name.setFocus()
    qtbot.keyClicks(page.header.name, "hidden")
    assert session.document.label("", "n2") == "hidden"
    session.undo()
    assert session.document.label("", "n2") == "Linear"


def test_facts_are_live(session: Session) -> None:
    known = facts(session, "", "n2")
    assert known.inputs == (("x", "B x 64"),)
    assert known.outputs[0][1] == "B x 16"
    assert known.parameters == "1,040"
    assert known.made_of == ("weight  16 x 64", "bias  16")
    assert known.cost == "1.02 k"
    session.do(SetParam("n2", "out_features", 8))
    assert facts(session, "", "n2").parameters == "520"
    session.do(Disconnect(("l1",)))
    assert facts(session, "", "n3").outputs[0][1] == UNKNOWN


def test_problems_of_the_node_are_shown_with_the_way_out(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n3")
    session.do(Disconnect(("l2",)))
    qtbot.waitUntil(lambda: any("has no wire" in each.text() for each in page.issues.findChildren(QLabel)))


def test_help_is_read_out_of_the_declaration(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n2")
    spec = session.document.spec("linear")
    assert spec is not None
    for part in (spec.doc, spec.formula, spec.when, spec.source):
        assert part in texts(page)


def test_initial_weights(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n2")
    assert page.initial is not None
    weight = page.initial.parts["weight"]
    weight.picked.emit("normal")
    assert session.document.graph().node("n2").init == Init("normal")
    qtbot.waitUntil(lambda: weight.form is not None)
    write(qtbot, weight.form, "std", "0.5")
    init = session.document.graph().node("n2").init
    assert init is not None
    assert init.weight_params == {"std": 0.5}
    assert told(init) == "Normal"
    weight.picked.emit("default")
    assert session.document.graph().node("n2").init is None
    assert session.undo() is None
    assert session.document.graph().node("n2").init == Init("normal", {"std": 0.5})


def test_freeze_and_mute(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n2")
    assert page.behaviour is not None
    for name in ("muted", "frozen"):
        switch = page.behaviour.rows[name].editor
        assert isinstance(switch, BoolEditor)
        qtbot.mouseClick(switch.switch, Qt.MouseButton.LeftButton)
        assert getattr(session.document.graph().node("n2"), name)


def test_the_law_of_the_start_is_drawn(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n2")
    assert page.initial is not None
    view, weight = page.initial.spread, page.initial.parts["weight"]

    def title() -> str:
        return view.shown.title if view.shown is not None else ""

    [(rows, columns)] = [shape for shape in facts(session, "", "n2").weights.values() if len(shape) == 2]
    assert f"std {1 / math.sqrt(3 * columns):.4g}" in title(), "PyTorch's own: U(-1, 1) / sqrt(fan_in)"
    weight.picked.emit("xavier_normal")
    qtbot.waitUntil(lambda: f"std {math.sqrt(2 / (rows + columns)):.4g}" in title())
    assert view.shown is not None
    assert view.shown.note == f"fan {columns} in, {rows} out"
    assert sum(view.shown.shares) == pytest.approx(99.86, abs=0.01)
    highest = max(range(BINS), key=view.shown.shares.__getitem__)
    assert highest == BINS // 2
    assert view.bar(highest).height() > 4 * view.bar(BINS // 6).height()
    page.resize(300, 1200)
    assert not view.grab().isNull()
    weight.picked.emit("zeros")
    qtbot.waitUntil(lambda: title() == "weight: mean 0, std 0")
    assert max(view.shown.shares) == 100.0
    session.selection.set(["n3"])
    qtbot.waitUntil(lambda: panel.page is not page)


def test_layers_without_weights_offer_no_initialisation(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n3")
    assert page.initial is None
    assert page.behaviour is not None
    assert set(page.behaviour.rows) == {"muted"}


def test_sharing_weights_is_offered_among_equals(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    session.do(AddNode(Node("n9", "linear")))
    page = node_page(qtbot, panel, session, "n9")
    assert page.behaviour is not None
    choice = page.behaviour.rows["shares"].editor
    assert isinstance(choice, ChoiceEditor)
    choice.combo.setFocus()
    qtbot.keyClick(choice.combo, Qt.Key.Key_Down)
    assert session.document.graph().node("n9").shares == "n2"


def test_a_block_may_repeat(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    session.do(MakeBlock(("n3",), "Body"))
    instance = next(n.id for n in session.document.graph().nodes if n.block)
    page = node_page(qtbot, panel, session, instance)
    write(qtbot, page.behaviour, "repeat", "3")
    assert session.document.graph().node(instance).repeat == 3


def test_inputs_offer_the_fields_of_the_data(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    session.do(SetJob("data.source.kind", "digits"))
    page = node_page(qtbot, panel, session, "n1")
    assert page.form is not None
    editor = page.form.rows["field"].editor
    assert isinstance(editor, NamedEditor)
    assert [editor.combo.itemText(i) for i in range(editor.combo.count())] == ["features", "target"]


def test_several_nodes_are_edited_as_one_step(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    session.do(AddNode(Node("n9", "linear", params={"out_features": 5})))
    session.selection.set(["n2", "n9"])
    qtbot.waitUntil(lambda: isinstance(panel.page, ManyPage))
    assert isinstance(panel.page, ManyPage)
    steps = len(session.history.entries)
    write(qtbot, panel.page.form, "out_features", "32")
    assert [params(session, n)["out_features"] for n in ("n2", "n9")] == [32, 32]
    assert len(session.history.entries) == steps + 1
    session.undo()
    assert [params(session, n)["out_features"] for n in ("n2", "n9")] == [16, 5]


def test_nodes_of_different_kinds_share_only_what_is_alike(
    qtbot: QtBot, panel: InspectorPanel, session: Session
) -> None:
    session.selection.set(["n2", "n3"])
    qtbot.waitUntil(lambda: isinstance(panel.page, ManyPage))
    assert isinstance(panel.page, ManyPage)
    assert panel.page.form.rows == {}


def test_overview_tells_of_the_design(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    assert isinstance(panel.page, OverviewPage)
    rows = dict(panel.page.network.rows)
    assert rows["Nodes"] == "4"
    assert rows["Parameters"] == "1,040"
    session.do(SetJob("data.source.kind", "digits"))
    page = panel.page
    qtbot.waitUntil(lambda: dict(page.job.rows)["Data"] == "Digits")
    page.header.name.setFocus()
    qtbot.keyClicks(page.header.name, "My net")
    assert session.document.title == "My net"


def test_overview_of_a_block_renames_it(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    session.do(MakeBlock(("n2", "n3"), "Body"))
    instance = next(n for n in session.document.graph().nodes if n.block)
    session.selection.enter(instance.id)
    qtbot.waitUntil(lambda: isinstance(panel.page, OverviewPage) and panel.page.header.name.text() == "Body")
    assert isinstance(panel.page, OverviewPage)
    panel.page.header.name.setFocus()
    qtbot.keyClicks(panel.page.header.name, "2")
    assert session.document.blocks[instance.block].name == "Body2"


def test_the_page_of_a_removed_node_goes(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    session.do(AddNode(Node("n9", "linear")))
    node_page(qtbot, panel, session, "n9")
    session.undo()
    qtbot.waitUntil(lambda: isinstance(panel.page, OverviewPage))


def test_a_wire_tells_what_flows(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    session.selection.set(links=["l2"])
    qtbot.waitUntil(lambda: isinstance(panel.page, WirePage))
    assert isinstance(panel.page, WirePage)
    rows = dict(panel.page.facts.rows)
    assert rows == {"From": "Linear", "To": "ReLU", "Shape": "B x 16", "Values": "real numbers"}
    session.do(SetParam("n2", "out_features", 5))
    page = panel.page
    qtbot.waitUntil(lambda: dict(page.facts.rows)["Shape"] == "B x 5")
    session.do(Disconnect(("l2",)))
    qtbot.waitUntil(lambda: isinstance(panel.page, OverviewPage))


def test_a_field_inside_a_block_becomes_one_of_its_instances(
    qtbot: QtBot, panel: InspectorPanel, session: Session
) -> None:
    session.do(MakeBlock(("n2", "n3"), "Body"))
    instance = next(n for n in session.document.graph().nodes if n.block)
    inner = next(n.id for n in session.document.graph(instance.block).nodes if n.layer == "linear")
    menu = field_menu(panel, session, (instance.block, inner), "out_features")
    menu.actions()[1].trigger()
    page = node_page(qtbot, panel, session, instance.id)
    write(qtbot, page.form, "out_features", "12")
    assert params(session, instance.id) == {"out_features": 12}
    assert facts(session, "", instance.id).outputs[0][1] == "B x 12"
    again = field_menu(panel, session, (instance.block, inner), "out_features")
    assert again.actions()[1].isChecked()


def test_an_unknown_layer_is_shown_by_its_id(qtbot: QtBot, session: Session) -> None:
    from dataclasses import replace

    from graph.records import Change

    before = session.document.graph().node("n3")
    session.document.apply([Change("", before, replace(before, layer="warp_drive"))])
    panel = InspectorPanel(session)
    qtbot.addWidget(panel)
    page = node_page(qtbot, panel, session, "n3")
    assert page.header.name.placeholderText() == "warp_drive"
    assert page.findChildren(QPushButton) == page.issues.findChildren(QPushButton)


def test_many_edits_at_once_refresh_once_in_the_end(qtbot: QtBot, panel: InspectorPanel, session: Session) -> None:
    page = node_page(qtbot, panel, session, "n2")
    session.do(Batch("b", tuple(SetParam("n2", "out_features", value) for value in (3, 4, 5))))
    assert page.form is not None
    editor = page.form.rows["out_features"].editor
    assert isinstance(editor, TextEditor)
    qtbot.waitUntil(lambda: editor.line.text() == "5")
