"""The tools that work on a design, by name; `core.analysis.examining.table` has those that work on a run.

Imports no torch before a tool is run.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.problem import Fix
from core.spec.params import Float, Int
from core.training.tools import comparing, doctors
from core.training.tools.asked import Asked
from core.training.tools.tool import Answer, Settings, Told, Tool

__all__ = ["TOOLS", "Asked"]

MEBIBYTE = 2**20


def _find_rate(asked: Asked, settings: Settings, told: Told) -> Answer:
    from core.training.tools.rates import find_rate

    return find_rate(asked.run(), told=told, **settings).to_json()


def _overfit(asked: Asked, settings: Settings, told: Told) -> Answer:
    from core.training.tools.overfit import overfit

    return overfit(asked.run(), told=told, **settings).to_json()


def _check_gradients(asked: Asked, settings: Settings, told: Told) -> Answer:
    from core.training.tools.gradients import check_gradients

    return check_gradients(asked.run(), told=told, **settings).to_json()


def _fit_batch(asked: Asked, settings: Settings, told: Told) -> Answer:
    from core.training.tools.fitting import fit_batch

    limit = settings["memory"] * MEBIBYTE if settings["memory"] else None
    found = fit_batch(asked.program, asked.job, asked.base, limit=limit, margin=settings["margin"], told=told)
    return found.to_json()


def _rates(answer: Answer) -> tuple[Fix, ...]:
    path = f"objectives.{answer['objective']}.optimizer.params.lr"
    named = {"": answer["tenth"], " (steepest)": answer["steepest"]}
    rounded = {words: float(f"{rate:.2g}") for words, rate in named.items() if rate}
    return tuple(
        Fix(f"Learning rate {rate:g}{words}", "set_job", {"path": path, "value": rate})
        for words, rate in rounded.items()
        if not words or rate != rounded.get("")
    )


def _batch(answer: Answer) -> tuple[Fix, ...]:
    size = answer["suggestion"]
    return (Fix(f"Batch size {size}", "set_job", {"path": "batch_size", "value": size}),) if size else ()


_TOOLS = (
    Tool(
        "find_rate",
        "Learning-rate range test",
        "Trains a copy while the learning rate rises, and looks where the loss falls and where it breaks.",
        (
            Float("low", 1e-7, min=0.0, above=True, label="lowest rate", doc="Where it begins."),
            Float("high", 10.0, min=0.0, above=True, label="highest rate", doc="Where it ends, if the loss holds."),
            Int("steps", 100, min=2, max=100_000, doc="How many steps lie between, at equal ratios."),
            Int("objective", 0, min=0, advanced=True, doc="Whose rate rises, counted from 0."),
        ),
        formula="lr[k] = low (high / low)^(k / (steps - 1));  suggestion = a tenth of the rate with the least "
        "smoothed loss",
        source="Smith, Cyclical Learning Rates for Training Neural Networks, 2015 (arXiv:1506.01186)",
        command="find-lr",
        icon="chart",
        words=("lr finder", "learning rate", "smith", "suggest"),
        when="Before the first training of a network, and again when the network, the batch size or the optimizer has "
        "changed.",
        acts=_find_rate,
        good=lambda answer: answer["suggestion"] is not None,
        offers=_rates,
    ),
    Tool(
        "overfit",
        "Overfit one batch",
        "Trains a copy on a few examples alone: a network that holds together learns them by heart.",
        (
            Int("steps", 1000, min=1, max=1_000_000, doc="How many it may take."),
            Int("examples", 8, min=2, max=100_000, doc="How many are to be learned by heart."),
        ),
        formula="passed: loss <= max(0.01 first loss, 0.001), or every answer right",
        source="Karpathy, A Recipe for Training Neural Networks, 2019",
        command="overfit",
        icon="target",
        words=("sanity", "one batch", "learn by heart", "debug"),
        when="When a network does not learn, and before any long training: it finds wrong wires, wrong losses, frozen "
        "or dead layers and rates that are far off within seconds.",
        acts=_overfit,
        good=lambda answer: bool(answer["passed"]),
    ),
    Tool(
        "check_gradients",
        "Gradient check",
        "Compares the gradients of single weights with finite differences, in double precision, node by node.",
        (
            Int("samples", 10, min=1, max=10_000, doc="Weights of each node, at most."),
            Int("examples", 16, min=2, max=100_000, doc="Examples of the batch."),
            Int("seed", 0, min=0, advanced=True, doc="Of the weights that are chosen, and of random layers."),
        ),
        formula="(L(w + h) - L(w - h)) / 2h against dL/dw, h = 1e-5; right: relative error <= 1e-5",
        source="Goodfellow, Bengio, Courville: Deep Learning, 2016, section 11.5",
        command="check-gradients",
        icon="check",
        words=("backward", "finite differences", "numerical", "gradcheck"),
        when="After writing a layer or a loss of your own, and whenever training behaves as no learning rate explains.",
        acts=_check_gradients,
        good=lambda answer: bool(answer["right"]),
    ),
    Tool(
        "fit_batch",
        "Largest batch that fits",
        "Takes real steps with ever larger batches in a process of their own, until memory is used up.",
        (
            Int("memory", None, min=1, optional=True, label="memory in MiB", doc="At most; by default what is free."),
            Float("margin", 0.15, min=0.0, max=0.9, doc="Share of the memory that is left alone."),
        ),
        formula="doubling from 8, then halving the gap to a sixteenth; suggestion = the largest power of two that fits",
        command="fit-batch",
        icon="layers",
        words=("batch size", "memory", "out of memory", "auto"),
        when="For large networks or pictures, to use a GPU whole. The largest batch is the fastest to go through the "
        "data, seldom the one that learns best.",
        acts=_fit_batch,
        good=lambda answer: answer["fits"] > 0,
        offers=_batch,
    ),
)  # fmt: skip
_FAMILIES: tuple[tuple[Tool[Asked], ...], ...] = (_TOOLS, comparing.TOOLS, doctors.TOOLS)
TOOLS: Mapping[str, Tool[Asked]] = {tool.id: tool for family in _FAMILIES for tool in family}
