"""The fields of a search as its form shows them; names are those of `core.training.search.Search`."""

from __future__ import annotations

from core.catalog.metrics import METRICS
from core.spec.params import Bool, Choice, Float, Int, Text

METRIC_NAMES = ("loss", *METRICS)

GOAL = (
    Text("metric", "loss",
         doc="What decides: the validation loss, one loss by its name, or a metric (accuracy, rmse)."),
    Int("trials", 30, min=1, max=100_000, doc="How many settings are tried; a grid tries all of its points."),
)  # fmt: skip

MANNER = (
    Int("folds", 0, min=0, max=1000,
        doc="Train each trial once for every part of a cross-validation and judge it by the mean; 0: the design's own "
        "split."),
    Bool("from_design", True, label="begin with the design",
         doc="The first trial has the values that stand in the design: what the others have to beat. A grid has points "
         "of its own."),
    Int("parallel", 1, min=1, max=256, label="at once", doc="How many trainings run at the same time."),
    Choice("mode", "auto", ("auto", "min", "max"), advanced=True, label="better is",
           labels={"auto": "as the metric says", "min": "less", "max": "more"}, doc="Which way the metric is to go."),
    Int("seed", 0, min=0, max=2**31 - 1, advanced=True, doc="Of the proposals: the same seed, the same search."),
    Float("timeout", None, min=0.0, above=True, optional=True, advanced=True, label="seconds at most",
          doc="After so many seconds no further trial begins."),
    Int("keep", 0, min=0, max=100_000, advanced=True, label="keep weights of",
        doc="How many of the best trials keep their weights; 0: all do. Results and curves of all stay."),
)  # fmt: skip
