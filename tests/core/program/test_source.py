"""Generated source: as one would write it by hand, formatted, harmless, with every line tied to its node."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.program.program import Init, Program, Result
from core.program.source import source
from tests import drawn

RUFF = [sys.executable, "-m", "ruff"]


def assert_clean(text: str) -> None:
    """Formatted as ruff would, sorted and needed imports, no unused or undefined names."""
    style = ["--isolated", "--line-length", "100"]
    formatted = subprocess.run([*RUFF, "format", *style, "-"], input=text, capture_output=True, text=True, check=True)
    assert formatted.stdout == text
    checks = ["--select", "F,I,UP,B,E1,E2,E3,E7,W", "--quiet", "--output-format", "concise"]
    linted = subprocess.run([*RUFF, "check", *style, *checks, "-"], input=text, capture_output=True, text=True)
    assert linted.stdout == ""


@pytest.mark.parametrize("name", drawn.ALL)
def test_sources_are_formatted_and_import_what_they_need(name: str) -> None:
    assert_clean(source(drawn.ALL[name]()).text)


def test_a_perceptron_reads_as_if_written_by_hand() -> None:
    assert (
        source(drawn.mlp()).text
        == '''\
"""Iris classifier.

Drawn with Layerloom; needs nothing but PyTorch.
"""

import torch.nn.functional as F
from torch import Tensor, nn


class IrisMlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(4, 16)
        self.relu = nn.ReLU()
        self.logits = nn.Linear(16, 3)
        nn.init.kaiming_normal_(self.hidden.weight, nonlinearity="relu")
        nn.init.zeros_(self.hidden.bias)

    def forward(self, features: Tensor) -> Tensor:
        """features (B x 4) -> logits (B x 3)."""
        x = self.hidden(features)
        x = self.relu(x)
        x = self.logits(x)
        return x

    def step(self, batch: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Outputs and losses of one batch, each by name."""
        target = batch["target"]
        logits = self(batch["features"])
        loss = F.cross_entropy(logits, target)
        return {"logits": logits}, {"loss": loss}

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """The losses of one batch by name."""
        return self.step(batch)[1]
'''
    )


def test_blocks_that_differ_in_numbers_share_a_class() -> None:
    text = source(drawn.resnet(3)).text
    assert text.count("class ") == 2
    assert "def __init__(self, out_channels: int, stride: int = 1) -> None:" in text
    assert "self.conv1 = nn.Conv2d(8, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)" in text
    assert "self.norm1 = nn.BatchNorm2d(out_channels)" in text
    assert "self.stage1 = nn.Sequential(*(ResidualBlock(8) for _ in range(3)))" in text
    assert "self.stage2 = ResidualBlock(16, stride=2)" in text


def test_blocks_that_differ_in_structure_do_not() -> None:
    d = drawn.Drawing("Net")
    x = d.input("x", 4)
    for number, activation in enumerate(("relu", "tanh"), 1):
        b = drawn.Drawing("Part", path=f"part{number}")
        y = b.layer("linear", "dense", b.input("x", 4), params={"out_features": 4})
        b.output(b.layer(activation, "bend", y))
        x = d.block("Part" if number == 1 else "Part2", b.program(), f"part{number}", x)
    d.output(x)
    text = source(d.program()).text
    assert_clean(text)
    assert "class Part(nn.Module):" in text
    assert "class Part2(nn.Module):" in text


def test_nested_blocks_hand_their_numbers_down() -> None:
    def part(path: str, features: int) -> Program:
        b = drawn.Drawing("Part", path=path)
        b.output(b.layer("linear", "dense", b.input("x", 4), params={"out_features": features}))
        return b.program()

    def pair(path: str, features: int, key: str) -> Program:
        b = drawn.Drawing("Pair", path=path)
        b.output(b.block(key, part(f"{path}/part", features), "part", b.input("x", 4)))
        return b.program()

    d = drawn.Drawing("Net")
    x = d.input("x", 4)
    y = d.block("Pair", replace(pair("one", 5, "Part"), blocks={}), "one", x)
    z = d.block("Pair2", replace(pair("two", 7, "Part2"), blocks={}), "two", x)
    d.blocks = {"Part": part("one/part", 5), "Part2": part("two/part", 7), **d.blocks}
    d.output(y)
    d.output(z)
    text = source(d.program()).text
    assert_clean(text)
    assert text.count("class ") == 3
    assert "self.part = Part(out_features)" in text
    assert "self.one = Pair(5)" in text
    assert "self.two = Pair(7)" in text


def test_a_shared_layer_is_constructed_once_and_called_twice() -> None:
    text = source(drawn.siamese()).text
    assert text.count("nn.Linear(6, 4)") == 1
    assert "encoder = self.encoder(left)" in text
    assert "encoder_right = self.encoder(right)" in text
    assert '{"score": score, "left embedding": encoder, "right embedding": encoder_right},' in text


def test_hidden_values_that_losses_need_are_computed_once() -> None:
    text = source(drawn.autoencoder()).text
    assert text.count("self.latent(x)") == 1
    assert "return self._values(x)[0]" in text
    assert "decoded, latent = self._values(x)" in text


def test_outputs_come_before_hidden_values() -> None:
    d = drawn.Drawing("Net")
    x = d.input("x", 4)
    hidden = d.layer("linear", "hidden", x, params={"out_features": 4})
    d.output(d.layer("relu", "relu", hidden))
    d.output(x, "unchanged")
    d.loss(d.layer("mse_loss", "loss", hidden, x))
    text = source(d.program()).text
    assert_clean(text)
    assert "return self._values(x)[:2]" in text
    assert "return y, x, hidden" in text


def test_without_losses_there_is_only_forward() -> None:
    tree = ast.parse(source(drawn.recurrent_block()).text)
    methods = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    assert methods == {"__init__", "forward"}


def test_copies_with_a_second_input_run_in_a_loop() -> None:
    text = source(drawn.recurrent_block()).text
    assert "self.mix = nn.ModuleList(Mix() for _ in range(3))" in text
    assert "        for layer in self.mix:\n            x = layer(x, c)\n" in text


def test_each_line_is_tied_to_its_node() -> None:
    made = source(drawn.resnet())
    lines = made.text.splitlines()
    by_line = {lines[number - 1].strip(): node for number, node in made.nodes.items()}
    assert by_line["self.norm1 = nn.BatchNorm2d(out_channels)"] == "stage1/norm1"
    assert by_line["x = x.sum(dim=(2, 3)) / x.shape[2:].numel()"] == "pool"
    assert by_line["loss = F.cross_entropy(head, target)"] == "loss"


def test_unused_outputs_are_thrown_away() -> None:
    d = drawn.Drawing("Net")
    d.layer("lstm", "lstm", d.input("x", 5, 3), params={"hidden_size": 4}, uses=["sequence"])
    d.output("lstm_sequence")
    assert "x, _ = self.lstm(x)" in source(d.program()).text


def test_initialisations_follow_construction() -> None:
    d = drawn.Drawing("Net")
    init = Init("orthogonal", bias="constant", bias_params={"val": 0.5})
    x = d.layer(
        "lstm", "lstm", d.input("x", 5, 3), params={"hidden_size": 4, "num_layers": 2}, uses=["sequence"], init=init
    )
    d.output(d.layer("linear", "head", x[0], params={"out_features": 2}, init=Init(bias="zeros")))
    text = source(d.program()).text
    assert_clean(text)
    assert text.index("self.head = ") < text.index("for name, parameter in self.lstm.named_parameters():")
    assert "nn.init.constant_(parameter, val=0.5)" in text
    assert "nn.init.zeros_(self.head.bias)" in text
    assert "self.head.weight" not in text


@pytest.mark.parametrize(
    "title", ['"""\nimport os', 'x\\"""', "\\", "a\r\nb", "x" * 500, "\u202e\u0000", "", "Why?", "漢字" * 60]
)
def test_titles_stay_inside_their_docstring(title: str) -> None:
    text = source(replace(drawn.mlp(), title=title)).text
    tree = ast.parse(text)
    assert [type(node) for node in tree.body] == [ast.Expr, ast.Import, ast.ImportFrom, ast.ClassDef]
    assert_clean(text)


@pytest.mark.parametrize("length", range(80, 104))
def test_long_words_about_a_block_are_wrapped(length: int) -> None:
    program = drawn.resnet()
    title = ("A block of the net that " + "x " * length)[:length].strip() + "y"
    blocks = {name: replace(block, title=title) for name, block in program.blocks.items()}
    text = source(replace(program, blocks=blocks, title=title)).text
    assert_clean(text)
    assert all(len(line) <= 100 for line in text.splitlines())


def test_public_names_are_written_as_literals() -> None:
    program = drawn.mlp()
    name = '"}, os.system("x"), {"\\'
    [output] = program.outputs
    made = source(replace(program, outputs=(replace(output, name=name),))).text
    assert repr(name)[1:-1].replace("'", "") in made.replace('\\"', '"')
    returns = [n for n in ast.walk(ast.parse(made)) if isinstance(n, ast.Return) and isinstance(n.value, ast.Tuple)]
    [outputs, _] = returns[0].value.elts  # type: ignore[union-attr]
    assert isinstance(outputs, ast.Dict)
    assert [ast.literal_eval(key) for key in outputs.keys if key] == [name]


@pytest.mark.parametrize("name", ["self", "x; import os", "torch", "class", "ﬁ", "_x", "batch", "", "x" * 100])
def test_names_that_are_none_never_reach_the_text(name: str) -> None:
    program = drawn.mlp()
    [step, *rest] = program.steps
    outputs = (Result("out", name, step.output_types["y"], "n"),)
    broken = replace(program, steps=(replace(step, outputs={"y": name}),), outputs=outputs, losses=())
    with pytest.raises(AssertionError):
        source(broken)
    with pytest.raises(AssertionError):
        source(replace(program, name=name))
    assert rest


def test_hostile_parameters_are_written_as_literals() -> None:
    hostile = "relu'); import os; ('"
    program = drawn.transformer()
    steps = tuple(
        replace(s, params={**s.params, "activation": hostile}) if s.name == "encoder" else s for s in program.steps
    )
    tree = ast.parse(source(replace(program, steps=steps)).text)
    values = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    assert hostile in values
    assert not any(alias.name == "os" for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names)


def test_an_unknown_layer_is_told() -> None:
    program = drawn.mlp()
    steps = (replace(program.steps[0], layer="nonesuch"), *program.steps[1:])
    with pytest.raises(LayerloomError, match="no layer 'nonesuch'") as caught:
        source(replace(program, steps=steps))
    assert caught.value.problem.node == "hidden"


def test_an_unknown_initialisation_is_told() -> None:
    program = drawn.mlp()
    steps = (replace(program.steps[0], init=Init("magic")), *program.steps[1:])
    with pytest.raises(LayerloomError, match="hidden: there is no initialisation 'magic'"):
        source(replace(program, steps=steps))


def test_a_block_named_like_one_of_our_modules_gives_way() -> None:
    d = drawn.Drawing("Net")
    b = drawn.Drawing("PositionalEncoding", path="part")
    b.output(b.layer("positional_encoding", "encoding", b.input("x", 4, 6)))
    d.output(d.block("PositionalEncoding", b.program(), "part", d.input("x", 4, 6)))
    text = source(d.program()).text
    assert_clean(text)
    assert "class PositionalEncoding2(nn.Module):" in text
    assert "self.part = PositionalEncoding2()" in text


def test_every_module_of_ours_can_be_carried() -> None:
    """Formatted at 100 columns, so that it stands in a source as it stands in its file."""
    from core.program.carried import PREFIX, carried

    targets = [target for spec in default_catalog() if (target := getattr(spec.torch, "target", "")).startswith(PREFIX)]
    assert targets
    for target in targets:
        own = carried([target])
        text = "\n\n\n".join(own.definitions) + "\n"
        style: list[Any] = ["--isolated", "--line-length", "100", "-"]
        done = subprocess.run([*RUFF, "format", *style], input=text, capture_output=True, text=True, check=True)
        assert done.stdout == text, target
        imports = "\n".join(ast.unparse(node) for node in own.imports.values())
        exec(f"{imports}\n{text}", {"__name__": "alone"})


def test_a_value_stands_in_for_a_wire_and_gives_way_to_one() -> None:
    d = drawn.Drawing("highway", "Highway")
    x, gate = d.input("x", 4), d.input("gate", 4)
    half = d.layer("scale", "half", x, ends={"x": x}, params={"factor": 0.5})
    d.output(d.layer("mix", "fixed", ends={"a": x, "b": half}, params={"weight": 0.75}))
    d.output(d.layer("mix", "gated", ends={"a": x, "b": half, "weight": gate}, params={"weight": 0.125}))
    text = source(d.program()).text
    assert "half_2 = x * 0.5\n" in text
    assert "torch.lerp(x, half_2, 0.75)\n" in text
    assert "torch.lerp(x, half_2, gate)\n" in text
    assert "0.125" not in text
