"""What generated source costs against the class that one would write by hand: forward and backward, batch 32.

Both run alternately on the same weights and inputs; the ratio is the median of those of neighbouring runs.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
import torch.nn.functional as F  # noqa: N812 - as everyone writes it
from torch import Tensor, nn

from core.program.module import build
from core.program.program import Program
from tests import drawn

BUDGET = 1.02
PAIRS = 100


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(4, 16)
        self.relu = nn.ReLU()
        self.logits = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.hidden(x))
        return self.logits(x)


class Block(nn.Module):
    def __init__(self, channels: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(out)
        self.shortcut = nn.Conv2d(channels, out, 1, stride, bias=False)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.norm1(self.conv1(x)))
        return self.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class Resnet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1)
        self.stage1 = nn.Sequential(*(Block(8, 8) for _ in range(6)))
        self.stage2 = Block(8, 16, stride=2)
        self.head = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage2(self.stage1(self.stem(x)))
        return self.head(x.mean((2, 3)))


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(12, 16)
        self.positions = build(drawn.transformer()).positions
        layer = nn.TransformerEncoderLayer(16, 4, 32, 0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
        self.logits = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.positions(self.project(x))
        return self.logits(self.encoder(x).mean(1))


def step(module: nn.Module, x: Tensor, target: Tensor) -> float:
    """Seconds of one forward and backward pass."""
    start = perf_counter()
    F.cross_entropy(module(x), target).backward()
    spent = perf_counter() - start
    module.zero_grad(set_to_none=True)
    return spent


def ratio(program: Program, hand: nn.Module, shape: tuple[int, ...], classes: int) -> tuple[float, float]:
    """Generated over hand-written, and the hand-written one's milliseconds."""
    ours = build(program)
    weights = list(ours.state_dict().values())
    hand.load_state_dict(dict(zip(hand.state_dict(), weights, strict=True)))
    x, target = torch.randn(32, *shape), torch.randint(classes, (32,))
    assert torch.allclose(ours(x), hand(x), atol=1e-5)
    for module in (ours, hand) * 5:
        step(module, x, target)
    pairs = [_pair(ours, hand, x, target, flipped=bool(i % 2)) for i in range(PAIRS)]
    return median(a / b for a, b in pairs), median(b for _, b in pairs) * 1000


def _pair(ours: nn.Module, hand: nn.Module, x: Tensor, target: Tensor, *, flipped: bool) -> tuple[float, float]:
    """One measurement of each; who goes first changes, since the second finds the caches warm."""
    runs = 5
    order = (hand, ours) if flipped else (ours, hand)
    spent = {id(module): sum(step(module, x, target) for _ in range(runs)) / runs for module in order}
    return spent[id(ours)], spent[id(hand)]


ROWS: tuple[tuple[str, Callable[[], Program], Callable[[], nn.Module], tuple[int, ...], int], ...] = (
    ("perceptron, 3 layers", drawn.mlp, Mlp, (4,), 3),
    ("residual net, 7 blocks", lambda: drawn.resnet(6), Resnet, (1, 8, 8), 10),
    ("transformer, 4 layers", lambda: drawn.transformer(4), Transformer, (8, 12), 5),
)


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    print(f"{'generated / hand-written, forward + backward':<46}{'ratio':>8}{'hand ms':>10}   budget {BUDGET}")
    for name, program, hand, shape, classes in ROWS:
        times, spent = ratio(program(), hand(), shape, classes)
        print(f"{name:<46}{times:>8.3f}{spent:>10.2f}   {'ok' if times <= BUDGET else 'over'}")


if __name__ == "__main__":
    main()
