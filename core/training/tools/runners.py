"""Who takes part in a race: optimizers, batch sizes, learning rates or schedules, each as a change of the job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import SCHEDULES
from core.problem import LayerloomError
from core.training.job import Job, Pick
from core.training.tools.copying import constant, with_objective

NAMED: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "momentum": ("sgd", "SGD with momentum", {"momentum": 0.9}),
    "nesterov": ("sgd", "SGD, Nesterov", {"momentum": 0.9, "nesterov": True}),
}
USUAL_BATCH = 32
FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)  # of the design's own learning rate


@dataclass(frozen=True)
class Runner:
    """One that takes part: `name` as it was asked for, and what it changes in the job, at the path `path`."""

    name: str
    label: str
    path: str
    value: Any
    job: Job


Enters: TypeAlias = Callable[[str, Job], Runner]


@dataclass(frozen=True)
class Field:
    """A kind of race: how a name `enters` it, who takes part where nobody is named, and what they are called."""

    enters: Enters
    usual: Callable[[Job], str]
    called: str


def runners(vary: str, entries: str, job: Job) -> tuple[Runner, ...]:
    """Those that take part in a race, in the order in which they are named, separated by commas.

    Schedules and warm-up are left out but where they are what varies; so is gathering of gradients.

    Raises:
        LayerloomError: there is no such entry, a rate or size does not fit, or two are the same.
    """
    field = FIELDS[vary]
    plain = with_objective(constant(job, 0), 0, accumulate=1)
    found: dict[str, Runner] = {}
    for name in _names(entries if entries.strip() else field.usual(job)):
        try:
            runner = field.enters(name, plain if vary != "schedules" else _still(plain, job))
        except ValueError as error:
            raise LayerloomError(f"{name}: {error}", code="arguments") from error
        if any(runner.label == known.label for known in found.values()):
            raise LayerloomError(f"{name} is in the race already.", code="arguments")
        found[name] = runner
    if not found:
        raise LayerloomError(f"A race needs {field.called}: {field.usual(job)}, …", code="arguments")
    return tuple(found.values())


def _names(entries: str) -> list[str]:
    return [name for name in (part.strip() for part in entries.split(",")) if name]


def _still(plain: Job, job: Job) -> Job:
    """The job with its own schedule back, so that it can be entered with its own values."""
    return with_objective(plain, 0, schedule=job.objectives[0].schedule)


def _optimizer(entry: str, job: Job) -> Runner:
    own = job.objectives[0].optimizer
    name, colon, rate = (word.strip() for word in entry.partition(":"))
    kind, label, params = NAMED.get(name, (name, "", {}))
    if kind not in OPTIMIZERS:
        known = ", ".join((*NAMED, *OPTIMIZERS))
        raise LayerloomError(f"There is no optimizer {name!r:.40}; there are {known}.", code="arguments")
    params = {**(own.params if name == own.kind else {}), **params}
    params |= {"lr": OPTIMIZERS[kind].param["lr"].parse(rate)} if colon else {}
    lr = OPTIMIZERS[kind].values(params)["lr"]
    pick = Pick(kind=kind, params=params)
    changed = with_objective(job, 0, optimizer=pick)
    value = {"kind": pick.kind, "params": dict(pick.params)}
    return Runner(entry, f"{label or OPTIMIZERS[kind].label}, {lr:g}", "objectives.0.optimizer", value, changed)


def _batch(entry: str, job: Job) -> Runner:
    if entry != "full" and not (entry.isdecimal() and int(entry) >= 1):
        raise ValueError("a batch has 1 or more examples, or is full")
    size = entry if entry == "full" else int(entry)
    changed = job.model_copy(update={"batch_size": size})
    label = {"full": "full batch", 1: "single examples"}.get(size, f"mini-batches of {size}")
    return Runner(entry, label, "batch_size", size, changed)


def _rate(entry: str, job: Job) -> Runner:
    own = job.objectives[0].optimizer
    lr = OPTIMIZERS[own.kind].param["lr"].parse(entry) if own.kind in OPTIMIZERS else float(entry)
    changed = with_objective(job, 0, optimizer=Pick(kind=own.kind, params={**own.params, "lr": lr}))
    return Runner(entry, f"rate {lr:g}", "objectives.0.optimizer.params.lr", lr, changed)


def _schedule(entry: str, job: Job) -> Runner:
    own = job.objectives[0].schedule
    if entry not in SCHEDULES:
        raise LayerloomError(
            f"There is no schedule {entry!r:.40}; there are {', '.join(_raceable())}.", code="arguments"
        )
    if SCHEDULES[entry].follows:
        raise ValueError("it listens to validation after whole epochs, which a race does not have")
    pick = own if entry == own.kind else Pick(kind=entry)
    value = {"kind": pick.kind, "params": dict(pick.params)}
    changed = with_objective(job, 0, schedule=pick)
    return Runner(entry, SCHEDULES[entry].label, "objectives.0.schedule", value, changed)


def _raceable() -> Iterator[str]:
    return (id for id, spec in SCHEDULES.items() if not spec.follows)


def _usual_batches(job: Job) -> str:
    own = job.batch_size
    return f"full, {USUAL_BATCH if own in ('full', 1) else own}, 1"


def _usual_rates(job: Job) -> str:
    own = job.objectives[0].optimizer
    lr = OPTIMIZERS[own.kind].values(own.params)["lr"] if own.kind in OPTIMIZERS else 0.01
    return ", ".join(f"{factor * lr:.3g}" for factor in FACTORS)


FIELDS: Mapping[str, Field] = {
    "optimizers": Field(_optimizer, lambda _job: "sgd, momentum, rmsprop, adam", "optimizers"),
    "batches": Field(_batch, _usual_batches, "batch sizes"),
    "rates": Field(_rate, _usual_rates, "learning rates"),
    "schedules": Field(_schedule, lambda _job: "constant, cosine, warm_restarts, one_cycle", "schedules"),
}
