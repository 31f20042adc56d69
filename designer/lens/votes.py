"""The routing of capsules as pictures: who votes for whom, and how long the capsules become, round by round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from designer.figures.marks import Drawing, Line, numbers
from designer.lens.hung import Hung

COUPLING, LENGTHS = "Coupling by round", "Lengths by round"
PARTS = (COUPLING, LENGTHS)
MOST = 12  # capsules that are drawn


def picture(found: Mapping[str, Any], part: str) -> Hung | Drawing:
    """What `core.analysis.routing` says, as one of `PARTS`."""
    agreement = ", ".join(f"{100 * share:.0f} %" for share in found["agreement"])
    if part == COUPLING:
        title = f"{found['below']} capsules below (rows) x {found['above']} above"
        return Hung(found["rounds"], title, f"agreement by round {agreement}", "round")
    lengths = np.array([numbers(row) for row in found["lengths"]])
    rounds = np.arange(1, len(lengths) + 1, dtype=np.float64)
    shown = np.sort(np.argsort(-lengths[-1], kind="stable")[:MOST]).tolist()
    lines = [Line(rounds, lengths[:, k], place, f"capsule {k}", dotted=True) for place, k in enumerate(shown)]
    legend = [(f"capsule {k}", place) for place, k in enumerate(shown)]
    return Drawing(lines, title="Length of each capsule", note=agreement, x_label="round", legend=legend)
