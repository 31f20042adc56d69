"""What the net answers to the same few examples as it learns: predictions, reconstructions, forecasts, samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from core.data.batches import Batches
from core.data.dataset import Array
from core.data.looks import looks, span
from core.data.transforms import as_real
from core.program.program import Result
from core.training.pairing import Pairing, probabilities
from core.training.protocol import Event, Picture
from core.training.reports.reporter import Reporter
from core.training.run import Run

FEW, MANY = 24, 200  # examples that are shown as tiles; as points or rows of numbers
SIDE, CLASSES, WIDTH, STEPS = 32, 12, 12, 96


class Answers(Reporter):
    """Pictures named ``answers``. With the first come, as ``fixed``: ``part``, ``positions`` in it, ``given`` (looks of
    the first input from the data, None without one) and for each output ``kind``, ``target`` and ``truth``; with every
    one, as ``outputs``, by name what is answered (see each `View`)."""

    period: ClassVar[float] = 0.5
    edges: ClassVar[bool] = True

    def __init__(self, run: Run) -> None:
        self._run = run
        prepared = run.prepared
        self._part = next((p for p in ("validation", "test", "train") if len(prepared.indices[p])), "train")
        whole = len(prepared.indices[self._part])
        types = [value.type for value in run.program.inputs] + [output.type for output in run.program.outputs]
        pictured = any(type.rank > 2 for type in types)
        most = min(FEW if pictured else MANY, whole)
        self._positions = np.unique(np.linspace(0, whole - 1, most).round().astype(np.int64))
        self._arrays = {name: array[self._positions] for name, array in prepared.splits[self._part].items()}
        batches = Batches(self._arrays, "full", device=run.device, shuffle=False, scalings=prepared.scalings)
        self._batch = next(batches.epoch(0))
        pairings = {pairing.output: pairing for pairing in run.pairings}
        self._views = {output.name: _view(run, self._arrays, output, pairings) for output in run.program.outputs}
        self._has_told = False

    @staticmethod
    def suits(run: Run) -> bool:
        return bool(run.program.outputs) and all(value.type.shape for value in run.program.outputs)

    def tell(self) -> Iterator[Event]:
        run = self._run
        batch = run.laid_out(self._batch)
        answers = run.answer(*(batch[value.name] for value in run.program.inputs))
        outputs = {
            name: view.told(_array(answer)) for (name, view), answer in zip(self._views.items(), answers, strict=True)
        }
        data: dict[str, Any] = {"outputs": outputs}
        if not self._has_told:
            self._has_told = True
            data["fixed"] = self._fixed()
        yield Picture("answers", run.step, data)

    def _fixed(self) -> dict[str, Any]:
        prepared = self._run.prepared
        first = next((v.name for v in self._run.program.inputs if v.name not in prepared.drawn), None)
        given = None
        if first is not None:
            given = looks(_raw(self._run, first, self._arrays[first]), span(prepared, first), SIDE)
        return {
            "part": self._part,
            "positions": self._positions.tolist(),
            "given": given,
            "outputs": {name: view.fixed for name, view in self._views.items()},
        }


class View:
    """How one output is told; `fixed` never changes."""

    def __init__(self, kind: str, **fixed: Any) -> None:
        self.fixed: dict[str, Any] = {"kind": kind, **fixed}

    def told(self, answers: Array) -> dict[str, Any]:
        """An answer for each example, as plain values."""
        raise NotImplementedError


class Classes(View):
    """``guess``: index of the class; ``chance`` of the guess and ``right`` of the true class; all ``chances`` where
    there are few classes. `fixed` has the names as ``classes``, ``truth`` as indices."""

    def __init__(self, run: Run, arrays: Mapping[str, Array], pairing: Pairing) -> None:
        truth = arrays[pairing.target]
        truth = truth.argmax(1) if pairing.encoding == "one_hot" else truth.reshape(len(truth)).astype(np.int64)
        names = run.prepared.tasks[pairing.target].classes or tuple(map(str, range(pairing.classes)))
        super().__init__("classes", target=pairing.target, truth=truth.tolist(), classes=list(names))
        self._pairing, self._truth = pairing, truth

    def told(self, answers: Array) -> dict[str, Any]:
        if self._pairing.encoding == "binary":
            one = answers.reshape(len(answers), 1).astype(np.float64)
            one = 1 / (1 + np.exp(-one.clip(-60, 60))) if self._pairing.logits else one
            chances = np.concatenate((1 - one, one), axis=1)
        else:
            known = probabilities(answers, self._pairing)
            chances = answers if known is None else known
        guess = chances.argmax(1)
        rows = np.arange(len(guess))
        told = {"guess": guess.tolist(), "chance": _short(chances[rows, guess])}
        told["right"] = _short(chances[rows, self._truth])
        return told | ({"chances": [_short(row) for row in chances]} if chances.shape[1] <= CLASSES else {})


class Words(View):
    """A class for each step of a sequence, as text: ``guess``, and ``truth`` among what is fixed."""

    def __init__(self, run: Run, arrays: Mapping[str, Array], pairing: Pairing) -> None:
        self._names = run.prepared.tasks[pairing.target].classes
        super().__init__("words", target=pairing.target, truth=self._text(arrays[pairing.target]))

    def told(self, answers: Array) -> dict[str, Any]:
        return {"guess": self._text(answers.argmax(1))}

    def _text(self, indices: Array) -> list[str]:
        names = self._names or tuple(map(str, range(int(indices.max(initial=0)) + 1)))
        gap = "" if all(len(name) == 1 for name in names) else " "
        return [gap.join(names[int(i)] for i in row[:STEPS]) for row in indices.reshape(len(indices), -1)]


class Numbers(View):
    """``guess``: up to 12 numbers an example, in the units of the data; ``truth`` alike."""

    def __init__(self, run: Run, arrays: Mapping[str, Array], pairing: Pairing) -> None:
        self._run, self._name = run, pairing.target
        truth = as_real(_raw(run, pairing.target, arrays[pairing.target])).reshape(len(arrays[pairing.target]), -1)
        super().__init__("numbers", target=pairing.target, truth=[_short(row[:WIDTH]) for row in truth])

    def told(self, answers: Array) -> dict[str, Any]:
        values = self._run.prepared.inverse(self._name, answers).reshape(len(answers), -1)
        return {"guess": [_short(row[:WIDTH]) for row in values]}


class Pairs(View):
    """``guess``: a look for each example, beside ``truth``; both are pictures or curves."""

    def __init__(self, run: Run, arrays: Mapping[str, Array], pairing: Pairing) -> None:
        self._run, self._name, self._within = run, pairing.target, span(run.prepared, pairing.target)
        truth = looks(_raw(run, pairing.target, arrays[pairing.target]), self._within, SIDE)
        super().__init__("pairs", target=pairing.target, truth=truth)

    def told(self, answers: Array) -> dict[str, Any]:
        return {"guess": looks(self._run.prepared.inverse(self._name, answers), self._within, SIDE)}


class Regions(View):
    """A class for each pixel as a picture: ``guess``, beside ``truth``."""

    def __init__(self, arrays: Mapping[str, Array], pairing: Pairing) -> None:
        self._within = (0.0, float(max(1, pairing.classes - 1)))
        truth = looks(arrays[pairing.target][:, None].astype(np.float64), self._within, SIDE)
        super().__init__("pairs", target=pairing.target, truth=truth)

    def told(self, answers: Array) -> dict[str, Any]:
        return {"guess": looks(answers.argmax(1)[:, None].astype(np.float64), self._within, SIDE)}


class Scatter(View):
    """``points``: two numbers an example, over ``truth``: data of the same shape, where there is any."""

    def __init__(self, run: Run, like: str | None) -> None:
        self._run, self._like = run, like
        truth = _raw(run, like, run.prepared.splits["train"][like][:: _every(run)]) if like else np.zeros((0, 2))
        super().__init__("points", truth=[_short(row) for row in truth])

    def told(self, answers: Array) -> dict[str, Any]:
        values = self._run.prepared.inverse(self._like, answers) if self._like else answers
        return {"points": [_short(row) for row in values]}


class Made(View):
    """``made``: a look for each example, of what no target is compared with: samples of a generator."""

    def __init__(self, run: Run, like: str | None) -> None:
        self._run, self._like = run, like
        self._within = span(run.prepared, like) if like else None
        super().__init__("made")

    def told(self, answers: Array) -> dict[str, Any]:
        values = self._run.prepared.inverse(self._like, answers) if self._like else answers
        if self._within is None:
            known = values[np.isfinite(values)]
            self._within = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        return {"made": looks(values, self._within, SIDE)}


def _view(run: Run, arrays: Mapping[str, Array], output: Result, pairings: Mapping[str, Pairing]) -> View:
    pairing, rank = pairings.get(output.name), output.type.rank
    if pairing is None:
        like = next((v.name for v in _bound(run) if arrays[v.name].shape[1:] == tuple(output.type.shape[1:])), None)
        return Scatter(run, like) if rank == 2 and output.type.shape[1] == 2 else Made(run, like)
    if pairing.task == "classification":
        flat = arrays[pairing.target].ndim == 1 or pairing.encoding in ("one_hot", "binary")
        if flat and rank == 2:
            return Classes(run, arrays, pairing)
        return Words(run, arrays, pairing) if rank == 3 else Regions(arrays, pairing)
    return Pairs(run, arrays, pairing) if rank > 2 else Numbers(run, arrays, pairing)


def _bound(run: Run) -> list[Any]:
    return [v for v in (*run.program.inputs, *run.program.targets) if v.name not in run.prepared.drawn]


def _every(run: Run) -> int:
    return max(1, len(run.prepared.indices["train"]) // MANY)


def _raw(run: Run, name: str, values: Array) -> Array:
    """In the units of the data; bytes stay bytes."""
    return values if values.dtype == np.uint8 else run.prepared.inverse(name, values)


def _array(answer: Tensor) -> Array:
    found: Array = torch.nan_to_num(answer.detach().float()).cpu().numpy()
    return found


def _short(values: Array) -> list[float | None]:
    return [float(f"{v:.4g}") if np.isfinite(v) else None for v in values.tolist()]
