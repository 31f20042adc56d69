"""The words above a picture of a run: which weights, of which examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def where(answer: Mapping[str, Any]) -> str:
    """``after step 383, best weights · 1,258 of 60,000 examples``."""
    step = f"after step {answer['step']:,}" if answer["step"] is not None else "weights"
    kind = "" if answer["weights"] == "last" else f", {answer['weights']} weights"
    some = f"{answer['examples']:,} of " if answer["examples"] < answer["of"] else ""
    return f"{step}{kind} · {some}{answer['of']:,} examples"
