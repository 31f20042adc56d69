"""Measures one editor on one graph: ``python -m tests.bench.canvas_rivals.measure EDITOR NODES [FRAMES]``.

What a frame is
    The time from asking for a change until the editor has painted it: the change is applied, then events are processed
    until the surface has had its paint event, then once more for what that left behind. The surface is shown, 1600 x
    1000 pixels, on Qt's offscreen platform, which rasters every paint event into a QImage. Each editor repaints what
    it itself marks as changed, in the update mode that it ships with: an editor that repaints only the neighbourhood of
    a dragged node has the good of it. Whole repaints forced on all would be slower for some rivals and the same for us.

What is the same for all
    The graph, with its places; size, camera and number of frames; the steps of each pan, zoom and drag; no cache of
    another frame helps a zoom, since no two frames have the same scale. A drag is real mouse events on a real node.
    Each editor runs in a fresh process, and is given time to settle, unmeasured, before each act. Every act is checked:
    what did not happen, or did not paint, is an error and no time.

What is in the rivals' favour
    Building: Layerloom's time holds document, history, inference of all shapes, checks and the first whole picture;
    theirs holds nodes, wires and the first whole picture, without undo where it can be left out, and without
    checks that do not end (see each adapter). Limits of their zoom and of their mouse rate are set aside. Each runs
    Python's collector of cycles as its application does: the rivals automatically, Layerloom between its frames.

Prints one JSON object a line: an act and its milliseconds, or at the end ``{"error": …}``.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from tests.bench.canvas_rivals.chain import Chain, chain
from tests.bench.canvas_rivals.editor import SIZE, Editor

FRAMES = 10
SELECTIONS = 3
PAN, ZOOM, DRAG = (7.0, 5.0), 0.98, (6.0, 4.0)  # of one frame: pixels, factor, pixels
MARGIN = 1.06  # of the camera that shows all
REST = 0.25  # seconds in which timers and animations run out
PATIENCE = 60.0  # seconds for one frame


class NotDone(Exception):
    """An act had no effect, or was never painted."""


class Harness:
    """One shown editor, and a watch on its paint events."""

    def __init__(self, editor: Editor, chain: Chain) -> None:
        self.editor, self.chain = editor, chain
        self._app = editor.qt.widgets.QApplication.instance()
        self._painted = 0
        self._watched: Any = None
        self._watch = self._watcher()
        editor.window.resize(*SIZE)
        editor.window.show()
        self.rest()
        over = (SIZE[0] - editor.surface.width(), SIZE[1] - editor.surface.height())  # frames and scroll bars
        editor.window.resize(SIZE[0] + over[0], SIZE[1] + over[1])
        self.rest()

    def _watcher(self) -> Any:
        harness, paint = self, self.editor.qt.core.QEvent.Type.Paint

        class Watch(self.editor.qt.core.QObject):  # type: ignore[name-defined, misc]
            def eventFilter(self, _watched: Any, event: Any) -> bool:
                harness._painted += event.type() == paint
                return False

        return Watch()

    def rest(self) -> None:
        """Let everything that is due happen, unmeasured."""
        until = time.perf_counter() + REST
        while time.perf_counter() < until:
            self._app.processEvents()
            time.sleep(0.002)
        gc.collect()

    def frame(self, act: Callable[[], object]) -> float:
        """Milliseconds from the start of an act until it is painted. Raises NotDone where nothing was painted."""
        self._painted = 0
        start = time.perf_counter()
        act()
        if self.editor.surface is not self._watched:
            self._watched = self.editor.surface
            self._watched.installEventFilter(self._watch)
        while not self._painted:
            self._app.processEvents()
            if time.perf_counter() - start > PATIENCE:
                raise NotDone(f"not painted within {PATIENCE:.0f} s")
        self._app.processEvents()
        return (time.perf_counter() - start) * 1000

    # -- the acts

    def run(self, frames: int) -> Iterator[tuple[str, list[float]]]:
        """Every act in turn, with its times."""
        yield "build", [self.frame(self._build)]
        self._expect("build", *self._all)
        for suffix, camera in (("", self._whole()), (", 1:1", self._near())):
            yield f"pan{suffix}", self._travel(camera, frames, lambda: self.editor.pan(*PAN))
            yield f"zoom{suffix}", self._travel(camera, frames, lambda: self.editor.zoom(ZOOM))
            yield f"drag{suffix}", self._drag(camera, frames)
            yield f"drag, whole{suffix}", self._drag(camera, frames, whole=True)
        yield "select all", self._select()
        self.editor.select_all()
        self.rest()
        yield "delete all", [self.frame(self.editor.delete_all)]
        self._expect("delete all", 0, 0, selected=0)

    def _build(self) -> None:
        self.editor.build(self.chain)
        self.editor.look(*self._whole())

    def _whole(self) -> tuple[float, float, float]:
        width, height = self.chain.size
        return width / 2, height / 2, min(SIZE[0] / width, SIZE[1] / height) / MARGIN

    def _near(self) -> tuple[float, float, float]:
        return self.chain.held.x, self.chain.held.y, 1.0

    def _travel(self, camera: tuple[float, float, float], frames: int, act: Callable[[], None]) -> list[float]:
        self.editor.look(*camera)
        self.rest()
        return [self.frame(act) for _ in range(frames)]

    def _drag(self, camera: tuple[float, float, float], frames: int, *, whole: bool = False) -> list[float]:
        """With `whole`, the surface is told to repaint all of itself besides."""
        held = self.chain.held
        self.editor.look(*camera)
        self.rest()
        before = self.editor.place(held)
        self.editor.press(held)
        self.editor.drag(*DRAG)  # past the distance at which a press becomes a drag
        self.rest()
        times = [self.frame(lambda: self._move(whole)) for _ in range(frames)]
        after = self.editor.place(held)
        self.editor.drag(*(-(frames + 1) * by for by in DRAG))  # back home, so that it covers no other node
        self.editor.release()
        moved, asked = after[0] - before[0], DRAG[0] * (frames + 1) / camera[2]
        if not 0.5 < moved / asked < 1.5:
            raise NotDone(f"drag: the node moved by {moved:.0f} instead of about {asked:.0f}")
        return times

    def _move(self, whole: bool) -> None:
        self.editor.drag(*DRAG)
        if whole:
            self.editor.surface.update()

    def _select(self) -> list[float]:
        self.editor.look(*self._whole())
        times = []
        for _ in range(SELECTIONS):
            self.editor.deselect()
            self.rest()
            times.append(self.frame(self.editor.select_all))
            self._expect("select all", *self._all, selected=len(self.chain.steps))
        return times

    @property
    def _all(self) -> tuple[int, int]:
        return len(self.chain.steps), len(self.chain.wires)

    def _expect(self, act: str, nodes: int, wires: int, *, selected: int | None = None) -> None:
        found = self.editor.counts()
        wanted = (nodes, wires, found[2] if selected is None else selected)
        if found != wanted:
            words = "{} nodes, {} wires, {} selected"
            raise NotDone(f"{act}: {words.format(*found)} instead of {words.format(*wanted)}")


def main(name: str, nodes: int, frames: int) -> None:
    try:
        module = importlib.import_module(f"tests.bench.canvas_rivals.{name}")
        app = module.QtWidgets.QApplication([name])
        for act, times in Harness(module.make(), chain(nodes)).run(frames):
            print(json.dumps({"act": act, "ms": times}), flush=True)
    except (Exception, SystemExit) as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    del app
    os._exit(0)  # some editors crash while they are taken down


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else FRAMES)
