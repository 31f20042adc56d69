"""A ten-hour run in miniature: 10^7 logged points arrive as lines of the protocol, with progress, signals and
pictures, in plots that are drawn all the while. Memory must stay flat and a frame within 16.7 ms (processor time,
so that a busy machine does not count); the run's films stay small."""

from __future__ import annotations

import math
import os
import random
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil  # type: ignore[import-untyped]
from PySide6.QtWidgets import QApplication

from core.catalog.families import default_catalog
from core.training.films import Films
from core.training.protocol import (
    EpochEnded,
    Event,
    Picture,
    Points,
    Progress,
    Signals,
    Started,
    decode_event,
    encode_event,
)
from designer.plots.panel import PlotsPanel
from designer.plots.record import RunRecord
from designer.session import Session
from designer.studio import Studio
from designer.theme import manager
from graph.document import Document

STEPS, EACH, EPOCH = 2_500_000, 5_000, 25_000  # four series: 10^7 points
SERIES = ("train/loss", "train/accuracy", "lr", "penalty")
LOOKS = 10


def main() -> None:
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    manager().install(app)
    with tempfile.TemporaryDirectory() as place:
        session = Session(Document(default_catalog()))
        studio = Studio(session, Path(place))
        record = RunRecord("ten hours", Path(place))
        record.take(Started("ten hours", "cpu", 1, 1000, STEPS // EPOCH, EPOCH, 0, {}, ("loss",), ("accuracy",)))
        panel = PlotsPanel(studio)
        panel.resize(1400, 260)
        panel.show()
        studio.record = record
        studio.shown.emit(record)
        _follow(app, record, Films(Path(place) / "pictures"), panel)
        studio.close()


def _follow(app: QApplication, record: RunRecord, films: Films, panel: PlotsPanel) -> None:
    process, noise = psutil.Process(), [random.gauss(0, 0.1) for _ in range(5000)]
    frames: list[float] = []
    taking = 0.0
    print(f"{'points':>12} {'memory':>10} {'frame':>9} {'films':>9}")
    for first in range(1, STEPS + 1, EACH):
        lines = [encode_event(event) for event in _events(first, noise)]
        start = time.process_time()
        for line in lines:
            event = decode_event(line)
            assert event is not None
            record.take(event)
            if isinstance(event, Picture | Signals):
                films.take(event)
        taking += time.process_time() - start
        start = time.process_time()
        panel._draw()
        app.processEvents()  # paints what has changed
        frames.append(time.process_time() - start)
        done = first + EACH - 1
        if done % (STEPS // LOOKS) == 0:
            size = sum(path.stat().st_size for path in films._folder.glob("*"))
            recent = sorted(frames[-50:])
            print(
                f"{len(SERIES) * done:>12,} {process.memory_info().rss / 2**20:>6.0f} MiB "
                f"{1e3 * recent[len(recent) // 2]:>6.1f} ms {size / 2**20:>5.1f} MiB",
                flush=True,
            )
    print(f"{taking / (len(SERIES) * STEPS) * 1e9:.0f} ns a point to read and keep; budget of a frame 16.7 ms")


def _events(first: int, noise: list[float]) -> list[Event]:
    """What a run says in a second or so."""
    steps = range(first, first + EACH)
    values = [1 / math.sqrt(step) + noise[step % len(noise)] for step in steps]
    last = first + EACH - 1
    grid = [round(abs(noise[i]), 4) for i in range(2500)]
    events: list[Event] = [
        Points(list(steps), dict.fromkeys(SERIES, values)),
        Points([last], {"grad_norm": [1.0]}),
        Points([last], {f"time/{part}": [1.0] for part in ("data", "forward", "backward", "optimizer")}),
        Points([last], {f"system/{name}": [1.0] for name in ("samples", "memory", "cpu", "machine")}),
        Progress(last, STEPS, last / EPOCH, 1e5, 10.0, 0.01),
        Signals(last, {f"n{i}": {"gradient": 1.0, "weight": 1.0, "update": 0.1} for i in range(30)}),
        Picture("boundary", last, {"x": [0, 1], "y": [0, 1], "size": 50, "values": grid, "classes": 2}),
    ]
    if last % EPOCH == 0:
        means = {"loss": values[-1], "accuracy": values[-1]}
        events.append(EpochEnded(last // EPOCH, last, {"train": means, "validation": means}, 1.0))
    return events


if __name__ == "__main__":
    main()
