"""Live signals painted over the drawing: shortcuts in the real window, one step each."""

from __future__ import annotations

from designer.canvas.camera import Camera
from designer.canvas.overlay import Overlay, Reading
from designer.selection import join
from tests.gui.acts.person import Person


def test_an_overlay_colours_wires_and_nodes(person: Person) -> None:
    canvas = person.window.canvas
    canvas.fit()
    plain = canvas.grab().toImage()
    canvas.set_overlay({"a": Reading(0.2, "0.2"), "b": Reading(1.0, "9.1"), "c": Reading(float("nan"))})
    assert canvas.grab().toImage() != plain
    canvas.stage.camera = Camera(0.2, 100.0, 100.0)
    far = canvas.grab().toImage()
    canvas.set_overlay({})
    assert canvas.grab().toImage() != far
    canvas.fit()
    assert canvas.grab().toImage() == plain
    assert not person.told


def test_a_block_shows_the_strongest_signal_inside(person: Person) -> None:
    overlay = Overlay(
        {join("inst", "a"): Reading(0.3), join("inst", "b"): Reading(0.8, "b")}, {("c", "y"): Reading(0.5)}
    )
    assert overlay.node("inst") == Reading(0.8, "b")
    assert overlay.wire("c", "y") == Reading(0.5)
    assert overlay.wire("inst", "any") == Reading(0.8, "b")
    assert overlay.node("c") is None
