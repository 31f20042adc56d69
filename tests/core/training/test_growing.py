"""Grown networks compute what they computed: by hand, against the module itself, and over all templates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.program.carrying import Moved
from core.program.growth import PRODUCERS, partners, widening
from core.program.module import build
from core.program.program import Program
from core.training.growing import Growth, grown, moved
from exporters.onnx import shape_of
from graph.document import Document
from graph.grow import deeper, wider, width_now
from graph.infer import Inference
from graph.lower import lower
from graph.templates import TEMPLATES
from tests import drawn

MOST = 60_000  # parameters of a template that is tried here
ENOUGH = 1e-6


def conv_net() -> Program:
    """Convolution, batch norm, pooling, branches that join side by side, flattening: all that copies go through."""
    d = drawn.Drawing("Net", "Net")
    x = d.input("x", 2, 8, 8)
    x = d.layer("conv2d", "stem", x, params={"out_channels": 5, "kernel_size": 3})
    x = d.layer("relu", "bend", d.layer("batch_norm2d", "norm", x))
    a = d.layer("conv2d", "left", x, params={"out_channels": 3, "kernel_size": 1})
    both = d.layer("concatenate", "both", ends={"xs.0": a, "xs.1": x, "xs.2": a}, params={"dim": 1})
    flat = d.layer("flatten", "flat", d.layer("max_pool2d", "pool", both, params={"kernel_size": 2}))
    hidden = d.layer("prelu", "slope", d.layer("linear", "hidden", flat, params={"out_features": 7}),
                     params={"per_channel": True})  # fmt: skip
    d.output(d.layer("linear", "scores", hidden, params={"out_features": 3}))
    return d.program()


def weights(program: Program, seed: int = 0) -> dict[str, Tensor]:
    """Random ones, statistics of norms included."""
    torch.manual_seed(seed)
    state = build(program).state_dict()
    for name, tensor in state.items():
        if tensor.is_floating_point():
            noise = torch.rand_like(tensor) if name.endswith("running_var") else 0.3 * torch.randn_like(tensor)
            state[name] = tensor + noise
    return dict(state)


def answers(program: Program, state: dict[str, Tensor]) -> list[Tensor]:
    net = build(program)
    net.load_state_dict(state)
    draw = torch.Generator().manual_seed(1)
    inputs = [
        torch.randn(shape_of(value, {"B": 4}), generator=draw, dtype=torch.float64)
        if value.type.dtype == "float"
        else torch.randint(0, 2, shape_of(value, {"B": 4}), generator=draw)
        for value in program.inputs
    ]
    with torch.no_grad():
        found = net.double().eval()(*inputs)
    return list(found) if isinstance(found, tuple) else [found]


def apart(ours: list[Tensor], theirs: list[Tensor]) -> float:
    return max(float((a - b).abs().max() / b.abs().max().clamp_min(1e-9)) for a, b in zip(ours, theirs, strict=True))


def with_width(program: Program, node: str, to: int) -> dict[str, tuple[int, ...]]:
    """The shapes of what changes, by the plan."""
    return {m.tensor: (m.axis, len(m.origin)) for m in widening(program, node, to)}


def test_copies_are_followed_through_everything_between() -> None:
    program = conv_net()
    assert with_width(program, "stem", 8) == {
        "stem.weight": (0, 8), "stem.bias": (0, 8),
        "norm.weight": (0, 8), "norm.bias": (0, 8), "norm.running_mean": (0, 8), "norm.running_var": (0, 8),
        "left.weight": (1, 8), "hidden.weight": (1, (3 + 8 + 3) * 16),
    }  # fmt: skip
    assert with_width(program, "left", 4) == {
        "left.weight": (0, 4), "left.bias": (0, 4), "hidden.weight": (1, (4 + 5 + 4) * 16),
    }  # fmt: skip
    assert set(with_width(program, "hidden", 9)) == {"hidden.weight", "hidden.bias", "slope.weight", "scores.weight"}


def test_readers_share_out_their_weights() -> None:
    """By hand: places of one origin sum to the old weight, whatever the draw; with spread 0 they are equal parts."""
    weight = torch.randn(4, 3, dtype=torch.float64)
    origin = (0, 1, 2, 1, 1, 0)
    for spread in (0.0, 0.5):
        made = moved({"w": weight}, [Moved("w", 1, origin, shares=True)], seed=3, spread=spread)["w"]
        summed = torch.stack([made[:, [j for j, o in enumerate(origin) if o == k]].sum(1) for k in range(3)], 1)
        torch.testing.assert_close(summed, weight)
        torch.testing.assert_close(made[:, 2], weight[:, 2])
    halves = moved({"w": weight}, [Moved("w", 1, origin, shares=True)], spread=0.0)["w"]
    torch.testing.assert_close(halves[:, 3], weight[:, 1] / 3)
    copies = moved({"w": weight}, [Moved("w", 1, origin)])["w"]
    np.testing.assert_array_equal(copies.numpy(), weight.numpy()[:, list(origin)])


def test_copies_learn_apart() -> None:
    """With equal parts copies get equal gradients for ever; drawn parts tell them apart in the first step."""
    found = {}
    for spread in (0.0, 0.5):
        d = drawn.Drawing("Two", "Two")
        x = d.layer("tanh", "bend", d.layer("linear", "hidden", d.input("x", 3), params={"out_features": 2}))
        d.output(d.layer("linear", "out", x, params={"out_features": 2}))
        program = d.program()
        state = moved(weights(program), widening(program, "hidden", 4), spread=spread)
        inner, outer = torch.nn.Linear(3, 4), torch.nn.Linear(4, 2)
        inner.load_state_dict({name: state[f"hidden.{name}"] for name in ("weight", "bias")})
        outer.load_state_dict({name: state[f"out.{name}"] for name in ("weight", "bias")})
        outer(inner(torch.randn(8, 3)).tanh()).square().sum().backward()
        gradient = inner.weight.grad
        assert gradient is not None
        origin = widening(program, "hidden", 4)[0].origin
        found[spread] = float((gradient[2] - gradient[origin[2]]).abs().max())
    assert found[0.0] < 1e-6 < 1e-3 < found[0.5]


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_template_grows_or_says_why_not(name: str) -> None:
    """Each layer of each small template, deeper and wider, in float64."""
    document = TEMPLATES[name].build(default_catalog())
    try:
        old = lower(document)
    except LayerloomError:
        return  # the empty design
    if sum(placed.step.layer in PRODUCERS for placed in old.placed()) > 12:
        return
    if sum(p.numel() for p in build(old).parameters()) > MOST:
        return
    state, nodes = weights(old), [n.id for n in document.graph().nodes if n.layer in PRODUCERS]
    before = answers(old, state)
    for node in nodes[:4]:
        new, growth = _deepened(TEMPLATES[name].build(default_catalog()), node)
        assert apart(answers(new, grown(old, new, state, growth)), before) < ENOUGH
    for node in nodes:
        wide = TEMPLATES[name].build(default_catalog())
        to = 2 * width_now(wide, "", wide.graph().node(node)) + 1
        if _refused(old, node, to):
            continue
        wider(wide, partners(old, node), to).apply(wide)
        new = lower(wide)
        made = grown(old, new, state, Growth(wider=node, to=to))
        assert apart(answers(new, made), before) < ENOUGH


def _refused(program: Program, node: str, to: int) -> bool:
    try:
        widening(program, node, to)
    except LayerloomError as error:
        told = str(error)
    else:
        return False
    assert "cannot grow so that the network stays as it is" in told
    return True


def _deepened(document: Document, node: str) -> tuple[Program, Growth]:
    inference = Inference(document)
    command = deeper(document, inference, node)
    inference.close()
    command.apply(document)
    return lower(document), Growth(added=tuple(made.id for made in command.chain))


def test_shortcuts_become_wider_together() -> None:
    """Two blocks that add what they make to what they read: four layers share one width, and grow as one."""
    d = drawn.Drawing("Net", "Net")
    x = d.layer("conv2d", "stem", d.input("x", 1, 6, 6), params={"out_channels": 4, "kernel_size": 3})
    for name in ("one", "two"):
        inner = d.layer("conv2d", f"{name}_in", x, params={"out_channels": 3, "kernel_size": 3})
        inner = d.layer("relu", f"{name}_bend", d.layer("batch_norm2d", f"{name}_norm", inner))
        x = d.layer("relu", name, d.layer("add", f"{name}_sum", x, d.layer(
            "conv2d", f"{name}_out", inner, params={"out_channels": 4, "kernel_size": 3})))  # fmt: skip
    d.output(d.layer("linear", "scores", d.layer("global_avg_pool", "pool", x), params={"out_features": 2}))
    program = d.program()
    assert set(partners(program, "one_out")) == {"stem", "one_out", "two_out"}
    assert partners(program, "one_out")[0] == "one_out"
    assert partners(program, "one_in") == ("one_in",)
    changed = {(m.tensor, m.axis, m.shares) for m in widening(program, "stem", 9)}
    for layer in ("stem", "one_out", "two_out"):
        assert {(f"{layer}.weight", 0, False), (f"{layer}.bias", 0, False)} <= changed
    for reader in ("one_in.weight", "two_in.weight", "scores.weight"):
        assert (reader, 1, True) in changed
    assert len(changed) == 9


def _residual() -> Program:
    """A sum of what a layer makes and of what it reads, which is the input."""
    d = drawn.Drawing("Net", "Net")
    x = d.input("x", 6)
    a = d.layer("linear", "a", x, params={"out_features": 6})
    d.output(d.layer("linear", "out", d.layer("add", "sum", d.layer("relu", "bend", a), x), params={"out_features": 2}))
    return d.program()


@pytest.mark.parametrize(
    ("program", "node", "to", "sentence"),
    [
        (_residual, "a", 8, r"sum: it combines the copied units with others that are not copied"),
        (_residual, "a", 6, r"it has 6 units, and grows only to more than that, not to 6"),
        (_residual, "bend", 8, r"only linear layers and convolutions"),
        (_residual, "out", 4, r"its units are the answers of the output"),
        (_residual, "nothing", 4, r"There is no layer nothing to grow"),
        (conv_net, "n1/n2", 4, r"unpack the block first"),
        (drawn.siamese, "encoder", 64, r"shares its weights|in a way that copies would change"),
    ],
)
def test_what_cannot_grow_says_why(program: Any, node: str, to: int, sentence: str) -> None:
    with pytest.raises(LayerloomError, match=sentence):
        widening(program(), node, to)


def test_another_design_is_refused() -> None:
    old, other = conv_net(), drawn.mlp()
    with pytest.raises(LayerloomError, match="differs from that of the run in more than what grows"):
        grown(old, other, weights(old), Growth(wider="stem", to=8))
