"""A search for settings, as plain data: which may vary, who proposes values, what decides.

A path names what varies: ``job.batch_size``, ``job.objectives.0.optimizer.params.lr`` (a value of the training job),
or ``node.n3.out_features`` (a parameter of the node n3; ``node.n7/n2.p`` inside the block that n7 instantiates). Beside
the parameters of its layer, a node has ``layer``, ``muted`` and, for a block, ``repeat``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from core.training.pick import Part, Pick

_NEAR = 1e-9  # share of a step within which rounding is forgiven

_Number = Annotated[float, Field(allow_inf_nan=False)]


class _Varied(Part):
    also: tuple[str, ...] = ()  # further paths that take the same value


class Range(_Varied):
    """All numbers from `low` to `high`, both included.

    With `log` equal ratios count alike. With a `step` only ``low + k step``; `integer` rounds to whole numbers.
    `points` is how many values a grid takes of one without a step.
    """

    low: _Number
    high: _Number
    log: bool = False
    step: float | None = Field(None, gt=0, allow_inf_nan=False)
    integer: bool = False
    points: int | None = Field(None, ge=2, le=10_000)

    @model_validator(mode="after")
    def _holds(self) -> Self:
        if self.high < self.low:
            raise ValueError(f"the range ends at {self.high:g}, below its beginning {self.low:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic range begins above 0, not at {self.low:g}")
        if self.log and self.step:
            raise ValueError("a range is logarithmic or has a step, not both")
        numbers = [self.low, self.high, *([self.step] if self.step else [])]
        if self.integer and not all(float(n).is_integer() for n in numbers):
            raise ValueError("a range of whole numbers has whole ends and a whole step")
        return self

    def at(self, share: float) -> float | int:
        """The value at a share 0..1 of the range: uniform shares give values that the range holds equally likely."""
        if self.step:
            last = self._steps()
            return self.clean(self.low + self.step * min(last, math.floor(share * (last + 1))))
        if self.integer:
            low, high = self._edge(self.low - 0.5), self._edge(self.high + 0.5)
            return int(min(self.high, max(self.low, round(self._value(low + share * (high - low))))))
        low, high = self._edge(self.low), self._edge(self.high)
        return min(self.high, max(self.low, self._value(low + share * (high - low))))

    def place(self, value: Any) -> float:
        """Where a value lies, 0 at the low end and 1 at the high one, on the scale of the range; for axes."""
        low, high = self._edge(self.low), self._edge(self.high)
        return (self._edge(float(value)) - low) / (high - low) if high > low else 0.5

    def grid(self) -> tuple[Any, ...]:
        """The values that a grid visits; empty where the range has neither a step nor points, nor whole numbers."""
        if self.step:
            return tuple(self.clean(self.low + self.step * k) for k in range(self._steps() + 1))
        if self.points:
            last = self.points - 1
            low, high = self._edge(self.low), self._edge(self.high)
            inner = [self._value(low + (high - low) * k / last) for k in range(1, last)]
            return tuple(dict.fromkeys(map(self.clean, (self.low, *inner, self.high))))
        if self.integer and not self.log:
            return tuple(range(int(self.low), int(self.high) + 1))
        return ()

    def count(self) -> int | None:
        """How many values there are; None for any number."""
        if self.step:
            return self._steps() + 1
        return int(self.high - self.low) + 1 if self.integer else None

    def holds(self, value: Any) -> bool:
        """Whether a value is one of the range."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return False
        if self.integer and not float(value).is_integer():
            return False
        steps = (value - self.low) / self.step if self.step else 0.0
        return abs(steps - round(steps)) <= _NEAR

    def clean(self, value: float) -> float | int:
        """The number without what rounding added to it."""
        return round(value) if self.integer else float(f"{value:.12g}")

    def _steps(self) -> int:
        assert self.step
        return math.floor((self.high - self.low) / self.step + _NEAR)

    def _edge(self, value: float) -> float:
        return math.log(value) if self.log else value

    def _value(self, edge: float) -> float:
        return math.exp(edge) if self.log else edge


class Choices(_Varied):
    """One of a few values: any that the setting takes, also whole objects such as an optimizer with its fields."""

    choices: tuple[Any, ...] = Field(min_length=1, max_length=1000)

    @field_validator("choices")
    @classmethod
    def _once(cls, choices: tuple[Any, ...]) -> tuple[Any, ...]:
        for index, value in enumerate(choices):
            if any(_same(value, other) for other in choices[:index]):
                raise ValueError(f"the choice {value!r:.40} stands there twice")
        return choices

    def at(self, share: float) -> Any:
        return self.choices[min(len(self.choices) - 1, math.floor(share * len(self.choices)))]

    def index(self, value: Any) -> int:
        """Which choice a value is. Raises ValueError where it is none."""
        for index, choice in enumerate(self.choices):
            if _same(choice, value):
                return index
        raise ValueError(f"{value!r:.60} is none of the choices")

    def place(self, value: Any) -> float:
        return self.index(value) / (len(self.choices) - 1) if len(self.choices) > 1 else 0.5

    def grid(self) -> tuple[Any, ...]:
        return self.choices

    def count(self) -> int | None:
        return len(self.choices)

    def holds(self, value: Any) -> bool:
        return any(_same(choice, value) for choice in self.choices)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 and true differ."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _kind(data: Any) -> str:
    chosen = "choices" in data if isinstance(data, Mapping) else isinstance(data, Choices)
    return "choices" if chosen else "range"


Variable: TypeAlias = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Choices, Tag("choices")], Discriminator(_kind)
]


class Search(Part):
    """What a study tries. Without variables and folds there is nothing to search.

    `strategy` is an id of `core.catalog.strategies.STRATEGIES` and makes `trials` proposals (a grid visits all of its
    points, however many). Each is judged by the validation `metric` of the weights that its training ends with;
    ``auto`` knows whether that is to rise. `pruner` (`PRUNERS`) stops trials that look bad. With `folds` a trial is
    trained once for each part of a cross-validation and judged by the mean, never pruned. `parallel` runs train at
    once. After `timeout` seconds no trial begins.

    With `from_design` the first trial has the values that stand in the design, where the variables hold them (a grid
    has points of its own). `keep` is how many of the best trials keep their weights; 0: all do.
    """

    variables: dict[str, Variable] = Field(default_factory=dict, max_length=100)
    strategy: Pick = Pick(kind="tpe")
    trials: int = Field(30, ge=1, le=100_000)
    metric: str = "loss"
    mode: Literal["auto", "min", "max"] = "auto"
    pruner: Pick = Pick(kind="none")
    folds: int = Field(0, ge=0, le=1000)
    parallel: int = Field(1, ge=1, le=256)
    seed: int = Field(0, ge=0, lt=2**31)
    timeout: float | None = Field(None, gt=0)
    from_design: bool = True
    keep: int = Field(0, ge=0, le=100_000)

    @field_validator("folds")
    @classmethod
    def _more_than_one(cls, folds: int) -> int:
        if folds == 1:
            raise ValueError("expected 0 (the design's split) or 2 folds and more")
        return folds

    @property
    def is_empty(self) -> bool:
        return not self.variables and not self.folds

    def spread(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a trial at every path that takes them (`also`)."""
        also = {path: variable.also for path, variable in self.variables.items()}
        return {place: value for path, value in values.items() for place in (path, *also.get(path, ()))}

    @property
    def direction(self) -> Literal["min", "max"]:
        """Which way is better."""
        from core.catalog.metrics import goal

        return goal(self.metric) if self.mode == "auto" else self.mode
