"""Loops that people write by hand: the careful one, the tutorials' one, and accelerate's."""

from __future__ import annotations

import torch
from torch import nn

from tests.bench.training_rivals.setting import BATCH, Setting, Turn


def plain(given: Setting) -> Turn:
    """What a careful person writes: tensors in memory, indexed by a permutation; no number is read out in a step."""
    net, x, y, clock = given.net, given.x, given.y, given.clock
    optimizer, loss_of = given.adam(), nn.CrossEntropyLoss()

    def turn(epochs: int) -> None:
        clock.start()
        for _ in range(epochs):
            order = given.shuffle.order()
            total = torch.zeros(())
            for begin in range(0, len(x), BATCH):
                rows = order[begin : begin + BATCH]
                optimizer.zero_grad()
                loss = loss_of(net(x[rows]), y[rows])
                loss.backward()
                optimizer.step()
                total += loss.detach()
            total.item()
        clock.stop()

    return turn


def dataloader(given: Setting) -> Turn:
    """The loop of the tutorials."""
    net, clock, loader = given.net, given.clock, given.loader()
    optimizer, loss_of = given.adam(), nn.CrossEntropyLoss()

    def turn(epochs: int) -> None:
        clock.start()
        for _ in range(epochs):
            total = 0.0
            for features, target in loader:
                optimizer.zero_grad()
                loss = loss_of(net(features), target)
                loss.backward()
                optimizer.step()
                total += loss.item()
        clock.stop()

    return turn


def accelerate(given: Setting) -> Turn:
    """accelerate's, as its guide shows it."""
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=True)
    net, optimizer, loader = accelerator.prepare(given.net, given.adam(), given.loader())
    loss_of, clock = nn.CrossEntropyLoss(), given.clock

    def turn(epochs: int) -> None:
        clock.start()
        for _ in range(epochs):
            total = 0.0
            for features, target in loader:
                optimizer.zero_grad()
                loss = loss_of(net(features), target)
                accelerator.backward(loss)
                optimizer.step()
                total += loss.item()
        clock.stop()

    return turn
