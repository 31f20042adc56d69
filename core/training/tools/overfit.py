"""Can it learn one small batch by heart? What cannot, has a fault, and no amount of data or time will mend it.

Karpathy: A Recipe for Training Neural Networks, 2019.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.catalog import augmentation, regularisation
from core.catalog.families import default_catalog
from core.catalog.optimizers import OPTIMIZERS
from core.problem import listed
from core.training.computing import Batch
from core.training.job import Job
from core.training.run import Run
from core.training.tools.copying import Told, constant, copied, trained_layers, unheard, with_objective

EXAMPLES, STEPS = 8, 1000
REACHED = 0.01  # share of the first loss that counts as nothing
SMALL = 1e-3  # and what does so whatever the first was
DISTURBING = (regularisation.CATEGORY, augmentation.CATEGORY)  # of layers, as far as they train differently
FALLING = 0.9  # the last quarter of the steps takes the loss below this share of what it was: it is still on its way
TINY = 1e-5  # relative change of all weights over the whole check that is as good as none


@dataclass(frozen=True)
class Overfit:
    """What the check found.

    Attributes:
        losses: of the batch before each step, and at the end.
        passed: the loss came down to a hundredth of the first one (or to 0.001), or every answer was right.
        verdict: a sentence for the person; `reasons`: what is likely to be the matter, the likeliest first.
        moved: change of all weights relative to their size. metrics: of the batch, at the end.
    """

    losses: tuple[float, ...]
    passed: bool
    verdict: str
    reasons: tuple[str, ...]
    moved: float
    metrics: dict[str, float]
    examples: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def overfit(run: Run, *, steps: int = STEPS, examples: int = EXAMPLES, told: Told = unheard) -> Overfit:
    """Train a copy of the run on its first few examples alone, until they are learned or the steps are done.

    The job's optimizers and rates are used as they are. What keeps a network from learning by heart is left out:
    dropout, noise, random changes of examples, penalties, weight decay, schedules and warm-up, accumulation.

    Raises:
        LayerloomError: a layer refuses the data.
    """
    with copied(run, _unhindered) as trial:
        batch = {name: value[: max(2, examples)] for name, value in next(trial.batches(0, 0)).items()}
        _undisturbed(trial)
        before = [p.detach().clone() for p in trial.net.parameters()]
        losses: list[float] = []
        slopes: dict[str, float] = {}
        for step in range(steps):
            losses.append(float(trial.engine.step(batch, step, lambda _part: batch).loss.detach()))
            slopes = slopes or _slopes(trial)
            told((step + 1) / steps)
            if not math.isfinite(losses[-1]) or learned(losses):
                break
        loss, metrics = _seen(trial, batch)
        losses += [] if learned(losses) else [loss]
        moved = _moved(before, trial.net)
        reasons = tuple(_reasons(trial, batch, losses, moved, slopes))
    right = metrics.get("accuracy") == 1.0
    passed = learned(losses) or (right and losses[-1] < losses[0])
    verdict = _verdict(losses, passed, right) + (f" {_APART}" if _have_losses_apart(run) else "")
    return Overfit(tuple(losses), passed, verdict, () if passed else reasons, moved, metrics, _size(batch))


_APART = (
    "The objectives minimise different losses; where they work against each other, as in a GAN, none of them is to "
    "reach 0, and this check says little."
)


def _have_losses_apart(run: Run) -> bool:
    return len({frozenset(objective.losses) for objective in run.job.objectives}) > 1


def learned(losses: list[float]) -> bool:
    """Whether the last loss counts as nothing."""
    return bool(losses) and losses[-1] <= max(SMALL, REACHED * abs(losses[0]))


def _unhindered(job: Job) -> Job:
    for index, pick in enumerate([objective.optimizer for objective in job.objectives]):
        known = {field.name for field in OPTIMIZERS[pick.kind].params} if pick.kind in OPTIMIZERS else set[str]()
        plain = {**pick.params, **({"weight_decay": 0.0} if "weight_decay" in known else {})}
        picked = pick.model_copy(update={"params": plain})
        job = with_objective(constant(job, index), index, optimizer=picked, l1=0.0, l2=0.0, accumulate=1)
    return job


def _undisturbed(trial: Run) -> None:
    """No drop (in attention and recurrent layers too), no noise, no random changes of examples."""
    catalog = default_catalog()
    for placed in trial.program.placed():
        spec = catalog.get(placed.step.layer)
        if spec is not None and spec.trains_differently and spec.category in DISTURBING:
            for name in placed.modules:
                trial.net.get_submodule(name).eval()
    for module in trial.net.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.eval()
        elif isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0  # type: ignore[assignment]


def _seen(trial: Run, batch: Batch) -> tuple[float, dict[str, float]]:
    """The loss and the metrics of the batch now, with the network in the mode in which it trains."""
    with torch.no_grad():
        outputs, losses = trial.engine.compute(batch)
    found: dict[str, float] = {}
    for meter in trial.meters:
        meter.reset()
        meter.add(outputs[meter.pairing.output], batch[meter.pairing.target])
        found.update(meter.values())
    return float(trial.engine.total(losses)), found


def _slopes(trial: Run) -> dict[str, float]:
    """The greatest gradient of each layer that is trained, by the path of its node."""
    found: dict[str, float] = {}
    for placed, named in trained_layers(trial):
        own = [p.grad for _, p in named if p.grad is not None]
        if own:
            found[placed.node] = max(float(slope.detach().abs().max()) for slope in own)
    return found


def _moved(before: list[Tensor], net: nn.Module) -> float:
    """The change of all weights, relative to their size."""
    after = [p.detach() for p in net.parameters()]
    apart = sum(float((a.double() - b.double()).square().sum()) for a, b in zip(after, before, strict=True))
    size = sum(float(b.double().square().sum()) for b in before)
    return math.sqrt(apart / max(size, 1e-30))


def _verdict(losses: list[float], passed: bool, right: bool) -> str:
    steps, first, last = len(losses) - 1, losses[0], losses[-1]
    if learned(losses):
        return f"Passed: the loss fell from {first:.4g} to {last:.2g} in {steps:,} steps."
    if passed:
        return f"Passed: every answer is right after {steps:,} steps, though the loss stays at {last:.4g}."
    if not math.isfinite(last):
        return f"Failed: the loss was no number any more after {steps:,} steps."
    return f"Failed: after {steps:,} steps the loss is {last:.4g}; it began at {first:.4g}."


def _reasons(trial: Run, batch: Batch, losses: list[float], moved: float, slopes: dict[str, float]) -> list[str]:
    if not all(map(math.isfinite, losses)):
        return ["The learning rate is too high, or the data has missing or huge values."]
    found: list[str] = []
    labels = trial.engine.labels
    still = [labels.get(node, node) for node, slope in slopes.items() if slope == 0]
    if slopes and len(still) == len(slopes):
        found.append("No weight has a gradient: the loss does not depend on the network, or every unit is dead.")
    elif still:
        found.append(f"No gradient reaches {listed(still)}: dead units, or nothing that the loss depends on.")
    if moved < TINY:
        found.append("The weights hardly moved: the learning rate is too low, its multipliers are 0, or all is frozen.")
    frozen = [labels.get(p.node, p.node) for p in trial.program.placed() if p.step.frozen]
    if frozen:
        found.append(f"{listed(frozen)} is frozen, so what is left to train may be too little.")
    found += _of_answers(trial, batch)
    quarter = len(losses) // 4
    if losses[-1] < FALLING * losses[-1 - quarter] and moved >= TINY:
        found.insert(0, "The loss is still falling: give it more steps, or a higher learning rate.")
    elif max(losses) > 3 * losses[0]:
        found.insert(0, "The loss leaps: the learning rate is too high.")
    found.append(
        "The loss may not suit the output (softmax before a loss that applies it, an output that cannot reach the "
        "targets), may not reach 0 by its nature, or the network may be too small."
    )
    return found


def _of_answers(trial: Run, batch: Batch) -> list[str]:
    """What the answers to the batch give away."""
    with torch.no_grad():
        outputs, _ = trial.engine.compute(batch)
    found: list[str] = []
    for pairing in trial.pairings:
        answer, target = outputs[pairing.output].float(), batch[pairing.target].float()
        if len(answer) > 1 and bool((answer == answer[:1]).all()):
            found.append(f"{pairing.output} answers the same to every example: what it is given does not reach it.")
        if answer.shape == target.shape and pairing.task == "regression":
            low, high = float(answer.min()), float(answer.max())
            if (low == 0 and float(target.min()) < 0) or (high <= 1 < float(target.max()) and low >= 0):
                found.append(
                    f"{pairing.output} stays from {low:.3g} to {high:.3g}, but {pairing.target} goes from "
                    f"{float(target.min()):.3g} to {float(target.max()):.3g}: an activation at the end keeps it there."
                )
    given = [batch[value.name].reshape(_size(batch), -1) for value in trial.program.inputs if value.field]
    if given and len(set(map(tuple, torch.cat(given, 1).tolist()))) < _size(batch):
        found.append("Some examples of the batch are equal in all that is given; their answers may contradict.")
    return found


def _size(batch: Batch) -> int:
    return len(next(iter(batch.values())))
