"""The words above a picture of a run: which weights, of which examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from designer.language import marked, tr
from designer.numbers import count


def where(answer: Mapping[str, Any]) -> str:
    """``after step 383 · 1,258 of 60,000 examples``, ``best weights, of epoch 7 · 270 examples``."""
    if answer["step"] is not None:
        moment = tr("after step {n}", n=f"{answer['step']:,}")
    else:
        moment = tr(_WEIGHTS.get(answer["weights"], answer["weights"]))
        if answer["epoch"] is not None:
            moment += tr(", of epoch {n}", n=f"{answer['epoch']:,}")
    some, whole = f"{answer['examples']:,}", count(answer["of"], "example")
    return f"{moment} · " + (tr("{n} of {whole}", n=some, whole=whole) if answer["examples"] < answer["of"] else whole)


_WEIGHTS = {"best": marked("best weights"), "last": marked("last weights")}
