"""The table that shows how far an exported file and PyTorch are apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from designer.controls.labels import IconLabel, label
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


def _verdict(certificate: Mapping[str, Any]) -> str:
    worst = max((entry["max_rel"] for entry in certificate["rows"]), default=0.0)
    tolerance = certificate["tolerance"]
    if certificate["passed"]:
        return (
            f"The file computes what PyTorch computes: largest relative difference {worst:.3g} (at most {tolerance:g})."
        )
    return f"The file and PyTorch differ by {worst:.3g}, more than {tolerance:g}: do not rely on this file."
