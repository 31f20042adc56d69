"""``python -m core.analysis.examining``: the tools that work on a run (`core.training.tools.serving`; arguments: run,
the path of its folder, and weights)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.analysis.examining.table import EXAMS, Examined
from core.training.runs import RunFolder
from core.training.tools.serving import Serving, needed


def examined(args: Mapping[str, Any]) -> Examined:
    """What a request is about."""
    (run,) = needed(args, "run")
    return Examined(RunFolder.open(run), str(args.get("weights") or ""))


if __name__ == "__main__":
    Serving(EXAMS, examined).main()
