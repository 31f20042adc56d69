"""Reporters that look between two batches: the norm of the gradients, penalties, the decision boundary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from core.training.boundary import Boundary
from core.training.protocol import Event, Picture, Points
from core.training.reports.reporter import Reporter
from core.training.run import Run


class Norm(Reporter):
    """The norm of the gradients of the first objective, as series ``grad_norm``."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def tell(self) -> Iterator[Event]:
        norm = self._run.gradient_norm()
        if norm is not None:
            yield Points([self._run.step], {"grad_norm": [norm]})


class Penalties(Reporter):
    """What each objective adds for the size of weights, as series ``penalty`` (``penalty/0``, … with several)."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def tell(self) -> Iterator[Event]:
        engine = self._run.engine
        for trainer in engine.trainers:
            if trainer.penalty:
                name = "penalty" if engine.simple else f"penalty/{trainer.index}"
                yield Points([self._run.step], {name: [self._run.penalty(trainer.index)]})


class BoundaryPicture(Reporter):
    """What the net answers over the plane of its two inputs, as the weights that are validated have it."""

    period: ClassVar[float] = 0.3
    edges: ClassVar[bool] = True

    def __init__(self, run: Run, boundary: Boundary) -> None:
        self._run, self._boundary = run, boundary

    def tell(self) -> Iterator[Event]:
        with self._run.engine.shown():
            data = self._boundary.picture()
        yield Picture("boundary", self._run.step, data)
