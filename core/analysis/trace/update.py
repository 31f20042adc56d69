"""The weights before and after one step of the job's optimizer on the examples of a trace."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from core.analysis.trace.scene import Scene
from core.catalog.optimizers import OPTIMIZERS
from core.program.module import build, named_errors
from core.training.engine import Engine


@dataclass(frozen=True)
class Update:
    """What one step does: every parameter by its name in the whole network, as float64.

    Attributes:
        after: the parameters after the step; gradients: what the step was taken along (weights that serve several
            nodes have the sum of all; None was computed for those that are frozen).
        rate: the learning rate of the step. optimizer, formula: of its declaration.
    """

    after: dict[str, Tensor]
    gradients: dict[str, Tensor]
    rate: float
    optimizer: str
    formula: str


def update(scene: Scene, objective: int) -> Update:
    """One step of an objective with an optimizer that has no memory yet, at the beginning of its schedule (after a
    warm-up): what penalties, clipping and weight decay do is in it.

    Raises:
        LayerloomError: the job does not hold.
    """
    chosen = scene.job.objectives[objective]
    alone = chosen.model_copy(update={"every": 1, "accumulate": 1, "split": "train"})
    job = scene.job.model_copy(update={"objectives": (alone,), "precision": "float32", "average": None})
    net = build(scene.program)
    net.load_state_dict(scene.weights)
    net.double().eval()
    steps_per_epoch = max(1, _steps(scene))
    engine = Engine(net, scene.program, job, steps_per_epoch * job.epochs, steps_per_epoch)
    warm = chosen.warmup.length * (steps_per_epoch if chosen.warmup.unit == "epoch" else 1)
    batch = {name: t.double() if t.is_floating_point() else t for name, t in scene.batch.items()}
    with named_errors():
        engine.step(batch, warm)
    spec = OPTIMIZERS[chosen.optimizer.kind]
    parameters = dict(net.named_parameters())
    return Update(
        {name: p.detach().clone() for name, p in parameters.items()},
        {name: p.grad.detach().clone() for name, p in parameters.items() if p.grad is not None and p.requires_grad},
        engine.trainers[0].rate,
        spec.label,
        spec.formula,
    )


def _steps(scene: Scene) -> int:
    size = scene.job.batch_size
    examples = scene.prepared.examples["train"]
    return 1 if size == "full" else -(-examples // size)
