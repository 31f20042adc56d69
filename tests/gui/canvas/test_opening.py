"""What a design looks like when it opens: whole where it can be read, else from its inputs."""

from __future__ import annotations

from typing import Any

import pytest

from designer.canvas.camera import Camera, fitting, opening
from graph.commands import RemoveNodes

SMALL, WIDE, TALL = (0.0, 0.0, 400.0, 200.0), (0.0, 0.0, 3000.0, 200.0), (0.0, 0.0, 400.0, 4000.0)


def test_what_fits_is_shown_whole() -> None:
    assert opening(SMALL, (0.0, 100.0), 900, 600, smallest=0.6) == fitting(SMALL, 900, 600)


def test_a_wide_graph_opens_at_its_left_border_and_can_be_read() -> None:
    camera = opening(WIDE, (0.0, 30.0), 900, 600, smallest=0.6)
    assert camera.scale == 0.6
    assert camera.to_view(0.0, 100.0) == pytest.approx((48.0, 300.0))


def test_a_tall_graph_opens_at_the_height_of_its_start() -> None:
    camera = opening(TALL, (0.0, 3500.0), 900, 600, smallest=0.6)
    assert camera.to_view(200.0, 3500.0) == pytest.approx((450.0, 300.0))


def test_a_widget_without_a_size_still_has_a_camera() -> None:
    assert isinstance(opening(WIDE, (0.0, 0.0), 1.0, 1.0, smallest=0.6), Camera)


def test_an_empty_graph_says_how_to_begin(hand: Any) -> None:
    assert hand.canvas.hint.isHidden()
    hand.session.do(RemoveNodes(tuple(node.id for node in hand.session.document.graph().nodes)))
    assert "press Tab to add a layer" in hand.canvas.hint.text()
    assert hand.canvas.hint.isVisible()
    hand.session.undo()
    assert hand.canvas.hint.isHidden()
