"""Examples keep what they promise, and what their lessons say is so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.training.loop import train
from core.training.protocol import Finished
from graph.commands import SetJob, SetNode, SetParam
from graph.document import Document
from graph.infer import Inference
from graph.lessons import lesson_of
from graph.lower import lower
from graph.templates import TEMPLATES, Expected
from tests.examples import run as runner
from tests.examples.trial import Trial, attempt
from tests.trainings import run

PAGE = Path(__file__).parents[2] / "docs" / "examples.md"
EXAMPLES = runner.examples()
QUICK = [id for id in EXAMPLES if (expected := TEMPLATES[id].expects) and expected.quick]


def build(id: str) -> Document:
    return TEMPLATES[id].build(default_catalog())


def accuracy(document: Document) -> float:
    """Of the test part, after training in this process on one thread."""
    SetJob("threads", 1).apply(document)
    made = run(lower(document), document.job)
    *_, last = (event for event in train(made) if isinstance(event, Finished))
    return last.metrics["test"]["accuracy"]


@pytest.mark.parametrize("id", EXAMPLES)
def test_every_example_says_what_it_must_reach_and_teaches(id: str) -> None:
    template = TEMPLATES[id]
    assert template.expects is not None
    assert f"`{id}`" in PAGE.read_text(encoding="utf-8"), (
        f"run: python -m tests.examples.run --write docs/examples.md {id}"
    )
    lesson = lesson_of(build(id))
    assert lesson is not None
    assert lesson.what
    assert lesson.look
    assert len(lesson.tries) == 3
    assert lesson.goals, "the application verifies that it is reached"


def test_expectations_know_which_way_is_better() -> None:
    accuracy, rmse, loss = (
        Expected("accuracy", 0.9),
        Expected("rmse", 2.0),
        Expected("reconstruction", 0.1, "validation"),
    )
    assert accuracy.holds(0.9)
    assert not accuracy.holds(0.89)
    assert rmse.holds(1.9)
    assert not rmse.holds(2.1)
    assert loss.holds(loss.reached({"validation": {"reconstruction": 0.05}}))
    assert not loss.holds(loss.reached({"test": {"reconstruction": 0.05}})), "what was not measured does not hold"


class TestLessons:
    def test_a_single_neuron_learns_and_but_not_xor(self) -> None:
        assert accuracy(build("perceptron_and")) == 1.0
        other = build("perceptron_and")
        SetJob("data.source.params.gate", "xor").apply(other)
        assert accuracy(other) <= 0.76, "a straight line gets at least one corner in four wrong"

    def test_without_tanh_the_hidden_layer_does_not_help(self) -> None:
        document = build("xor_mlp")
        [tanh] = [node.id for node in document.graph().nodes if node.layer == "tanh"]
        SetNode(tanh, {"muted": True}).apply(document)
        assert accuracy(document) <= 0.76

    def test_a_depthwise_block_weighs_a_ninth(self) -> None:
        """The weights that the lesson of MobileNet names."""
        costs = Inference(document := build("mobilenet")).scope().costs
        [last] = [node.id for node in document.graph().nodes if node.name == "separable 5"]
        assert round(costs[last].parameters / 1e6, 1) == 1.1
        assert round(1024 * 1024 * 9 / 1e6, 1) == 9.4

    def test_residual_blocks_of_another_width_are_refused(self) -> None:
        document = build("resnet18")
        [block] = [node for node in document.graph().nodes if node.name == "stage 2"]
        SetParam(block.id, "channels", 100).apply(document)
        with pytest.raises(LayerloomError, match="Add"):
            lower(document)


def test_a_table_for_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Examples\n\n{runner.BEGIN}\nold\n{runner.END}\n\nThe end.\n", encoding="utf-8")
    first = Trial("perceptron_and", Expected("accuracy", 0.99), 1.0, 30, 0.2, 3, 1e-7, 0.0)
    second = Trial("unet_denoise", Expected("rmse", 1.9), 1.85, 20, 9.0, 75_985, 1e-7, 0.0)
    for trials in ([first], [second], [replace(first, epochs=40)]):
        runner.put_into(page, trials)
    text = page.read_text(encoding="utf-8")
    assert "old" not in text
    assert text.count("| `perceptron_and` |") == 1
    assert "| accuracy 1.0000 | >= 0.99 | 3 | 40, 0.2 | 1.0e-07 |" in text
    assert "| rmse 1.8500 | <= 1.9 | 75,985 | 20, 9.0 | 1.0e-07 |" in text, "what was not tried again stays"
    assert text.endswith("The end.\n")


def test_an_unknown_example_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        runner.main(["perceptron_or"])
    assert "there is no example 'perceptron_or'; there are" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("id", QUICK)
def test_it_reaches_its_figure_and_exports(id: str, tmp_path: Path) -> None:
    assert attempt(id, tmp_path).complaints == []
