"""The fields of a view: what its question is asked with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.spec.params import Param
from designer.controls.labels import label
from designer.forms.editors import Editor, NumberEditor
from designer.qt import clear, row
from designer.theme import SPACE_S

_WIDTH = 60


class Fields(QWidget):
    """One number after the other; each view keeps what was set in it. `edited` tells that one was changed."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._row = row(self, gap=SPACE_S)
        self._set: dict[str, dict[str, Any]] = {}
        self._view = ""
        self.editors: dict[str, Editor] = {}

    def show_view(self, view: str, params: Sequence[Param]) -> None:
        """The fields of that view, if others are shown."""
        self.setVisible(bool(params))
        if view == self._view:
            return
        self._view, self.editors = view, {}
        clear(self._row)
        kept = self._set.setdefault(view, {param.name: param.default for param in params})
        for param in params:
            self._row.addWidget(label(param.title, "muted"))
            editor = NumberEditor(param, param.title)
            editor.setFixedWidth(_WIDTH)
            editor.setToolTip(param.doc)
            editor.show_value(kept[param.name])
            editor.edited.connect(lambda value, name=param.name: self._edit(name, value))
            self._row.addWidget(editor)
            self._row.addSpacing(SPACE_S)
            self.editors[param.name] = editor

    @property
    def values(self) -> Mapping[str, Any]:
        """By name, those of the view that is shown."""
        return self._set.get(self._view, {})

    def _edit(self, name: str, value: Any) -> None:
        self._set[self._view][name] = value
        self.edited.emit()
