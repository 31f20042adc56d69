"""One trial of a study, as it is told and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

TrialState: TypeAlias = Literal["waiting", "running", "finished", "pruned", "failed"]
ENDED: frozenset[str] = frozenset({"finished", "pruned", "failed"})
Curve: TypeAlias = tuple[tuple[int, float], ...]  # epoch and value


@dataclass(frozen=True, slots=True)
class Trial:
    """The values that were tried, and what came of them.

    Attributes:
        number: counted from 0, in the order in which trials were proposed.
        values: by path; what `Variable` gives.
        result: the validation metric of the weights that training ended with (the mean over the folds); of a pruned
            trial the best value that it had reached; None before the end and where it failed.
        deviation: the standard deviation over the folds; None without folds.
        metrics: all final metrics by part (means over the folds).
        curves: the validation metric after each epoch, one curve for each run (fold).
        parameters: how many the network has; None before it was built.
        runs: the run folders, as far as they have begun.
        message: why it failed or was pruned.
        is_design: whether the values are those that stood in the design.
    """

    number: int
    values: Mapping[str, Any]
    state: TrialState = "waiting"
    result: float | None = None
    deviation: float | None = None
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    runs: tuple[Path, ...] = ()
    parameters: int | None = None
    seconds: float = 0.0
    message: str = ""
    is_design: bool = False

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def curve(self) -> Curve:
        """That of the first run; empty before its first epoch."""
        return self.curves[0] if self.curves else ()

    def to_json(self) -> dict[str, Any]:
        """All of it but the curves."""
        told = asdict(replace(self, curves=(), runs=()))
        del told["curves"]
        return {**told, "runs": [str(run) for run in self.runs]}
