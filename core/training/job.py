"""A training job, as plain data: what the design file holds under ``job`` and what a run folder starts from.

Every field has a default, so an empty job is a valid one. Values come from strangers' files: each is checked here, and
a pydantic ValidationError is turned into a sentence by `read_job`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from core.data.signature import DataSignature
from core.problem import LayerloomError
from core.training.pick import Part as _Part
from core.training.pick import Pick as Pick
from core.training.search import Search


class Transform(_Part):
    """A preparation of one field, fitted on the training part only: kind is an id of `core.catalog.transforms`."""

    kind: str
    field: str
    params: dict[str, Any] = Field(default_factory=dict)


class Split(_Part):
    """Shares of the examples; what is left after validation and test trains.

    With `apart`, a held-out example that equals a training one (whatever its answer) goes to training, where it has
    been seen already. Where the `order` of the examples is ``kept``, the last are the test and those before them the
    validation: nothing trains on what comes after. With `folds` the examples that are not the test are divided in so
    many, of which the one at `fold` validates.
    """

    validation: float = Field(0.15, ge=0, lt=1)
    test: float = Field(0.15, ge=0, lt=1)
    stratify: bool = True
    apart: bool = False
    order: Literal["drawn", "kept"] = "drawn"
    folds: Annotated[int, Field(ge=0, le=1000)] = 0
    fold: int = Field(0, ge=0)
    seed: int = Field(0, ge=0)


class DataJob(_Part):
    source: Pick = Pick(kind="none")
    signature: DataSignature = DataSignature()
    transforms: tuple[Transform, ...] = ()
    split: Split = Split()


class Warmup(_Part):
    """A straight rise of the learning rate in front of any schedule; a `length` of 0 is none.

    It goes from `start_factor` of what the schedule begins with to all of it, step by step.
    """

    length: int = Field(0, ge=0)
    unit: Literal["step", "epoch"] = "step"
    start_factor: float = Field(0.01, ge=0, le=1)


class Rise(Warmup):
    """A warm-up that begins at nothing."""

    start_factor: float = Field(0.0, ge=0, le=1)


class LossSchedule(Pick):
    """How the weight of a loss moves: a schedule of `core.catalog.schedules` with the weight for the learning rate, and
    a rise in front of it (annealing)."""

    kind: str = "constant"
    warmup: Rise = Rise()


class Objective(_Part):
    """What one optimizer does.

    `losses` maps loss names to weights (empty: every loss node, with its own weight); `loss_schedules` lets the weights
    of some move while training. `trains` lists node paths (empty:
    everything that is not frozen). `every` n-th batch it steps; `split` is the part of the data that it steps on.
    `accumulate` batches are gathered for each step, and their gradients averaged. `rates` multiplies the learning rate
    of single nodes. `l1` and `l2` add ``l1 * sum |w| + l2 * sum w^2`` over the weights (no biases) of the nodes in
    `penalised` (empty: of all that it trains); `l1_shrinks` takes L1 as a step towards zero that stops there.
    """

    name: str = "objective"
    losses: dict[str, float] = Field(default_factory=dict)
    loss_schedules: dict[str, LossSchedule] = Field(default_factory=dict)
    trains: tuple[str, ...] = ()
    optimizer: Pick = Pick(kind="adam")
    schedule: Pick = Pick(kind="constant")
    warmup: Warmup = Warmup()
    clip_norm: float | None = Field(None, gt=0)
    clip_value: float | None = Field(None, gt=0)
    l1: float = Field(0.0, ge=0)
    l2: float = Field(0.0, ge=0)
    l1_shrinks: bool = False
    penalised: tuple[str, ...] = ()
    rates: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(default_factory=dict)
    accumulate: int = Field(1, ge=1)
    every: int = Field(1, ge=1)
    split: Literal["train", "validation"] = "train"


class Stopping(_Part):
    """Early stopping on a validation series such as ``loss`` or ``accuracy``.

    With the mode ``auto`` the metric says which way is better; a loss is to fall.
    """

    enabled: bool = False
    metric: str = "loss"
    mode: Literal["auto", "min", "max"] = "auto"
    patience: int = Field(10, ge=1)
    min_delta: float = Field(0.0, ge=0)
    restore_best: bool = True


def _batch_size(value: Any) -> Any:
    if value == "full" or (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
        return value
    raise ValueError("expected a whole number of 1 or more, or full")


class Job(_Part):
    """All that a run needs beside the design.

    `balance` makes rare classes count as much as others: one of `core.catalog.balancing.BALANCES`. `average` is the
    decay of a moving average of the weights, which is what is validated and exported where `average_shown`.
    `recompute` lists nodes that keep nothing for the way back. `logs` are written for other tools as it runs
    (`core.training.logs`). `processes` on each machine share every batch (`core.training.distributed`); with the
    `sharding` ``full`` they share the weights out too. `search` is what a study of this job varies; a run takes no
    notice of it.
    """

    data: DataJob = DataJob()
    objectives: tuple[Objective, ...] = Field((Objective(),), min_length=1)
    epochs: int = Field(20, ge=1, le=1_000_000)
    batch_size: Annotated[int | Literal["full"], BeforeValidator(_batch_size)] = 32
    seed: int = Field(0, ge=0, lt=2**31)
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    threads: int = Field(0, ge=0, le=256)  # 0: chosen by a short measured trial
    precision: Literal["float32", "bf16", "fp16"] = "float32"
    compile: bool = False
    processes: int = Field(1, ge=1, le=1024)
    sharding: Literal["none", "full"] = "none"
    recompute: tuple[str, ...] = ()
    balance: Literal["none", "weights", "sampling", "oversample", "undersample", "smote"] = "none"
    average: float | None = Field(None, gt=0, lt=1)
    average_shown: bool = True
    metrics: tuple[str, ...] = ()  # empty: those that suit the task
    stopping: Stopping = Stopping()
    logs: tuple[Literal["tensorboard", "mlflow", "wandb"], ...] = ()
    checkpoint_seconds: float = Field(30.0, gt=0)
    monitor: bool = True
    search: Search = Search()


def read_job(data: Mapping[str, Any]) -> Job:
    """The job in plain data. Raises LayerloomError naming the field, the value and what it must be."""
    try:
        return Job.model_validate(dict(data))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "job"
        if first["type"] == "extra_forbidden":
            raise LayerloomError(f"Training job: there is no field {where}.", code="job", received=where) from error
        wrong = first["msg"].removeprefix("Value error, ").rstrip(".")
        message = f"Training job: {where}: {wrong}; received {first['input']!r:.60}."
        raise LayerloomError(message, code="job") from error
