"""Acts on wires: shortcuts in the real window, one step each."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.program.source import source
from graph.commands import BendLinks
from graph.lower import lower
from tests.gui.acts.person import Person


def test_swap_inputs(person: Person) -> None:
    before = person.text
    person.session.selection.set(["sum"])
    person.act("swap-inputs")
    assert person.graph.link_into("sum", "a").source == "c"
    assert person.reverts(before)


def test_detach(person: Person) -> None:
    before = person.text
    person.session.selection.set(["b"])
    person.act("detach")
    assert person.graph.link_into("sum", "a").source == "a"
    assert not person.graph.incoming("b")
    assert person.reverts(before)


def test_replace_by_another_layer_keeps_the_wires(person: Person) -> None:
    before = person.text
    person.session.selection.set(["b"])
    person.act("replace")
    popup = person.window.canvas.quick_add
    assert popup.isVisible()
    QTest.keyClicks(popup.field, "gelu")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert person.graph.node("b").layer == "gelu"
    assert person.graph.link_into("sum", "a").source == "b"
    assert person.session.selection.nodes == {"b"}
    assert person.reverts(before)


def test_bend_and_take_away_bends(person: Person) -> None:
    before = person.text
    person.session.selection.set(links=["l4"])
    person.act("bend-wires")
    assert len(person.graph.links["l4"].bends) == 1
    bent = person.text
    person.act("unbend-wires")
    assert person.graph.links["l4"].bends == ()
    assert person.reverts(bent)
    assert person.reverts(before)


def test_a_bent_design_has_the_same_source(person: Person) -> None:
    text = source(lower(person.session.document)).text
    person.session.do(BendLinks({"l4": ((700.0, 300.0),)}))
    assert source(lower(person.session.document)).text == text
