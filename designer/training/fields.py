"""The fields of a training job as the forms show them; names are paths in `core.training.job.Job`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.spec.params import Bool, Choice, Float, Int, Param


@dataclass(frozen=True)
class BatchSize(Param):
    """A number of examples, or the word ``full``."""

    name: str
    default: int | str = 32
    kind: ClassVar[str] = "batch_size"

    @property
    def expects(self) -> str:
        return "a whole number of 1 or more, or full"

    def _check(self, value: Any) -> int | str:
        if value == "full" or (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
            return value  # type: ignore[no-any-return]
        self._refuse(value)
        raise AssertionError

    def _parse(self, text: str) -> Any:
        return int(text) if text.isdecimal() else text.lower()


@dataclass(frozen=True)
class Names(Param):
    """Names separated by commas."""

    name: str
    default: tuple[str, ...] = ()
    kind: ClassVar[str] = "names"

    @property
    def expects(self) -> str:
        return "names separated by commas, or nothing for what suits the task"

    def _check(self, value: Any) -> tuple[str, ...]:
        if isinstance(value, str) or not all(isinstance(part, str) for part in value):
            self._refuse(value)
        return tuple(value)

    def _parse(self, text: str) -> Any:
        return tuple(part for part in text.replace(",", " ").split() if part)

    def format(self, value: Any) -> str:
        return ", ".join(value or ())


RUN = (
    Int("epochs", 20, min=1, max=1_000_000, doc="How often the whole training part is gone through."),
    BatchSize("batch_size", 32, doc="Examples that make one step: 1 is single-example, full is gradient descent."),
    Int("seed", 0, min=0, max=2**31 - 1, doc="Starts the weights, the order of examples and every mask."),
    Choice(
        "device",
        "auto",
        ("auto", "cpu", "cuda", "mps"),
        labels={"auto": "best there is", "cpu": "CPU", "cuda": "NVIDIA GPU", "mps": "Apple GPU"},
        doc="Where the network is trained.",
    ),
    Names("metrics", (), doc="What is measured beside the losses: accuracy, f1, top_3, mae, rmse, r2."),
    Int("threads", 0, min=0, max=256, advanced=True, doc="Threads of the CPU; 0: chosen by a short measured trial."),
    Float(
        "checkpoint_seconds", 30.0, min=0.0, above=True, label="save every (s)", advanced=True,
        doc="Seconds between checkpoints. A killed run goes on from the last one.",
    ),
    Bool("monitor", True, advanced=True, doc="Measure gradients and draw live pictures (at most 2 % of the time)."),
)  # fmt: skip

CLIPPING = (
    Float("clip_norm", None, min=0.0, above=True, optional=True, label="clip norm",
          doc="Scales the gradient down to this norm where it is larger."),
    Float("clip_value", None, min=0.0, above=True, optional=True, label="clip value",
          doc="Cuts each component of the gradient to this size."),
)  # fmt: skip

WARMUP = (
    Int("length", 0, min=0, label="warm-up", doc="The rate first rises in a straight line for so long; 0: not at all."),
    Choice("unit", "step", ("step", "epoch"), labels={"step": "steps", "epoch": "epochs"}, advanced=True,
           label="counted in", doc="What the length of the warm-up counts; the rate rises step by step in either."),
    Float("start_factor", 0.01, min=0.0, max=1.0, advanced=True, label="first share",
          doc="Share of the learning rate at which the warm-up starts."),
)  # fmt: skip

_IF_ENABLED = ("enabled", (True,))
STOPPING = (
    Bool("enabled", False, label="stop early", doc="End when validation has stopped getting better."),
    Choice(
        "metric", "loss", ("loss", "accuracy", "f1", "mae", "rmse", "r2"), when=_IF_ENABLED,
        doc="The validation series that is watched.",
    ),
    Int("patience", 10, min=1, when=_IF_ENABLED, doc="Epochs without a better value that are waited."),
    Float("min_delta", 0.0, min=0.0, label="smallest gain", when=_IF_ENABLED, doc="Less than this is not better."),
    Bool("restore_best", True, label="restore the best", when=_IF_ENABLED, doc="End with the best epoch's weights."),
)  # fmt: skip
