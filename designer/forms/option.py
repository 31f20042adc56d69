"""A form for things picked by name that have fields of their own: initialisers, optimizers, schedules, sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.spec.option import OptionSpec
from core.spec.params import Choice
from designer.forms.field import FieldRow
from designer.forms.form import Form
from designer.language import tr
from designer.qt import clear, column
from designer.theme import SPACE_S


class OptionForm(QWidget):
    """Picks one option and edits its fields.

    `picked` carries the id of another option; `edited` the name, the value and the burst token of one of its fields;
    `reset` the name of a field that is to take its default; `built` the form of the fields of another option.
    """

    picked = Signal(str)
    edited = Signal(str, object, object)
    reset = Signal(str)
    built = Signal(object)

    def __init__(self, title: str, options: Mapping[str, OptionSpec], default: str, doc: str = "") -> None:
        super().__init__()
        self._options = options
        labels = {id: option.label for id, option in options.items()}
        self.choice = FieldRow(Choice(title, default, tuple(options), labels=labels, doc=doc, label=title))
        self.choice.edited.connect(self.picked.emit)
        self.choice.reset.connect(lambda: self.picked.emit(default))
        self._place = QWidget()
        self._inner = column(self._place)
        self._shown = ""
        self.form: Form | None = None
        layout = column(self, gap=SPACE_S + 2)
        layout.addWidget(self.choice)
        layout.addWidget(self._place)

    def show_pick(self, kind: str, params: Mapping[str, Any]) -> None:
        """Show an option and its values; those left out take their defaults."""
        self.choice.show_value(kind)
        option = self._options.get(kind)
        self.choice.editor.setToolTip(tr(option.doc) if option else "")
        if kind != self._shown:
            self._build(kind, option)
        if self.form is not None and option is not None:
            self.form.show_values({p.name: params.get(p.name, p.default) for p in option.params})
        self._place.setVisible(self.form is not None)

    def _build(self, kind: str, option: OptionSpec | None) -> None:
        clear(self._inner)
        self._shown, self.form = kind, None
        if option is not None and option.params:
            self.form = Form(option.params, named=bool(option.torch))
            self.form.edited.connect(self.edited)
            self.form.reset.connect(self.reset)
            self._inner.addWidget(self.form)
            self.built.emit(self.form)
