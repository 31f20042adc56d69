"""What is searched: a row for each variable, with its range or its choices; a way to add one, and to its node."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from core.training.search import Range, Variable
from designer.controls.buttons import IconButton, button
from designer.controls.labels import label
from designer.language import tr
from designer.qt import Debounce, clear, column, follow, row
from designer.search.spreads import ListEditor, PickEditor, RangeEditor, as_choices, as_range, changed, in_steps
from designer.search.words import title, word
from designer.session import Session
from designer.shell.launcher import Entry, Launcher
from designer.theme import SPACE_M, SPACE_S
from graph.searchable import Searchable
from graph.variants import vary

POINTS = (3, 5, 9)  # of a range, for a grid


class VariableRow(QWidget):
    """Signals: `edited` (a `Variable` and the token of the burst of edits), `removed`, `followed` (to its node)."""

    edited = Signal(object, object)
    removed = Signal()
    followed = Signal()

    def __init__(self, name: str, variable: Variable, known: Searchable | None, others: Sequence[str] = ()) -> None:
        super().__init__()
        self._name, self._known, self.variable = name, known, variable
        self._token = object()
        self.link = button(f"{name} + {len(others)}" if others else name, self.followed.emit, quiet=True)
        self.link.setProperty("flush", True)
        self.link.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.link.setToolTip(_tip(known, others))
        self._now = label("", "caption")
        self._menu = IconButton("more", tr("More about {variable}", variable=name), self._open_menu)
        self._close = IconButton("close", tr("Search {variable} no more", variable=name), self.removed.emit)
        self._error = label("", "error", wrap=True)
        self._error.hide()
        outer = column(self, gap=SPACE_S)
        head = row(gap=SPACE_S)
        head.addWidget(self.link, 1)
        for part in (self._now, self._menu, self._close):
            head.addWidget(part)
        outer.addLayout(head)
        self._place = column()
        outer.addLayout(self._place)
        outer.addWidget(self._error)
        self.range: RangeEditor | None = None
        self.list: ListEditor | None = None
        self.pick: PickEditor | None = None
        self.show_variable(variable, known)

    def show_variable(self, variable: Variable, known: Searchable | None) -> None:
        self.variable, self._known = variable, known
        self._now.setText(tr("now {value}", value=word(known.value)) if known else tr("not in the design"))
        if isinstance(variable, Range) and variable.points:
            self._now.setText(f"{tr('{n} points', n=variable.points)} · {self._now.text()}")
        offered = self._offered()
        if isinstance(variable, Range):
            if self.range is None:
                self._build_range()
            assert self.range is not None
            self.range.show_range(variable)
        elif offered or not all(isinstance(value, str | int | float) for value in variable.choices):
            if self.pick is None:
                self._build_pick()
            assert self.pick is not None
            self.pick.show_choices(variable.choices, offered)
        else:
            if self.list is None:
                self._build_list()
            assert self.list is not None
            self.list.show_value(variable.choices)

    def _offered(self) -> tuple[object, ...]:
        """The words that the field takes; nothing where it takes numbers."""
        return getattr(self._known.param, "choices", ()) if self._known else ()

    def _start(self) -> None:
        clear(self._place)
        self.range = self.list = self.pick = None
        self._error.hide()

    def _build_range(self) -> None:
        self._start()
        self.range = RangeEditor(self._name)
        self.range.edited.connect(lambda field, value: self._set({field: value}))
        self.range.refused.connect(self._refuse)
        self.range.finished.connect(self._next_burst)
        self._place.addWidget(self.range)

    def _build_list(self) -> None:
        self._start()
        self.list = ListEditor(self._name)
        self.list.edited.connect(lambda values: self._set({"choices": values}))
        self.list.refused.connect(self._refuse)
        self.list.finished.connect(self._next_burst)
        self._place.addWidget(self.list)

    def _build_pick(self) -> None:
        self._start()
        self.pick = PickEditor(self._name)
        self.pick.edited.connect(lambda values: self._set({"choices": values}))
        self._place.addWidget(self.pick)

    def _set(self, values: Mapping[str, object]) -> None:
        try:
            variable = changed(self.variable, values)
        except ValueError as error:
            self._refuse(str(error))
            return
        self._refuse("")
        self.edited.emit(variable, self._token)

    def _refuse(self, sentence: str) -> None:
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))

    def _next_burst(self) -> None:
        self._token = object()

    def entries(self) -> list[tuple[str, Variable]]:
        """Other forms that the variable could take, by what they are called."""
        variable = self.variable
        if isinstance(variable, Range):
            stepped = tr("Without steps") if variable.step else tr("In steps")
            forms: list[tuple[str, Variable]] = [(stepped, in_steps(variable))]
            forms.append((tr("Single values"), as_choices(variable)))
            counts = () if variable.step else tuple(n for n in POINTS if n != variable.points)
            return forms + [
                (tr("{n} points for a grid", n=n), variable.model_copy(update={"points": n})) for n in counts
            ]
        span = as_range(variable)
        return [(tr("A range"), span)] if span else []

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, other in self.entries():
            menu.addAction(text, partial(self.edited.emit, other, None))
        if self.variable.also:
            alone = self.variable.model_copy(update={"also": ()})
            menu.addAction(tr("For this one alone"), partial(self.edited.emit, alone, None))
        if self._known is not None:
            menu.addAction(tr("Back to the suggestion"), partial(self.edited.emit, self._known.suggestion, None))
        menu.addSeparator()
        menu.addAction(tr("Go to its node"), self.followed.emit).setEnabled(bool(self._known and self._known.node))
        menu.addAction(tr("Search it no more"), self.removed.emit)
        menu.popup(self._menu.mapToGlobal(self._menu.rect().bottomLeft()))


class VariableList(QWidget):
    """The variables of the design's search, beside what the design has there now."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._names = session, session.search
        self.rows: dict[str, VariableRow] = {}
        self._shape: list[tuple[str, tuple[str, ...]]] = []  # of what the rows are
        self._empty = label(
            tr(
                "Nothing is searched yet. Add a setting here, or press the magnifier beside one in the Inspector or "
                "the Training panel (Ctrl+Shift+K)."
            ),
            "muted",
            wrap=True,
        )
        self._list = column(gap=SPACE_M)
        self.add = button(tr("Add a variable…"), self.ask)
        layout = column(self, gap=SPACE_M)
        layout.addWidget(self._empty)
        layout.addLayout(self._list)
        layout.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        soon = Debounce(self, 0, self.refresh)
        follow(self, session.search.changed, soon.start)
        self.refresh()

    def refresh(self) -> None:
        """Show the variables as the design has them now."""
        held = self._names.search.variables
        shape = [(path, variable.also) for path, variable in held.items()]
        if shape != self._shape:
            self._shape = shape
            clear(self._list)
            self.rows = {}
            for path, variable in held.items():
                self.rows[path] = self._row(path, variable)
                self._list.addWidget(self.rows[path])
        for path, variable in held.items():
            self.rows[path].show_variable(variable, self._names.known.get(path))
        self._empty.setVisible(not held)

    def focus(self, path: str) -> None:
        """Give the keyboard to a variable."""
        if path in self.rows:
            self.rows[path].link.setFocus(Qt.FocusReason.OtherFocusReason)

    def ask(self) -> None:
        """Choose another setting to search, by a few letters."""
        Launcher(self.window(), self.entries(), tr("Search which setting?")).open()

    def entries(self) -> list[Entry]:
        """Every setting that could be searched and is not yet."""
        taken = self._names.search.variables
        return [
            Entry(found.label, found.group, partial(self._put, found.path, found.suggestion), words=(found.doc,))
            for found in self._names.known.values()
            if found.path not in taken
        ]

    def _row(self, path: str, variable: Variable) -> VariableRow:
        known = self._names.known.get(path)
        titles = self._names.titles
        others = [title(other, titles) for other in variable.also]
        made = VariableRow(title(path, titles), variable, known, others)
        made.edited.connect(lambda other, token: self._put(path, other, token))
        made.removed.connect(lambda: self._put(path, None))
        made.followed.connect(lambda: self._go(path))
        return made

    def _put(self, path: str, variable: Variable | None, token: Hashable = None) -> None:
        self._session.attempt(lambda: vary(self._session.document, path, variable, token))

    def _go(self, path: str) -> None:
        known = self._names.known.get(path)
        if known is not None and known.node:
            self._session.reveal(known.node)


def _tip(known: Searchable | None, others: Sequence[str]) -> str:
    if known is None:
        return tr("The design has no such setting any more.")
    tied = tr("The same value for {others}.", others=", ".join(others)) if others else ""
    parts: Sequence[str] = (tr(known.doc), tied, tr("Click to go to its node.") if known.node else "")
    return "\n".join(filter(None, parts))
