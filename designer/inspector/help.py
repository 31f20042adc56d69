"""What a layer is for: its declaration, read out."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from core.spec.layer import LayerSpec
from designer.controls.labels import label
from designer.language import tr
from designer.qt import column
from designer.theme import SPACE_M


class Help(QWidget):
    """Doc, formula, when to use it, source."""

    def __init__(self, spec: LayerSpec) -> None:
        super().__init__()
        layout = column(self, gap=SPACE_M)
        layout.addWidget(label(tr(spec.doc), wrap=True, selectable=True))
        if spec.formula:
            layout.addWidget(label(spec.formula, "formula", wrap=True, selectable=True))
        if spec.when:
            layout.addWidget(label(tr(spec.when), "muted", wrap=True, selectable=True))
        if spec.trains_differently:
            layout.addWidget(label(tr("Behaves differently in training and in evaluation."), "muted", wrap=True))
        if spec.source:
            layout.addWidget(label(spec.source, "caption", wrap=True, selectable=True))
