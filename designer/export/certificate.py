"""The table that shows how far an exported file and PyTorch are apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from designer.controls.labels import IconLabel, label
from designer.language import tr
from designer.numbers import size as memory
from designer.plots.readout import number
from designer.qt import clear, column, row
from designer.sentences import told
from designer.theme import SPACE_L, SPACE_M, SPACE_S


class CertificateView(QWidget):
    """Shows the JSON form of an `exporters.verify.Certificate`."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = column(self, gap=SPACE_M)

    def show_certificate(self, certificate: Mapping[str, Any]) -> None:
        clear(self._layout)
        agrees = bool(certificate["passed"])
        head = row(gap=SPACE_S)
        head.addWidget(IconLabel("done" if agrees else "error", "success" if agrees else "danger"))
        head.addWidget(label(told(_verdict(certificate)), "heading", wrap=True), 1)
        self._layout.addLayout(head)
        place = QWidget()
        grid = QGridLayout(place)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE_L * 2)
        grid.setVerticalSpacing(SPACE_S)
        for column_index, title in enumerate(("Output", "Batch", "Largest difference", "Relative")):
            grid.addWidget(label(told(title), "caption"), 0, column_index)
        for line, entry in enumerate(certificate["rows"], start=1):
            cells = (entry["output"], entry["batch"], f"{entry['max_abs']:.3g}", f"{entry['max_rel']:.3g}")
            for column_index, text in enumerate(cells):
                cell = label(str(text), "mono" if column_index else "", selectable=True)
                grid.addWidget(cell, line, column_index, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(4, 1)
        self._layout.addWidget(place)

    def show_reduction(self, size: int, reduction: Mapping[str, Any]) -> None:
        """What fewer bits changed: the JSON form of `designer.delivery`'s ``reduction``."""
        clear(self._layout)
        passed, judged = bool(reduction["passed"]), reduction["judgement"]
        head = row(gap=SPACE_S)
        head.addWidget(IconLabel("done" if passed else "error", "success" if passed else "danger"))
        head.addWidget(label(_reduced(size, reduction), "heading", wrap=True), 1)
        self._layout.addLayout(head)
        if judged:
            lines = [
                (tr("{metric}, PyTorch", metric=name), number(value), tr("file"), number(judged["after"][name]))
                for name, value in judged["before"].items()
                if name in judged["after"]
            ]
            lines += [
                (tr("{output}, largest difference", output=each["output"]), f"{each['max_abs']:.3g}",
                 tr("relative"), f"{each['max_rel']:.3g}")
                for each in judged["rows"]
            ]  # fmt: skip
            self._layout.addWidget(_grid(lines))
            told = tr("Compared on {count} examples of {part}.", count=f"{judged['examples']:,}", part=judged["part"])
            self._layout.addWidget(label(told, "muted", wrap=True))
        for kept in reduction["kept"]:
            told = tr(
                "{layer} stays float32 ({size}).", layer=kept["label"] or tr("A weight"), size=memory(kept["bytes"])
            )
            self._layout.addWidget(label(told, "muted", wrap=True))
        if reduction["reason"]:
            self._layout.addWidget(label(reduction["reason"], "muted", wrap=True))


def _grid(lines: Sequence[Sequence[str]]) -> QWidget:
    place = QWidget()
    grid = QGridLayout(place)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(SPACE_L * 2)
    grid.setVerticalSpacing(SPACE_S)
    for line, cells in enumerate(lines):
        for at, text in enumerate(cells):
            cell = label(text, "mono" if at % 2 else "muted", selectable=True)
            grid.addWidget(cell, line, at, Qt.AlignmentFlag.AlignLeft)
    grid.setColumnStretch(len(lines[0]) if lines else 0, 1)
    return place


def _reduced(size: int, reduction: Mapping[str, Any]) -> str:
    judged = reduction["judgement"]
    told = tr("{now} instead of {before}.", now=memory(size), before=memory(reduction["whole"]))
    if judged and judged["same"] is not None:
        same, least = f"{judged['same']:.2%}", f"{reduction['agreement']:.0%}"
        told += " " + tr("{same} of the answers stay the same (at least {least} pass).", same=same, least=least)
    elif judged:
        worst = max(each["max_rel"] for each in judged["rows"])
        told += " " + tr("Largest relative difference {worst} (at most {limit} passes).", worst=f"{worst:.3g}",
                         limit=f"{reduction['tolerance']:g}")  # fmt: skip
    return told if reduction["passed"] else f"{told} {tr('Do not rely on this file.')}"


def _verdict(certificate: Mapping[str, Any]) -> str:
    worst = max((entry["max_rel"] for entry in certificate["rows"]), default=0.0)
    tolerance = certificate["tolerance"]
    if certificate["passed"]:
        return (
            f"The file computes what PyTorch computes: largest relative difference {worst:.3g} (at most {tolerance:g})."
        )
    return f"The file and PyTorch differ by {worst:.3g}, more than {tolerance:g}: do not rely on this file."
