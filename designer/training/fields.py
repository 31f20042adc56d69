"""The fields of a training job as the forms show them; names are paths in `core.training.job.Job`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.catalog.balancing import BALANCES
from core.spec.params import Bool, Choice, Float, Int, Param, Several, Text
from designer.language import marked


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
    Choice(
        "precision", "float32", ("float32", "bf16", "fp16"), advanced=True,
        labels={"float32": "float32", "bf16": "bf16 (mixed)", "fp16": "fp16 (mixed, scaled)"},
        doc="Products in half precision: less memory, faster on a GPU. Weights stay in float32; fp16 is for CUDA.",
    ),
    Bool("compile", False, advanced=True,
         doc="Compile the step with torch.compile; how long that took and what it bought is told when the run begins."),
    Int("processes", 1, min=1, max=1024, advanced=True,
        doc="Processes on this machine that share each batch (DistributedDataParallel): one for each GPU."),
    Choice(
        "sharding", "none", ("none", "full"), advanced=True,
        labels={"none": "no", "full": "weights too (fully_shard)"},
        doc="With several processes, share the weights out too: each holds a part, and what a layer needs is gathered "
        "while it is computed. For networks that do not fit on one GPU; slower.",
    ),
    Float(
        "checkpoint_seconds", 30.0, min=0.0, above=True, label="save every (s)", advanced=True,
        doc="Seconds between checkpoints. A killed run goes on from the last one.",
    ),
    Several(
        "logs", (), ("tensorboard", "mlflow", "wandb"), advanced=True, label="logs for",
        labels={"tensorboard": "TensorBoard", "mlflow": "MLflow", "wandb": "W&&B"},
        doc="Also write what the run says for other tools: TensorBoard event files in the folder of the run, an MLflow "
        "store in mlruns beside it, Weights & Biases offline. Nothing is sent anywhere.",
    ),
    Bool("monitor", True, advanced=True, doc="Measure gradients and draw live pictures (at most 2 % of the time)."),
)  # fmt: skip

BALANCE = (
    Choice(
        "balance", "none", tuple(BALANCES), label="balance classes",
        labels={id: way.label for id, way in BALANCES.items()},
        doc="Lets rare classes count as much as others. Examples are drawn, repeated, left out or made for training "
        "alone: validation and test stay as they are. The Data panel shows what becomes of each class.",
    ),
)  # fmt: skip

AVERAGE = (
    Float("average", None, min=0.0, max=1.0, above=True, optional=True, label="average of weights",
          doc="Decay of a moving average of the weights, such as 0.999: a = decay * a + (1 - decay) * w."),
    Bool("average_shown", True, label="use the average", advanced=True,
         doc="Validate and export the average; otherwise the weights as they are."),
)  # fmt: skip

PENALTIES = (
    Float("l1", 0.0, min=0.0, label="L1", doc="Adds l1 * sum |w| to the loss, over weights (no biases)."),
    Float("l2", 0.0, min=0.0, label="L2",
          doc="Adds l2 * sum w^2 to the loss. With L1 it is the elastic net. SGD's weight decay d is l2 = d / 2."),
    Bool("l1_shrinks", False, label="L1 to exact zeros", advanced=True,
         doc="Take L1 as a shrinking of each weight after the step that stops at zero (proximal gradient)."),
)  # fmt: skip

STEPPING = (
    Int("accumulate", 1, min=1, label="batches a step", advanced=True,
        doc="Gradients of so many batches are averaged for one step: a large batch in little memory."),
)  # fmt: skip

# name -> path in the job, title, help of the lists of nodes
NODES = {
    "recompute": (
        "recompute", marked("compute again"),
        marked("Nodes or blocks that keep nothing for the way back and are computed again: less memory, more time."),
    ),
    "rates": (
        "objectives.0.rates", marked("rates of nodes"),
        marked("Multipliers of the learning rate for single nodes or whole blocks; 0 lets them stand still."),
    ),
    "penalised": (
        "objectives.0.penalised", marked("penalise only"),
        marked("Nodes whose weights L1 and L2 count; with none named, all that is trained."),
    ),
}  # fmt: skip
RATE = Float("rate", 1.0, min=0.0, doc="What the learning rate is multiplied by for the weights of this node.")

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

RISE = (
    Int("length", 0, min=0, label="rises for",
        doc="The weight first rises in a straight line for so long; 0: not at all."),
    Choice("unit", "step", ("step", "epoch"), labels={"step": "steps", "epoch": "epochs"}, label="counted in",
           doc="What the length of the rise counts; the weight rises step by step in either."),
    Float("start_factor", 0.0, min=0.0, max=1.0, advanced=True, label="first share",
          doc="Share of the weight at which the rise starts."),
)  # fmt: skip

_IF_ENABLED = ("enabled", (True,))
STOPPING = (
    Bool("enabled", False, label="stop early", doc="End when validation has stopped getting better."),
    Text("metric", "loss", when=_IF_ENABLED,
         doc="The validation series that is watched: loss, one loss by name, or a metric (accuracy, top_3, rmse)."),
    Choice("mode", "auto", ("auto", "min", "max"), when=_IF_ENABLED, advanced=True, label="better is",
           labels={"auto": "as the metric says", "min": "less", "max": "more"}, doc="Which way the series is to go."),
    Int("patience", 10, min=1, when=_IF_ENABLED, doc="Epochs without a better value that are waited."),
    Float("min_delta", 0.0, min=0.0, label="smallest gain", when=_IF_ENABLED, doc="Less than this is not better."),
    Bool("restore_best", True, label="restore the best", when=_IF_ENABLED, doc="End with the best epoch's weights."),
)  # fmt: skip
