"""What became of a model that was imported, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def summary(report: Mapping[str, Any], name: str) -> str:
    """What was imported, in a sentence or two."""
    counted = f"{name}: {report['layers']:,} nodes, {report['parameters']:,} weights."
    if report["problems"]:
        return f"{counted} The weights are left out, since some operations have no layer; the drawing shows which."
    worst = max(row["max_rel"] for row in report["certificate"]["rows"])
    return f"{counted} Its answers differ from those of ONNX Runtime by {worst:.1e} of the largest, at most."
