"""A list of nodes that the job names: picked by label, or taken from what is selected on the canvas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QSizePolicy, QWidget

from core.spec.params import Float
from core.training.job import Job
from designer.controls.buttons import IconButton, button
from designer.controls.labels import Elided
from designer.forms.field import LABEL_WIDTH, FieldRow
from designer.language import marked, tr
from designer.qt import clear, column, follow, row
from designer.session import Session
from designer.theme import CONTROL_HEIGHT, SPACE_S
from designer.training.binding import value_at
from graph.commands import SetJob
from graph.places import label_at, weighted_places

ADD = marked("Add a node …")
SELECTED = marked("Use selected nodes")
_ROOM = 20  # where other fields have the mark that takes them back
GONE = marked("{node} (not in the design any more)")


class NodeList(QWidget):
    """Edits the nodes at `path` of the job; with `factor` each has a number of its own, which begins as its default.

    Where a block is named, everything in it is meant.
    """

    def __init__(self, session: Session, path: str, title: str, doc: str, factor: Float | None = None) -> None:
        super().__init__()
        self._session, self._path, self._factor = session, path, factor
        self._shown: dict[str, float] = {}
        self._labels: dict[str, str] = {}
        self.rows: dict[str, FieldRow | QWidget] = {}
        self._list = column(gap=SPACE_S)
        self.picker = _Picker(tr(title))
        self.picker.setToolTip(tr(doc))
        self.picker.activated.connect(self._picked)
        self.selected = button(tr(SELECTED), self._take_selected, quiet=True)
        self.selected.setToolTip(tr(doc))
        layout = column(self, gap=SPACE_S)
        head = row(gap=SPACE_S)
        words = tr(title)
        name = Elided(words[:1].upper() + words[1:], "muted", tr(doc))
        name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        name.setFixedSize(LABEL_WIDTH, CONTROL_HEIGHT)
        head.addWidget(name)
        head.addWidget(self.picker, 1)
        head.addSpacing(_ROOM)
        layout.addLayout(head)
        layout.addLayout(self._list)
        layout.addWidget(self.selected, 0, Qt.AlignmentFlag.AlignRight)
        follow(self, session.selection.changed, self._selection)
        follow(self, session.problems_changed, self._look)
        self._selection()

    def show_job(self, job: Job) -> None:
        value: Mapping[str, float] | Sequence[str] = value_at(job, self._path)
        shown = dict(value) if isinstance(value, Mapping) else dict.fromkeys(value, 1.0)
        if list(shown) != list(self._shown) or not self.rows:
            self._shown = shown
            self._build()
        self._shown = shown
        self._fill()
        self._offer()

    def _fill(self) -> None:
        for node, part in self.rows.items():
            if isinstance(part, FieldRow):
                part.show_value(self._shown[node])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._offer()

    def _build(self) -> None:
        clear(self._list)
        document, inference = self._session.document, self._session.inference
        self._labels = {node: label_at(document, inference, node) for node in self._shown}
        self.rows = {}
        for node in self._shown:
            line = row(gap=SPACE_S)
            self.rows[node] = part = self._row(node)
            line.addWidget(part, 1)
            line.addWidget(IconButton("close", tr("Leave it out"), partial(self._leave_out, node)))
            self._list.addLayout(line)

    def _row(self, node: str) -> FieldRow | QWidget:
        label = self._labels[node]
        words = label or tr(GONE, node=node)
        if self._factor is None or not label:
            return Elided(words, "" if label else "error", tr("Node {node}", node=node))
        made = FieldRow(Float(node, self._factor.default, min=0.0, label=words, doc=self._factor.doc))
        made.edited.connect(partial(self._weigh, node))
        made.reset.connect(lambda: self._weigh(node, self._begin))
        return made

    def _offer(self) -> None:
        """The nodes that may be added; worked out only while somebody can see them."""
        if not self.isVisible():
            return
        session = self._session
        places = weighted_places(session.document, session.inference)
        self.picker.offer({path: label for path, label in places.items() if path not in self._shown})

    def _look(self) -> None:
        """Something changed: other nodes may be offered, and those that are named may be called otherwise."""
        document, inference = self._session.document, self._session.inference
        if any(label_at(document, inference, node) != label for node, label in self._labels.items()):
            self._build()
            self._fill()
        self._offer()

    def _selection(self) -> None:
        self.selected.setVisible(bool(self._session.selection.nodes))

    def _take_selected(self) -> None:
        places = weighted_places(self._session.document, self._session.inference)
        chosen = [path for path in self._session.selection.paths if path in places]
        if chosen:
            self._set({**self._shown, **{path: self._begin for path in chosen if path not in self._shown}})
        else:
            self._session.notify(tr("None of the selected nodes has weights."))

    def _picked(self, index: int) -> None:
        path = self.picker.itemData(index)
        self.picker.setCurrentIndex(-1)
        if path:
            self._set({**self._shown, path: self._begin})

    def _leave_out(self, node: str) -> None:
        self._set({path: factor for path, factor in self._shown.items() if path != node})

    def _weigh(self, node: str, factor: float) -> None:
        self._set({**self._shown, node: factor}, token=(self._path, node))

    @property
    def _begin(self) -> float:
        return (self._factor.default if self._factor is not None else None) or 1.0

    def _set(self, nodes: Mapping[str, float], token: object = None) -> None:
        value = dict(nodes) if self._factor is not None else list(nodes)
        self._session.do(SetJob(self._path, value or None, token))


class _Picker(QComboBox):
    """Labels to choose from, or to type parts of."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFixedHeight(CONTROL_HEIGHT)
        self.setMinimumContentsLength(6)
        self.setAccessibleName(title)
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setCompleter(completer)
        if (edit := self.lineEdit()) is not None:
            edit.setAccessibleName(title)
        self.offer({})

    def offer(self, places: Mapping[str, str]) -> None:
        if places != {self.itemData(i): self.itemText(i) for i in range(self.count())}:
            self.clear()
            for path, label in places.items():
                self.addItem(label, path)
        self.setCurrentIndex(-1)
        edit = self.lineEdit()
        if edit is not None:
            edit.setPlaceholderText(tr(ADD))
