"""``python -m core.training.tools``: the tools that work on a design (`serving`; arguments: program, job, base)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.program.codec import from_json
from core.training.job import read_job
from core.training.tools.serving import Serving, needed
from core.training.tools.table import TOOLS, Asked


def asked(args: Mapping[str, Any]) -> Asked:
    """What a request is about."""
    program, job = needed(args, "program", "job")
    return Asked(from_json(program), read_job(job), Path(args["base"]) if args.get("base") else None)


if __name__ == "__main__":
    Serving(TOOLS, asked).main()
