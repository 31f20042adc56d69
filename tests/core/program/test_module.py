"""The executed source equals hand-written modules bit for bit, and its failures name their node."""

from __future__ import annotations

import gc
import linecache
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everyone writes it
from torch import Tensor, nn

from core.problem import LayerloomError
from core.program import module as modules
from core.program.module import build, explain, named_errors, seed_everything, source_of
from core.program.program import Program
from core.program.source import source
from tests import drawn


class HandMlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(4, 16)
        self.logits = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.logits(torch.relu(self.hidden(x)))


class HandBlock(nn.Module):
    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(out)
        self.shortcut = nn.Conv2d(channels, out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class HandResnet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1)
        self.stage1 = nn.Sequential(HandBlock(8, 8, 1), HandBlock(8, 8, 1))
        self.stage2 = HandBlock(8, 16, 2)
        self.head = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.stage2(self.stage1(self.stem(x))).mean((2, 3)))


class HandSiamese(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Linear(6, 4)
        self.score = nn.Linear(4, 1)

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, b = self.encoder(left), self.encoder(right)
        return self.score(a - b), a, b


def random_inputs(program: Program, batch: int = 5) -> list[Tensor]:
    torch.manual_seed(1)
    return [torch.randn(batch, *(int(str(d)) for d in value.type.shape[1:])) for value in program.inputs]


@pytest.mark.parametrize(("name", "hand"), [("mlp", HandMlp), ("resnet", HandResnet), ("siamese", HandSiamese)])
@pytest.mark.parametrize("training", [True, False])
def test_outputs_and_gradients_equal_the_hand_written_module(name: str, hand: type[nn.Module], training: bool) -> None:
    program = drawn.ALL[name]()
    ours, theirs = build(program).train(training), hand().train(training)
    theirs.load_state_dict(ours.state_dict())
    assert list(ours.state_dict()) == list(theirs.state_dict())
    inputs = random_inputs(program)
    for made, expected in zip(_run(ours, inputs), _run(theirs, inputs), strict=True):
        assert torch.equal(made, expected)
    for (key, left), right in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert left.grad is not None, key
        assert right.grad is not None
        assert torch.equal(left.grad, right.grad), key


def _run(module: nn.Module, inputs: list[Tensor]) -> list[Tensor]:
    result = module(*inputs)
    results = [result] if isinstance(result, Tensor) else list(result)
    sum(r.square().sum() for r in results).backward()
    return results


def test_step_returns_outputs_and_losses_by_name() -> None:
    net = build(drawn.autoencoder())
    batch = {"x": torch.randn(3, 8), "zero": torch.zeros(3, 2)}
    outputs, losses = net.step(batch)
    assert torch.equal(outputs["decoded"], net(batch["x"]))
    assert torch.equal(losses["sparsity"], net.latent(batch["x"]).abs().mean())
    assert losses.keys() == net.losses(batch).keys() == {"reconstruction", "sparsity"}


def test_copies_in_a_row_pass_the_state_on() -> None:
    net = build(drawn.recurrent_block())
    x, c = torch.randn(2, 4), torch.randn(2, 4)
    expected = x
    for copy in net.mix:
        expected = expected * copy.gate(c)
    assert torch.equal(net(x, c), expected)


def test_copies_can_be_shared() -> None:
    program = drawn.recurrent_block()
    [mix] = program.steps
    again = replace(
        mix, name="again", node="again", repeat=1, inputs={**mix.inputs, "state": "mix"}, outputs={"out_product": "y"}
    )
    both = replace(program, steps=(mix, again), outputs=(replace(program.outputs[0], value="y"),))
    net = build(both)
    x, c = torch.randn(2, 4), torch.randn(2, 4)
    once = build(program)
    once.load_state_dict(net.state_dict())
    with torch.no_grad():
        assert torch.equal(net(x, c), once(once(x, c), c))


def test_frozen_weights_and_statistics_stand_still() -> None:
    net = build(drawn.frozen_trunk())
    assert [name for name, p in net.named_parameters() if p.requires_grad] == ["head.weight", "head.bias"]
    before = {key: value.clone() for key, value in net.state_dict().items()}
    for mode in (True, False, True):
        net.train(mode)
        net(torch.randn(8, 4))
        assert not net.trunk.norm.training
        assert net.trunk.dropout.training == mode
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_initialisation_reaches_the_weights() -> None:
    net = build(drawn.mlp())
    assert torch.equal(net.hidden.bias, torch.zeros(16))
    assert not torch.equal(net.logits.bias, torch.zeros(3))


def test_the_same_seed_builds_the_same_weights() -> None:
    nets = []
    for _ in range(2):
        seed_everything(7)
        nets.append(build(drawn.resnet()).state_dict())
    assert all(torch.equal(value, nets[1][key]) for key, value in nets[0].items())


def test_an_error_names_the_node_inside_its_block() -> None:
    net = build(drawn.resnet())
    net.stage2.conv2 = nn.Linear(3, 3)
    with (
        pytest.raises(LayerloomError, match=r"^stage2 / conv2: mat1 and mat2 shapes cannot be") as caught,
        named_errors(),
    ):
        net(torch.randn(2, 1, 8, 8))
    assert caught.value.problem.node == "stage2/conv2"
    assert "self.conv2(" in caught.value.problem.detail
    net.stage1[1].conv1 = nn.Linear(3, 3)
    with pytest.raises(LayerloomError, match=r"^stage1 / conv1: ") as caught, named_errors():
        net(torch.randn(2, 1, 8, 8))
    assert caught.value.problem.node == "stage1/conv1"


def test_other_errors_pass_through() -> None:
    with pytest.raises(KeyError), named_errors():
        raise KeyError("mine")
    assert explain(KeyError("never raised")) is None


def test_a_constructor_that_refuses_names_its_node() -> None:
    d = drawn.Drawing("Net")
    x = d.layer("conv2d", "conv", d.input("x", 4, 8, 8), params={"out_channels": 6, "groups": 2})
    d.output(x)
    program = d.program()
    [step] = program.steps
    broken = replace(program, steps=(replace(step, params={**step.params, "groups": 4}),))
    with pytest.raises(LayerloomError, match="conv: out_channels must be divisible by groups") as caught:
        build(broken)
    assert caught.value.problem.node == "conv"


def test_a_module_knows_its_text_and_leaves_nothing_behind() -> None:
    program = drawn.mlp()
    net = build(program)
    assert source_of(net) == source(program)
    filename = type(net).forward.__code__.co_filename
    assert linecache.getline(filename, 1) == '"""Iris classifier.\n'
    del net
    gc.collect()
    assert filename not in linecache.cache
    assert filename not in modules._sources
