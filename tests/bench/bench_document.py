"""What stands behind a press of a key or the mouse: reading and writing a file, tidying, judging a wire.

Budgets: a file of 1,000 nodes reads in < 100 ms, of 10,000 in < 1 s; tidying 1,000 nodes takes < 1 s; a wire is judged
at each move of the mouse, so in < 5 ms. Each stands beside a fixed loop that shows how fast the machine is just now.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from core.catalog.families import default_catalog
from graph.codec import decode, encode
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


if __name__ == "__main__":
    main()
