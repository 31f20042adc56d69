"""Live curves: ten series of a million and of ten million points, milliseconds a frame and bytes a series.

Budget: 60 frames a second with 10 curves and 10^7 logged points, memory bounded. Processor time, so that a busy machine
does not count.
"""

from __future__ import annotations

import os
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from designer.plots.chart import Chart, Curve
from designer.plots.series import Series
from designer.theme import manager

CHUNK, FRAMES = 10_000, 20


def series(points: int, seed: int) -> tuple[Series, float]:
    """A filled series, and nanoseconds a point that filling took."""
    noise = np.random.default_rng(seed)
    chunks = [noise.normal(size=CHUNK) for _ in range(20)]
    result, spent = Series(), 0.0
    for start in range(0, points, CHUNK):
        values = chunks[start // CHUNK % len(chunks)]
        before = time.process_time()
        result.append(np.arange(start, start + CHUNK), values)
        spent += time.process_time() - before
    return result, spent / points * 1e9


def frame_times(app: QApplication, points_each: int) -> None:
    filled = [series(points_each, k) for k in range(10)]
    chart = Chart("loss")
    chart.resize(800, 300)
    chart.show()
    chart.set_curves([Curve(f"run {k}", s, k) for k, (s, _) in enumerate(filled)])
    app.processEvents()
    times = []
    for frame in range(FRAMES):
        steps = np.arange(points_each + frame * 50, points_each + frame * 50 + 50)
        for s, _ in filled:
            s.append(steps, np.zeros(50))
        before = time.process_time()
        chart.refresh()
        chart.grab()
        times.append((time.process_time() - before) * 1e3)
    bytes_each = filled[0][0].bytes
    append = np.median([spent for _, spent in filled])
    print(
        f"10 curves of {points_each:>10,} points: {np.median(times):5.1f} ms a frame (budget 16.7), "
        f"{bytes_each / 2**20:.1f} MiB a series, append {append:.0f} ns a point"
    )
    chart.close()


def main() -> None:
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    manager().install(app)
    for points in (1_000, 1_000_000, 10_000_000):
        frame_times(app, points)


if __name__ == "__main__":
    main()
