"""What an analysis looks at: the network of a run with the weights of a checkpoint, and the data it was fed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from core.data.batches import Batches
from core.data.dataset import Array
from core.data.prepare import Prepared, prepare
from core.files import MEGABYTE, read_text
from core.problem import LayerloomError
from core.program.module import build, named_errors
from core.program.program import Program
from core.training.checkpoint import LOOK
from core.training.evaluation import evaluation_size, looking
from core.training.pairing import Pairing, pairings
from core.training.runs import RunFolder

EXAMPLES = 10_000  # more than these are thinned evenly: an analysis never takes long
_TRIES, _PAUSE = 5, 0.05  # a running training swaps its checkpoint in a few milliseconds


@dataclass(frozen=True)
class Moment:
    """Which weights are looked at: their file, and where in the run they come from.

    Two moments are equal exactly where the file is the same one, so a moment can key a cache.
    """

    path: Path
    which: str
    modified: int
    size: int
    state: str = ""

    @property
    def step(self) -> int | None:
        """The step after which the weights were saved, where the checkpoint tells."""
        return self._told("step")

    @property
    def epoch(self) -> int | None:
        """The epoch that they are of, where the checkpoint tells (that of the best ones does)."""
        return self._told("epoch")

    def _told(self, what: str) -> int | None:
        found = json.loads(self.state).get(what) if self.state else None
        return int(found) if isinstance(found, int) else None


def moment(run: RunFolder, which: str = "") -> Moment:
    """The newest weights of a run. `which` is ``best``, ``last`` or empty for those that the run ended with, or, while
    it goes on, those that it wrote to be looked at, where they are newer.

    Raises:
        LayerloomError: there are none yet (code ``weights``).
    """
    if which and which not in ("best", "last"):
        raise LayerloomError(f"There are no weights called {which!r:.40}; choose best or last.", code="weights")
    for attempt in range(_TRIES):
        path = run.checkpoints / which / "weights.safetensors" if which else None
        try:
            path = path or _newest(run)
            facts = path.stat()
            state = read_text(path.with_name("state.json"), 64 * MEGABYTE)
            return Moment(path, path.parent.name, facts.st_mtime_ns, facts.st_size, state)
        except (OSError, LayerloomError):
            if attempt + 1 < _TRIES and run.lock.held():
                time.sleep(_PAUSE)
                continue
            break
    kind = f"{which} weights" if which else "weights"
    raise LayerloomError(f"The run {run.title} has no {kind} yet: no checkpoint was saved.", code="weights")


def _newest(run: RunFolder) -> Path:
    looked, saved = (run.checkpoints / which / "weights.safetensors" for which in (LOOK, "last"))
    is_newer = looked.is_file() and (not saved.is_file() or looked.stat().st_mtime_ns > saved.stat().st_mtime_ns)
    return looked if is_newer and run.lock.held() else run.weights()


@dataclass(frozen=True)
class Part:
    """Examples of one part of the data, in its order.

    Attributes:
        arrays: by the name of an input or target, as the network is fed them.
        positions: which examples of the part these are; all of them where there are not too many.
        whole: how many the part has.
    """

    name: str
    arrays: dict[str, Array]
    positions: Array
    whole: int

    def __len__(self) -> int:
        return len(self.positions)


class Subject:
    """A network with its weights and data. Everything is computed on the CPU, in evaluation mode.

    Raises:
        LayerloomError: the weights cannot be read, or do not fit the network.
    """

    def __init__(self, run: RunFolder, at: Moment, prepared: Prepared | None = None) -> None:
        self.run, self.at = run, at
        self.program: Program = run.program
        self.prepared = prepared or prepared_data(run, self.program)
        self.weights = read_weights(at.path)

    @cached_property
    def net(self) -> nn.Module:
        net = build(self.program)
        load(net, self.weights)
        return net

    @property
    def pairings(self) -> tuple[Pairing, ...]:
        return pairings(self.program, self.prepared.tasks)

    def is_input(self, target: str) -> bool:
        """Whether a target is bound to what the network is given."""
        fields = self.prepared.fields
        return fields[target] in {fields[value.name] for value in self.program.inputs}

    def part(self, name: str, most: int = EXAMPLES) -> Part:
        """Up to `most` examples of ``train``, ``validation`` or ``test``, evenly spread.

        Raises:
            LayerloomError: there is no such part, or it is empty.
        """
        whole = self.prepared.examples.get(name, 0)
        if not whole:
            known = ", ".join(f"{part} ({count:,})" for part, count in self.prepared.examples.items() if count)
            raise LayerloomError(f"The data has no {name!r:.40} examples; there are {known}.", code="split")
        positions = np.unique(np.linspace(0, whole - 1, min(most, whole)).round().astype(np.int64))
        return self.chosen(name, positions)

    def chosen(self, name: str, positions: Array) -> Part:
        """Exactly these examples of a part."""
        arrays = self.prepared.splits[name]
        whole = self.prepared.examples[name]
        inside = positions[(positions >= 0) & (positions < whole)]
        return Part(name, {key: array[inside] for key, array in arrays.items()}, inside, whole)

    def single(self, name: str, sample: int) -> Part:
        """One example of a part, the nearest that there is. Raises LayerloomError as `part`."""
        count = self.part(name, 1).whole
        return self.chosen(name, np.array([max(0, min(sample, count - 1))]))

    def batches(self, part: Part) -> Iterator[dict[str, Tensor]]:
        """The examples as tensors, in order."""
        size = evaluation_size(part.arrays, 256)
        return iter(Batches(part.arrays, size, shuffle=False, scalings=self.prepared.scalings))

    def answers(self, part: Part) -> dict[str, Array]:
        """Every output of the network over these examples, by its name."""
        found: dict[str, list[Array]] = {output.name: [] for output in self.program.outputs}
        with looking(self.net), named_errors():
            for batch in self.batches(part):
                results = self.net(*(batch[value.name] for value in self.program.inputs))
                together = results if isinstance(results, tuple) else (results,)
                for name, result in zip(found, together, strict=True):
                    found[name].append(result.float().numpy())
        return {name: np.concatenate(results) for name, results in found.items()}

    def heading(self, part: Part) -> dict[str, Any]:
        """What every answer begins with: ``run``, ``weights`` (best or last), ``step`` and ``epoch`` (None where the
        checkpoint does not tell), ``split``, ``examples`` (how many were looked at) and ``of`` (how many there are)."""
        return {
            "run": self.run.title,
            "weights": self.at.which,
            "step": self.at.step,
            "epoch": self.at.epoch,
            "split": part.name,
            "examples": len(part),
            "of": part.whole,
        }


def prepared_data(run: RunFolder, program: Program) -> Prepared:
    """The data of a run exactly as it was trained on. Raises LayerloomError where its source no longer holds."""
    return prepare(run.job.data, (*program.inputs, *program.targets), run.base)


def read_weights(path: Path) -> dict[str, Tensor]:
    """A state_dict from safetensors. Raises LayerloomError where the file is gone or damaged."""
    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise LayerloomError(
            f"The weights {path} cannot be read; try again.", code="weights", detail=str(error)
        ) from error


def load(net: nn.Module, weights: dict[str, Tensor]) -> None:
    """Put weights into a network. Raises LayerloomError where they are of another design."""
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        message = "The weights are of another design than the one that lies beside them in the run's folder."
        raise LayerloomError(message, code="weights", detail=str(error)) from error
    net.eval()
