"""Random programs, with nested and repeated blocks: their source is clean, runs, and gives the shapes foretold."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from core.program.codec import from_json, to_json
from core.program.cost import program_cost
from core.program.module import build
from core.program.names import identifier
from core.program.program import Init, Program
from core.program.source import source
from tests import drawn

SIZE = 8
STARTS = (
    None,
    Init("kaiming_normal"),
    Init("orthogonal", bias="zeros"),
    Init(bias="constant", bias_params={"val": 1.0}),
)


class _Maker:
    """Draws random graphs of layers for pictures of one size; what is inside blocks is drawn by the same rules."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.blocks: dict[str, Program] = {}

    def program(self) -> Program:
        d = drawn.Drawing("RandomNet", "A random net")
        image = d.input("image", 3, SIZE, SIZE)
        d.blocks = self.blocks
        x = self.steps(d, image, count=8, depth=2)
        pool = d.layer("global_avg_pool", "pool", x)
        scores = d.layer("linear", "scores", pool, params={"out_features": 5}, init=self.random.choice(STARTS))
        d.output(scores, "the scores")
        d.loss(d.layer("cross_entropy", "loss", scores, d.target("target", dtype="int")))
        if self.random.random() < 0.5:
            d.loss(d.layer("mse_loss", "small", pool, d.target("zero", *d.types[pool].shape[1:])))
        return d.program()

    def steps(self, d: drawn.Drawing, x: str, count: int, depth: int) -> str:
        taken: set[str] = {x}
        values = [x]
        for _ in range(count):
            act = self.random.choice((self.layer, self.layer, self.sum, self.block if depth else self.layer))
            label = self.random.choice(("conv", "a long name for a layer that goes on and on", "Größe", "self"))
            name = identifier(label, taken)
            taken |= {name, f"{name}_sum"}
            values.append(act(d, name, values, depth))
        return values[-1]

    def layer(self, d: drawn.Drawing, name: str, values: list[str], depth: int) -> str:
        x = self.random.choice(values[-2:])
        kind, params = self.random.choice(
            (
                ("conv2d", {"out_channels": self.random.choice((2, 4)), "kernel_size": 3}),
                ("conv2d", {"out_channels": 4, "kernel_size": self.random.choice((1, 5)), "bias": False}),
                ("batch_norm2d", {}),
                ("relu", {}),
                ("dropout", {"p": 0.25}),
                ("scale", {"factor": -1.5}),
            )
        )
        frozen = self.random.random() < 0.2
        init = self.random.choice(STARTS if kind == "conv2d" else (None, STARTS[-1]))
        has_weights = kind in ("conv2d", "batch_norm2d")
        made: str = d.layer(
            kind, name, x, params=params, frozen=has_weights and frozen, init=init if has_weights else None
        )
        return made

    def sum(self, d: drawn.Drawing, name: str, values: list[str], depth: int) -> str:
        equal = [v for v in values if d.types[v] == d.types[values[-1]]]
        made: str = d.layer("add", name, *(self.random.choice(equal) for _ in range(2)))
        return made

    def block(self, d: drawn.Drawing, name: str, values: list[str], depth: int) -> str:
        x = values[-1]
        path = f"{d.path}/{name}" if d.path else name
        b = drawn.Drawing("Part", "A part of it", path=path)
        b.blocks = self.blocks
        b.output(self.steps(b, b.input("x", *d.types[x].shape[1:]), count=3, depth=depth - 1))
        inside = replace(b.program(), blocks={})
        key = f"Part{len(self.blocks) + 1}"
        keeps = inside.outputs[0].type == d.types[x]
        made: str = d.block(key, inside, name, x, repeat=self.random.choice((1, 3)) if keeps else 1)
        return made


@pytest.mark.parametrize("seed", range(12))
def test_random_programs_hold(seed: int) -> None:
    program = _Maker(seed).program()
    made = source(program)
    assert made == source(program)
    assert from_json(to_json(program)) == program
    ruff = [sys.executable, "-m", "ruff"]
    style = ["--isolated", "--line-length", "100"]
    done = subprocess.run([*ruff, "format", *style, "-"], input=made.text, capture_output=True, text=True, check=True)
    assert done.stdout == made.text
    checks = [*ruff, "check", *style, "--select", "F,I,UP,B,W", "--quiet", "-"]
    assert subprocess.run(checks, input=made.text, capture_output=True, text=True).stdout == ""
    net = build(program)
    assert program_cost(program)[""].parameters == sum(p.numel() for p in net.parameters())
    zero = torch.zeros(2, *(int(str(d)) for t in program.targets[1:] for d in t.type.shape[1:]))
    batch = {"image": torch.randn(2, 3, SIZE, SIZE), "target": torch.tensor([0, 4]), "zero": zero}
    outputs, losses = net.step(batch)
    assert outputs["the scores"].shape == (2, 5)
    sum(losses.values()).backward()
    for placed in program.placed():
        for path in placed.modules:
            if placed.step.frozen:
                assert not any(p.requires_grad for p in net.get_submodule(path).parameters())
