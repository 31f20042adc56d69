"""The picture of a detector: what it found and what is there, and how precise its surest boxes are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QSplitter, QWidget

from designer.figures.behind import Behind
from designer.figures.figure import Figure
from designer.figures.marks import Drawing, Line, numbers
from designer.figures.sheet import Box, Tile
from designer.language import tr
from designer.plots.readout import number
from designer.qt import column, divide
from designer.theme import SPACE_M, SPACE_S

SIDE = 84.0


class BoxesView(QSplitter):
    def __init__(self) -> None:
        super().__init__()
        self.pictures, self.worst, self.curves = Behind(SIDE), Behind(SIDE), Figure()
        middle = QWidget()
        column(middle, margins=(SPACE_M, SPACE_S, SPACE_M, SPACE_S)).addWidget(self.curves)
        divide(self, (self.pictures, 5), (middle, 5), (self.worst, 4))

    def show_task(self, task: Mapping[str, Any]) -> None:
        colours = {one["name"]: place for place, one in enumerate(task["classes"])}
        told = tr("Found {right} of {all}, {wrong} wrong", right=task["right"], wrong=task["wrong"],
                  all=task["right"] + task["missed"])  # fmt: skip
        self.pictures.show_tiles(told, [_tile(one, colours) for one in task["pictures"]])
        self.worst.show_tiles(tr("Most mistakes"), [_tile(one, colours) for one in task["worst"]])
        note = tr("mean average precision {half} at half the area, {all} over all", half=_score(task["map50"]),
                  all=_score(task["map"]))  # fmt: skip
        lines = [
            Line(numbers(one["recall"]), numbers(one["precision"]), colours[one["name"]], one["name"])
            for one in task["classes"]
        ]
        legend = [(f"{one['name']} {_score(one['ap50'])}", colours[one["name"]]) for one in task["classes"]]
        self.curves.show_drawing(Drawing(
            lines, tr("Precision and recall"), note, x_label=tr("recall"), y_label=tr("precision"),
            x_span=(0.0, 1.02), y_span=(0.0, 1.05), legend=legend, summary=note,
        ))  # fmt: skip


def _tile(one: Mapping[str, Any], colours: Mapping[str, int]) -> Tile:
    true = tuple(Box(tuple(each["box"]), colours[each["kind"]], true=True) for each in one["truth"])
    found = tuple(Box(tuple(each["box"]), colours[each["kind"]]) for each in one["found"])
    wrong = [each["kind"] for each in one["found"] if not each["right"]]
    missed = len(one["truth"]) - (len(found) - len(wrong))
    said = ", ".join(f"{each['kind']} {each['score']:.0%}" for each in one["found"]) or tr("nothing")
    tip = tr("there: {true}; found: {found}", true=", ".join(each["kind"] for each in one["truth"]), found=said)
    caption = tr("{count} missed", count=missed) if missed else tr("{count} wrong", count=len(wrong)) if wrong else ""
    return Tile(one, caption, tip, bad=bool(missed or wrong), boxes=true + found)


def _score(value: float | None) -> str:
    return "–" if value is None else number(value)
