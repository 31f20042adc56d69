"""A process that follows: it takes its part of every step, and between steps does what the leader says."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from core.program.module import named_errors
from core.training import checkpoint as files
from core.training.distributed.gathering import on_cpu, random_name, seed_apart
from core.training.distributed.parts import Parts
from core.training.distributed.ranks import Ranks
from core.training.protocol import Event, StateChanged
from core.training.run import Run
from core.training.runs import RunFolder


def follow(run: Run, ranks: Ranks, parts: Parts, say: Callable[[Event], None]) -> None:
    """Train until the leader ends. Raises what a step raises; RuntimeError where the leader is gone."""
    say(StateChanged("running"))
    with named_errors():
        _Following(run, ranks, parts, say).train()


def settle_random(run: Run, folder: RunFolder, rank: int, resumes: bool) -> None:
    """Give a follower random numbers of its own: those of the checkpoint where the run goes on from one."""
    run.recorder.restart()  # the leader has the sums of all
    last = folder.checkpoints / "last"
    if resumes and run.step and files.exists(last):
        device = run.device.type
        kept = files.load(last).training
        states = {d: kept.get(f"recorder.{random_name(rank, d)}") for d in ("cpu", device)}
        if all(state is not None for state in states.values()):
            files.restore_random_state({d: s for d, s in states.items() if s is not None}, run.device)
            return
    seed_apart(run.job.seed + run.step, rank)


class _Following:
    def __init__(self, run: Run, ranks: Ranks, parts: Parts, say: Callable[[Event], None]) -> None:
        self.run, self.ranks, self.parts, self.say = run, ranks, parts, say
        self.next_look = run.step

    def train(self) -> None:
        run = self.run
        run.net.train()
        while self._serve():
            epoch, start = divmod(run.step, run.steps_per_epoch)
            for batch in run.batches(epoch, start):
                if run.step >= self.next_look and not self._serve():
                    return
                part = self.parts.part
                for trainer in run.engine.trainers:
                    trainer.share = part.share
                taken = run.engine.step(batch, run.step, run.batch_of)
                run.step += 1
                if part.counts:
                    run.recorder.add(run.step, taken, batch, part.counts, run.engine.trainers[0].rate)

    def _serve(self) -> bool:
        """Do what the leader says until it says to go on (True) or to end (False)."""
        while True:
            name, arguments = self.ranks.hear()
            if name == "go":
                self.next_look = arguments[0]
                return True
            if name == "end":
                for event in arguments[0]:
                    self.say(event)
                return False
            self._obey(name, arguments)

    def _obey(self, name: str, arguments: tuple[Any, ...]) -> None:
        run = self.run
        match name:
            case "points":
                self.ranks.answer(run.recorder.read()[0])
            case "sums":
                plain, tensors = run.recorder.state()
                self.ranks.answer((plain, on_cpu(tensors)))
                run.recorder.restart()
            case "random":
                self.ranks.answer(on_cpu(files.random_state(run.device)))
            case "together":
                getattr(run, arguments[0])(*arguments[1])
            case "own":
                self.ranks.answer(getattr(run, arguments[0])(*arguments[1]))
            case "epoch":
                for trainer in run.engine.trainers:
                    trainer.epoch_ended(*arguments)
            case "set":
                with contextlib.suppress(ValueError):  # the leader tells of it
                    run.steering.set(*arguments)
