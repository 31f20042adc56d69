"""What a run is made of, built from its program, job and data; and its state, as a checkpoint and back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor, nn

from core.data.batches import Batches
from core.data.prepare import Prepared
from core.problem import LayerloomError
from core.program import module
from core.program.program import Program
from core.training import balance
from core.training import checkpoint as files
from core.training.boundary import Boundary
from core.training.centres import place_centres
from core.training.checkpoint import Checkpoint
from core.training.choices import Choices, choose, laid_out, laid_out_batch
from core.training.computing import Batch, Compute, check_precision, compiling, recompute
from core.training.devices import choose_device
from core.training.engine import Engine, has_pictures
from core.training.evaluation import evaluate, looking
from core.training.held import parted_as
from core.training.job import Job
from core.training.meters import Meter, meters, unit_scales
from core.training.pairing import Pairing, pairings
from core.training.portions import evaluated, stepped
from core.training.recorder import Recorder
from core.training.signals import Monitor
from core.training.steering import Steering
from core.training.stopping import BestSoFar

Shared = TypeVar("Shared", bound=Batches)


class Run:
    """A training about to begin, or about to go on.

    Args:
        prepared: the data by the names of the program's inputs and targets.
        choices: those of the interrupted run that goes on; None measures and decides.

    Raises:
        LayerloomError: the device is missing, the data has no training examples, the job does not fit the design.
    """

    def __init__(self, program: Program, job: Job, prepared: Prepared, choices: Choices | None = None) -> None:
        program = balance.weighted(program, prepared) if job.balance == "weights" else program
        self.program, self.job, self.prepared = program, job, prepared
        self.device = choose_device(choices.device if choices and job.device == "auto" else job.device)
        module.seed_everything(job.seed)
        net = module.build(program)
        if choices is None:  # one that goes on has its weights
            place_centres(net, program, prepared, job.seed)
        net = self._placed(net)
        self.notes = [*prepared.problems, *check_precision(net, job.precision, self.device)]  # told when the run begins
        self.pictures = False  # whether batches are laid out with the channels last
        self.wholes = evaluated(job, prepared, self.device)
        self._stepped = stepped(program, job, prepared, self.device)
        self.train = self._stepped["train"]
        if not len(self.train):
            raise LayerloomError("The split leaves no examples to train on; give validation and test less.", code="job")
        self.steps_per_epoch = len(self.train)
        self.epochs = job.epochs  # may be changed while it runs
        self.steps = self.steps_per_epoch * self.epochs
        pictures = has_pictures(net) and job.sharding == "none"  # parts of weights lie in one stretch of memory
        trial = partial(self._trial, net)
        self.choices = choices or choose(self.device, job.threads, pictures, trial)
        torch.set_num_threads(self.choices.threads)
        self.pictures = self.choices.channels_last
        compiles = job.compile and self._compiling(net)
        self.engine = self._engine(laid_out(net, self.pictures))
        self.net = self.engine.net
        if compiles:
            self.engine.compute = _compiled(self.engine.compute)
        self.steering = Steering(self)
        self.pairings = pairings(program, prepared.tasks)
        self.meters = self._meters()
        self.recorder = Recorder(tuple(self.engine.weights), self._meters())
        self.engine.check_followed(self.series)
        self.best = BestSoFar.of(job.stopping, self.series if prepared.examples["validation"] else ())
        self.best_weights: dict[str, Tensor] | None = None
        self.boundary = self._boundary(self.pairings) if job.monitor else None
        self.monitor = Monitor(self.net, self.program) if job.monitor and not job.compile else None
        self.step = 0
        self.seconds = 0.0

    @property
    def series(self) -> tuple[str, ...]:
        """What is measured on each part: ``loss``, each loss where there are several, the metrics."""
        losses = tuple(self.engine.weights)
        metrics = (name for meter in self.meters for name in meter.names)
        return ("loss", *(losses if len(losses) > 1 else ()), *metrics)

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(name for meter in self.meters for name in meter.names)

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return self.step // self.steps_per_epoch

    def batches(self, epoch: int, start: int) -> Iterator[Batch]:
        return map(self.laid_out, self.train.epoch(epoch, start)) if self.pictures else self.train.epoch(epoch, start)

    def share(self, shared: Callable[[Batches], Shared]) -> Shared:
        """Train on these batches in place of those that are there; they are as many."""
        made = shared(self.train)
        self.train = self._stepped["train"] = made
        return made

    def batch_of(self, part: str) -> Batch:
        """The batch of another part that belongs to this step: its epochs follow each other without end."""
        source = self._stepped[part]
        epoch, index = divmod(self.step, len(source))
        return self.laid_out(next(source.epoch(epoch, index)))

    def evaluate(self, part: str) -> dict[str, float]:
        """Losses and metrics over a whole part; empty where it has no examples."""
        batches = map(self.laid_out, self.wholes[part].epoch(0))
        with self.engine.shown():
            return evaluate(self.net, batches, self.engine.total, self.meters, self.engine.compute)

    def answer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """What the network gives for some inputs, with the weights that are validated."""
        with self.engine.shown(), looking(self.net):
            found = self.net(*inputs)
        return found if isinstance(found, tuple) else (found,)

    def finite(self) -> bool:
        """Whether every weight is a number."""
        return self.engine.finite()

    def gradient_norm(self) -> float | None:
        """Of the last step of the first objective, after clipping; None where it had no gradients."""
        norm = self.engine.trainers[0].gradient_norm()
        return None if norm is None else norm.item()

    def penalty(self, index: int) -> float:
        """What an objective adds for the size of its weights as they are now."""
        return float(self.engine.trainers[index].penalty.value())

    def keep_best(self) -> None:
        """Remember the weights as they are validated."""
        with self.engine.shown():
            self._keep(self.net.state_dict())

    def _keep(self, state: Mapping[str, Tensor]) -> None:
        if self.best_weights is None:
            self.best_weights = {name: value.clone() for name, value in state.items()}
        else:
            for name, value in state.items():
                self.best_weights[name].copy_(value)

    def finish(self, best: bool) -> bool:
        """Take the weights that are to be exported for good: the best, where they are wanted and known (True), or those
        that are validated."""
        average, self.engine.average = self.engine.average, None
        if best and self.best_weights is not None:
            self.net.load_state_dict(self.best_weights)
            return True
        if average is not None and average.is_shown:
            average.settle()
        return False

    def best_checkpoint(self) -> Checkpoint | None:
        """The weights of the best epoch, where one is known."""
        return None if self.best_weights is None else Checkpoint(self.best_weights, state=self.best.state())

    def shown_checkpoint(self) -> Checkpoint:
        """The weights as they are validated, to look at."""
        return Checkpoint(self._shown_weights(), state={"step": self.step})

    def checkpoint(self) -> Checkpoint:
        """All that `restore` needs; call it between steps, with the recorder read."""
        sums, sum_tensors = self.recorder.state()
        tensors = {f"recorder.{name}": t for name, t in sum_tensors.items()}
        for index, trainer in enumerate(self.engine.trainers):
            tensors.update({f"objective.{index}.{name}": t for name, t in trainer.tensors().items()})
        tensors.update({f"random.{name}": t for name, t in files.random_state(self.device).items()})
        state = {
            "step": self.step,
            "seconds": self.seconds,
            "objectives": [trainer.live_state() for trainer in self.engine.trainers],
            "recorder": sums,
            "best": self.best.state(),
            "steered": self.steering.state(),
            "choices": self.choices.to_json(),
        }
        if self.engine.average is not None:
            tensors.update({f"average.{name}": t for name, t in self.engine.average.state().items()})
        return Checkpoint(self._shown_weights(), tensors, state, self.best_weights)

    def _shown_weights(self) -> dict[str, Tensor]:
        if self.engine.average is None:
            return self.net.state_dict()
        with self.engine.shown():
            return {name: t.clone() for name, t in self.net.state_dict().items()}

    def begin_with(self, weights: Mapping[str, Tensor]) -> None:
        """Begin with these weights. Raises LayerloomError where they are not of this design."""
        try:
            self.net.load_state_dict(self._own(weights))
        except RuntimeError as error:
            message = "The weights to begin with are not those of this design."
            raise LayerloomError(message, code="checkpoint", detail=str(error)) from error

    def restore(self, saved: Checkpoint) -> None:
        """Go on from a checkpoint of this very job. Raises LayerloomError where it does not fit the design."""
        try:
            self.step = int(saved.state["step"])
            self.net.load_state_dict(self._own(saved.weights))
            self.steering.load(saved.state.get("steered", ()))
            if self.engine.average is not None:
                self.engine.average.load(_under(saved.training, "average."))
            self.engine.hold_as_is()
            for index, trainer in enumerate(self.engine.trainers):
                trainer.load(saved.state["objectives"][index], _under(saved.training, f"objective.{index}."))
            sums = {name: t.to(self.device) for name, t in _under(saved.training, "recorder.").items()}
            self.recorder.load(saved.state["recorder"], sums)
            self.best.load(saved.state["best"])
            self.seconds = float(saved.state["seconds"])
            for path, value in saved.state.get("pending", ()):  # what a branch is to do otherwise
                self.steering.set(path, value)
            files.restore_random_state(_under(saved.training, "random."), self.device)
        except (KeyError, IndexError, ValueError, RuntimeError, TypeError) as error:
            raise LayerloomError(
                "The checkpoint does not belong to this design and job, so the run cannot go on from it.",
                code="checkpoint",
                detail=str(error),
            ) from error
        if saved.best is not None:
            self.best_weights = {name: value.to(self.device) for name, value in self._own(saved.best).items()}

    def _own(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Of whole weights, what the network holds in this process."""
        state = self.net.state_dict()
        return {name: parted_as(value, state.get(name, value)) for name, value in weights.items()}

    def _placed(self, net: nn.Module) -> nn.Module:
        """The network as it is to train, on its device."""
        return net.to(self.device)

    def _engine(self, net: nn.Module) -> Engine:
        recompute(net, self.program, self.job.recompute)
        return Engine(net, self.program, self.job, self.steps, self.steps_per_epoch)

    def _trial(self, net: nn.Module, last: bool, compiles: bool = False) -> Callable[[], object]:
        """A step on a copy of the network, with the channels last or first."""
        trial = self._engine(laid_out(copy.deepcopy(net), last))
        trial.compute = _compiled(trial.compute) if compiles else trial.compute
        batch = next(self.train.epoch(0))
        batch = laid_out_batch(batch) if last else batch
        return lambda: trial.step(batch, 0, lambda part: batch)

    def _compiling(self, net: nn.Module) -> bool:
        random = torch.get_rng_state()
        works, note = compiling(*(self._trial(net, self.pictures, compiles) for compiles in (False, True)))
        torch.set_rng_state(random)
        self.notes.append(note)
        return works

    def laid_out(self, batch: Batch) -> Batch:
        """The batch with the channels last, where pictures are computed so."""
        return laid_out_batch(batch) if self.pictures else batch

    def _meters(self) -> tuple[Meter, ...]:
        return meters(self.pairings, self.job.metrics, unit_scales(self.pairings, self.prepared))

    def _boundary(self, found: tuple[Pairing, ...]) -> Boundary | None:
        if not Boundary.suits(self.program, self.prepared, found):
            return None
        return Boundary(self.net, self.program, self.prepared, found[0], self.device)


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


def _compiled(compute: Compute) -> Compute:
    made: Compute = torch.compile(compute)
    return made
