"""The tools that look at a start and at penalties, declared. Imports no torch before one is run."""

from __future__ import annotations

from typing import Any

from core.problem import Fix
from core.spec.params import Bool, Choice, Float, Int, Text
from core.training.tools.asked import Asked
from core.training.tools.tool import Answer, Settings, Told, Tool


def _check_init(asked: Asked, settings: Settings, told: Told) -> Answer:
    from core.training.tools.starting import check_init

    return check_init(asked.run(), told=told, **settings).to_json()


def _start_so(answer: Answer) -> tuple[Fix, ...]:
    best = next((start for start in answer["starts"] if start["id"] == answer["best"]), None)
    if best is None:
        return ()
    parts = [
        {"action": "set_node", "args": {"node": node, "name": "init", "value": init}}
        for node, init in best["inits"].items()
    ]
    return (Fix(f"Start all layers so: {best['label']}", "several", {"fixes": parts}),)


def _penalty_path(asked: Asked, settings: Settings, told: Told) -> Answer:
    from core.training.tools.penalising import penalty_path

    return penalty_path(asked.run(), told=told, **settings).to_json()


def _penalise_so(answer: Answer) -> tuple[Fix, ...]:
    from core.training.tools.penalising import parts

    def set_to(strength: float, words: str) -> Fix:
        amounts = parts(answer["kind"], strength, answer["share"])
        rounded = {name: float(f"{amount:.3g}") for name, amount in amounts.items()}
        fields: dict[str, Any] = {**rounded, "l1_shrinks": answer["kind"] != "l2"}
        place = f"objectives.{answer['objective']}"
        jobs = [{"action": "set_job", "args": {"path": f"{place}.{n}", "value": v}} for n, v in fields.items()]
        return Fix(f"Strength {strength:.2g} ({words})", "several", {"fixes": jobs})

    best, simplest = answer["best"], answer["simplest"]
    if best is None:
        return ()
    if simplest == best:
        return (set_to(best, "best"),)
    return set_to(simplest, "simplest"), set_to(best, "best")


TOOLS: tuple[Tool[Asked], ...] = (
    Tool(
        "check_init",
        "Init doctor",
        "Sends a batch forward and the gradient of its loss back through the untrained network, as it starts now and "
        "with other initialisations, and measures how both keep their scale through depth.",
        (
            Text("starts", "xavier, he, lecun, orthogonal, small, zeros",
                 doc="Other starts beside the design's own: names separated by commas. The one that suits the "
                 "activation behind each layer is always among them."),
            Int("draws", 3, min=1, max=100, doc="Random starts that each figure is the geometric mean of."),
            Bool("normal", False, label="unit normal", doc="Feed numbers from N(0, 1) in place of the data's."),
        ),
        formula="std[l] of what layer l gives, rms[l] of dL/dy[l]; Xavier: std(W) = sqrt(2 / (fan_in + fan_out)), "
        "He: sqrt(2 / fan_in), LeCun: sqrt(1 / fan_in); good: both within 10 times over all hidden layers",
        source="Glorot and Bengio, 2010; He, Zhang, Ren and Sun, Delving Deep into Rectifiers, 2015",
        command="check-init",
        icon="layers",
        words=("initialization", "weights", "xavier", "kaiming", "he", "vanishing", "exploding", "variance"),
        when="Before training a deep network, or where the loss stays where it began: a start that loses the signal or "
        "the gradient on the way is found in seconds.",
        acts=_check_init,
        good=lambda answer: bool(answer["holds"]),
        offers=_start_so,
    ),
    Tool(
        "penalty_path",
        "Regularisation path",
        "Trains a copy with an ever stronger penalty on its weights, each time from where it ended last, and shows "
        "what becomes of weights, zeros and losses.",
        (
            Choice("kind", "l1", ("l1", "l2", "elastic"), label="penalty",
                   labels={"l1": "L1 (lasso)", "l2": "L2 (ridge)", "elastic": "Elastic net"},
                   doc="L1 makes weights exactly 0, L2 makes them small, the elastic net does some of both."),
            Float("low", 1e-5, min=0.0, above=True, label="weakest", doc="Strength that it begins with."),
            Float("high", 1.0, min=0.0, above=True, label="strongest", doc="Strength that it ends with."),
            Int("steps", 15, min=2, max=200, doc="Strengths, at equal ratios."),
            Int("epochs", 20, min=1, max=100_000, doc="For each strength at most; three times as many for the first."),
            Float("share", 0.5, min=0.0, max=1.0, label="share of L1", when=("kind", ("elastic",)),
                  doc="Of the elastic net's strength that goes to L1."),
            Int("objective", 0, min=0, advanced=True, doc="Whose weights are penalised, counted from 0."),
        ),
        formula="strength[k] = low (high / low)^(k / (steps - 1));  L1: + s sum |w|,  L2: + s sum w^2,  elastic: "
        "+ s (a sum |w| + (1 - a) sum w^2);  simplest: the strongest with validation <= least + its standard error",
        source="Friedman, Hastie and Tibshirani, Regularization Paths for Generalized Linear Models via Coordinate "
        "Descent, 2010",
        command="penalty-path",
        icon="chart",
        words=("regularization", "lasso", "ridge", "elastic net", "sparsity", "lambda", "weight decay", "penalty"),
        when="When a network learns the training data by heart, or should get by with few weights, and it is not known "
        "how strong the penalty must be.",
        acts=_penalty_path,
        good=lambda answer: answer["best"] is not None,
        offers=_penalise_so,
    ),
)  # fmt: skip
