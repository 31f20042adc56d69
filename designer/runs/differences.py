"""What differs between runs: job, data, code, environment, result; plain values, no widget."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.program.source import source
from core.training.across import across
from core.training.protocol import Started
from core.training.runs import RunFolder

_ENVIRONMENT = ("layerloom", "torch", "python", "platform", "device", "threads")


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of each run, in the order of the runs; empty where a run lacks it.

    `across` is the mean of a result ± its standard deviation, where the runs are folds of one cross-validation.
    """

    part: str
    what: str
    values: tuple[str, ...]
    across: str = ""

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


def compare(runs: Sequence[RunFolder]) -> list[Row]:
    """Every fact of the runs, side by side: results first. Raises LayerloomError where a run cannot be read."""
    results = [_flat((run.result() or {}).get("metrics", {})) for run in runs]
    jobs = [_flat(run.job.model_dump(mode="json", exclude={"data", "search"})) for run in runs]
    data = [_flat(run.job.data.model_dump(mode="json")) | _examples(run) for run in runs]
    environments = [_flat({k: v for k, v in run.environment().items() if k in _ENVIRONMENT}) for run in runs]
    first = _code(runs[0])
    code = [{"lines that differ from the first run": str(changed_lines(first, _code(run)))} for run in runs]
    parts = (("Result", results), ("Code", code), ("Job", jobs), ("Data", data), ("Environment", environments))
    rows = [row for part, facts in parts for row in _rows(part, facts)]
    if not are_folds(runs):
        return rows
    spreads = across([(run.result() or {}).get("metrics", {}) for run in runs])
    told = {f"{part}.{name}": str(value) for part, values in spreads.items() for name, value in values.items()}
    return [replace(row, across=told.get(row.what, "")) if row.part == "Result" else row for row in rows]


def are_folds(runs: Sequence[RunFolder]) -> bool:
    """Whether the runs are different folds of one division of the data."""
    splits = [run.job.data.split for run in runs]
    apart = len({split.fold for split in splits}) == len(splits) > 1
    return apart and splits[0].folds > 1 and len({split.model_copy(update={"fold": 0}) for split in splits}) == 1


def code_difference(before: RunFolder, after: RunFolder) -> str:
    """The sources as a unified diff; empty where they are equal."""
    lines = difflib.unified_diff(_code(before), _code(after), before.path.name, after.path.name, lineterm="", n=2)
    return "\n".join(lines)


def changed_lines(before: Sequence[str], after: Sequence[str]) -> int:
    """How many lines were taken out or put in."""
    return sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in difflib.unified_diff(before, after, n=0))


def _examples(run: RunFolder) -> dict[str, str]:
    """How many there were in each part when the run began: the file may have become another since."""
    started = next((event for event in run.events if isinstance(event, Started)), None)
    return {f"examples in {part}": f"{count:,}" for part, count in started.examples.items()} if started else {}


def _code(run: RunFolder) -> list[str]:
    return source(run.program).text.splitlines()


def _rows(part: str, facts: Sequence[Mapping[str, str]]) -> list[Row]:
    names = dict.fromkeys(name for fact in facts for name in fact)
    return [Row(part, name, tuple(fact.get(name, "") for fact in facts)) for name in names]


def _flat(data: Any, path: str = "") -> dict[str, str]:
    """Nested values by dotted path, as text."""
    if isinstance(data, Mapping):
        pairs = list(data.items())
    elif isinstance(data, list) and data and isinstance(data[0], dict | list):
        pairs = list(enumerate(data))
    else:
        return {path: f"{data:.6g}" if isinstance(data, float) else str(data)}
    return {k: v for key, value in pairs for k, v in _flat(value, f"{path}.{key}" if path else str(key)).items()}
