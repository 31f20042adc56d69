"""The choice of a precision in the export dialog, its fields, and what speaks for and against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from designer.controls.labels import label
from designer.forms.form import Form
from designer.language import tr
from designer.qt import clear, column
from designer.theme import SPACE_M, SPACE_S
from exporters.precisions import PRECISIONS, WHOLE


class PrecisionForm(QWidget):
    """`choice` stands where the dialog puts it; the rest is this widget. `preset`: ``precision`` and ``settings``."""

    changed = Signal()

    def __init__(self, preset: Mapping[str, Any]) -> None:
        super().__init__()
        self.choice = QComboBox()
        for id, precision in PRECISIONS.items():
            self.choice.addItem(tr(precision.label), id)
        self._values = {id: precision.values({}) for id, precision in PRECISIONS.items()}
        chosen = str(preset.get("precision", WHOLE))
        self._values[chosen] |= preset.get("settings", {})
        self._doc, self._when = label("", "", wrap=True), label("", "muted", wrap=True)
        self._formula, self._fields = label("", "formula", wrap=True, selectable=True), column(gap=SPACE_S)
        layout = column(self, gap=SPACE_M)
        for part in (self._doc, self._when, self._formula):
            layout.addWidget(part)
        layout.addLayout(self._fields)
        self.form: Form | None = None
        self.choice.setCurrentIndex(list(PRECISIONS).index(chosen))
        self.choice.currentIndexChanged.connect(lambda _index: self._show())
        self._show()

    def set_enabled(self, enabled: bool) -> None:
        """Whether the format that is chosen has precisions at all."""
        self.choice.setEnabled(enabled)
        self._show()

    def wanted(self) -> dict[str, Any]:
        """``precision`` and its ``settings``; float32 where there is no choice."""
        id = self.choice.currentData() if self.choice.isEnabled() else WHOLE
        return {"precision": id, "settings": self._values[id]}

    def _show(self) -> None:
        id = str(self.choice.currentData())
        precision = PRECISIONS[id]
        self.setVisible(self.choice.isEnabled() and id != WHOLE)
        self._doc.setText(tr(precision.doc))
        self._when.setText(tr(precision.when))
        self._formula.setText(precision.formula)
        clear(self._fields)
        self.form = None
        if precision.params:
            self.form = Form(precision.params)
            self.form.show_values(self._values[id])
            self.form.edited.connect(lambda name, value, _token: self._values[id].update({name: value}))
            self.form.reset.connect(lambda name: self._reset(id, name))
            self._fields.addWidget(self.form)
        self.changed.emit()

    def _reset(self, id: str, name: str) -> None:
        self._values[id][name] = PRECISIONS[id].param[name].default
        if self.form is not None:
            self.form.show_values(self._values[id])
