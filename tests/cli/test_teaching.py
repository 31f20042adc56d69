"""``layerloom trace`` and ``layerloom lesson``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.catalog.families import default_catalog
from core.program.codec import to_json
from core.training.protocol import Command, Finished, Reply, StateChanged
from core.training.runs import RunFolder, StatusKeeper
from designer import assistant
from graph import storage
from graph.codec import encode
from graph.commands import SetJob
from graph.lower import lower
from graph.templates import TEMPLATES

Run = Callable[..., Any]


@pytest.fixture
def perceptron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example as a file of the person's own, in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "neuron.loom"
    storage.save(TEMPLATES["perceptron_and"].build(default_catalog()), path)
    return path


class TestTrace:
    def test_forward_in_words(self, layerloom: Run, perceptron: Path) -> None:
        said = layerloom("trace", perceptron)
        assert said.code == 0, said.err
        for text in ("example 0 of train, fresh weights of seed 0", "Y = X · Wᵀ + b", "y[0, 0] = ", "Loss 0."):
            assert text in said.out
        assert "dL/d" not in said.out

    def test_back_and_matrices(self, layerloom: Run, perceptron: Path) -> None:
        said = layerloom("trace", perceptron, "--backward", "--matrices", "--count", "2", "-n", "5")
        for text in ("examples 5 to 6", "dL/dW = (dL/dY)ᵀ · X", "One step of AdamW, rate 0.05", "Wᵀ (2 x 1)"):
            assert text in said.out

    def test_json_has_all(self, layerloom: Run, perceptron: Path) -> None:
        found = layerloom("trace", perceptron, "--json").json
        assert [found["nodes"][i]["label"] for i in found["forward"]][-1] == "BCE with logits"
        assert found["loss"] == pytest.approx(found["losses"][0]["value"])
        assert found["update"]["optimizer"] == "AdamW"

    def test_the_inside_of_a_copy(self, layerloom: Run, tmp_path: Path) -> None:
        document = TEMPLATES["deep_mlp"].build(default_catalog())
        storage.save(document, path := tmp_path / "deep.loom")
        [block] = [node.id for node in document.graph().nodes if node.block]
        said = layerloom("trace", path, "--block", block, "--copy", "7")
        assert said.code == 0
        assert "What the block is given" in said.out
        assert "no copy 8" in layerloom("trace", path, "--block", block, "--copy", "8").err

    def test_what_is_not_there_is_one_sentence(self, layerloom: Run, perceptron: Path) -> None:
        said = layerloom("trace", perceptron, "-n", "4000")
        assert said.code == 2
        assert "There is no example 4,000; those of train are 0 to" in said.err

    def test_the_assistant_answers_with_the_same(self, layerloom: Run, perceptron: Path) -> None:
        document, _ = storage.load(perceptron, default_catalog())
        args = {"program": to_json(lower(document)), "job": document.job.model_dump(mode="json"), "count": 2}
        reply = assistant.answer(Command("request", {"id": 1, "name": "trace", "args": args}))
        assert isinstance(reply, Reply)
        assert reply.problem is None
        assert reply.result["nodes"] == layerloom("trace", perceptron, "--json", "--count", "2").json["nodes"]


def ran(design: Path, folder: Path, accuracy: float, **job: Any) -> None:
    """A run that ended, as its process would have left it."""
    document, _ = storage.load(design, default_catalog())
    for path, value in job.items():
        SetJob(path.replace("__", "."), value).apply(document)
    run = RunFolder.create(folder, lower(document), document.job, encode(document), "Neuron")
    keeper = StatusKeeper(run)
    keeper.follow(StateChanged("finished"))
    keeper.follow(Finished({"test": {"accuracy": accuracy}}, 30.0, 300, 0.5))


class TestLesson:
    def test_before_and_after_a_training(self, layerloom: Run, perceptron: Path) -> None:
        before = layerloom("lesson", perceptron)
        assert before.code == 1
        for text in ("What it is", "What to look at", "There is no run of it yet: train it.", "0 of 4 checks hold."):
            assert text in before.out
        layerloom("train", perceptron, "--run", "runs/one", "--set", "threads=1")
        after = layerloom("lesson", perceptron, "--json").json
        assert [task["passed"] for task in (*after["goals"], *after["tries"])] == [True, False, False, False]
        assert after["goals"][0]["said"] == "Reached: test accuracy 1, in the run one."

    def test_xor_fails_and_the_lesson_knows(self, layerloom: Run, perceptron: Path) -> None:
        ran(perceptron, Path("runs/xor"), 0.74, data__source__params__gate="xor")
        told = layerloom("lesson", perceptron, "--json").json
        assert [task["passed"] for task in (*told["goals"], *told["tries"])] == [False, True, False, False]

    def test_all_done(self, layerloom: Run, perceptron: Path) -> None:
        ran(perceptron, Path("runs/and"), 1.0)
        ran(perceptron, Path("runs/xor"), 0.74, data__source__params__gate="xor")
        ran(perceptron, Path("runs/or"), 1.0, data__source__params__gate="or")
        ran(perceptron, Path("runs/noisy"), 0.9, data__source__params__noise=0.4)
        said = layerloom("lesson", perceptron)
        assert said.code == 0
        assert "4 of 4 checks hold." in said.out

    def test_runs_elsewhere_and_damaged_ones(self, layerloom: Run, perceptron: Path, tmp_path: Path) -> None:
        ran(perceptron, tmp_path / "kept" / "or", 1.0, data__source__params__gate="or")
        ran(perceptron, tmp_path / "kept" / "bad", 1.0)
        (tmp_path / "kept" / "bad" / "design.loom").write_text('{"id": "perceptron_and"')
        assert layerloom("lesson", perceptron, "--json").json["done"] == 0
        told = layerloom("lesson", perceptron, "--runs", tmp_path / "kept", "--json").json
        assert told["tries"][1]["passed"]
        assert told["done"] == 1

    def test_runs_of_another_lesson_do_not_count(self, layerloom: Run, perceptron: Path, tmp_path: Path) -> None:
        other = tmp_path / "xor.loom"
        storage.save(TEMPLATES["xor_mlp"].build(default_catalog()), other)
        ran(perceptron, Path("runs/one"), 1.0)
        assert layerloom("lesson", other, "--json").json["done"] == 0

    def test_a_design_without_a_lesson(self, layerloom: Run, design: Path) -> None:
        said = layerloom("lesson", design)
        assert said.code == 2
        assert "has no lesson" in said.err
