"""Nodes and losses that the job names, picked in the Training panel; problems for those that are gone."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from core.catalog.families import default_catalog
from core.training.job import Rise
from designer.forms.field import FieldRow
from designer.session import Notice, Session
from designer.training import fields
from designer.training.nodes import NodeList
from designer.training.panel import TrainingPanel
from graph.commands import RemoveNodes, SetJob, SetNode
from graph.places import label_at, loss_names, weighted_places
from graph.templates import TEMPLATES


@pytest.fixture
def session() -> Session:
    return Session(TEMPLATES["digits_vae"].build(default_catalog()))


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> TrainingPanel:
    made = TrainingPanel(session)
    qtbot.addWidget(made)
    made.resize(360, 1600)
    made.show()
    return made


def by_label(session: Session) -> dict[str, str]:
    return {label: path for path, label in weighted_places(session.document, session.inference).items()}


def test_places_are_blocks_and_what_lies_in_them(session: Session) -> None:
    labels = by_label(session)
    assert {"encoder", "encoder / mean", "decoder", "decoder / pixels"} <= set(labels)
    assert all(label_at(session.document, session.inference, path) == label for label, path in labels.items())
    assert label_at(session.document, session.inference, "n99/n1") == ""


def test_a_node_is_picked_by_label_weighed_and_left_out(session: Session, panel: TrainingPanel) -> None:
    rates: NodeList = panel._nodes["rates"]
    mean = by_label(session)["encoder / mean"]
    rates.picker.activated.emit(rates.picker.findText("encoder / mean"))
    assert session.document.job.objectives[0].rates == {mean: 1.0}
    assert rates.picker.findText("encoder / mean") == -1, "what is there already is not offered again"
    row = rates.rows[mean]
    assert isinstance(row, FieldRow)
    row.edited.emit(0.1)
    assert session.document.job.objectives[0].rates == {mean: 0.1}
    rates._leave_out(mean)
    assert session.document.job.objectives[0].rates == {}
    assert not rates.rows


def test_selected_nodes_are_taken_those_without_weights_not(
    session: Session, panel: TrainingPanel, qtbot: QtBot
) -> None:
    penalised = panel._nodes["penalised"]
    told: list[Notice] = []
    session.noticed.connect(told.append)
    assert not penalised.selected.isVisible()
    places = by_label(session)
    session.selection.set([places["encoder"], places["decoder"]])
    assert penalised.selected.isVisible()
    penalised.selected.click()
    assert set(session.document.job.objectives[0].penalised) == {places["encoder"], places["decoder"]}
    session.selection.set([next(iter(loss_names(session.document, session.inference)))])
    panel._nodes["recompute"].selected.click()
    assert session.document.job.recompute == ()
    assert "has weights" in str(told[-1])
    session.history.undo()
    assert session.document.job.objectives[0].penalised == ()


@pytest.mark.parametrize(
    ("path", "value", "left"),
    [
        ("objectives.0.rates", {"n98": 0.5, "GONE": 2.0}, {"n98": 0.5}),
        ("objectives.0.penalised", ["n98", "GONE"], ["n98"]),
        ("objectives.0.trains", ["GONE"], None),
        ("recompute", ["GONE"], None),
    ],
)
def test_nodes_that_are_gone_are_problems_with_a_fix(
    session: Session, panel: TrainingPanel, path: str, value: dict[str, float] | list[str], left: object
) -> None:
    decoder = by_label(session)["decoder"]
    named = {decoder if key == "GONE" else key: f for key, f in value.items()} if isinstance(value, dict) else [
        decoder if key == "GONE" else key for key in value]  # fmt: skip
    session.do(SetJob(path, named))
    assert not [p for p in session.problems if decoder in p.message and p.code == "job-node"]
    session.do(RemoveNodes((decoder,)))
    [problem] = [p for p in session.problems if decoder in p.message and p.code == "job-node"]
    assert "is not in the design any more" in problem.message
    session.fix(problem, problem.fixes[0])
    held: Any = session.document.settings["job"]
    for part in path.split("."):
        held = held.get(part) if isinstance(held, dict) else held[int(part)]
    assert held == left


def test_a_muted_node_has_no_weights(session: Session) -> None:
    encoder = by_label(session)["encoder"]
    session.do(SetJob("recompute", [encoder]))
    session.do(SetNode(encoder, {"muted": True}))
    assert [p for p in session.problems if p.code == "job-node" and "is muted" in p.message]


def test_the_weight_of_a_loss_moves_and_is_drawn(session: Session, panel: TrainingPanel) -> None:
    weights = panel._weights
    assert [weights.losses.itemText(i) for i in range(weights.losses.count())] == ["reconstruction", "divergence"]
    weights.losses.setCurrentIndex(1)
    weights.losses.activated.emit(1)
    assert weights.name == "divergence"
    weights.rise.edited.emit("length", 10, object())
    weights.rise.edited.emit("unit", "epoch", object())
    moves = session.document.job.objectives[0].loss_schedules["divergence"]
    assert moves.warmup == Rise(length=10, unit="epoch", start_factor=0.0)
    weights.schedule.picked.emit("step")
    weights.schedule.edited.emit("gamma", 0.5, object())
    moves = session.document.job.objectives[0].loss_schedules["divergence"]
    assert (moves.kind, moves.params, moves.warmup.length) == ("step", {"gamma": 0.5}, 10)
    assert weights.picture.accessibleName().startswith("Weight from 0 to ")
    weights.schedule.picked.emit("constant")
    weights.rise.reset.emit("length")
    weights.rise.reset.emit("unit")
    assert session.document.job.objectives[0].loss_schedules == {}


def test_plateau_is_not_offered_for_weights(panel: TrainingPanel) -> None:
    assert "plateau" not in panel._weights.schedule.choice.param.choices  # type: ignore[attr-defined]


def test_every_list_says_what_it_is_for() -> None:
    assert all(title and doc for _, title, doc in fields.NODES.values())
