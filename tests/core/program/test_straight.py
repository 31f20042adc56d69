"""A program without what bends between its weights: which nodes go, and that the rest computes as before."""

from __future__ import annotations

import torch

from core.program.module import build
from core.program.program import Program
from core.program.straight import straightened
from tests import drawn, trainings


def deep(*, end: str = "", hidden: str = "relu") -> Program:
    d = drawn.Drawing("Deep", "Deep")
    x = d.input("features", 4)
    for k, width in enumerate((6, 5)):
        x = d.layer(hidden, f"bend{k}", d.layer("linear", f"hidden{k}", x, params={"out_features": width}))
    x = d.layer("linear", "out", x, params={"out_features": 3})
    d.output(d.layer(end, "end", x) if end else x)
    return d.program()


def test_hidden_activations_go_and_those_behind_the_last_weights_stay() -> None:
    for end in ("", "softmax", "sigmoid"):
        found = straightened(deep(end=end))
        found.program.verify()
        assert found.removed == ("bend0", "bend1")
        assert [step.layer for step in found.program.steps] == ["linear"] * 3 + ([end] if end else [])


def test_stacked_linear_layers_are_the_product_of_their_matrices() -> None:
    net = build(straightened(deep()).program).double()
    a, b, c = (getattr(net, name) for name in ("hidden0", "hidden1", "out"))
    matrix = c.weight @ b.weight @ a.weight
    shift = c.weight @ (b.weight @ a.bias + b.bias) + c.bias
    x = torch.randn(20, 4, dtype=torch.float64)
    torch.testing.assert_close(net(x), x @ matrix.T + shift)


def test_weights_of_an_activation_go_with_it() -> None:
    found = straightened(deep(hidden="prelu"))
    assert found.removed == ("bend0", "bend1")
    assert not any("bend" in name for name in build(found.program).state_dict())


def test_blocks_are_looked_into_by_what_follows_them() -> None:
    found = straightened(drawn.resnet(blocks=2))
    found.program.verify()
    assert set(found.removed) == {f"stage{k}/relu{i}" for k in (1, 2) for i in (1, 2)}, "a head follows"
    assert not any(step.layer == "relu" for _, step in found.program.walk())
    net = build(found.program).eval()
    x, y = torch.randn(2, 3, 1, 8, 8).double().unbind(0)
    net.double()
    torch.testing.assert_close(net(0.3 * x + 0.7 * y), 0.3 * net(x) + 0.7 * net(y))

    d = drawn.Drawing("Tail", "Tail")
    x_name = d.layer("conv2d", "conv", d.input("x", 1, 8, 8), params={"out_channels": 8, "kernel_size": 3})
    d.output(d.block("Residual", drawn.residual_block("end", 8, 8, 8, 1), "end", x_name))
    assert straightened(d.program()).removed == ("end/relu1",), "nothing with weights follows the second"


def test_a_program_that_bends_nowhere_stays_as_it_is() -> None:
    program = trainings.replace(deep(), steps=tuple(s for s in deep().steps if s.layer == "linear")[:1], outputs=())
    assert straightened(program).program == program
    assert straightened(drawn.siamese()).removed == ()


def test_numbers_that_weigh_each_other_are_no_activation() -> None:
    d = drawn.Drawing("Gate", "Gate")
    x = d.input("features", 4)
    gate = d.layer("softmax", "gate", d.layer("linear", "scores", x, params={"out_features": 4}))
    d.output(d.layer("linear", "out", d.layer("multiply", "weighed", x, gate), params={"out_features": 1}))
    assert straightened(d.program()).removed == ()
