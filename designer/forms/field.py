"""One line of a form: name, editor, the mark that takes it back to its default, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.spec.params import Param
from designer.controls.buttons import IconButton
from designer.controls.labels import Elided, label
from designer.forms.editors import editor
from designer.forms.expected import expected
from designer.language import marked, tr
from designer.qt import column, row
from designer.theme import CONTROL_HEIGHT, SPACE_S

LABEL_WIDTH = 118
SEARCH = marked("Search this setting (Ctrl+Shift+K)")
WIRED = marked("A wire brings this value; take the wire away to set it here.")


class FieldRow(QWidget):
    """`edited` carries a value that holds; `reset` asks for the default; `finished` ends a burst of edits.

    `menu_wanted` (global point): the right mouse button was pressed on the name. `named`: where the field has no label,
    its title is the name of an argument, the same in every language. `search_wanted`: the mark of a search variable was
    pressed (see `show_search`).
    """

    edited = Signal(object)
    reset = Signal()
    finished = Signal()
    menu_wanted = Signal(QPoint)
    search_wanted = Signal()

    def __init__(self, param: Param, suggestions: Sequence[str] = (), *, named: bool = False) -> None:
        super().__init__()
        self.param = param
        outer = column(self, gap=SPACE_S)
        line = row(gap=SPACE_S)
        title = param.title if named and not param.label else tr(param.title)
        self._name = name = Elided(title[:1].upper() + title[1:], "muted", help_text(param))
        self.search = IconButton("search", "", self.search_wanted.emit)
        self.search.setFixedSize(20, 20)
        self.search.hide()
        self._is_searched: bool | None = None
        name.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        name.customContextMenuRequested.connect(lambda at: self.menu_wanted.emit(name.mapToGlobal(at)))
        name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        name.setFixedSize(LABEL_WIDTH, CONTROL_HEIGHT)
        self.editor = editor(param, title, suggestions)
        self.editor.setToolTip(help_text(param))
        self.error = label("", "error", wrap=True)
        self.error.setContentsMargins(LABEL_WIDTH + SPACE_S, 0, 0, 0)
        self.error.hide()
        self._reset = IconButton(
            "reset", tr("Back to {value}", value=param.format(param.default) or tr("none")), self.reset.emit
        )
        self._reset.setFixedSize(20, 20)
        keep = self._reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(keep)
        line.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.search)
        line.addWidget(self.editor, 1)
        line.addWidget(self._reset)
        outer.addLayout(line)
        outer.addWidget(self.error)
        self.editor.edited.connect(self.edited)
        self.editor.finished.connect(self.finished)
        self.editor.refused.connect(self._refused)

    def show_value(self, value: Any) -> None:
        self.editor.show_value(value)
        self._reset.setVisible(value != self.param.default)

    def show_mixed(self) -> None:
        self.editor.show_mixed()
        self._reset.setVisible(True)

    def show_held(self, why: str) -> None:
        """Say why the value comes from elsewhere and is not edited here; empty: it is."""
        self.editor.setEnabled(not why)
        self._reset.setEnabled(not why)
        self.editor.setToolTip(why or help_text(self.param))

    @property
    def is_searched(self) -> bool | None:
        """Whether the field is a variable of the search; None where it cannot be one."""
        return self._is_searched

    def show_search(self, is_searched: bool | None, told: str = "") -> None:
        """Mark the field as a variable of the search, which `told` describes; one that could be is marked while the
        mouse is over it, and None is never."""
        self._is_searched = is_searched
        self.search.set_icon("search", "selection" if is_searched else "muted")
        name = tr("{field}: searched", field=self._name.whole) if is_searched else tr(SEARCH)
        self.search.set_tip(f"{name}\n{told}" if told else name)
        self.search.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_searched else Qt.FocusPolicy.NoFocus)
        self._show_mark(bool(is_searched))

    def _show_mark(self, shown: bool) -> None:
        self.search.setVisible(shown)
        room = self.search.width() + SPACE_S if shown else 0
        self._name.setFixedWidth(LABEL_WIDTH - room)

    def enterEvent(self, event: QEnterEvent) -> None:
        if self._is_searched is not None:
            self._show_mark(True)

    def leaveEvent(self, event: QEvent) -> None:
        if self._is_searched is not None:
            self._show_mark(self._is_searched)

    def _refused(self, sentence: str) -> None:
        self.error.setText(sentence)
        self.error.setVisible(bool(sentence))


def help_text(param: Param) -> str:
    """What the field is and which values it takes, for its tooltip."""
    limits = expected(param)
    limits = limits[:1].upper() + limits[1:] + (tr(", or nothing.") if param.optional else ".")
    return f"{tr(param.doc)}\n{limits}" if param.doc else limits
