"""What the network makes of examples: its last features, its answers, how sure it is, how right, and how fast."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.analysis.classes import flat
from core.analysis.drift.incoming import Incoming
from core.analysis.drift.statistics import bootstrap_mean, rank_sum, two_shares, wilson
from core.analysis.drift.traits import Traits, numbers, words
from core.analysis.observe import at_work
from core.analysis.subject import Part, Subject
from core.data.dataset import Array, Dataset
from core.data.prepare import fed
from core.program.program import Step
from core.training.evaluation import looking
from core.training.pairing import Pairing, probabilities

HELD = ("validation", "test")
MOST, LATENT = 2_000, 1_000  # examples at most, of the answers and of the features before them
COMPONENTS, COLUMNS = 3, 8
CALLS, SECONDS = 200, 0.4  # of a latency, at most


@dataclass(frozen=True)
class Answered:
    """What the network made of some examples: traits of its answers and of its features, and how right it was."""

    outputs: Traits
    features: Traits
    metric: dict[str, Any] | None


class Network:
    """The network of a run, held against its own answers to examples that it was not trained on (those of validation
    and test; to training examples where there are no others, which `is_held` tells)."""

    def __init__(self, subject: Subject, dataset: Dataset) -> None:
        self._subject, self._dataset = subject, dataset
        self.is_held = any(subject.prepared.examples.get(part) for part in HELD)
        self.pairing: Pairing | None = next(iter(subject.pairings), None)

    # -- the reference

    @cached_property
    def _held(self) -> Part:
        splits = self._subject.prepared.splits
        names = [name for name in HELD if self._subject.prepared.examples.get(name)] or ["train"]
        arrays = {key: np.concatenate([splits[name][key] for name in names]) for key in splits[names[0]]}
        count = len(next(iter(arrays.values())))
        chosen = np.unique(np.linspace(0, count - 1, min(count, MOST)).round().astype(np.int64))
        return Part(names[0], {key: a[chosen] for key, a in arrays.items()}, chosen, count)

    @cached_property
    def reference(self) -> Answered:
        """What it makes of the examples held out."""
        answers = self._subject.answers(self._held)
        latent = self._latent(self._held)
        features = self._projected(latent) if latent is not None else {}
        return Answered(self._outputs(answers), features, None)

    @cached_property
    def _reference_rightness(self) -> Array:
        return self._rightness(self._subject.answers(self._held), self._held.arrays)

    # -- new inputs

    def answer(self, incoming: Incoming) -> Answered | None:
        """What it makes of those that can be fed, evenly thinned where they are many; None where there is none."""
        rows = np.flatnonzero(incoming.usable)
        if not len(rows):
            return None
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST)).round().astype(np.int64))]
        part = self._part(incoming, rows)
        answers = self._subject.answers(part)
        latent = self._latent(part)
        features = self._projected(latent) if latent is not None else {}
        return Answered(self._outputs(answers), features, self._metric(incoming, rows, answers, part))

    def _part(self, incoming: Incoming, rows: Array) -> Part:
        program = self._subject.program
        given = {name: values[rows] for name, values in incoming.fields.items()}
        signature = self._dataset.signature.model_copy(update={"examples": len(rows)})
        dataset = Dataset(given, signature, self._dataset.columns, self._dataset.holes)
        values = [v for v in (*program.inputs, *program.targets) if not v.field or v.field in given]
        arrays = fed(dataset, self._subject.prepared.fitted, values, 0)
        return Part("new", arrays, np.arange(len(rows)), len(rows))

    # -- what is told of answers

    def _outputs(self, answers: Mapping[str, Array]) -> Traits:
        pairing = self.pairing
        if pairing is None:
            name, values = next(iter(answers.items()))
            return {f"mean of {name}": numbers(values.reshape(len(values), -1).mean(1))}
        given = answers[pairing.output]
        if pairing.task == "regression":
            return self._numbers(pairing, given)
        scores = self._scores(pairing, given)
        classes = np.array(self._subject.prepared.tasks[pairing.target].classes)
        guess = scores.argmax(1).reshape(len(given), -1)
        found: Traits = {}
        if guess.shape[1] == 1:
            found["predicted class"] = words(classes[np.minimum(guess[:, 0], len(classes) - 1)])
        certain = probabilities(scores, pairing)
        if certain is not None:
            found["confidence"] = numbers(certain.max(1).reshape(len(given), -1).mean(1))
            entropy = -(certain * np.log(np.maximum(certain, 1e-12))).sum(1)
            found["entropy"] = numbers(entropy.reshape(len(given), -1).mean(1))
        return found

    def _numbers(self, pairing: Pairing, given: Array) -> Traits:
        values = self._subject.prepared.inverse(pairing.target, given).reshape(len(given), -1)
        if values.shape[1] > COLUMNS:
            return {"mean answer": numbers(values.mean(1)), "spread of the answer": numbers(values.std(1))}
        field = self._subject.prepared.fields[pairing.target]
        named = self._dataset.columns.get(field, ())
        titles = named if len(named) == values.shape[1] else [pairing.output] * values.shape[1]
        return {
            f"predicted {title}" if values.shape[1] == 1 or named else f"predicted {title} {i}": numbers(column)
            for i, (title, column) in enumerate(zip(titles, values.T, strict=True))
        }

    def _scores(self, pairing: Pairing, given: Array) -> Array:
        shape = self._subject.prepared.splits["train"][pairing.target]
        return flat(pairing, given, np.zeros((len(given), *shape.shape[1:]), shape.dtype))[1]

    # -- how right

    def _metric(
        self, incoming: Incoming, rows: Array, answers: Mapping[str, Array], part: Part
    ) -> dict[str, Any] | None:
        """The live metric with its interval beside that of the examples held out, and the p that they are one."""
        if self.pairing is None or self.pairing.target not in part.arrays:
            return None
        field = self._subject.prepared.fields[self.pairing.target]
        known = incoming.answered[field][rows] if field in incoming.answered else np.ones(len(rows), bool)
        if not known.any():
            return None
        live = self._rightness(answers, part.arrays)[known]
        before = self._reference_rightness
        if self.pairing.task == "classification":
            p = two_shares(round(before.sum()), len(before), round(live.sum()), len(live))
            low, high = wilson(round(live.sum()), len(live))
        else:
            p = rank_sum(before, live)
            low, high = bootstrap_mean(live)
        name = "accuracy" if self.pairing.task == "classification" else "mean absolute error"
        found = {"name": name, "value": float(live.mean()), "low": low, "high": high, "examples": len(live)}
        return {**found, "before": float(before.mean()), "of": len(before), "p": p if math.isfinite(p) else None}

    def _rightness(self, answers: Mapping[str, Array], arrays: Mapping[str, Array]) -> Array:
        """By example: the share of places that are right, or the mean absolute error in the units of the data."""
        assert self.pairing is not None
        given, target = answers[self.pairing.output], arrays[self.pairing.target]
        if self.pairing.task == "classification":
            truth, scores = flat(self.pairing, given, target)
            hits: Array = (scores.argmax(1) == truth).reshape(len(given), -1).mean(1)
            return hits
        inverse = self._subject.prepared.inverse
        wrong = np.abs(inverse(self.pairing.target, given) - inverse(self.pairing.target, target).reshape(given.shape))
        errors: Array = wrong.reshape(len(given), -1).mean(1)
        return errors

    # -- features before the answer

    @cached_property
    def _last(self) -> Step | None:
        """The step whose output the last layer with weights is fed; None where that is the data itself."""
        program = self._subject.program
        output = self.pairing.output if self.pairing else program.outputs[0].name
        wanted = {result.value for result in program.outputs if result.name == output}
        made = {value: step for step in program.steps for value in step.outputs.values()}
        for step in reversed(program.steps):
            if not wanted & set(step.outputs.values()):
                continue
            wanted.update(step.inputs.values())
            if step.module and any(name.startswith(f"{step.module}.") for name in self._subject.weights):
                return next((made[value] for value in step.inputs.values() if value in made), None)
        return None

    def _latent(self, part: Part) -> Array | None:
        """The features that the answer is made of, by example; maps are averaged over their places."""
        if self._last is None:
            return None
        few = self._whole(part, min(len(part), LATENT))
        found = []
        for scope, step, count in at_work(self._subject, few, self._last.node):
            value = next(iter(scope.values_of(step).values()), None)
            if value is None or not value.dim() or len(value) != count:
                return None
            found.append(_rows(value))
        return np.concatenate(found)

    def _whole(self, part: Part, count: int) -> Part:
        """The first examples, with some target where they have none: no feature depends on it."""
        arrays = {name: values[:count] for name, values in part.arrays.items()}
        for target in self._subject.program.targets:
            if target.name not in arrays:
                arrays[target.name] = self._subject.prepared.splits["train"][target.name][np.zeros(count, np.int64)]
        return Part(part.name, arrays, part.positions[:count], part.whole)

    @cached_property
    def _axes(self) -> tuple[Array, Array]:
        """The mean of the reference's features and their first principal components, (numbers, components)."""
        rows = self._latent(self._held)
        assert rows is not None
        mean = rows.mean(0)
        _, _, axes = np.linalg.svd(rows - mean, full_matrices=False)
        return mean, axes[:COMPONENTS].T

    def _projected(self, rows: Array) -> Traits:
        mean, axes = self._axes
        return {f"feature direction {i + 1}": numbers(column) for i, column in enumerate(((rows - mean) @ axes).T)}

    # -- how fast

    def latency(self) -> list[dict[str, Any]]:
        """Milliseconds that a call takes for one example and for 32, warm, on the CPU with one thread: ``batch``,
        ``p50``, ``p95``, ``calls`` (how many were timed), ``per_second`` (examples)."""
        found = []
        for size in (1, 32):
            index = np.resize(np.arange(len(self._held)), size)
            arrays = {name: a[index] for name, a in self._held.arrays.items()}
            [batch] = self._subject.batches(Part("new", arrays, index, size))
            times = self._times([batch[value.name] for value in self._subject.program.inputs])
            p50, p95 = np.quantile(times, [0.5, 0.95])
            told = {"batch": size, "p50": 1e3 * float(p50), "p95": 1e3 * float(p95), "calls": len(times)}
            found.append({**told, "per_second": size / float(np.mean(times))})
        return found

    def _times(self, inputs: list[Tensor]) -> list[float]:
        times: list[float] = []
        with looking(self._subject.net), _one_thread():
            for _ in range(3):
                self._subject.net(*inputs)
            began = time.perf_counter()
            while len(times) < CALLS and (time.perf_counter() - began < SECONDS or len(times) < 3):
                start = time.perf_counter()
                self._subject.net(*inputs)
                times.append(time.perf_counter() - start)
        return times


def _rows(value: Tensor) -> Array:
    pooled = value.float().flatten(2).mean(2) if value.dim() > 2 else value.float().reshape(len(value), -1)
    found: Array = pooled.double().numpy()
    return found


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread: the figures then do not hang on what else the machine does."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
