"""The learning curve of a design: how well it does with few examples, with more, and what still more would bring.

Perlich, Provost and Simonoff, Tree Induction vs. Logistic Regression: A Learning-Curve Analysis, JMLR 2003; the figures
are those of ``sklearn.model_selection.learning_curve`` with one split.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.data.batches import Batches
from core.data.dataset import Array
from core.data.prepare import Prepared
from core.problem import LayerloomError
from core.training.job import Job
from core.training.loop import train
from core.training.protocol import EpochEnded, Finished
from core.training.run import Run
from core.training.tools.copying import Told, undisturbed, unheard
from core.training.tools.learned import LearningCurve, Reached, judged


def learning_curve(
    run: Run, *, smallest: float = 0.1, points: int = 6, repeats: int = 3, equal: str = "steps",
    epochs: int | None = None, told: Told = unheard,
) -> LearningCurve:  # fmt: skip
    """Train copies on growing parts of the training examples, each part holding the smaller ones.

    Args:
        smallest, points: shares of the training part from `smallest` to 1, at equal ratios.
        repeats: draws of the parts, each with weights of its own; the first takes the job's seed.
        equal: ``steps``: all take as many as the whole part does in the job's epochs; ``epochs``: as many epochs.
        epochs: in place of the job's.

    Parts have the classes in proportion, and at least one example of each; where the data keeps its order, they are the
    last examples. Schedules, early stopping, penalties are the job's. Transforms stay those that were fitted on the
    whole training part, so that losses can be compared.

    Raises:
        LayerloomError: there is no validation part, too few examples, or no copy could be trained at some size.
    """
    _check(run)
    whole, fewest = run.prepared.examples["train"], len(np.unique(_labels(run.prepared)))
    job = run.job.model_copy(
        update={"epochs": epochs or run.job.epochs, "compile": False, "monitor": False, "logs": ()}
    )
    sizes = _sizes(whole, smallest, points, max(2, fewest))
    work = sum(repeats * _steps(job, run, size, equal) for size in sizes)
    done = 0
    rows: dict[int, list[Reached | None]] = {size: [] for size in sizes}
    for repeat in range(repeats):
        order = nested(run, repeat)
        for size in sizes:
            own = _job(job, run, size, equal).model_copy(update={"seed": job.seed + repeat})
            steps = _steps(job, run, size, equal)
            rows[size].append(_trained(run, own, order[:size], lambda s, d=done, n=steps: told((d + s * n) / work)))  # type: ignore[misc]
            done += steps
    told(1.0)
    metric = _metric(run)
    return judged(rows, metric, _ignorant(run, metric))


def nested(run: Run, seed: int) -> Array:
    """The training examples in an order of which every beginning has the classes in proportion, to within one example.

    The first of each class come first; where the data keeps its order, the last examples do.
    """
    count = run.prepared.examples["train"]
    if run.job.data.split.order == "kept":
        return np.arange(count)[::-1]
    draw = np.random.default_rng(seed)
    labels = _labels(run.prepared)
    place = np.empty(count)
    for label in np.unique(labels):
        rows = draw.permutation(np.flatnonzero(labels == label))
        shares = (np.arange(len(rows)) + 0.5) / len(rows)
        shares[0] = 0.0
        place[rows] = shares
    order: Array = np.lexsort((draw.random(count), place))
    return order


def _labels(prepared: Prepared) -> Array:
    """The class of each training example, or 0 for all."""
    for name, task in prepared.tasks.items():
        values = np.asarray(prepared.splits["train"][name])
        if task.kind != "regression":
            flat = (values.argmax(-1) if task.encoding == "one_hot" else values).reshape(len(values), -1)
            if flat.shape[1] == 1:
                return flat[:, 0].astype(np.int64)
    return np.zeros(prepared.examples["train"], np.int64)


def _check(run: Run) -> None:
    if not run.prepared.examples["validation"]:
        raise LayerloomError(
            "A learning curve is judged on the validation part, but the split leaves it no examples; give it a share.",
            code="job",
        )
    if run.prepared.examples["train"] < 8:
        raise LayerloomError(
            f"The training part has {run.prepared.examples['train']} examples; a learning curve needs 8 or more.",
            code="job",
        )


def _sizes(whole: int, smallest: float, points: int, fewest: int) -> list[int]:
    found = [max(fewest, round(whole * smallest ** (1 - k / (points - 1)))) for k in range(points)]
    return sorted(set(found))


def _per_epoch(job: Job, size: int) -> int:
    return len(Batches({"row": np.empty(size)}, job.batch_size))


def _job(job: Job, run: Run, size: int, equal: str) -> Job:
    """The job for a part: as many steps as the whole part takes, or as many epochs."""
    if equal == "epochs":
        return job
    steps = job.epochs * run.steps_per_epoch
    return job.model_copy(update={"epochs": max(1, round(steps / _per_epoch(job, size)))})


def _steps(job: Job, run: Run, size: int, equal: str) -> int:
    return _job(job, run, size, equal).epochs * _per_epoch(job, size)


def _trained(run: Run, job: Job, rows: Array, told: Told) -> Reached | None:
    """What a copy that saw these examples alone reached, by part; None where its loss broke."""
    rows = np.sort(rows)
    prepared = run.prepared
    part = replace(
        prepared,
        splits={**prepared.splits, "train": {name: array[rows] for name, array in prepared.splits["train"].items()}},
        indices={**prepared.indices, "train": prepared.indices["train"][rows]},
    )
    try:
        with undisturbed():
            for event in train(Run(run.program, job, part, run.choices)):
                if isinstance(event, EpochEnded):
                    told(event.epoch / job.epochs)
                elif isinstance(event, Finished):
                    return event.metrics
    except LayerloomError as error:
        if error.problem.code != "diverged":
            raise
    return None


def _metric(run: Run) -> str:
    """What is judged: accuracy or r2, else the first metric, else the loss."""
    kinds = {name.rpartition("/")[2]: name for name in reversed(run.metrics)}
    return kinds.get("accuracy") or kinds.get("r2") or next(iter(run.metrics), "loss")


def _ignorant(run: Run, metric: str) -> float | None:
    """The error of the best answer that ignores the input, where that is known."""
    kind = metric.rpartition("/")[2]
    if kind == "accuracy":
        counts = np.bincount(_labels(run.prepared))
        return 1.0 - float(counts.max() / counts.sum()) if len(counts) > 1 else None
    return 1.0 if kind == "r2" else None
