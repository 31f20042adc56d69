"""How fast a run goes, and how long it will take."""

from __future__ import annotations

import time

from core.training.protocol import Progress
from core.training.run import Run


class Pace:
    """How fast it goes, smoothed over the last seconds."""

    def __init__(self, run: Run, now: float) -> None:
        self.run, self.began, self.first = run, now, run.step
        self.rate = 0.0  # steps a second
        self.restart(now)

    def restart(self, now: float) -> None:
        self.at, self.step = now, self.run.step

    @property
    def samples_per_second(self) -> float:
        return self.rate * self.run.train.examples / self.run.steps_per_epoch

    def progress(self, monitoring: float) -> Progress:
        run, now = self.run, time.perf_counter()
        passed = now - self.at
        if run.step > self.step and passed > 0:
            rate = (run.step - self.step) / passed
            weight = min(1.0, passed) if self.rate else 1.0
            self.rate += weight * (rate - self.rate)
            self.restart(now)
        left = (run.steps - run.step) / self.rate if self.rate else 0.0
        share = monitoring / max(now - self.began, 1e-9)
        return Progress(
            step=run.step,
            total=run.steps,
            epoch=run.step / run.steps_per_epoch,
            samples_per_second=self.samples_per_second,
            seconds_left=left,
            monitoring=share,
        )
