"""The bench on which edge cases are tried: a network, examples, and what its answers to them are worth."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.classes import flat
from core.analysis.examining.edges.comparing import Answers, agreement, differing
from core.analysis.subject import Part, Subject
from core.data.batches import Batches
from core.data.dataset import Array
from core.data.sources import load
from core.problem import LayerloomError
from core.program.module import named_errors
from core.training.evaluation import evaluation_size, looking
from core.training.pairing import Pairing, probabilities

Tensors: TypeAlias = dict[str, Tensor]
TRAINING = 2_000  # training examples that tell what is usual
FEW = 16  # examples where one batch is enough


@dataclass(frozen=True)
class Usual:
    """What is usual in the training part, element by element of one example (float32)."""

    mean: Tensor
    deviation: Tensor
    low: Tensor
    high: Tensor


class Refused(Exception):
    """The network raised; the sentence is its own."""


_REFUSALS = (LayerloomError, RuntimeError, ValueError, IndexError, TypeError, NotImplementedError)


class Bench:
    """A network and up to `examples` of a part. Random layers draw the same numbers in each call.

    Attributes:
        inputs: by name, as the network is fed them.
        real: names of the inputs that hold numbers from the data; codes: of those that hold indices of classes or
            words.
        metric: ``accuracy`` (places that are right), ``r2``, or, where no output is compared with a target,
            ``agreement`` with the network's own answers to the untouched examples; `called` is its name in sentences.
    """

    def __init__(self, subject: Subject, part: str, examples: int, fall: float, seed: int) -> None:
        self.subject, self.fall, self.seed = subject, fall, seed
        self.net = subject.net
        self.part: Part = subject.part(part, examples)
        self.inputs = self._tensors(self.part)
        drawn = subject.prepared.drawn
        self.real = tuple(n for n, t in self.inputs.items() if t.is_floating_point() and n not in drawn)
        signatures = {n: subject.prepared.signature.fields.get(f) for n, f in subject.prepared.fields.items()}
        self.codes = tuple(
            n for n, t in self.inputs.items()
            if not t.is_floating_point() and (known := signatures.get(n)) is not None and known.classes
        )  # fmt: skip
        usable = (p for p in subject.pairings if self.part.arrays[p.target].size)
        self.pairing: Pairing | None = next(usable, None)
        kinds = {"classification": "accuracy", "regression": "r2"}
        self.metric = kinds[self.pairing.task] if self.pairing else "agreement"
        self.called = {"r2": "R2"}.get(self.metric, self.metric)

    def __len__(self) -> int:
        return len(self.part)

    def few(self, count: int = FEW) -> Tensors:
        """The first examples of the bench, as a batch of their own."""
        return {name: tensor[:count].clone() for name, tensor in self.inputs.items()}

    def usual(self, name: str) -> Usual:
        """What the training part holds at an input of numbers."""
        return self._usual[name]

    @cached_property
    def _usual(self) -> dict[str, Usual]:
        trained = self._tensors(self.subject.part("train", TRAINING))
        found = {}
        for name in self.real:
            values = trained[name].double()
            spread = values.std(0, correction=0)
            whole = values.std() if values.numel() > 1 else torch.ones(())
            spread = torch.where(spread > 0, spread, whole if whole > 0 else torch.ones_like(whole))
            parts = (values.mean(0), spread, values.amin(0), values.amax(0))
            found[name] = Usual(*(part.float() for part in parts))
        return found

    def titles(self, name: str) -> tuple[str, ...]:
        """What the columns of an input of rows are called."""
        field = self.subject.prepared.fields.get(name, name)
        told = self._columns.get(field, ())
        width = self.inputs[name].shape[1]
        return tuple(told) if len(told) == width else tuple(f"{field} {column}" for column in range(width))

    @cached_property
    def _columns(self) -> Mapping[str, tuple[str, ...]]:
        run = self.subject.run
        return load(run.job.data.source, run.base).columns

    def _tensors(self, part: Part) -> Tensors:
        whole = Batches(part.arrays, "full", shuffle=False, scalings=self.subject.prepared.scalings)
        batch = next(iter(whole))
        return {value.name: batch[value.name] for value in self.subject.program.inputs}

    # -- asking the network

    def answer(self, inputs: Mapping[str, Tensor], seed: int = 0) -> Answers:
        """Every output over these inputs, taken as one batch; float64.

        Raises:
            Refused: the network takes no such inputs.
        """
        with looking(self.net):
            torch.manual_seed(seed)
            try:
                with named_errors():
                    results = self.net(*(inputs[value.name] for value in self.subject.program.inputs))
            except LayerloomError as error:
                raise Refused(error.problem.message) from error
            except _REFUSALS as error:
                raise Refused(str(error).partition("\n")[0]) from error
        together = results if isinstance(results, tuple) else (results,)
        names = [output.name for output in self.subject.program.outputs]
        found = {n: r.double().numpy() for n, r in zip(names, together, strict=True)}
        return {name: found[name] for name in self._rowed} if self._rowed else found

    @cached_property
    def _rowed(self) -> tuple[str, ...]:
        """The outputs that have a row for each example; others, such as prototypes, are left aside."""
        self._rowed = ()
        few = self.few()
        count = len(next(iter(few.values())))
        found = {name: a.shape for name, a in self.answer(few).items()}
        rowed = tuple(name for name, shape in found.items() if shape[:1] == (count,))
        if not rowed:
            raise Refused(f"no output has a row for each of {count} examples; the shapes are {found}.")
        return rowed

    def answers(self, inputs: Mapping[str, Tensor]) -> Answers:
        """The same for many examples, in batches that fit."""
        count = len(next(iter(inputs.values())))
        size = evaluation_size({name: tensor.numpy() for name, tensor in inputs.items()}, 64)
        parts = [
            self.answer({name: tensor[at : at + size] for name, tensor in inputs.items()})
            for at in range(0, count, size)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def with_net(self, net: nn.Module) -> Bench:
        """The same bench with another network on it."""
        other = copy.copy(self)
        other.net = net
        return other

    @cached_property
    def clean(self) -> Answers:
        """The answers to the examples as they are. Raises Refused."""
        return self.answers(self.inputs)

    @cached_property
    def is_random(self) -> bool:
        """Whether the same inputs get different answers."""
        first, second = (self.answer(self.few(), seed) for seed in (1, 2))
        return bool(differing(first, second)[0].any())

    # -- what answers are worth

    def score(self, answers: Answers) -> float:
        """The metric over the whole bench."""
        if self.pairing is None:
            return float(np.mean([agreement(self.clean[name], found) for name, found in answers.items()]))
        if self.pairing.task == "classification":
            return float(self.hits(answers).mean())
        found, wanted = answers[self.pairing.output], self.part.arrays[self.pairing.target]
        wanted = self._as_fed(self.pairing.target, wanted).reshape(found.shape)
        spread = float(((wanted - wanted.mean(0)) ** 2).sum())
        wrong = float(((found - wanted) ** 2).sum())
        return 1 - wrong / spread if spread else float(wrong == 0)

    @cached_property
    def clean_score(self) -> float:
        return self.score(self.clean)

    @cached_property
    def chance(self) -> float:
        """What always the same answer scores."""
        if self.pairing is None or self.pairing.task != "classification":
            return 0.0
        truth, _ = flat(self.pairing, self.clean[self.pairing.output], self.part.arrays[self.pairing.target])
        return float(np.unique(truth, return_counts=True)[1].max() / len(truth))

    @property
    def makes_pictures(self) -> bool:
        """Whether the right answer has places of its own, as the input has."""
        return self.pairing is not None and self.part.arrays[self.pairing.target].ndim >= 3

    @property
    def above_chance(self) -> float:
        """What the network has learned, as far as these examples tell."""
        return self.clean_score - self.chance

    def falls(self, score: float) -> bool:
        """Whether so low a score is worth a warning: `fall` of what is above chance is lost, and more than so many
        examples can tell apart (two standard errors of a share). Answers that are compared with nothing may change."""
        if self.metric == "agreement":
            return False
        p = min(max(self.clean_score, 0.0), 1.0)
        error = 2 * float(np.sqrt(p * (1 - p) / len(self))) if self.metric == "accuracy" else 0.0
        return self.clean_score - score > max(self.fall * self.above_chance, error)

    def hits(self, answers: Answers) -> Array:
        """The share of each example's places that are right."""
        assert self.pairing is not None
        truth, scores = flat(self.pairing, answers[self.pairing.output], self.part.arrays[self.pairing.target])
        hits = np.nan_to_num(scores, nan=-np.inf).argmax(1) == truth
        hits &= np.isfinite(scores).all(1)
        shares: Array = hits.reshape(len(self), -1).mean(1)
        return shares

    def guesses(self, answers: Answers) -> Array | None:
        """The class at each place of each example, (examples, places); None where there are no classes."""
        scores = self._scores(answers)
        if scores is None:
            return None
        count = len(answers[self.pairing.output]) if self.pairing else 1
        found: Array = scores.argmax(1).reshape(count, -1)
        return found

    def confidence(self, answers: Answers) -> Array | None:
        """The probability of the class that each example is taken for (mean over its places), NaN where its scores are
        not finite; None without classes or probabilities."""
        scores = self._scores(answers)
        if scores is None or self.pairing is None:
            return None
        kept = np.isfinite(scores).all(1)
        certain = probabilities(scores[kept], self.pairing)
        if certain is None:
            return None
        found = np.full(len(scores), np.nan)
        found[kept] = certain.max(1)
        means: Array = found.reshape(len(answers[self.pairing.output]), -1).mean(1)
        return means

    def _scores(self, answers: Answers) -> Array | None:
        pairing = self.pairing
        if pairing is None or pairing.task != "classification":
            return None
        given = answers[pairing.output]
        target = self.part.arrays[pairing.target]
        blank = np.zeros((len(given), *target.shape[1:]), target.dtype)
        return flat(pairing, given, blank)[1]

    def told(self, answers: Answers, row: int) -> str:
        """An answer in words: the class, or the number in the units of the data."""
        pairing = self.pairing
        if pairing is None:
            return ""
        task = self.subject.prepared.tasks[pairing.target]
        guesses = self.guesses(answers)
        if guesses is not None:
            return str(task.classes[guesses[row, 0]]) if guesses.shape[1] == 1 else ""
        value = answers[pairing.output][row : row + 1]
        number = self.subject.prepared.inverse(pairing.target, value)
        return f"{float(number.reshape(-1)[0]):.4g}" if number.size == 1 else ""

    def _as_fed(self, name: str, values: Array) -> Array:
        scaling = self.subject.prepared.scalings.get(name)
        found: Array = values if scaling is None else scaling(values / 255.0)
        return found
