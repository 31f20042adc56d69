"""The words above a picture of a run: which weights, of which examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def where(answer: Mapping[str, Any]) -> str:
    """``after step 383 · 1,258 of 60,000 examples``, ``best weights, of epoch 7 · 270 examples``."""
    moment = f"after step {answer['step']:,}" if answer["step"] is not None else f"{answer['weights']} weights"
    if answer["step"] is None and answer["epoch"] is not None:
        moment += f", of epoch {answer['epoch']:,}"
    some = f"{answer['examples']:,} of " if answer["examples"] < answer["of"] else ""
    return f"{moment} · {some}{answer['of']:,} examples"
