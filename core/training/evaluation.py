"""Losses and metrics over a whole part of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn

from core.training.computing import Compute
from core.training.held import is_parted
from core.training.meters import Meter

Total = Callable[[Mapping[str, Any]], Any]


@contextmanager
def looking(net: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; leaves the mode and the random numbers as they were."""
    training, random = net.training, torch.get_rng_state()
    parted = any(is_parted(p) for p in net.parameters())  # what is gathered for it serves the next step too
    net.eval()
    try:
        with torch.no_grad() if parted else torch.inference_mode():
            yield
    finally:
        net.train(training)
        torch.set_rng_state(random)


def evaluate(
    net: nn.Module,
    batches: Iterable[dict[str, Tensor]],
    total: Total,
    meters: Sequence[Meter],
    compute: Compute | None = None,
) -> dict[str, float]:
    """Means over all examples: ``loss``, each loss where there are several, and the metrics. Empty without examples.

    `compute` stands for the network's own step, where it is computed otherwise (in half precision).
    """
    compute = compute or cast(Compute, net.step)
    sums: dict[str, Tensor] = {}
    count = 0
    for meter in meters:
        meter.reset()
    with looking(net):
        for batch in batches:
            size = len(next(iter(batch.values())))
            outputs, losses = compute(batch)
            for name, value in {**(losses if len(losses) > 1 else {}), "loss": total(losses)}.items():
                weighed = value.double() * size if value.device.type != "mps" else value * size
                sums[name] = sums[name] + weighed if name in sums else weighed
            for meter in meters:
                meter.add(outputs[meter.pairing.output], batch[meter.pairing.target])
            count += size
    found = {name: value.item() / count for name, value in sums.items()}
    for meter in meters:
        found.update(meter.values())
    return found


def evaluation_size(arrays: Mapping[str, Any], batch_size: int) -> int:
    """Examples a batch when nothing is learned: many, as long as they take little memory."""
    one = sum(array[:1].nbytes for array in arrays.values()) or 1
    return int(max(batch_size, min(1024, 2**25 // one)))
