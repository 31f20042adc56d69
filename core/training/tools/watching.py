"""Watches every operation of one training step for the first outcome that is no number although what went in was one.

Layers, expressions and blocks are seen alike, since it is PyTorch's functions that are watched, and the line of
generated source that calls them tells the node; on the way back, the steps of autograd that they left behind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from core.program.module import running

_UNFILLED = ("empty", "new_empty")  # their numbers mean nothing yet


@dataclass(frozen=True)
class Facts:
    """What there was in a tensor: the least and greatest finite number, and counts."""

    dtype: str
    size: int
    low: float
    high: float
    zeros: int
    nans: int
    infinite: int

    @property
    def finite(self) -> bool:
        return not self.nans and not self.infinite

    @property
    def largest(self) -> float:
        return max(abs(self.low), abs(self.high))


@dataclass(frozen=True, eq=False)
class Break:
    """An operation that made the first NaN, or the first infinity, of what went in.

    Attributes:
        node: path of the node. operation: PyTorch's name of the function, or of the step of autograd.
        kind: ``nan`` or ``inf``. backward: on the way back.
        given: what went in; on the way back, what went in on the way there.
        came: on the way back, the gradients that arrived.
        cause: the break that made the infinity that went in, where there was one.
    """

    node: str
    operation: str
    kind: str
    backward: bool
    given: tuple[Facts, ...]
    came: tuple[Facts, ...] = ()
    cause: Break | None = None


class Watch(TorchFunctionMode):
    """Inside, every operation is looked at; `breaks` holds what was found, in the order of time.

    Infinities that somebody asks for (a mask filled with -inf) are none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.breaks: list[Break] = []
        self._origins: dict[int, Break | None] = {}  # of tensors that are no numbers, by their identity
        self._alive: list[Any] = []  # so that no identity is given out twice
        self._steps: set[Any] = set()  # of autograd, known

    def origin(self, tensor: Tensor) -> Break | None:
        """The break that a tensor's NaN or infinity comes from."""
        return self._origins.get(id(tensor))

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        node = running()
        if not node:
            return func(*args, **kwargs)
        name = getattr(func, "__name__", str(func))
        given = [t for t in _tensors((args, kwargs)) if t.is_floating_point()]
        before = [facts(t) for t in given]  # now: what works in place leaves no trace of it
        result = func(*args, **kwargs)
        made = [t for t in _tensors(result) if t.is_floating_point()] or given[:1]
        wished = any(isinstance(v, float) and math.isinf(v) for v in (*args, *kwargs.values()))
        if not name.startswith(_UNFILLED):
            for tensor in made:
                self._look(node, name, tensor, given, before, wished)
        for tensor in (*given, *made):
            self._follow(tensor.grad_fn, node, name, before)
        return result

    def _look(
        self, node: str, name: str, tensor: Tensor, given: list[Tensor], before: list[Facts], wished: bool
    ) -> None:
        now = facts(tensor)
        if now.finite:
            self._origins.pop(id(tensor), None)
            return
        self._alive.append(tensor)
        sources = [
            self._origins[id(t)] for t, f in zip(given, before, strict=True) if not f.finite and id(t) in self._origins
        ]
        cause = next((source for source in sources if source is not None), None)
        nan = now.nans and not any(f.nans for f in before)
        fresh = not now.nans and all(f.finite for f in before) and not wished
        if nan or fresh:
            made = Break(node, name, "nan" if nan else "inf", False, tuple(before), cause=cause)
            self.breaks.append(made)
            cause = made
        self._origins[id(tensor)] = cause

    def _follow(self, step: Any, node: str, name: str, before: list[Facts]) -> None:
        """Be told of the steps of autograd that an operation left behind."""
        waiting = [step]
        while waiting:
            step = waiting.pop()
            if step is None or step in self._steps:
                continue
            self._steps.add(step)
            if step.name() != "torch::autograd::AccumulateGrad":
                step.register_hook(self._back(node, name, tuple(before)))
                waiting += [following for following, _ in step.next_functions]

    def _back(self, node: str, name: str, before: tuple[Facts, ...]) -> Callable[[Any, Any], None]:
        def look(made: Any, came: Any) -> None:
            given = [facts(t) for t in came if t is not None and t.is_floating_point()]
            found = [facts(t) for t in made if t is not None and t.is_floating_point()]
            if all(f.finite for f in given) and not all(f.finite for f in found):
                kind = "nan" if any(f.nans for f in found) else "inf"
                self.breaks.append(Break(node, name, kind, True, before, tuple(given)))

        return look


def facts(tensor: Tensor) -> Facts:
    """What there is in a tensor of real numbers."""
    flat = tensor.detach().reshape(-1)
    nans, infinite = flat.isnan(), flat.isinf()
    whole = flat[~(nans | infinite)]
    low, high = (float(whole.min()), float(whole.max())) if len(whole) else (0.0, 0.0)
    zeros = int((whole == 0).sum())
    dtype = str(tensor.dtype).removeprefix("torch.")
    return Facts(dtype, len(flat), low, high, zeros, int(nans.sum()), int(infinite.sum()))


def _tensors(values: Any) -> Iterator[Tensor]:
    """Every tensor in arguments or results, however they are nested."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, dict):
        yield from _tensors(list(values.values()))
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _tensors(value)
