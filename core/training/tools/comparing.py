"""Tools that train copies of a design against each other, declared. Imports no torch before one is run."""

from __future__ import annotations

import math
from typing import Any

from core.problem import Fix
from core.spec.params import Bool, Choice, Float, Int, Text
from core.training.tools.asked import Asked
from core.training.tools.tool import Answer, Settings, Told, Tool

POINTS = 400  # of a curve that are told


def _race(asked: Asked, settings: Settings, told: Told) -> Answer:
    from core.training.tools.race import race

    run = asked.run()
    found = race(run, told=told, **settings).to_json()
    for entry in found["entries"]:
        every = max(1, len(entry["losses"]) // POINTS)
        entry["batches"] = len(entry["losses"])
        entry["examples"], entry["seconds"] = entry["seen"][-1], entry["clock"][-1]
        entry["stations"] = [
            {
                "step": station["step"],
                "seen": entry["seen"][station["step"] - 1] if station["step"] else 0,
                "seconds": entry["clock"][station["step"] - 1] if station["step"] else 0.0,
                "loss": _number(station["loss"]),
            }
            for station in entry["stations"]
        ]
        entry["steps"] = list(range(0, len(entry["losses"]), every))
        entry["losses"] = [_number(value) for value in entry["losses"][::every]]
        entry["last"] = _number(entry["last"])
        del entry["seen"], entry["clock"]
    if found["surface"] is not None:
        found["surface"]["values"] = [[_number(value) for value in row] for row in found["surface"]["values"]]
    return found


def _learning_curve(asked: Asked, settings: Settings, told: Told) -> Answer:
    from core.training.tools.learning import learning_curve

    return learning_curve(asked.run(), told=told, **settings).to_json()


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


_CALLED = {"optimizers": "Optimizer", "batches": "Batch size", "rates": "Learning rate", "schedules": "Schedule"}


def _winner(answer: Answer) -> tuple[Fix, ...]:
    def named(entry: Any) -> str:
        plain = answer["vary"] in ("optimizers", "schedules")
        return f"{_CALLED[answer['vary']]} {entry['label'] if plain else entry['setting']['value']}"

    return tuple(
        Fix(named(entry), "set_job", entry["setting"])
        for entry in answer["entries"]
        if entry["name"] == answer["winner"]
    )


TOOLS: tuple[Tool[Asked], ...] = (
    Tool(
        "race",
        "Race",
        "Trains copies from the same weights with other optimizers, batch sizes, learning rates or schedules, and "
        "draws the way of each.",
        (
            Choice("vary", "optimizers", ("optimizers", "batches", "rates", "schedules"),
                   labels={"optimizers": "optimizers", "batches": "batch sizes", "rates": "learning rates",
                           "schedules": "schedules"}, label="race of",
                   doc="What differs between those that take part; all else is as the design has it. Batch sizes: full "
                   "is gradient descent, 1 is SGD, between them lie mini-batches."),
            Text("entries", "", label="taking part", doc="Separated by commas; empty: the usual ones. Optimizers (sgd, "
                 "momentum, adam), each with a learning rate behind a colon if wanted (sgd:0.1); batch sizes (full, "
                 "32, 1); learning rates (0.1, 0.01); schedules (constant, cosine)."),
            Int("steps", 200, min=2, max=100_000, doc="How many each takes."),
            Choice("equal", "steps", ("steps", "examples"), label="the same for all",
                   labels={"steps": "steps", "examples": "examples"}, doc="Either each takes so many "
                   "steps, or each goes on until it has seen as many examples as those steps of the design's own batch "
                   "size."),
            Bool("surface", True, doc="Measure the loss over the plane that the paths lie in best."),
        ),
        formula="f(a, b) = L(w* + a d1 + b d2); d1, d2: the first two principal components of all paths around w*;  "
        "gradient descent on a quadratic: e[k] = (1 - lr lambda)^k e[0]",
        source="Li et al., Visualizing the Loss Landscape of Neural Nets, NeurIPS 2018 (arXiv:1712.09913), section 7",
        command="race",
        icon="chart",
        words=("compare optimizers", "batch size", "learning rate", "schedule", "loss surface", "landscape", "sgd",
               "gradient descent", "mini-batch", "adam", "momentum"),
        when="When it is not clear which optimizer, batch size, rate or schedule suits a network, and to see how they "
        "go: gradient descent smoothly and dearly, SGD cheaply and jittery, mini-batches between. A short race favours "
        "the fast start; an optimizer takes its default learning rate where none is given, so find good rates first.",
        acts=_race,
        good=lambda answer: bool(answer["winner"]),
        offers=_winner,
    ),
    Tool(
        "learning_curve",
        "Learning curve",
        "Trains copies on ever more of the training examples and foretells what still more would bring.",
        (
            Float("smallest", 0.1, min=0.0, max=1.0, above=True, label="smallest share", doc="Of the training part; "
                  "the last copies see all of it."),
            Int("points", 6, min=2, max=50, doc="How many sizes, at equal ratios; four or more tell a law."),
            Int("repeats", 3, min=1, max=100, doc="Copies of each size, with other examples and other first weights."),
            Choice("equal", "steps", ("steps", "epochs"), label="the same for all",
                   labels={"steps": "steps", "epochs": "epochs"}, doc="Equal steps let small parts "
                   "be learned to the end; equal epochs take less time."),
            Int("epochs", None, min=1, max=1_000_000, optional=True, doc="In place of the design's."),
        ),
        formula="error(n) = a n^-b + c by weighted least squares;  range: all laws with SSE <= min SSE (1 + 3 F / (m - "
        "3)), 90 %",
        source="as sklearn.model_selection.learning_curve; Hestness et al., 2017 (arXiv:1712.00409); Viering and Loog, "
        "TPAMI 2022 (arXiv:2103.10948)",
        command="learning-curve",
        icon="chart",
        words=("more data", "sample size", "data efficiency", "bias", "variance", "generalisation", "scaling law"),
        when="Before paying for more data: it tells whether that would help, or whether the network is what limits. It "
        "trains many copies, so take few epochs. What lies far beyond the data cannot be foretold by any law.",
        acts=_learning_curve,
        good=lambda answer: answer["trouble"] != "bias",
    ),
)  # fmt: skip
