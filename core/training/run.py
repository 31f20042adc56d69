"""What a run is made of, built from its program, job and data; and its state, as a checkpoint and back."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.data.batches import Batches
from core.data.prepare import Prepared
from core.problem import LayerloomError
from core.program import module
from core.program.program import Program
from core.training import checkpoint as files
from core.training.boundary import Boundary
from core.training.checkpoint import Checkpoint
from core.training.devices import GAIN, choose_device, measured_threads, seconds
from core.training.engine import Batch, Engine, has_pictures
from core.training.evaluation import evaluate, evaluation_size
from core.training.job import Job
from core.training.meters import Meter, meters
from core.training.pairing import Pairing, pairings
from core.training.recorder import Recorder
from core.training.stopping import BestSoFar

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Choices:
    """What is settled by measuring or by the machine, and must stay for a run that goes on: results depend on it."""

    device: str
    threads: int
    channels_last: bool
    timings: Mapping[int, float] = field(default_factory=dict)  # seconds a step took by number of threads

    def to_json(self) -> dict[str, Any]:
        timings = {str(count): seconds for count, seconds in self.timings.items()}
        return {
            "device": self.device,
            "threads": self.threads,
            "channels_last": self.channels_last,
            "timings": timings,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Choices:
        timings = {int(count): float(seconds) for count, seconds in data.get("timings", {}).items()}
        return cls(str(data["device"]), int(data["threads"]), bool(data["channels_last"]), timings)


class Run:
    """A training about to begin, or about to go on.

    Args:
        prepared: the data by the names of the program's inputs and targets.
        choices: those of the interrupted run that goes on; None measures and decides.

    Raises:
        LayerloomError: the device is missing, the data has no training examples, the job does not fit the design.
    """

    def __init__(self, program: Program, job: Job, prepared: Prepared, choices: Choices | None = None) -> None:
        self.program, self.job, self.prepared = program, job, prepared
        self.device = choose_device(choices.device if choices and job.device == "auto" else job.device)
        module.seed_everything(job.seed)
        net = module.build(program).to(self.device)
        self.pictures = False  # whether batches are laid out with the channels last
        self.parts = self._batches()
        self.train = self.parts["train"]
        if not len(self.train):
            raise LayerloomError("The split leaves no examples to train on; give validation and test less.", code="job")
        self.steps_per_epoch = len(self.train)
        self.steps = self.steps_per_epoch * job.epochs
        self.choices = choices or self._choose(net)
        torch.set_num_threads(self.choices.threads)
        self.pictures = self.choices.channels_last
        self.engine = self._engine(_laid_out(net, self.pictures))
        self.net = self.engine.net
        self.pairings = pairings(program, prepared.tasks)
        self.meters = self._meters()
        self.recorder = Recorder(tuple(self.engine.weights), self._meters())
        self._check_followed()
        self.best = BestSoFar.of(job.stopping, self.series if prepared.examples["validation"] else ())
        self.best_weights: dict[str, Tensor] | None = None
        self.boundary = self._boundary(self.pairings) if job.monitor else None
        self.step = 0
        self.seconds = 0.0
        self._other: dict[str, tuple[int, Iterator[Batch]]] = {}

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
        return map(self._laid_out, self.train.epoch(epoch, start)) if self.pictures else self.train.epoch(epoch, start)

    def batch_of(self, part: str) -> Batch:
        """The batch of another part that belongs to this step: its epochs follow each other without end."""
        source = self._stepped[part]
        epoch, index = divmod(self.step, len(source))
        return self._laid_out(next(source.epoch(epoch, index)))

    def evaluate(self, part: str) -> dict[str, float]:
        """Losses and metrics over a whole part; empty where it has no examples."""
        batches = map(self._laid_out, self.parts[f"{part}/whole"].epoch(0))
        return evaluate(self.net, batches, self.engine.total, self.meters)

    def keep_best(self) -> None:
        """Remember the weights as they are."""
        state = self.net.state_dict()
        if self.best_weights is None:
            self.best_weights = {name: value.clone() for name, value in state.items()}
        else:
            for name, value in state.items():
                self.best_weights[name].copy_(value)

    def restore_best(self) -> bool:
        """Go back to the best weights, where there are any."""
        if self.best_weights is None:
            return False
        self.net.load_state_dict(self.best_weights)
        return True

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
            "choices": self.choices.to_json(),
        }
        return Checkpoint(self.net.state_dict(), tensors, state, self.best_weights)

    def restore(self, saved: Checkpoint) -> None:
        """Go on from a checkpoint of this very job. Raises LayerloomError where it does not fit the design."""
        try:
            self.net.load_state_dict(dict(saved.weights))
            for index, trainer in enumerate(self.engine.trainers):
                trainer.load(saved.state["objectives"][index], _under(saved.training, f"objective.{index}."))
            sums = {name: t.to(self.device) for name, t in _under(saved.training, "recorder.").items()}
            self.recorder.load(saved.state["recorder"], sums)
            self.best.load(saved.state["best"])
            self.step, self.seconds = int(saved.state["step"]), float(saved.state["seconds"])
            files.restore_random_state(_under(saved.training, "random."), self.device)
        except (KeyError, IndexError, ValueError, RuntimeError, TypeError) as error:
            raise LayerloomError(
                "The checkpoint does not belong to this design and job, so the run cannot go on from it.",
                code="checkpoint",
                detail=str(error),
            ) from error
        if saved.best is not None:
            self.best_weights = {name: value.to(self.device) for name, value in saved.best.items()}

    def _check_followed(self) -> None:
        """A schedule that follows a series needs one that is measured."""
        for trainer in self.engine.trainers:
            metric = trainer.schedule.fields.get("metric", "loss")
            if metric not in self.series:
                raise LayerloomError(
                    f"The schedule of objectives.{trainer.index} watches {metric!r:.60}, which this run does not "
                    f"measure; it has {', '.join(self.series)}.",
                    code="job",
                    received=metric,
                )

    def _batches(self) -> dict[str, Batches]:
        job, prepared = self.job, self.prepared
        parts: dict[str, Batches] = {}
        self._stepped: dict[str, Batches] = {}
        for part in PARTS:
            arrays = prepared.splits[part]
            size = len(prepared.indices[part]) if job.batch_size == "full" else job.batch_size
            scalings = prepared.scalings
            whole = evaluation_size(arrays, size)
            parts[f"{part}/whole"] = Batches(arrays, whole, device=self.device, shuffle=False, scalings=scalings)
            if part == "train" or any(o.split == part for o in job.objectives):
                made = Batches(arrays, job.batch_size, seed=job.seed, device=self.device, scalings=scalings)
                parts[part] = self._stepped[part] = made
        return parts

    def _engine(self, net: nn.Module) -> Engine:
        return Engine(net, self.program, self.job, self.steps, self.steps_per_epoch)

    def _choose(self, net: nn.Module) -> Choices:
        """Try the real step on copies: with one thread and more, and pictures with the channels first and last.

        Where the job fixes the threads, nothing is measured: the same job then gives the same numbers every time.
        """
        kind, given = self.device.type, self.job.threads
        if given or kind != "cpu":
            return Choices(kind, given or torch.get_num_threads(), kind != "cpu" and has_pictures(net))
        random = torch.get_rng_state()
        torch.set_num_threads(1)
        steps = {last: self._trial(net, last) for last in ((False, True) if has_pictures(net) else (False,))}
        taken = {last: seconds(step) for last, step in steps.items()}
        last = len(taken) > 1 and taken[True] * GAIN < taken[False]
        threads, timings = measured_threads(steps[last])
        torch.set_rng_state(random)
        return Choices(kind, threads, last, timings)

    def _trial(self, net: nn.Module, last: bool) -> Callable[[], object]:
        """A step on a copy of the network, with the channels last or first."""
        trial = self._engine(_laid_out(copy.deepcopy(net), last))
        batch = next(self.train.epoch(0))
        batch = _laid_out_batch(batch) if last else batch
        return lambda: trial.step(batch, 0, lambda part: batch)

    def _laid_out(self, batch: Batch) -> Batch:
        return _laid_out_batch(batch) if self.pictures else batch

    def _meters(self) -> tuple[Meter, ...]:
        maps = self.prepared.fitted.maps
        scales: dict[str, np.ndarray[Any, Any]] = {}
        for pairing in self.pairings:
            field_map = maps.get(self.prepared.fields.get(pairing.target, ""))
            if field_map is not None:
                scales[pairing.target] = 1.0 / field_map.scale
        return meters(self.pairings, self.job.metrics, scales)

    def _boundary(self, found: tuple[Pairing, ...]) -> Boundary | None:
        if not Boundary.suits(self.program, self.prepared, found):
            return None
        return Boundary(self.net, self.program, self.prepared, found[0], self.device)


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


def _laid_out(net: nn.Module, last: bool) -> nn.Module:
    return net.to(memory_format=torch.channels_last) if last else net  # type: ignore[call-overload]


def _laid_out_batch(batch: Batch) -> Batch:
    last = torch.channels_last
    return {name: t.contiguous(memory_format=last) if t.dim() == 4 else t for name, t in batch.items()}
