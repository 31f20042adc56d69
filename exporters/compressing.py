"""One run in every precision: size, latency, memory, differences and metrics side by side, measured in one go."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import nn

from core.analysis.examining.thinning import costs, quantised
from core.analysis.subject import Subject
from core.problem import LayerloomError
from core.program.module import named_errors
from core.training.tools.copying import Told, undisturbed, unheard
from exporters.judging import Array, Judge, Judgement, feeds
from exporters.onnx import onnx_model, write_model
from exporters.opening import memory
from exporters.precisions import PRECISIONS, WHOLE, Precision
from exporters.reduction import left_whole, reduced
from exporters.verify import open_session
from exporters.weights import module_with

BATCHES = (1, 32)
PYTORCH = "pytorch"
SECONDS, ROUNDS, FEWEST = 4.0, 400, 10  # of timing at each batch size: for how long, and between how many rounds
_MADE, _TIMED = 0.35, 0.75  # shares of the work after the files are written, and after they are timed

Feed = Mapping[str, Array]


@dataclass(frozen=True)
class Entry:
    """One precision; those that cannot be made have a `problem` and nothing else.

    Attributes:
        bytes: of the file; of PyTorch, of its weights.
        latency: milliseconds of a call on one thread, by the batch size: ``p50`` and ``p95``.
        memory: bytes that a process of its own grows by when it opens the file and runs 32 examples; None for PyTorch.
        max_abs: the largest difference from PyTorch on real examples; max_rel: that relative to the largest answer.
        same: the share of answers that stay the same; None where they are numbers.
        values: the metrics.
        kept: the nodes whose weights stayed float32.
    """

    id: str
    label: str
    bytes: int = 0
    latency: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    memory: int | None = None
    max_abs: float = 0.0
    max_rel: float = 0.0
    same: float | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    passed: bool = True
    problem: str = ""


def compress(
    subject: Subject, *, part: str = "test", examples: int = 2000, cost: float = 0.01, calibrate: int = 256,
    method: str = "minmax", per_channel: bool = True, told: Told = unheard,
) -> dict[str, Any]:  # fmt: skip
    """Write the run in every precision and measure them all, in turns, so that none is favoured by a quiet moment.

    Args:
        part, examples: what the answers are compared on.
        cost: what the first metric may lose (`core.analysis.examining.thinning.costs`) in what is chosen.
        calibrate, method, per_channel: of the precisions that have such settings.

    Returns plain JSON: ``entries`` (`Entry`, PyTorch first), ``metric`` (the first one, or empty), ``chosen`` (the id
    of the smallest file that passes and costs no more than allowed), ``settings`` by precision, ``examples``, ``part``,
    and ``bits`` (`core.analysis.examining.thinning.Thinned`).

    Raises:
        LayerloomError: the network cannot be exported, or the part is empty.
    """
    asked = {"calibrate": calibrate, "method": method, "per_channel": per_channel}
    settings = {
        precision.id: {name: value for name, value in asked.items() if name in precision.param}
        for precision in PRECISIONS.values()
    }
    module = module_with(subject.program, subject.weights)
    judge = Judge(subject, subject.program, module, subject.part(part, examples))
    with TemporaryDirectory(prefix="layerloom-") as folder, undisturbed():
        torch.set_num_threads(1)
        files, problems = _files(subject, Path(folder), settings, lambda s: told(_MADE * s))
        times = _timed(subject, module, files, lambda s: told(_MADE + (_TIMED - _MADE) * s))
        entries = [_pytorch(subject, judge, times[PYTORCH])]
        for precision in PRECISIONS.values():
            path = files.get(precision.id)
            if path is None:
                entries.append(Entry(precision.id, precision.label, passed=False, problem=problems[precision.id]))
            else:
                entries.append(_entry(precision, path, judge.judge(path), times[precision.id]))
    bits = quantised(
        subject, part=part, per_channel=per_channel, cost=cost, examples=examples,
        told=lambda s: told(_TIMED + (1 - _TIMED) * s),
    )  # fmt: skip
    metric = next(iter(judge.before), "")
    return {
        "entries": [asdict(entry) for entry in entries],
        "metric": metric,
        "chosen": _chosen(entries, metric, cost),
        "settings": settings,
        "examples": len(judge.part),
        "part": part,
        "bits": bits.to_json(),
    }


def _files(
    subject: Subject, folder: Path, settings: Mapping[str, Mapping[str, Any]], told: Told
) -> tuple[dict[str, Path], dict[str, str]]:
    """The file of each precision, and why some have none."""
    model = onnx_model(subject.program, subject.weights)
    examples = feeds(subject, subject.program, subject.part("train", settings["int8"]["calibrate"]))
    files, problems = dict[str, Path](), dict[str, str]()
    for index, id in enumerate(PRECISIONS):
        path = folder / f"{id}.onnx"
        try:
            write_model(model if id == WHOLE else reduced(model, id, settings[id], examples), path)
            open_session(path)
            files[id] = path
        except LayerloomError as error:
            if id == WHOLE:
                raise
            problems[id] = error.problem.message
        told((index + 1) / len(PRECISIONS))
    return files, problems


def _timed(
    subject: Subject, module: nn.Module, files: Mapping[str, Path], told: Told
) -> dict[str, dict[str, dict[str, float]]]:
    """Milliseconds of a call: for each precision and batch size ``p50`` and ``p95``, taken in turns."""
    whole = feeds(subject, subject.program, subject.part("train", max(BATCHES)))
    found: dict[str, dict[str, dict[str, float]]] = {id: {} for id in (PYTORCH, *files)}
    for index, batch in enumerate(BATCHES):
        feed = {name: np.resize(array, (batch, *array.shape[1:])) for name, array in whole.items()}
        calls: dict[str, Callable[[], object]] = {PYTORCH: _eager(module, feed)}
        for id, path in files.items():
            calls[id] = _session(path, feed)
        for id, seconds in turns(calls).items():
            found[id][str(batch)] = {name: 1000 * value for name, value in quantiles(seconds).items()}
        told((index + 1) / len(BATCHES))
    return found


def _eager(module: nn.Module, feed: Feed) -> Callable[[], object]:
    tensors = [torch.from_numpy(array) for array in feed.values()]

    def call() -> object:
        with torch.inference_mode(), named_errors():
            return module(*tensors)

    return call


def _session(path: Path, feed: Feed) -> Callable[[], object]:
    session = open_session(path)
    own = {entry.name: feed[entry.name] for entry in session.get_inputs()}
    return lambda: session.run(None, own)


def turns(calls: Mapping[str, Callable[[], object]], seconds: float = SECONDS) -> dict[str, list[float]]:
    """How long each call takes, many times: all of them once, then all of them again, for as long as there is time."""
    for call in calls.values():
        call()  # the first one makes what the others use
    found: dict[str, list[float]] = {id: [] for id in calls}
    ends = time.perf_counter() + seconds
    for done in range(ROUNDS):
        if done >= FEWEST and time.perf_counter() > ends:
            break
        for id, call in calls.items():
            begun = time.perf_counter()
            call()
            found[id].append(time.perf_counter() - begun)
    return found


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """``p50`` and ``p95``: the least times that half, and 19 of 20, of the calls do not exceed."""
    ranked = sorted(seconds)
    return {"p50": statistics.median_low(ranked), "p95": ranked[max(0, -(-95 * len(ranked) // 100) - 1)]}


def _pytorch(subject: Subject, judge: Judge, latency: Mapping[str, Mapping[str, float]]) -> Entry:
    held = sum(tensor.numel() * tensor.element_size() for tensor in subject.weights.values())
    same = 1.0 if any(p.task == "classification" for p in subject.pairings) else None
    return Entry(PYTORCH, "PyTorch", held, latency, same=same, values=judge.before)


def _entry(precision: Precision, path: Path, judged: Judgement, latency: Mapping[str, Mapping[str, float]]) -> Entry:
    worst = max(judged.rows, key=lambda row: row.max_rel)
    return Entry(
        precision.id,
        precision.label,
        path.stat().st_size,
        latency,
        memory(path, max(BATCHES)),
        max(row.max_abs for row in judged.rows),
        worst.max_rel,
        judged.same,
        judged.after,
        () if precision.id == WHOLE else tuple(kept.node for kept in left_whole(path)),
        judged.passes(precision.tolerance, precision.agreement),
    )


def _chosen(entries: Sequence[Entry], metric: str, cost: float) -> str:
    """The smallest file that passes and costs no more than is allowed; float32 where there is none."""
    first = entries[0].values.get(metric)
    fit = [
        entry
        for entry in entries[1:]
        if entry.passed
        and not entry.problem
        and (first is None or costs(first, entry.values.get(metric, float("nan")), metric) <= cost)
    ]
    return min(fit, key=lambda entry: entry.bytes).id if fit else WHOLE
