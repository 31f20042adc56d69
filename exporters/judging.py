"""Does a file in fewer bits still answer as the network does? Judged on real examples: what the largest difference is,
how many answers stay the same, and what it does to the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from core.analysis.subject import Part, Subject
from core.data.transforms import Fitted
from core.program.module import named_errors
from core.program.program import Program
from core.training.meters import meters, unit_scales
from core.training.pairing import Pairing
from exporters.baking import answered
from exporters.verify import difference, infer, open_session

Array: TypeAlias = NDArray[Any]
_SIZE = 256


@dataclass(frozen=True, slots=True)
class Apart:
    """How far one output of the file is from PyTorch's over all examples: the largest absolute difference, that
    relative to the largest answer, and the mean absolute one."""

    output: str
    max_abs: float
    max_rel: float
    mean_abs: float


@dataclass(frozen=True)
class Judgement:
    """What changed on real examples.

    Attributes:
        part, examples: of the data, and how many of it were asked.
        rows: one for each output.
        same: the share of answers (classes) that stayed the same; None where the answers are numbers.
        before, after: the metrics of PyTorch and of the file.
    """

    part: str
    examples: int
    rows: tuple[Apart, ...]
    same: float | None
    before: Mapping[str, float]
    after: Mapping[str, float]

    def passes(self, tolerance: float, agreement: float) -> bool:
        """Whether differences and answers are within these limits; where answers are classes, those decide alone."""
        if self.same is not None:
            return self.same >= agreement
        return all(row.max_rel <= tolerance for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Judge:
    """Holds files of one network to what PyTorch computes.

    Args:
        module: the network as the files are to compute it, with its preparation where that is inside.
        preprocessing, activations: what is inside (see `exporters.baking`).

    Raises:
        LayerloomError: the part has no examples.
    """

    def __init__(
        self,
        subject: Subject,
        program: Program,
        module: nn.Module,
        part: Part,
        *,
        preprocessing: Mapping[str, Any] | None = None,
        activations: Mapping[str, str] | None = None,
    ) -> None:
        self._subject, self._program, self.part = subject, program, part
        self._fitted = Fitted.from_json(preprocessing) if preprocessing else None
        self._baked = dict(activations or {})
        self.feeds = feeds(subject, program, part, raw=preprocessing is not None)
        with torch.inference_mode(), named_errors():
            found = [module(*(torch.from_numpy(a) for a in batch.values())) for batch in _batches(self.feeds)]
        self.expected = _joined([y if isinstance(y, tuple) else (y,) for y in found])
        self.before = self._metrics(self.expected)

    def judge(self, path: Path) -> Judgement:
        """Raises LayerloomError where ONNX Runtime cannot open or run the file."""
        return self.judge_session(open_session(path), path)

    def judge_session(self, session: onnxruntime.InferenceSession, path: Path) -> Judgement:
        """The same for a file that is open."""
        made = _joined([tuple(infer(session, batch, path)) for batch in _batches(self.feeds)])
        rows = []
        for output, ours, theirs in zip(self._program.outputs, made, self.expected, strict=True):
            largest, relative = difference(ours, theirs)
            mean = float(np.abs(ours.astype(np.float64) - theirs).mean()) if np.isfinite(largest) else float("inf")
            rows.append(Apart(output.name, largest, relative, mean))
        same = self._same(made)
        return Judgement(self.part.name, len(self.part), tuple(rows), same, self.before, self._metrics(made))

    def _same(self, made: Sequence[Array]) -> float | None:
        names = [output.name for output in self._program.outputs]
        shares = [
            float((guesses(made[at], pairing) == guesses(self.expected[at], pairing)).mean())
            for pairing in self._pairings()
            if pairing.task == "classification"
            for at in (names.index(pairing.output),)
        ]
        return min(shares) if shares else None

    def _metrics(self, outputs: Sequence[Array]) -> dict[str, float]:
        """Of answers as the file gives them, taken back to how the network gives them where preparation is inside."""
        names = [output.name for output in self._program.outputs]
        back = answered(self._program) if self._fitted else {}
        found: dict[str, float] = {}
        scales = unit_scales(self._subject.pairings, self._subject.prepared)
        for meter in meters(self._pairings(), self._subject.run.job.metrics, scales):
            name = meter.pairing.output
            answers = outputs[names.index(name)].astype(np.float32)
            if self._fitted and name in back:
                answers = self._fitted.apply_to(back[name].field, answers)
            truths = [batch[meter.pairing.target] for batch in self._subject.batches(self.part)]
            meter.add(torch.from_numpy(np.ascontiguousarray(answers, np.float32)), torch.cat(truths))
            found.update(meter.values())
        return {name: value for name, value in found.items() if np.isfinite(value)}

    def _pairings(self) -> tuple[Pairing, ...]:
        return tuple(replace(p, logits=False) if p.output in self._baked else p for p in self._subject.pairings)


def guesses(answers: Array, pairing: Pairing) -> Array:
    """The classes that answers stand for."""
    if pairing.encoding == "binary":
        return np.asarray(answers > (0.0 if pairing.logits else 0.5))
    return np.asarray(answers.argmax(-1 if pairing.encoding == "one_hot" else 1))


def feeds(subject: Subject, program: Program, part: Part, *, raw: bool = False) -> dict[str, Array]:
    """What the inputs of a file are fed with, by their names: as the network gets it, or `raw`, as the data has it."""
    batches = list(subject.batches(part))
    found = {v.name: torch.cat([batch[v.name] for batch in batches]).numpy() for v in program.inputs}
    if not raw:
        return found
    prepared = subject.prepared
    return {
        name: prepared.inverse(name, values).astype(np.float32) if values.dtype.kind == "f" else values
        for name, values in found.items()
    }


def _batches(arrays: Mapping[str, Array]) -> list[dict[str, Array]]:
    count = len(next(iter(arrays.values())))
    return [{name: array[i : i + _SIZE] for name, array in arrays.items()} for i in range(0, count, _SIZE)]


def _joined(batches: Sequence[Sequence[Any]]) -> list[Array]:
    return [np.concatenate([np.asarray(batch[i]) for batch in batches]) for i in range(len(batches[0]))]
