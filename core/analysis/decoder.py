"""The part of a network behind a code, with the weights of a run (T).

Decoding is the network's own program from the code on, so the code of an example gives what the network itself gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.codes import FITTED, Code, Spread, code_of
from core.analysis.observe import Scope
from core.analysis.subject import Part, Subject, load
from core.data.dataset import Array
from core.data.prepare import ENCODE
from core.problem import LayerloomError
from core.program.module import build, named_errors
from core.program.program import Result, Value
from core.program.tail import fresh_name, tail
from core.training.evaluation import looking

FITTED_TO, BATCH = 2_000, 256
Tensors = Mapping[str, Tensor]


class Decoder:
    """The part of a subject's network behind a code (see `codes.code_of` for `node`).

    Attributes:
        code: what is decoded. `needs`: inputs that the outputs depend on besides, which an example must give.
        outputs: what is computed from the code.

    Raises:
        LayerloomError: the node is none, or nothing can be decoded from it (code ``node``).
    """

    def __init__(self, subject: Subject, node: str = "") -> None:
        self._subject = subject
        self.code: Code = code_of(subject.program, node)
        self._program = tail(subject.program, self.code.value, fresh_name(subject.program, "code"))
        self.needs: tuple[Value, ...] = self._program.inputs[1:]
        self.outputs: tuple[Result, ...] = self._program.outputs

    @cached_property
    def spread(self) -> Spread:
        """Where codes lie: by the design, or as those of up to 2,000 training examples."""
        is_fitted = self.code.law == FITTED
        return Spread(self.code, self.codes(self._subject.part("train", FITTED_TO)) if is_fitted else None)

    def codes(self, part: Part) -> Array:
        """The codes of examples, (examples, width)."""
        value, found = self.code.value, []
        for batch in self._subject.batches(part):
            if value in batch:
                found.append(batch[value].numpy())
                continue
            scope = Scope.main(self._subject.program, self._subject.weights, batch)
            [step] = [s for s in scope.program.steps if value in s.outputs.values()]
            [port] = [port for port, name in step.outputs.items() if name == value]
            found.append(scope.values_of(step)[port].numpy())
        return np.concatenate(found)

    def given(self, part: Part) -> dict[str, Tensor]:
        """What examples give to the inputs that are needed besides the code."""
        batches = list(self._subject.batches(part))
        return {value.name: torch.cat([batch[value.name] for batch in batches]) for value in self.needs}

    def chosen(self, name: str, words: Sequence[str]) -> Tensor:
        """What is given to one of those inputs, by the names of classes or as a number each.

        Raises:
            LayerloomError: there is no such input or class, or it takes more than one number (code ``given``).
        """
        value = next((v for v in self.needs if v.name == name), None)
        if value is None:
            known = ", ".join(v.name for v in self.needs) or "nothing else"
            raise LayerloomError(
                f"Besides the code, the outputs need {known}, and no {name!r:.40}.", code="given", received=name
            )
        prepared = self._subject.prepared
        field = prepared.signature.fields[value.field]
        stored = _indices(name, words, field.classes) if field.classes else _numbers(name, words, value)
        if not field.classes:
            stored = prepared.fitted.apply_to(value.field, stored)
        return torch.from_numpy(np.ascontiguousarray(ENCODE[value.encoding](value, stored, field)))

    def decode(self, codes: Array, given: Tensors | None = None) -> dict[str, Array]:
        """Every output for these codes, by its name, as the network gives it. `given` holds a row for each code, or one
        for all."""
        rows = {name: t.expand(len(codes), *t.shape[1:]) for name, t in (given or {}).items()}
        entering = [torch.from_numpy(np.ascontiguousarray(codes, np.float32)), *(rows[v.name] for v in self.needs)]
        found: list[list[Array]] = [[] for _ in self.outputs]
        with looking(self._net), named_errors():
            for start in range(0, len(codes), BATCH):
                results = self._net(*(t[start : start + BATCH] for t in entering))
                together = results if isinstance(results, tuple) else (results,)
                for kept, result in zip(found, together, strict=True):
                    kept.append(result.float().numpy())
        return {o.name: np.concatenate(rows) for o, rows in zip(self.outputs, found, strict=True)}

    def in_units(self, name: str, values: Array) -> Array:
        """An output in the units of the data that it is like."""
        like = self.like(name)
        return values if like is None else self._subject.prepared.inverse(like, values)

    def like(self, name: str) -> str | None:
        """The input or target that an output is compared with, or else has the shape of."""
        subject = self._subject
        paired = [p.target for p in subject.pairings if p.output == name and p.task == "regression"]
        [shape] = [tuple(output.type.shape[1:]) for output in self.outputs if output.name == name]
        shaped = [
            v.name
            for v in (*subject.program.inputs, *subject.program.targets)
            if v.name in subject.prepared.tasks and subject.prepared.tasks[v.name].kind == "regression"
            and tuple(v.type.shape[1:]) == shape
        ]  # fmt: skip
        return next(iter([*paired, *shaped]), None)

    @cached_property
    def _net(self) -> nn.Module:
        net = build(self._program)
        wanted = net.state_dict().keys()
        load(net, {name: t for name, t in self._subject.weights.items() if name in wanted})
        return net


def _indices(name: str, words: Sequence[str], classes: Sequence[str]) -> Array:
    for word in words:
        if word not in classes:
            known = ", ".join(classes)
            raise LayerloomError(
                f"{name} has no class {word!r:.40}; it has {known:.300}.", code="given", expected=known, received=word
            )
    return np.array([classes.index(word) for word in words], np.int64)


def _numbers(name: str, words: Sequence[str], value: Value) -> Array:
    sizes = [size for size in value.type.shape[1:] if isinstance(size, int)]
    try:
        numbers = np.array([float(word) for word in words], np.float32)
    except ValueError:
        raise LayerloomError(f"{name} takes a number, not {words[0]!r:.40}.", code="given") from None
    if int(np.prod(sizes)) != 1:
        shape = " x ".join(map(str, sizes))
        raise LayerloomError(
            f"{name} takes {shape} numbers an example: choose an example that gives them.", code="given"
        )
    return numbers.reshape(-1, *sizes)
