"""What flows through the nodes in one step, and the alarms that it raises."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from core.training.engine import Taken
from core.training.protocol import Event, Met, Picture, Signals
from core.training.reports.reporter import Measure
from core.training.run import Run
from core.training.signals import Alarms, Monitor


class Flow(Measure):
    """`Signals` of one step; trouble that lasts becomes a problem."""

    def __init__(self, run: Run, monitor: Monitor) -> None:
        self._run, self._monitor = run, monitor
        self._alarms = Alarms()
        self._nodes: dict[str, dict[str, float]] = {}

    def take(self, step: Callable[[], Taken]) -> Taken:
        taken, self._nodes = self._monitor.take(step)
        return taken

    def tell(self) -> Iterator[Event]:
        yield Signals(self._run.step + 1, self._nodes)
        scales = {node: values["gradient"] for node, values in self._nodes.items() if "gradient" in values}
        if scales:  # from the input to the output
            told = {node: float(f"{scale:.4g}") if math.isfinite(scale) else None for node, scale in scales.items()}
            yield Picture("flow", self._run.step + 1, {"gradient": told})
        for problem in self._alarms.look(self._nodes, self._run.engine.labels):
            yield Met(problem.to_json())
