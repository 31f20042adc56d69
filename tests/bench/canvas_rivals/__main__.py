"""Layerloom's canvas beside other node editors: ``make bench-canvas``.

Prints a table for each size of graph and, last, ``canvas ratio at 1000 nodes: R``: the geometric mean over building,
panning, zooming, dragging, selecting and deleting (all nodes visible) of the best rival's median by ours.

Editors take turns: each round runs every editor once, in a process of its own, in the opposite order of the round
before; the times of all rounds are pooled. What is measured, and why it is fair, is told in `measure`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tests.bench.canvas_rivals.table import ACTS, US, ratio, table

ROOT = Path(__file__).parents[3]
RIVALS_PYTHON = ROOT / ".venv-rivals" / "bin" / "python"
EDITORS = {
    US: ("layerloom", Path(sys.executable)),
    "NodeGraphQt": ("node_graph_qt", RIVALS_PYTHON),
    "nodeeditor-qtpy": ("node_editor", RIVALS_PYTHON),
    "orange-canvas-core": ("orange_canvas", RIVALS_PYTHON),
    "pyqtgraph flowchart": ("flowchart", RIVALS_PYTHON),
}
SIZES, ALONE = (100, 1000), 10000
WHOLE = tuple("drag, whole" if act == "drag" else act for act in ACTS)
LONGEST = 300.0  # seconds for one editor in one round

Found = dict[str, dict[str, list[float]]]


def run(editor: str, nodes: int, frames: int, found: Found) -> str:
    """Measure one editor once, adding its times; the reason where it did not come to the end, else empty."""
    module, python = EDITORS[editor]
    command = [str(python), "-W", "ignore", "-m", "tests.bench.canvas_rivals.measure", module, str(nodes), str(frames)]
    with tempfile.TemporaryDirectory() as home:  # settings of the person's own must not count
        environment = os.environ | {"HOME": home, "XDG_CONFIG_HOME": home, "QT_QPA_PLATFORM": "offscreen"}
        try:
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=LONGEST, check=False)
        except OSError as error:
            return f"is not installed ({error.strerror}: {python})"
        except subprocess.TimeoutExpired as error:
            take(error.stdout or b"", found[editor])
            return f"took longer than {LONGEST:.0f} s, with the acts that the table lacks"
    reason = take(done.stdout, found[editor])
    if done.returncode and not reason:
        last = (done.stderr.decode(errors="replace").splitlines() or ["no message"])[-1]
        reason = f"ended with {done.returncode}: {last}"
    return reason


def take(told: bytes, times: dict[str, list[float]]) -> str:
    """Add what a process told of its times; returns the error that it told of, else empty."""
    reason = ""
    for line in told.decode(errors="replace").splitlines():
        if line.startswith("{") and line.endswith("}"):
            told_of = json.loads(line)
            reason = told_of.get("error", reason)
            if "act" in told_of:
                times.setdefault(told_of["act"], []).extend(told_of["ms"])
    return reason


def measure(nodes: int, editors: list[str], rounds: int, frames: int) -> Found:
    """All rounds at one size, with the table printed as it stands at the end."""
    found: Found = defaultdict(dict)
    reasons: dict[str, str] = {}
    for turn in range(rounds):
        for editor in editors if turn % 2 == 0 else editors[::-1]:
            if editor not in reasons:
                print(f"{nodes} nodes, round {turn + 1}: {editor} …", file=sys.stderr, flush=True)
                reason = run(editor, nodes, frames, found)
                if reason:
                    reasons[editor] = reason
    print(f"\n{nodes} nodes, 1600 x 1000 pixels, {rounds} rounds\n")
    print("\n".join(table(found, editors)))
    for editor, reason in reasons.items():
        print(f"{editor}: {reason}")
    return found


def calibration() -> float:
    """Milliseconds of a fixed loop, since machines differ."""
    start = time.perf_counter()
    sum(i * i for i in range(1_000_000))
    return (time.perf_counter() - start) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.canvas_rivals", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often each editor has its turn (%(default)s)")
    parser.add_argument("--frames", type=int, default=10, help="of each pan, zoom and drag in a round (%(default)s)")
    given = parser.parse_args()
    print(f"calibration: a loop of a million squares takes {calibration():.0f} ms here", flush=True)
    found = {size: measure(size, list(EDITORS), given.rounds, given.frames) for size in SIZES}
    measure(ALONE, [US], given.rounds, given.frames)
    whole, final = ratio(found[1000], WHOLE), ratio(found[1000])
    if final is None or whole is None:
        print("\ncanvas ratio at 1000 nodes: unknown, since an act has no rival's time or none of ours")
        return 1
    print(f"\nwith all of the surface repainted in every frame of a drag: {whole:.1f}")
    print(f"canvas ratio at 1000 nodes: {final:.1f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
