"""Does the exported file compute what PyTorch computes? ONNX Runtime against the built module, several batch sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from core.problem import LayerloomError
from core.program.module import named_errors
from core.program.program import Program, Value
from exporters.baking import Activation, bake
from exporters.formats import Weights
from exporters.onnx import shape_of
from exporters.weights import module_with

Array: TypeAlias = NDArray[Any]
BATCHES = (1, 2, 7, 32)
HOLES = 0.2  # share of the numbers that are missing, where some may be
TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Row:
    """One output at one batch size.

    `max_abs` is the largest |a - b| over all elements, a from the file and b from PyTorch; `max_rel` is that divided by
    the largest |b| of the output: not element by element, where a zero would make any difference infinite. Both are
    infinite where one side is not finite and the other side is, or the shapes differ.
    """

    output: str
    batch: int
    max_abs: float
    max_rel: float


@dataclass(frozen=True, slots=True)
class Certificate:
    """The verdict, and what it rests on."""

    rows: tuple[Row, ...]
    tolerance: float
    seed: int
    torch: str
    runtime: str

    @property
    def passed(self) -> bool:
        """Whether every row's relative difference is within the tolerance."""
        return bool(self.rows) and all(row.max_rel <= self.tolerance for row in self.rows)

    @property
    def worst(self) -> Row:
        """The row with the largest relative difference. Raises ValueError where there is none."""
        return max(self.rows, key=lambda row: row.max_rel)

    def to_json(self) -> dict[str, Any]:
        return {"passed": self.passed, **asdict(self), "rows": [asdict(row) for row in self.rows]}


def compare(
    program: Program,
    weights: Weights,
    path: str | Path,
    *,
    preprocessing: Mapping[str, Any] | None = None,
    activations: Mapping[str, Activation] | None = None,
    examples: Mapping[str, Array] | None = None,
    batches: Sequence[int] = BATCHES,
    tolerance: float = TOLERANCE,
    seed: int = 0,
) -> Certificate:
    """Feed both the same random inputs, in evaluation mode on the CPU, and measure how far they are apart.

    Inputs are drawn between the smallest and largest value of each element in `examples` (by input name: some real
    ones, as the file gets them), and every fifth is NaN where these have NaN; without examples they are standard
    normal, 0 or 1 for whole numbers and truths.
    The other options must be those of the export.

    Raises:
        LayerloomError: the file cannot be opened or run, or the weights or the examples do not fit the program.
    """
    module = bake(program, module_with(program, weights), preprocessing, activations)
    session = open_session(Path(path))
    chance = np.random.default_rng(seed)
    rows: list[Row] = []
    for batch in batches:
        inputs = {v.name: _draw(v, batch, chance, (examples or {}).get(v.name)) for v in program.inputs}
        expected = _run(module, list(inputs.values()))
        made = infer(session, inputs, path)
        for output, ours, theirs in zip(program.outputs, made, expected, strict=True):
            rows.append(Row(output.name, batch, *difference(ours, theirs)))
    return Certificate(tuple(rows), tolerance, seed, torch.__version__, onnxruntime.__version__)


def difference(made: Array, wanted: Array) -> tuple[float, float]:
    """The largest absolute difference, and the same relative to the largest wanted value (see `Row`)."""
    if made.shape != wanted.shape:
        return float("inf"), float("inf")
    a, b = made.astype(np.float64), wanted.astype(np.float64)
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True) or not np.isfinite(a[finite]).all():
        return float("inf"), float("inf")
    largest = float(np.abs(a[finite] - b[finite]).max(initial=0.0))
    scale = float(np.abs(b[finite]).max(initial=0.0))
    return largest, largest / scale if scale else (float("inf") if largest else 0.0)


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """The file, open in ONNX Runtime on one thread of the CPU. Raises LayerloomError where it cannot be opened."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    if not path.is_file():
        raise LayerloomError(f"There is no file {path} to compare.", code="missing")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises classes of its own without a common base
        message = f"ONNX Runtime cannot open {path}: it is damaged or uses what this runtime lacks."
        raise LayerloomError(message, code="verify", detail=str(error)) from error


def infer(session: onnxruntime.InferenceSession, inputs: Mapping[str, Array], path: str | Path) -> list[Array]:
    """Every output for these inputs. Raises LayerloomError where the runtime refuses."""
    wanted = [i.name for i in session.get_inputs()]
    if not set(wanted) <= inputs.keys() and len(wanted) == len(inputs):  # names of another tool: by their order
        inputs = dict(zip(wanted, inputs.values(), strict=True))
    try:
        made: list[Array] = session.run(None, {name: inputs[name] for name in wanted if name in inputs})
    except Exception as error:  # as above
        batch = len(next(iter(inputs.values())))
        message = f"ONNX Runtime cannot run {path} on a batch of {batch}."
        raise LayerloomError(message, code="verify", detail=str(error)) from error
    return made


def _run(module: nn.Module, inputs: Sequence[Array]) -> list[Array]:
    with torch.inference_mode(), named_errors():
        result = module(*(torch.from_numpy(values) for values in inputs))
    return [y.numpy() for y in (result if isinstance(result, tuple) else (result,))]


def _draw(value: Value, batch: int, chance: np.random.Generator, examples: Array | None) -> Array:
    shape = shape_of(value, {"B": batch})
    if examples is not None:
        low, high = np.nanmin(examples, axis=0), np.nanmax(examples, axis=0)
    else:
        low, high = np.zeros(shape[1:]), np.ones(shape[1:])
    if value.type.dtype == "float":
        normal = examples is None
        drawn = chance.standard_normal(shape) if normal else chance.uniform(low, high, shape)
        if examples is not None:
            drawn[np.isnan(examples).any(axis=0) & (chance.random(shape) < HOLES)] = np.nan
        return drawn.astype(np.float32)
    whole = chance.integers(low.astype(np.int64), high.astype(np.int64), shape, endpoint=True)
    return whole.astype(np.int64 if value.type.dtype == "int" else np.bool_)
