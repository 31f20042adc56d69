"""Traces for a process that answers for the window: data is kept while it is the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.analysis.trace import Wish, scene, traced
from core.data.prepare import Prepared, prepare
from core.program.codec import from_json
from core.training.job import read_job


class Traces:
    """Answers one question after the other. Not for several threads at once."""

    def __init__(self) -> None:
        self._data: tuple[str, Prepared] | None = None

    def trace(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """``program``, ``job``, ``base`` (as JSON) and the fields of `Wish` -> see `core.analysis.trace.trace`."""
        program, job = from_json(args["program"]), read_job(args["job"])
        base = Path(args["base"]) if args.get("base") else None
        values = (*program.inputs, *program.targets)
        key = json.dumps([job.data.model_dump(mode="json"), str(base), list(map(str, values))])
        if self._data is None or self._data[0] != key:
            self._data = (key, prepare(job.data, values, base))
        wish = _wish(args)
        return traced(scene(program, job, base, wish, self._data[1]), wish)


def _wish(args: Mapping[str, Any]) -> Wish:
    return Wish(
        run=Path(args["run"]) if args.get("run") else None,
        weights=str(args.get("weights") or ""),
        part=str(args.get("part") or "train"),
        example=int(args.get("example") or 0),
        count=int(args.get("count") or 1),
        objective=int(args.get("objective") or 0),
        place=str(args.get("place") or ""),
        copies=tuple(int(copy) for copy in args.get("copies") or ()),
        node=str(args.get("node") or ""),
        unit=int(args.get("unit") or 0),
    )
