"""One training step: the network, its objectives and their optimizers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from core.catalog.optimizers import OPTIMIZERS
from core.problem import Fix, LayerloomError
from core.program.program import Program
from core.training.averaging import Average
from core.training.computing import Batch, Compute, in_precision, scaler
from core.training.held import held, is_parted
from core.training.job import Job, Objective
from core.training.objective import Trainer
from core.training.parameters import leaves_by_owner, parameters_of, scales, trained_parameters
from core.training.weighing import Weighing, weighted_sum

_SPATIAL = (nn.Conv2d, nn.ConvTranspose2d)


@dataclass(slots=True)
class Taken:
    """What a step computed, still on the device: `loss` is the weighted sum that was minimised. `weights` are those of
    losses whose weight has a schedule, by the names of their series."""

    loss: Tensor
    losses: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    weights: Mapping[str, float] = field(default_factory=dict)


class Engine:
    """A network being trained.

    Args:
        net: built from the program, on its device and in its final memory format; on a CPU its parameters move into
            flat ones.
        steps, steps_per_epoch: length of the whole run, for schedules.

    Raises:
        LayerloomError: the program has no loss, or the job asks for one that it lacks.
    """

    def __init__(self, net: nn.Module, program: Program, job: Job, steps: int, steps_per_epoch: int) -> None:
        self.net = net
        self.weights = {loss.name: loss.weight for loss in program.losses}
        self.nodes = {loss.name: loss.node for loss in program.losses}
        self.labels = _labels(program)
        if not self.weights:
            raise LayerloomError(
                "The design has no loss, so there is nothing to minimise. Add a loss (MSE, Cross-entropy, …) and wire "
                "the prediction and a Target to it.",
                code="no-loss",
            )
        trained = [trained_parameters(net, program, o, i) for i, o in enumerate(job.objectives)]
        wanted = {id(p) for parameters in trained for p in parameters}
        for parameter in net.parameters():
            parameter.requires_grad_(id(parameter) in wanted)  # no gradients are computed that nobody steps along
        self.trainers = self._trainers(program, job, trained, steps, steps_per_epoch)
        self._weighings = [Weighing(self.weights, o, i, steps, steps_per_epoch) for i, o in enumerate(job.objectives)]
        self._goals = [weighing.plain for weighing in self._weighings]
        self._moves = any(weighing.scheduled for weighing in self._weighings)
        self._trained = [list(parameters) for parameters in trained]
        self._held: dict[int, tuple[nn.Parameter, Tensor]] = {}  # frozen while the run went on, with their values
        self._masked: list[tuple[nn.Parameter, Tensor]] = []  # pruned: these are 0 where the mask is
        self.device = next(net.parameters()).device
        self.compute = in_precision(cast(Compute, net.step), job.precision, self.device)
        leaves = [leaf for trainer in self.trainers for leaf in trainer.leaves]
        self.average = Average(leaves, job.average, job.average_shown) if job.average else None
        self.simple = len(self.trainers) == 1 and self.trainers[0].objective.split == "train"
        self.total = self._goals[0] if self.simple else weighted_sum(self.weights)

    def _trainers(
        self, program: Program, job: Job, trained: Sequence[Sequence[nn.Parameter]], steps: int, steps_per_epoch: int
    ) -> list[Trainer]:
        flat = _on_cpu(self.net) and job.sharding == "none"  # alike in one process: checkpoints are the same
        joins = [flat and o.optimizer.kind in OPTIMIZERS and OPTIMIZERS[o.optimizer.kind].joins for o in job.objectives]
        factors = [scales(self.net, program, o, i) for i, o in enumerate(job.objectives)]
        leaves = leaves_by_owner(trained, joins, factors)
        made: list[Trainer] = []
        for index, objective in enumerate(job.objectives):
            chosen: Sequence[nn.Parameter] = trained[index]
            if objective.penalised:
                own = {id(p) for p in chosen}
                place = f"objectives.{index}.penalised"
                chosen = [p for p in parameters_of(self.net, program, objective.penalised, place) if id(p) in own]
            scaling = scaler(job.precision, next(self.net.parameters()).device)
            made.append(Trainer(objective, index, leaves[index], chosen, steps, steps_per_epoch, scaling))
        return made

    def step(self, batch: Batch, done: int, others: Callable[[str], Batch] | None = None) -> Taken:
        """Let each objective whose turn it is take its step; `done` steps came before.

        `others` gives the batch of another part of the data for the objectives that step on one.
        """
        weights = self._weigh_at(done) if self._moves else {}
        if self.simple:
            trainer = self.trainers[0]
            outputs, losses = self.compute(batch)
            loss = self._goals[0](losses)
            if done % trainer.objective.every == 0:
                trainer.gather(loss)
                if trainer.due(done):
                    trainer.step(done, lambda: self._goals[0](self.compute(batch)[1]))
                    if self._held or self._masked:
                        self._hold()
                    if self.average is not None:
                        self.average.update()
            return Taken(loss, losses, outputs, weights)
        taken = self._step_each(batch, done, others)
        taken.weights = weights
        return taken

    def _weigh_at(self, done: int) -> dict[str, float]:
        """Let the goals be those of the step after `done` steps; gives those that move, by their series' names."""
        found: dict[str, float] = {}
        for trainer, weighing in zip(self.trainers, self._weighings, strict=True):
            now = weighing.at(done)
            self._goals[trainer.index] = weighted_sum(now)
            for name in weighing.scheduled:
                own = f"weight/{name}"
                found[own if own not in found else f"{own}.{trainer.index}"] = now[name]
        return found

    def _step_each(self, batch: Batch, done: int, others: Callable[[str], Batch] | None) -> Taken:
        """Each objective computes afresh, since the one before it has moved its weights."""
        seen: dict[str, Tensor] = {}
        outputs: Mapping[str, Tensor] = {}
        for trainer, goal, trained in zip(self.trainers, self._goals, self._trained, strict=True):
            trained = [p for p in trained if p.requires_grad]
            if done % trainer.objective.every or not trained:
                continue
            elsewhere = trainer.objective.split != "train" and others is not None
            given = others(trainer.objective.split) if elsewhere and others else batch
            made, losses = self.compute(given)
            trainer.gather(goal(losses), trained)
            if trainer.due(done):
                trainer.step(done, lambda goal=goal, given=given: goal(self.compute(given)[1]))  # type: ignore[misc]
            outputs = outputs if elsewhere else made
            seen.update({n: losses[n].detach() for n in self._weighings[trainer.index].weights})
        self._hold()
        if self.average is not None:
            self.average.update()
        if len(seen) < len(self.weights) or not outputs:
            with torch.no_grad():
                outputs, losses = self.compute(batch)
            seen = {**losses, **seen}
        return Taken(self.total(seen), seen, outputs)

    def check_followed(self, series: Sequence[str]) -> None:
        """Raises LayerloomError where a schedule follows a series that is none of these."""
        for trainer in self.trainers:
            metric = trainer.schedule.fields.get("metric", "loss")
            if metric not in series:
                raise LayerloomError(
                    f"The schedule of objectives.{trainer.index} watches {metric!r:.60}, which this run does not "
                    f"measure; it has {', '.join(series)}.",
                    code="job",
                    received=metric,
                )

    def weigh(self, index: int, name: str, weight: Any) -> float:
        """Give a loss another weight in an objective. Raises ValueError where there is none, or the weight is wrong."""
        holds = self._weighings[index].set(name, weight)
        self._goals[index] = self._weighings[index].plain
        self.total = self._goals[0] if self.simple else self.total
        return holds

    def lengthen(self, steps: int) -> None:
        """The run has so many steps in all now: schedules follow."""
        for trainer, weighing in zip(self.trainers, self._weighings, strict=True):
            trainer.schedule = replace(trainer.schedule, steps=steps)
            weighing.lengthen(steps)

    def freeze(self, parameters: Sequence[nn.Parameter]) -> None:
        """Leave these as they are from the next step on. Raises ValueError where nothing would be left to train."""
        frozen = {id(p) for p in parameters}
        if not any(p.requires_grad and id(p) not in frozen for every in self._trained for p in every):
            raise ValueError("Something must be left to train: these are the only weights that are not frozen.")
        for p in parameters:
            if p.requires_grad:
                p.requires_grad_(False)
                self._held[id(p)] = (p, p.detach().clone())
                if p.grad is not None:
                    p.grad.zero_()

    def thaw(
        self, parameters: Sequence[nn.Parameter], scope: Callable[[Objective, int], Sequence[nn.Parameter]]
    ) -> None:
        """Train these from the next step on; what no optimizer steps yet is given to those whose `scope` it is in.

        Raises:
            ValueError: an optimizer takes no further weights.
        """
        known = {id(p) for every in self._trained for p in every}
        fresh = [p for p in parameters if id(p) not in known]
        for index, trainer in enumerate(self.trainers if fresh else ()):
            within = {id(p) for p in scope(trainer.objective, index)} if trainer.objective.trains else None
            own = [p for p in fresh if within is None or id(p) in within]
            if own:
                trainer.extend(own)
                self._trained[index] += own
        if self.average is not None:
            self.average.extend(fresh)
        for p in parameters:
            self._held.pop(id(p), None)
            p.requires_grad_(True)

    def hold_as_is(self) -> None:
        """Let frozen weights keep the values that they have now, where these were loaded after they were frozen."""
        self._held = {key: (p, p.detach().clone()) for key, (p, _) in self._held.items()}

    def _hold(self) -> None:
        """Undo what steps did to the weights that are frozen or pruned."""
        for parameter, value in self._held.values():
            parameter.data.copy_(value)
        for parameter, mask in self._masked:
            parameter.data.mul_(mask)

    def prune(self, masks: Mapping[str, Tensor]) -> None:
        """Hold weights at 0 where their mask is 0, by the names of the parameters; they get no gradients either, so
        that neither clipping nor momentum knows of them.

        Raises:
            LayerloomError: a mask is of no parameter, or of another shape, or the weights are shared out.
        """
        parameters = dict(self.net.named_parameters())
        for name, mask in masks.items():
            parameter = parameters.get(name)
            if parameter is None or parameter.shape != mask.shape or is_parted(parameter):
                raise LayerloomError(
                    f"The pruned weights of this run do not fit the network at {name!r:.80}. Train it with whole "
                    "weights (sharding none) and the design that it was pruned with.",
                    code="pruned",
                )
            here = mask.to(parameter.device, parameter.dtype)
            self._masked.append((parameter, here))
            if parameter.requires_grad:
                parameter.register_hook(lambda gradient, here=here: gradient * here)  # type: ignore[no-untyped-call]
        self._hold()

    def shown(self) -> AbstractContextManager[None]:
        """Inside, the network holds the weights that are validated and exported: their average, where one is kept."""
        return self.average.shown() if self.average is not None else nullcontext()

    def finite(self) -> bool:
        """Whether every weight is a number, of those that this process holds."""
        return all(bool(torch.isfinite(held(leaf)).all()) for trainer in self.trainers for leaf in trainer.leaves)

    def diverged(self, epoch: int, step: int, losses: Mapping[str, float]) -> LayerloomError:
        """The error for a loss that is no number any more: where and when, and what helps."""
        bad = [n for n, v in losses.items() if n in self.weights and not math.isfinite(v)]
        name = bad[0] if bad else next(iter(self.weights))
        value = losses.get(name, losses.get("loss", math.nan))
        what = "infinite" if math.isinf(value) else "not a number (NaN)"
        trainer = self.trainers[0]
        path = f"objectives.{trainer.index}"
        lower = float(f"{trainer.lr / 10:.3g}")
        advice = f"lower the learning rate (now {trainer.lr:g})"
        fixes = [Fix(f"Learning rate {lower:g}", "set_job", {"path": f"{path}.optimizer.params.lr", "value": lower})]
        if trainer.clip_norm is None:
            advice += ", or clip the gradients"
            fixes.append(Fix("Clip gradients at norm 1", "set_job", {"path": f"{path}.clip_norm", "value": 1.0}))
        return LayerloomError(
            f"The loss {self.labels.get(name, name)} became {what} in epoch {epoch}, at step {step}. "
            f"To mend it, {advice}; see also that the data has no missing or huge values. The last checkpoint before "
            "that is kept.",
            code="diverged",
            node=self.nodes.get(name, ""),
            received=str(value),
            fixes=tuple(fixes),
        )


def has_pictures(net: nn.Module) -> bool:
    """Whether the network may gain from pictures whose channels lie together in memory: it has convolutions."""
    return any(isinstance(module, _SPATIAL) for module in net.modules())


def _labels(program: Program) -> dict[str, str]:
    made = {value: step for step in program.steps for value in step.outputs.values()}
    nodes = {placed.node: placed.step.label or placed.node for placed in program.placed()}
    return nodes | {loss.name: made[loss.value].label or loss.name for loss in program.losses if loss.value in made}


def _on_cpu(net: nn.Module) -> bool:
    return all(p.device.type == "cpu" for p in net.parameters())
