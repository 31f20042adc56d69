"""What is decoded from codes, as pictures: samples, the way between two examples, a plane of codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from core.spec.params import Float, Int, Param
from designer.figures.marks import Dots, Drawing, Line, numbers
from designer.figures.sheet import Tile
from designer.lens.hung import Hung, Rows
from designer.plots.readout import number

ROW = 12  # so many pictures stand in one row
_LAWS = {"normal": "N(0, 1)", "uniform": "-1 to 1", "fitted": "a Gaussian fitted to training examples"}

SAMPLES: tuple[Param, ...] = (
    Int("seed", 0, min=0, max=2**31 - 1, label="Seed", doc="The same seed draws the same codes."),
    Float("temperature", 1.0, min=0.0, max=100.0, label="Temperature", doc="0: the middle of all; above 1: bolder."),
    Int("count", 64, min=1, max=1024, label="Count", doc="How many are drawn."),
)
BETWEEN: tuple[Param, ...] = (
    Int("other", 1, min=0, max=10**9, label="To example", doc="Where the way ends; it begins at the chosen example."),
    Int("steps", 9, min=2, max=64, label="Steps", doc="How many are shown, the two ends among them."),
)
PLANE: tuple[Param, ...] = (
    Int("across", 0, min=0, max=10**6, label="Across", doc="Which number of the code rises to the right."),
    Int("down", 1, min=0, max=10**6, label="Down", doc="Which number of the code rises downwards."),
    Float("span", 2.0, min=0.0, max=20.0, label="Span", doc="How many deviations to each side of the mean."),
    Int("size", 9, min=1, max=21, label="Size", doc="How many in a row."),
)


def samples(found: Mapping[str, Any], _part: str) -> Drawing | Hung | Rows:
    """What `core.analysis.decoding.sampled` says."""
    heat = "" if found["temperature"] == 1 else f", temperature {number(found['temperature'])}"
    names = [f"{found['code']} {index}" for index in range(_count(found))]
    if found["asked"]:
        names = [f"asked for {asked}" for asked in found["asked"]]
    classes = list(dict.fromkeys(found["asked"]))
    title = f"{_count(found)} drawn from {found['code']}: {found['width']} numbers, {_LAWS[found['law']]}{heat}"
    shown = _shown(found, title, names, len(classes))
    return (
        replace(shown, note=f"columns ask for {', '.join(classes)}") if classes and isinstance(shown, Hung) else shown
    )


def between(found: Mapping[str, Any], _part: str) -> Drawing | Hung | Rows:
    """What `core.analysis.decoding.between` says."""
    a, b = found["positions"]
    way = "along an arc" if found["path"] == "spherical" else "straight"
    names = [f"{100 * share:.0f} % of the way" for share in found["shares"]]
    return _shown(
        found, f"From example {a} to example {b}, {way}", names, len(names) if len(names) <= ROW else 0, connects=True
    )


def plane(found: Mapping[str, Any], _part: str) -> Drawing | Hung | Rows:
    """What `core.analysis.decoding.plane` says."""
    across, down, code = found["across"], found["down"], found["code"]
    names = [f"{code}[{across}] = {number(x)}" for x in found["x"]]
    title = f"{code}[{across}] to the right"
    if down is not None:
        names = [f"{name}, {code}[{down}] = {number(y)}" for y in found["y"] for name in names]
        title += f", {code}[{down}] downwards"
    return _shown(found, title, names, found["columns"])


def _shown(
    found: Mapping[str, Any], title: str, names: Sequence[str], columns: int, *, connects: bool = False
) -> Drawing | Hung | Rows:
    """Pictures as a sheet, points of the plane as dots, all else as rows."""
    made = next((output["made"] for output in found["outputs"] if "made" in output), None)
    guesses = next((output for output in found["outputs"] if "guesses" in output), None)
    if guesses is not None:
        pairs = zip(names, guesses["guesses"], strict=True)
        names = [f"{name}, {guesses['name']} {guess}" for name, guess in pairs]
    note = f"with {', '.join(found['given'])} of the example" if found["given"] else ""
    if made is None:
        return Rows(title, [Tile({"values": []}, name) for name in names])
    if "pixels" in made[0]:
        pixels = [one["pixels"] for one in made]
        sheet = {"images": [], "pixels": pixels, "signed": False, "peak": 0.0, "columns": columns, "names": names}
        return Hung(sheet, title, note)
    if made[0].get("of") == 2:
        return _points(made, title, note, names, connects)
    return Rows(f"{title}  {note}".strip(), [Tile(one, name, name) for one, name in zip(made, names, strict=True)])


def _points(made: Sequence[Mapping[str, Any]], title: str, note: str, names: Sequence[str], connects: bool) -> Drawing:
    x, y = (numbers([one["values"][axis] for one in made]) for axis in (0, 1))
    told = [f"{name}: {number(a)}, {number(b)}" for name, a, b in zip(names, x, y, strict=True)]
    dots = Dots(x, y, np.zeros(len(x), int).tolist(), 2.6, told)
    marks = (Line(x, y, 0, thin=True), dots) if connects else (dots,)
    return Drawing(marks, title=title, note=note, x_label="first", y_label="second", square=True)


def _count(found: Mapping[str, Any]) -> int:
    first = found["outputs"][0]
    return len(first.get("made", first.get("guesses", ())))
