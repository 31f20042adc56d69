"""What is told of losses that a part of a batch cannot compute as the whole does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.training.distributed.joint import comparing
from tests import trainings


def told(**changes: Any) -> list[str]:
    program = trainings.moons()
    steps = [replace(s, **changes) if s.layer == "cross_entropy" else s for s in program.steps]
    return [problem.message for problem in comparing(replace(program, steps=tuple(steps)))]


def test_losses_of_rows_and_of_weighed_classes_are_named() -> None:
    params = next(s.params for s in trainings.moons().steps if s.layer == "cross_entropy")
    assert not told()
    assert "divides by the weights of the classes" in told(params={**params, "class_weights": (1.0, 2.0)})[0]
    assert "looks at all rows of a batch" in told(layer="mmd_loss")[0]
