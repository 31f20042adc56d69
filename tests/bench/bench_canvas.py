"""Frame times of the canvas: ``python -m tests.bench.bench_canvas [nodes …]``.

Software raster, 1600 x 1000, offscreen; medians and 95th percentiles in milliseconds beside their budgets. Machines
differ and are shared, so a fixed pure-Python loop is timed before each case: a budget holds for a machine that takes
`CALM` for it, and is scaled for one that is slower just now.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from core.catalog.families import default_catalog
from designer.canvas.camera import Camera
from designer.canvas.model import SceneModel
from designer.canvas.view import CanvasView
from designer.session import Session
from designer.theme import manager
from graph.document import Document
from graph.records import MAIN, Change, Link, Node
from tests.bench.canvas_rivals.chain import Chain, chain

BUDGETS = {
    1000: {"build": 50.0, "pan, all": 8.0, "zoom, all": 8.0, "drag, all": 8.0},
    10000: {"pan, all": 16.7, "zoom, all": 16.7, "drag, all": 25.0},
}
FRAMES = 40
CALM = 30.0  # milliseconds that the calibration takes on the machine that the budgets are meant for


def as_changes(chain: Chain) -> list[Change]:
    """The chain as edits of an empty document: real layers that fit each other."""
    params = {"input": {"shape": (16, 32, 32)}, "conv2d": {"out_channels": 16}}
    nodes = [Node(s.id, s.layer, params=params.get(s.layer, {}), x=s.x, y=s.y) for s in chain.steps]
    links = [Link(w.id, w.source, w.source_port, w.target, w.target_port) for w in chain.wires]
    return [Change(MAIN, None, record) for record in (*nodes, *links)]


def document(count: int) -> Document:
    """Rows of residual blocks: real layers, a wire from each to the next, a skip into each Add."""
    result = Document(default_catalog())
    result.apply(as_changes(chain(count)))
    return result


class Timing(NamedTuple):
    """Milliseconds, and how much slower the machine was just then than it should be."""

    median: float
    high: float
    slowness: float


def slowness() -> float:
    """How many times longer than it should a fixed loop takes now; never less than 1."""
    start = time.perf_counter()
    sum(i * i for i in range(1_000_000))
    return max((time.perf_counter() - start) * 1000 / CALM, 1.0)


def once(start: float) -> Timing:
    took = (time.perf_counter() - start) * 1000
    return Timing(took, took, slowness())


def timed(frames: int, step: Callable[[int], None], view: CanvasView) -> Timing:
    """Median and 95th percentile of the time from a step to the finished frame."""
    slow, times = slowness(), []
    for i in range(frames):
        start = time.perf_counter()
        step(i)
        view.repaint()
        times.append((time.perf_counter() - start) * 1000)
    return Timing(statistics.median(times), statistics.quantiles(times, n=20)[-1], max(slow, slowness()))


def measure(count: int) -> dict[str, Timing]:
    """One design of that many nodes, through every case."""
    session = Session(document(count))
    found: dict[str, Timing] = {}
    builds = []
    for _ in range(3):
        start = time.perf_counter()
        SceneModel(session).close()
        builds.append((time.perf_counter() - start) * 1000)
    found["build"] = Timing(min(builds), max(builds), slowness())
    view = CanvasView(session)
    view.navigator.animated = False
    view.resize(1600, 1000)
    view.show()
    QApplication.processEvents()
    view.fit()
    start = time.perf_counter()
    view.repaint()
    found["first paint"] = once(start)
    whole = view.stage.camera
    near = Camera(1.0, -200.0, -200.0)
    for name, camera in (("all", whole), ("0.5", Camera(0.5, -200.0, -200.0)), ("1:1", near)):
        found |= _travel(view, name, camera)
    start = time.perf_counter()
    session.selection.set(session.document.graph().node_ids)
    view.repaint()
    found["select all"] = once(start)
    view.close()
    return found


def _travel(view: CanvasView, name: str, camera: Camera) -> dict[str, Timing]:
    stage = view.stage

    def pan(i: int) -> None:
        stage.camera = camera.panned(3.0 * i, 2.0 * i)

    def zoom(i: int) -> None:
        view.zooming()
        stage.camera = camera.zoomed(1.0 + 0.01 * i, 800, 500)

    def drag(i: int) -> None:
        stage.model.shift(["n30"], 3.0 * i, 2.0 * i)

    stage.camera = camera
    view.repaint()
    found = {f"pan, {name}": timed(FRAMES, pan, view), f"zoom, {name}": timed(FRAMES, zoom, view)}
    stage.camera = camera
    view.repaint()
    found[f"drag, {name}"] = timed(FRAMES, drag, view)
    stage.model.settle()
    return found


def main(counts: list[int]) -> None:
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    manager().install(app)
    for count in counts:
        print(f"\n{count} nodes, 1600x1000, milliseconds a frame")
        for name, (median, high, slow) in measure(count).items():
            budget = BUDGETS.get(count, {}).get(name)
            told = "" if budget is None else f"   budget {budget:5.1f}   {'ok' if median <= budget * slow else 'OVER'}"
            print(f"  {name:14} {median:8.2f}  p95 {high:8.2f}   machine x {slow:.1f}{told}")


if __name__ == "__main__":
    main([int(a) for a in sys.argv[1:]] or [1000, 10000])
