"""Runs made out of the shown one: grown step by step in the window, pruned by what the card offers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from safetensors.torch import load_file, save_file

from core.catalog.families import default_catalog
from core.problem import Problem
from core.program.module import build
from core.program.program import Program
from core.training.branching import START
from core.training.runs import RunFolder
from designer.growing import grown_branch, pruned_branch
from designer.offshoots import Offshoots
from designer.resources import EXAMPLES
from designer.session import Notice, Session
from designer.shell.widening import WideningDialog
from designer.studio import Studio
from graph import storage
from graph.codec import encode
from graph.commands import SetParam
from graph.lower import lower
from tests.asked import Asked


class Scene:
    """A design, a run that has weights for it, and an assistant whose questions are kept."""

    def __init__(self, tmp_path: Path) -> None:
        self.document, _ = storage.load(EXAMPLES / "iris_mlp.loom", default_catalog())
        self.session = Session(self.document, tmp_path / "iris.loom")
        self.studio = Studio(self.session, tmp_path / "runs")
        self.assistant = Asked()
        self.offshoots = Offshoots(self.studio, self.assistant, self.studio)
        self.notices: list[Notice] = []
        self.session.noticed.connect(self.notices.append)
        program = lower(self.document)
        torch.manual_seed(0)
        folder = tmp_path / "runs" / "iris"
        self.run = RunFolder.create(folder, program, self.document.job, encode(self.document), "Iris")
        (folder / "checkpoints" / START).mkdir(parents=True)
        save_file(build(program).state_dict(), folder / "checkpoints" / START / "weights.safetensors")

    def asked(self) -> tuple[str, dict[str, Any]]:
        name, args, _ = self.assistant.questions[-1]
        return name, args


@pytest.fixture
def scene(tmp_path: Path, qtbot: QtBot) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.studio.close()


def answers(program: Program, run: RunFolder) -> torch.Tensor:
    net = build(program)
    net.load_state_dict(load_file(run.checkpoints / START / "weights.safetensors"))
    net.eval()
    found: torch.Tensor = net(torch.linspace(-2, 2, 40).view(10, 4))
    return found.detach()


def test_a_network_grows_twice_and_answers_as_before(scene: Scene) -> None:
    before, text = answers(scene.run.program, scene.run), encode(scene.document)
    scene.studio.show(scene.run.path)
    for node, to, label in (("n2", 0, "Add a layer behind ReLU"), ("n6", 40, "Grow Linear")):
        drawn = encode(scene.document)
        scene.offshoots.grow(node, to)
        name, args = scene.asked()
        assert name == "branch.grow"
        assert encode(scene.document) == drawn  # nothing changes before the weights are there
        scene.assistant.reply(grown_branch(args))
        assert scene.session.history.undo_label.startswith(label)
        assert scene.studio.record is not None
        run = RunFolder.open(scene.studio.record.folder)
        assert run.program == lower(scene.document)
        assert run.design == encode(scene.document)
        torch.testing.assert_close(answers(run.program, run), before, rtol=1e-6, atol=1e-6)
        [button] = scene.notices[-1].buttons
        assert button.label == "Train it"
    assert scene.studio.record.folder.name == "iris-branch-2"
    scene.session.undo()
    scene.session.undo()
    assert encode(scene.document) == text


def test_what_cannot_grow_is_told_and_nothing_changes(scene: Scene) -> None:
    text = encode(scene.document)
    scene.offshoots.grow("n2")
    assert "No run is shown" in scene.notices[-1].problem.message
    scene.studio.show(scene.run.path)
    scene.offshoots.grow("n10", 9)
    assert "it compares the units with answers" in scene.notices[-1].problem.message
    scene.offshoots.grow("n2", 48)
    scene.assistant.reply(problem=Problem("disk", "The disk is full."))
    assert scene.notices[-1].problem.message == "The disk is full."
    assert encode(scene.document) == text
    scene.session.do(SetParam("n2", "out_features", 20))
    scene.offshoots.grow("n6", 48)
    assert "is not the one that the run iris trained" in scene.notices[-1].problem.message
    assert len(scene.assistant.questions) == 1


def test_a_pruned_branch_is_trained_at_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[Path] = []
    monkeypatch.setattr(scene.studio, "resume", trained.append)
    scene.studio.show(scene.run.path)
    scene.studio.prune_requested.emit({"share": 0.5, "scope": "layer"})
    name, args = scene.asked()
    assert name == "branch.prune"
    scene.assistant.reply(pruned_branch(args))
    assert [folder.name for folder in trained] == ["iris-branch-1"]
    masks = load_file(RunFolder.open(trained[0]).masks)
    assert all(int((m == 0).sum()) == round(0.5 * m.numel()) for m in masks.values())
    scene.session.run.state = "running"
    scene.studio.prune_requested.emit({"share": 0.5, "scope": "layer"})
    assert "A run is going on" in scene.notices[-1].problem.message


def test_the_width_is_asked_for(qtbot: QtBot) -> None:
    parent, wished = QWidget(), list[int]()
    qtbot.addWidget(parent)
    dialog = WideningDialog("hidden", 32, wished.append, parent)
    dialog.show()
    [field] = [edit for edit in dialog.findChildren(QLineEdit) if edit.text() == "64"]
    field.setText("100")
    field.textEdited.emit("100")
    [go] = [b for b in dialog.findChildren(QPushButton) if b.text() == "Make wider"]
    go.click()
    assert wished == [100]
