"""What is measured beside the losses, always over a whole split. `core.training.meters` computes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from core.problem import LayerloomError
from core.spec.option import OptionSpec
from core.spec.params import Int
from core.training.job import Pick

Task: TypeAlias = Literal["classification", "regression"]


@dataclass(frozen=True)
class MetricSpec(OptionSpec):
    """A metric: the task it belongs to, which way is better, and whether it is measured when none was chosen."""

    task: Task = "classification"
    goal: Literal["max", "min"] = "max"
    chosen: bool = True


_SPECS = (
    MetricSpec("accuracy", "Accuracy", "Share of the examples whose class is right.", formula="right / all"),
    MetricSpec(
        "f1",
        "F1 (macro)",
        "Harmonic mean of precision and recall of each class that occurs, averaged over the classes.",
        formula="mean over classes of 2*TP / (2*TP + FP + FN)",
        source="scikit-learn: f1_score(average='macro')",
    ),
    MetricSpec(
        "top_k",
        "Top k accuracy",
        "Share of the examples whose class is among the k best.",
        (Int("k", 5, min=1, doc="How many guesses count."),),
        formula="examples with the right class among the k highest / all",
        chosen=False,
    ),
    MetricSpec("mae", "MAE", "Mean absolute error.", formula="mean(|y - t|)", task="regression", goal="min"),
    MetricSpec(
        "rmse",
        "RMSE",
        "Root of the mean squared error.",
        formula="sqrt(mean((y - t)^2))",
        task="regression",
        goal="min",
    ),
    MetricSpec(
        "r2",
        "R2",
        "Share of the target's variance that is explained; 0 is what its mean would reach. Mean over the columns.",
        formula="1 - sum((t - y)^2) / sum((t - mean(t))^2)",
        source="scikit-learn: r2_score",
        task="regression",
    ),
)

METRICS: Mapping[str, MetricSpec] = {spec.id: spec for spec in _SPECS}


def parse(text: str) -> Pick:
    """A metric as a job names it: ``accuracy``, ``top_k``, or with k written in its place, ``top_3``.

    Raises:
        LayerloomError: there is no such metric.
    """
    if text in METRICS:
        return Pick(kind=text)
    k = text.removeprefix("top_")
    if k != text and k.isdecimal() and 1 <= int(k) <= 10_000:
        return Pick(kind="top_k", params={"k": int(k)})
    known = ", ".join((*METRICS, "top_3"))
    raise LayerloomError(f"There is no metric {text!r:.40}; there are {known}.", code="job", received=text[:60])


def series_name(pick: Pick) -> str:
    """What the metric's series is called: ``top_3`` for the best three."""
    values: dict[str, Any] = METRICS[pick.kind].values(pick.params)
    return f"top_{values['k']}" if "k" in values else pick.kind


def suited(task: Task) -> tuple[str, ...]:
    """The metrics that a job without any gets for a task."""
    return tuple(id for id, spec in METRICS.items() if spec.task == task and spec.chosen)


def goal(metric: str) -> Literal["max", "min"]:
    """Which way is better for a series of validation: ``loss`` and everything unknown is to fall."""
    kind = metric.rpartition("/")[2]
    kind = "top_k" if kind.startswith("top_") else kind
    return METRICS[kind].goal if kind in METRICS else "min"
