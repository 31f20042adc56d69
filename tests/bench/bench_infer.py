"""How long shapes and problems take after a key press. Run as ``python tests/bench/bench_infer.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import median
from time import perf_counter

from core.catalog.families import default_catalog
from graph.check import problems
from graph.document import Document
from graph.infer import Inference
from graph.lower import lower
from graph.records import Change, Link, Node, Setting

BUDGET_MS = 16.0
_STEP = (
    ("conv2d", {"out_channels": 16}, "stem"),
    ("batch_norm2d", {}, "0"),
    ("relu", {}, "1"),
    ("conv2d", {"out_channels": 16}, "2"),
    ("add", {}, "3"),
)


def network(nodes: int) -> Document:
    """Residual steps of five nodes on digits, with a head and a loss: `nodes` in all, or a few less."""
    document, changes = Document(default_catalog()), list[Change]()

    def put(id: str, layer: str, *feeds: str, **params: object) -> str:
        spec = document.catalog[layer]
        changes.append(Change("", None, Node(id, layer, params=params)))
        for feed, port in zip(feeds, spec.inputs, strict=False):
            changes.append(Change("", None, Link(f"w{len(changes)}", feed, "y", id, port.id)))
        return id

    last = put("stem", "conv2d", put("x", "input"), out_channels=16)
    for step in range((nodes - 7) // len(_STEP)):
        ids = [f"s{step}_{i}" for i in range(len(_STEP))]
        feeds = [last, *ids]
        for (layer, params, _), id, feed in zip(_STEP, ids, feeds, strict=False):
            put(id, layer, *((feed, last) if layer == "add" else (feed,)), **params)
        last = ids[-1]
    head = put("head", "linear", put("pool", "global_avg_pool", last), out_features=10)
    put("y", "output", head)
    put("loss", "cross_entropy", head, put("t", "target"))
    job = Setting("job", {"data": {"source": {"kind": "digits"}}})
    document.apply([Change("", None, job), *changes])
    return document


def set_param(document: Document, node: str, **params: object) -> None:
    before = document.graph().node(node)
    document.apply([Change("", before, replace(before, params={**before.params, **params}))])


def calibration() -> float:
    """Milliseconds for a fixed piece of plain Python, to compare machines and loads."""
    return timed(lambda: sum(i * i % 7 for i in range(100_000)))


def timed(act: Callable[[], object], times: int = 15) -> float:
    """Median milliseconds."""
    spent = []
    for _ in range(times):
        start = perf_counter()
        act()
        spent.append((perf_counter() - start) * 1000)
    return median(spent)


def key_press(document: Document, inference: Inference, node: str, name: str, values: tuple[object, object]) -> float:
    """From a changed value to new shapes and problems."""
    turn = [0]

    def press() -> None:
        turn[0] += 1
        set_param(document, node, **{name: values[turn[0] % 2]})
        problems(document, inference)

    return timed(press)


def main() -> None:
    print(f"{'calibration: 100,000 turns of a loop':<50} {calibration():8.2f} ms")
    document = network(500)
    inference = Inference(document)
    assert problems(document, inference) == []
    rows = {
        "key press at the head (1 node behind it)": key_press(document, inference, "head", "bias", (True, False)),
        "key press at the stem, shapes of all 500 change": key_press(document, inference, "stem", "stride", (1, 2)),
        "key press at the stem, an error at once": key_press(document, inference, "stem", "out_channels", (16, 8)),
    }
    for label, ms in rows.items():
        print(f"{label:<50} {ms:8.2f} ms   budget {BUDGET_MS:.0f} ms   {'ok' if ms < BUDGET_MS else 'MISSED'}")
    document = network(500)
    inference, large = Inference(document), network(1000)
    print(f"{'all shapes of 1,000 nodes':<50} {timed(lambda: Inference(large).close()):8.2f} ms")
    print(f"{'lower 500 nodes':<50} {timed(lambda: lower(document, inference)):8.2f} ms")


if __name__ == "__main__":
    main()
