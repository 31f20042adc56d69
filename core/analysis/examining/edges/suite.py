"""The suite that tries every edge case on a trained network."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from core.analysis.examining.edges.bench import Bench, Refused
from core.analysis.examining.edges.cases import CASES, Case
from core.analysis.examining.edges.comparing import finite_rows
from core.analysis.examining.edges.conditions import CONDITIONS
from core.analysis.examining.edges.exported import with_exported
from core.analysis.examining.edges.finding import Finding
from core.analysis.samples import samples
from core.analysis.subject import Subject
from core.data.looks import looks, span
from core.problem import LayerloomError

SHOWN = 8  # examples of a case that are shown


def edges(
    subject: Subject, part: str = "test", examples: int = 256, fall: float = 0.2, seed: int = 0, onnx: str = "",
    told: Callable[[float], None] = lambda _share: None,
) -> dict[str, Any]:  # fmt: skip
    """Try every case of `CASES` on up to `examples` of a part.

    `fall`: which share of the score above chance may be lost before a warning. `onnx`: the path of an exported file
    that is tried in place of the network.

    Keys: those of `Subject.heading`; ``file`` (the ONNX file, if one was tried); ``metric`` and ``score`` of the
    untouched examples; ``counts`` by state; ``cases``: ``id``, ``label``, ``doc``, ``fails``, ``state`` (passed,
    warning, failed or skipped), ``sentence``, ``remedy`` (empty where passed), ``numbers``, ``positions`` of the worst
    examples in the part, ``examples`` (see `core.analysis.samples`, each as it was given, with ``caption``) and
    ``curve`` (None, or label, x_label, x, y); ``verdict`` and ``reasons``.

    Raises:
        LayerloomError: there is no such part, the network refuses the examples as they are, or the file is not its.
    """
    bench = Bench(subject, part, examples, fall, seed)
    bench = with_exported(bench, Path(onnx).expanduser()) if onnx else bench
    try:
        is_sound = bool(finite_rows(bench.clean).all())
    except Refused as error:
        raise LayerloomError(f"The network refuses the examples as they are: {error}", code="runtime") from error
    if not is_sound:
        raise LayerloomError(
            "The network gives answers that are no finite numbers to the examples as they are, so nothing can be told "
            "of edge cases. Train it again with a smaller learning rate.",
            code="runtime",
        )
    found = []
    for index, case in enumerate(CASES.values()):
        found.append(_tried(bench, case))
        told((index + 1) / len(CASES))
    counts = {
        state: sum(one["state"] == state for one in found) for state in ("passed", "warning", "failed", "skipped")
    }
    return {
        **subject.heading(bench.part),
        "file": onnx,
        "metric": bench.metric,
        "score": bench.clean_score,
        "counts": counts,
        "cases": found,
        "verdict": _verdict(counts),
        "reasons": [f"{one['label']}: {one['sentence']}" for one in found if one["state"] == "failed"],
    }


def _tried(bench: Bench, case: Case) -> dict[str, Any]:
    try:
        reason = next((why for need in case.needs if (why := CONDITIONS[need](bench))), "")
        finding = Finding("skipped", reason) if reason else _function(case)(bench)
    except Refused as error:
        finding = Finding("failed", f"The network stops there: {error}")
    curve = finding.curve
    return {
        "id": case.id,
        "label": case.label,
        "doc": case.doc,
        "fails": case.fails,
        "state": finding.state,
        "sentence": finding.sentence,
        "remedy": case.remedy if finding.state in ("warning", "failed") else "",
        "numbers": {name: _plain(value) for name, value in finding.numbers.items()},
        "positions": bench.part.positions[list(finding.worst)[:SHOWN]].tolist() if len(finding.worst) else [],
        "examples": _shown(bench, finding),
        "curve": curve and {
            "label": curve.label, "x_label": curve.x_label, "x": list(curve.x), "y": [_plain(y) for y in curve.y],
        },
    }  # fmt: skip


def _function(case: Case) -> Callable[[Bench], Finding]:
    module, _, name = case.tries.partition(":")
    function: Callable[[Bench], Finding] = getattr(import_module(f"{__package__}.{module}"), name)
    return function


def _shown(bench: Bench, finding: Finding) -> list[dict[str, Any]]:
    """The worst examples as they were given."""
    positions = bench.part.positions[list(finding.worst)[:SHOWN]].tolist() if len(finding.worst) else []
    told = [dict(one) for one in samples(bench.subject, bench.part.name, positions)] if positions else []
    name = bench.subject.program.inputs[0].name
    if finding.given is not None and told and name in bench.real:
        values = finding.given[: len(told)].numpy()
        prepared = bench.subject.prepared
        raw = prepared.inverse(name, values)
        for one, look in zip(told, looks(raw, span(prepared, name)), strict=True):
            one.update(look)
    for index, one in enumerate(told):
        one["caption"] = finding.captions[index] if index < len(finding.captions) else ""
    return told


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _verdict(counts: Mapping[str, int]) -> str:
    asked = sum(counts.values()) - counts["skipped"]
    if counts["failed"]:
        failed = f"{counts['failed']} of {asked} edge cases failed"
        return f"{failed}, {_looks(counts['warning'])} worth a look." if counts["warning"] else f"{failed}."
    if counts["warning"]:
        return f"No edge case of {asked} failed; {_looks(counts['warning'])} worth a look."
    return f"All {asked} edge cases passed."


def _looks(count: int) -> str:
    return "1 is" if count == 1 else f"{count} are"
