"""The networks that everyone trains: each as a drawing, and as the class that one would write by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.program.program import Program
from tests import drawn


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)  # type: ignore[no-any-return]


def mlp() -> Program:
    d = drawn.Drawing("Mlp")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    x = d.layer("flatten", "flat", x)
    for name in ("first", "second"):
        x = d.layer("relu", f"relu_{name}", d.layer("linear", name, x, params={"out_features": 64}))
    logits = d.layer("linear", "logits", x, params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


class Cnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv0, self.norm0 = nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16)
        self.conv1, self.norm1 = nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32)
        self.logits = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm0(self.conv0(x)))
        x = torch.relu(self.norm1(self.conv1(x)))
        return self.logits(x.mean((2, 3)))  # type: ignore[no-any-return]


def cnn() -> Program:
    d = drawn.Drawing("Cnn")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    for index, channels in enumerate((16, 32)):
        x = d.layer("conv2d", f"conv{index}", x, params={"out_channels": channels, "kernel_size": 3})
        x = d.layer("relu", f"relu{index}", d.layer("batch_norm2d", f"norm{index}", x))
    x = d.layer("global_avg_pool", "pool", x)
    logits = d.layer("linear", "logits", x, params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


WIDTH, HEADS, HIDDEN, LAYERS = 32, 4, 64, 2


class Positions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(8, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table


class Transformer(nn.Module):
    """A picture of 8 x 8 read as eight rows."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(8, WIDTH)
        self.positions = Positions()
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.logits = nn.Linear(WIDTH, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.positions(self.project(x.flatten(1, 2)))
        return self.logits(self.encoder(x).mean(1))  # type: ignore[no-any-return]


def transformer() -> Program:
    d = drawn.Drawing("Transformer")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    x = d.layer("reshape", "rows", x, params={"shape": (8, 8)})
    x = d.layer("linear", "project", x, params={"out_features": WIDTH})
    x = d.layer("positional_encoding", "positions", x, params={"max_length": 8, "learned": True})
    params = {"nhead": HEADS, "dim_feedforward": HIDDEN, "dropout": 0.0}
    x = d.layer("transformer_encoder_layer", "encoder", x, params=params, repeat=LAYERS)
    x = d.layer("mean", "pool", x, params={"dim": (1,)})
    logits = d.layer("linear", "logits", x, params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


@dataclass(frozen=True)
class Network:
    drawn: Callable[[], Program]
    by_hand: Callable[[], nn.Module]
    epochs: int  # that one turn trains


NETWORKS = {
    "mlp": Network(mlp, Mlp, 20),
    "cnn": Network(cnn, Cnn, 4),
    "transformer": Network(transformer, Transformer, 3),
}
