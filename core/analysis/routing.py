"""How capsules come to agree: whom each capsule below votes for, round by round."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from core.analysis.observe import at_work
from core.analysis.shrink import sheet
from core.analysis.subject import Subject
from core.data.dataset import Array
from core.program.module import named_errors
from core.training.evaluation import looking

SIDE = 96


def routing(subject: Subject, split: str = "test", node: str = "", sample: int = 0) -> dict[str, Any]:
    """The coupling of a layer of capsules for one example after each round of routing.

    Keys: those of `Subject.heading`; ``node``; ``below`` and ``above``, how many capsules; ``rounds``: a `shrink.sheet`
    with a picture for each round, a row for each capsule below, a column for each above, each row summing to 1;
    ``agreement``: for each round the mean over the rows of 1 - entropy / log(above): 0 where votes are spread evenly, 1
    where each goes to one capsule; ``lengths``: for each round those of the capsules above.

    Raises:
        LayerloomError: the run has no such layer (code ``node``).
    """
    part = subject.single(split, sample)
    refusal = f"The network of this run routes no capsules at {node!r:.40}."
    [(scope, step, _)] = at_work(subject, part, node, lambda step: step.layer == "capsules", refusal)
    layer, x = scope.net.get_submodule(step.module), scope.arrives(step)["x"]
    whole, shares, lengths = int(step.params["routing"]), [], []
    with looking(scope.net), named_errors(), torch.inference_mode():
        try:
            for rounds in range(1, whole + 1):
                layer.routing = rounds  # type: ignore[assignment]
                y, divided = layer(x)
                shares.append(divided[0].double().numpy())
                lengths.append([round(float(v), 5) for v in y[0].norm(dim=-1)])
        finally:
            layer.routing = whole  # type: ignore[assignment]
    below, above = shares[0].shape
    return {
        **subject.heading(part),
        "node": node,
        "below": below,
        "above": above,
        "rounds": sheet(np.stack(shares), SIDE),
        "agreement": [_agreement(table) for table in shares],
        "lengths": lengths,
    }


def _agreement(shares: Array) -> float:
    if shares.shape[1] < 2:
        return 1.0
    entropy = -(shares * np.log(np.maximum(shares, 1e-12))).sum(1)
    return float(1 - entropy.mean() / np.log(shares.shape[1]))
