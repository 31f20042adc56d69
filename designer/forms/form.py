"""A form: the fields of one declaration, in its order, with conditions and a fold for the advanced ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from core.spec.params import Param
from designer.controls.buttons import button
from designer.forms.field import FieldRow
from designer.language import tr
from designer.qt import column, row
from designer.theme import SPACE_M, SPACE_S


class Form(QWidget):
    """Edits the values of fields; it decides nothing about what they mean.

    `edited` carries the name, a value that holds, and a token that is the same for one burst of edits (so that it
    becomes one undo step). `reset` carries the name and asks for the default. Invalid text is never given on.
    `menu_wanted` carries the name of the field whose name was clicked with the right button, and the global point.
    `named`: fields without a label bear names of arguments, which are the same in every language. `search_wanted`
    carries the name of a field whose mark of the search was pressed.
    """

    edited = Signal(str, object, object)
    reset = Signal(str)
    menu_wanted = Signal(str, QPoint)
    search_wanted = Signal(str)

    def __init__(
        self,
        params: Sequence[Param],
        suggestions: Mapping[str, Sequence[str]] | None = None,
        *,
        named: bool = False,
    ) -> None:
        super().__init__()
        self._named = named
        self._rows: dict[str, FieldRow] = {}
        self._token = object()
        self._values: dict[str, Any] = {}
        layout = column(self, gap=SPACE_S + 2)
        plain = [p for p in params if not p.advanced]
        advanced = [p for p in params if p.advanced]
        for param in plain:
            layout.addWidget(self._row(param, (suggestions or {}).get(param.name, ())))
        self._more: QPushButton | None = None
        self._folded = QWidget()
        inner = column(self._folded, gap=SPACE_S + 2)
        for param in advanced:
            inner.addWidget(self._row(param, (suggestions or {}).get(param.name, ())))
        if advanced:
            self._add_fold(layout)

    @property
    def rows(self) -> Mapping[str, FieldRow]:
        return self._rows

    def show_values(self, values: Mapping[str, Any], mixed: Collection[str] = ()) -> None:
        """Show values from outside; fields in `mixed` differ between the edited things. Nothing is emitted."""
        self._values = dict(values)
        for name, field in self._rows.items():
            if name in mixed:
                field.show_mixed()
            elif name in values:
                field.show_value(values[name])
        self._apply_conditions()
        if self._more is not None and self._folded.isHidden():
            changed = sum(
                1 for name, f in self._rows.items() if f.param.advanced and values.get(name) != f.param.default
            )
            self._more.setText(tr("Advanced ({changed} set)", changed=changed) if changed else tr("Advanced"))

    def show_held(self, names: Mapping[str, str]) -> None:
        """These fields have their value from elsewhere, with why; they are not edited here."""
        for name, field in self._rows.items():
            field.show_held(names.get(name, ""))

    def _apply_conditions(self) -> None:
        for field in self._rows.values():
            field.setVisible(field.param.applies(self._values))

    def _row(self, param: Param, suggestions: Sequence[str]) -> FieldRow:
        field = FieldRow(param, suggestions, named=self._named)
        field.edited.connect(lambda value: self._edit(param.name, value))
        field.reset.connect(lambda: self.reset.emit(param.name))
        field.finished.connect(self._next_burst)
        field.menu_wanted.connect(lambda at: self.menu_wanted.emit(param.name, at))
        field.search_wanted.connect(lambda: self.search_wanted.emit(param.name))
        self._rows[param.name] = field
        return field

    def _edit(self, name: str, value: Any) -> None:
        self._values[name] = value
        self._apply_conditions()
        self.edited.emit(name, value, self._token)

    def _next_burst(self) -> None:
        self._token = object()

    def _add_fold(self, layout: QVBoxLayout) -> None:
        self._more = button(tr("Advanced"), self._toggle, quiet=True)
        self._folded.hide()
        self._more.setProperty("flush", True)
        line = row(gap=SPACE_M)
        line.addWidget(self._more)
        line.addStretch(1)
        layout.addLayout(line)
        layout.addWidget(self._folded)

    def _toggle(self) -> None:
        self._folded.setVisible(self._folded.isHidden())
        if self._more is not None:
            self._more.setText(tr("Advanced") if self._folded.isHidden() else tr("Fewer"))
