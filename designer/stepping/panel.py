"""The Step panel: follows the design as it is drawn, and shows one moment of a trace at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QWidget

from core.problem import LayerloomError, Problem
from core.program.codec import to_json
from designer.controls.buttons import button
from designer.controls.labels import Elided, Empty, label, line
from designer.figures.asking import Asker, RunWatch
from designer.language import marked, tr
from designer.qt import Debounce, column, follow, row
from designer.sentences import told
from designer.session import Session, Shown
from designer.stepping.board import Board
from designer.stepping.controls import Choice, Transport, keys
from designer.stepping.player import Moment, Player, moments
from designer.stepping.trail import trail
from designer.studio import Studio
from designer.theme import SPACE_L, SPACE_M, SPACE_S
from designer.workers import AssistantClient
from graph.lower import lower

SETTLE_MS = 150
_NOTHING = (
    marked("Nothing to step through yet"),
    marked("Draw a design with data: one example then goes through it, node by node."),
)
_LOOKING = (marked("Computing …"), marked("One example goes through the network, forward and back."))


class StepPanel(QWidget):
    """Forward, back and the update of the weights, with the real numbers of one example."""

    def __init__(self, session: Session, studio: Studio, assistant: AssistantClient) -> None:
        super().__init__()
        self._session = session
        self._trace: Mapping[str, Any] | None = None
        self._unit: tuple[str, int] = ("", 0)
        self._following = False
        self.player = Player(self)
        self._keys = keys(self.player)
        self._watch = RunWatch(self, studio)
        self._asker = Asker(assistant)
        self.transport, self.choice, self.board = Transport(self.player), Choice(), Board()
        self._way, self._name, self._facts = label("", "caption"), Elided("", "heading"), label("", "muted")
        self._copy = QComboBox()
        self._copy.setAccessibleName(tr("Copy of the block"))
        self._into = button(tr("Step into"), self._step_into, quiet=True)
        self._loss = label("", "mono")
        self._notes = Elided("", "muted")
        self._empty = Empty("steps", *map(tr, _NOTHING))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._body())
        body = column(self)
        body.addLayout(self._bar())
        body.addWidget(line())
        body.addWidget(self._stack, 1)
        self._soon = Debounce(self, SETTLE_MS, self.refresh)
        self._connect()

    # -- asking

    def refresh(self) -> None:
        """Trace the design as it is now; nothing while nobody looks."""
        if not self.isVisible():
            return
        record = self._watch.record
        self.choice.offer_weights(record is not None and record.saved is not None)
        try:
            document = self._session.document
            program, job = to_json(lower(document)), document.job.model_dump(mode="json")
        except LayerloomError as error:
            self._refuse(error.problem)
            return
        node, unit = self._unit
        args = {
            **self.choice.wish,
            "program": program, "job": job, "base": str(self._session.folder or ""),
            "run": str(record.folder) if record is not None else "", "place": self._session.selection.path,
            "copies": self._copies(), "node": node, "unit": unit,
        }  # fmt: skip
        if self._trace is None:
            self._empty.show_text(*map(tr, _LOOKING))
        self._asker.ask("trace", args, self._take)

    def _take(self, answer: Any, problem: Problem | None) -> None:
        if problem is not None:
            self._refuse(problem)
            return
        self._trace = answer
        self.choice.offer_objectives(answer["objectives"])
        self._stack.setCurrentIndex(1)
        notes = [answer["weights"], *answer["notes"]]
        words = ".  ".join(told(note).rstrip(".") for note in notes) + "."
        self._notes.set_text(words[:1].upper() + words[1:])
        self.player.load(moments(answer))

    def _refuse(self, problem: Problem) -> None:
        self._trace = None
        self.player.load(())
        self._session.traced.emit(Shown({}, {}))
        self._empty.show_text(tr(_NOTHING[0]), told(problem.message))
        self._stack.setCurrentIndex(0)

    # -- showing

    def _show(self) -> None:
        moment, trace = self.player.moment, self._trace
        if moment is None or trace is None:
            return
        node = trace["nodes"][moment.index]
        self._way.setText(moment.title)
        self._name.set_text(node["label"])
        shape = " x ".join(map(str, node["shape"])) or tr("one number")
        facts = [node["layer"], shape] + ([tr("{n} copies in a row", n=node["repeat"])] if node["repeat"] > 1 else [])
        self._facts.setText("   ".join(filter(None, facts)))
        self._into.setVisible(node["inside"])
        self._loss.setText("" if trace["loss"] is None else f"L = {trace['loss']:.6g}")
        self.board.show_equations(node[moment.way], choosable=moment.way == "forward" and node["kind"] == "node")
        self._session.traced.emit(trail(trace, self.player.moments, self.player.position))
        self._reveal(node["node"])

    def _reveal(self, path: str) -> None:
        self._following = True
        try:
            self._session.reveal(path)
        finally:
            self._following = False

    def _selection_changed(self) -> None:
        """Another block is looked into, or another node is what the person wants to see."""
        selection, trace = self._session.selection, self._trace
        if self._following or trace is None or not self.isVisible():
            return
        if selection.path != trace["place"]:
            self._offer_copies()
            self._soon.start()
            return
        path = f"{selection.path}/{selection.node}" if selection.path else selection.node
        found = next((i for i, node in enumerate(trace["nodes"]) if node["node"] == path), None)
        if found is not None and not self.player.is_playing:
            self.player.seek(found)

    def _step_into(self) -> None:
        moment, trace = self.player.moment, self._trace
        if moment is not None and trace is not None:
            self._session.selection.enter(trace["nodes"][moment.index]["node"])

    def _offer_copies(self) -> None:
        """Which copy of the block that is looked into, where it has several."""
        trace, path = self._trace, self._session.selection.path
        node = next((n for n in trace["nodes"] if n["node"] == path), None) if trace is not None else None
        copies = node["repeat"] if node is not None else 1
        self._copy.blockSignals(True)
        self._copy.clear()
        self._copy.addItems(
            [tr("Copy {number} of {copies}", number=number + 1, copies=copies) for number in range(copies)]
        )
        self._copy.blockSignals(False)
        self._copy.setVisible(copies > 1 and bool(path))

    def _copies(self) -> list[int]:
        """Of each block on the way; the first of all but the innermost."""
        depth = len(self._session.selection.path.split("/")) if self._session.selection.path else 0
        return [0] * (depth - 1) + [max(0, self._copy.currentIndex())] if depth else []

    def _choose_unit(self, index: list[int]) -> None:
        moment, trace = self.player.moment, self._trace
        if moment is None or trace is None:
            return
        node, flat = trace["nodes"][moment.index], 0
        for size, at in zip(node["shape"], index, strict=True):
            flat = flat * size + at
        self._unit = (node["node"], flat)
        self.refresh()

    # -- the widget

    def _connect(self) -> None:
        self.player.moved.connect(self._show)
        self.choice.changed.connect(self._soon.start)
        self.board.picked.connect(self._choose_unit)
        self._copy.currentIndexChanged.connect(lambda _index: self._soon.start())
        self._watch.turned.connect(self._soon.start)
        self._watch.due.connect(self._soon.start)
        follow(self, self._session.document.changed, lambda _changes: self._soon.start())
        follow(self, self._session.selection.changed, self._selection_changed)

    def _bar(self) -> QHBoxLayout:
        bar = row(margins=(SPACE_L, SPACE_S, SPACE_L, SPACE_S), gap=SPACE_L)
        bar.addWidget(self.transport, 1)
        bar.addWidget(self.choice)
        return bar

    def _body(self) -> QWidget:
        page = QWidget()
        page.setProperty("page", True)
        head = row(margins=(SPACE_L, SPACE_S, SPACE_L, 0), gap=SPACE_M)
        head.addWidget(self._way)
        head.addWidget(self._name, 1)
        for part in (self._facts, self._copy, self._into, self._loss):
            head.addWidget(part)
        self._copy.hide()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        scroll.setWidget(self.board)
        foot = row(margins=(SPACE_L, SPACE_S, SPACE_L, SPACE_S))
        foot.addWidget(self._notes)
        body = column(page)
        body.addLayout(head)
        body.addWidget(scroll, 1)
        body.addLayout(foot)
        return page

    def keyPressEvent(self, event: QKeyEvent) -> None:
        run = self._keys.get(Qt.Key(event.key()))
        if run is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        run()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._soon.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.player.pause()
        self._session.traced.emit(Shown({}, {}))

    @property
    def moment(self) -> Moment | None:
        return self.player.moment
