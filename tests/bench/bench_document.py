"""What stands behind a press of a key or the mouse: reading and writing a file, tidying, judging a wire.

Budgets: a file of 1,000 nodes reads in < 100 ms, of 10,000 in < 1 s; tidying 1,000 nodes takes < 1 s; a wire is judged
at each move of the mouse, so in < 5 ms. The copy for the day of a crash is written in a thread of its own: to begin it
costs the window < 5 ms at 10,000 nodes, and so does its text, which is most of what the two threads could contend for.
Each stands beside a fixed loop that shows how fast the machine is just now.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median
from tempfile import TemporaryDirectory

from PySide6.QtCore import QCoreApplication

from core.catalog.families import default_catalog
from designer.qt import next_turn
from designer.session import Session
from designer.shell.keeper import Keeper
from graph.codec import decode, encode
from graph.commands import MoveNodes
from graph.infer import Inference
from graph.layout import tidy
from graph.records import Link
from graph.wiring import refusal
from tests.bench.bench_canvas import document

ROUNDS = 5


def milliseconds(act: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        before = time.perf_counter()
        act()
        times.append((time.perf_counter() - before) * 1e3)
    return median(times)


def row(what: str, spent: float, budget: float) -> None:
    print(f"{what:<40}{spent:9.2f} ms   budget {budget:6.0f} ms   {'ok' if spent <= budget else 'MISSED'}")


def autosave() -> None:
    """What a copy after an edit costs: until the window's thread is free again, and until its text is known."""
    app = QCoreApplication.instance() or QCoreApplication([])
    with TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        session = Session(document(10_000), later=next_turn)
        keeper, begun, made = Keeper(session), [], []
        keeper.write_autosave()
        for number in range(20):
            session.do(MoveNodes({"n5": (float(number), 3.0)}))
            begun.append(milliseconds(keeper.begin_autosave, 1))
            keeper.write_autosave()
            session.do(MoveNodes({"n5": (float(number), 4.0)}))
            made.append(milliseconds(keeper.text, 1))
        row("begin a copy of 10,000 nodes", median(begun[1:]), 5)
        row("text of 10,000 nodes after an edit", median(made[1:]), 5)
        keeper.close()
    del app


def main() -> None:
    print(f"{'calibration: 100,000 turns of a loop':<40}{milliseconds(lambda: sum(range(100_000))):9.2f} ms")
    catalog = default_catalog()
    for nodes, budget in ((1000, 100), (10_000, 1000)):
        text = encode(document(nodes))
        row(f"read a file of {nodes:,} nodes", milliseconds(lambda text=text: decode(text, catalog)), budget)
    large = document(1000)
    row("tidy 1,000 nodes", milliseconds(lambda: tidy(large.graph())), 1000)
    inference = Inference(large)
    wire = Link("", "n1", "y", "n600", "x")
    refusal(large, inference, "", wire)
    row("judge a wire among 1,000 nodes", milliseconds(lambda: refusal(large, inference, "", wire), 50), 5)
    autosave()


if __name__ == "__main__":
    main()
