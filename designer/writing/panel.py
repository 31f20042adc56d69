"""The Generate panel: the network of the run that is looked at writes text, symbol by symbol."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby, zip_longest
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QStackedWidget, QWidget

from core.catalog.sequences import GAP
from core.problem import Problem
from core.spec.params import Float, Int
from designer.controls.buttons import IconButton, button
from designer.controls.labels import Elided, Empty, label, line
from designer.figures.asking import Asker, RunWatch
from designer.forms.form import Form
from designer.language import marked, tr
from designer.qt import column, row
from designer.sentences import told
from designer.studio import Studio
from designer.theme import CONTROL_HEIGHT, SPACE_L, SPACE_M, SPACE_S, mono
from designer.workers import AssistantClient
from designer.writing.page import Page

AT_ONCE = 24  # symbols a question: an answer comes several times a second
SIDE = 272
FIELDS = (
    Float("temperature", 0.8, min=0.0, max=100.0, doc="Scores are divided by it: 0 always takes the best symbol."),
    Int("top_k", 0, min=0, max=10_000, label="top k", doc="Draw from so many of the best symbols; 0: from all."),
    Int("length", 400, min=1, max=20_000, doc="How many symbols are written."),
    Int("seed", 0, min=0, max=2**31 - 1, doc="The same seed writes the same text."),
)
_NO_RUN = (
    marked("No run yet"),
    marked("Train a network that learns text, such as the example Character LSTM: it writes here."),
)
_NO_WEIGHTS = (marked("No weights yet"), marked("It can write as soon as the run saves its first checkpoint."))
_CAPTIONS = {
    "turn": marked("Text to be turned"),
    "continue": marked("The text begins with"),
    "fill": marked("Text with gaps ({gap})"),
}


class GeneratePanel(QWidget):
    """Asks the assistant for a few symbols at a time, and puts them on the page as they come."""

    def __init__(self, studio: Studio, assistant: AssistantClient) -> None:
        super().__init__()
        self._facts: Mapping[str, Any] | None = None
        self._asked: dict[str, Any] | None = None  # of the text that is being written
        self._written = ""
        self._values = {field.name: field.default for field in FIELDS}
        self._watch = RunWatch(self, studio)
        self._about, self._asker = Asker(assistant), Asker(assistant)
        self._empty = Empty("rename", *map(tr, _NO_RUN))
        self._name, self._where = Elided("", "heading"), label("", "muted")
        self._error = label("", "error", wrap=True)
        self._error.hide()
        self._caption = label(tr(_CAPTIONS["continue"]), "muted")
        self.prompt = QPlainTextEdit()
        self.page = Page()
        self.form = Form(FIELDS)
        self.act: QPushButton = button(tr("Generate"), self.toggle, primary=True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._body())
        column(self).addWidget(self._stack)
        self.form.show_values(self._values)
        self.form.edited.connect(lambda name, value, _token: self._values.update({name: value}))
        self._watch.turned.connect(self._turn)
        self._watch.due.connect(self._look)
        self._turn()

    @property
    def is_writing(self) -> bool:
        return self._asked is not None

    def toggle(self) -> None:
        """Write, or stop writing."""
        if self.is_writing:
            self._end()
        else:
            self.write()

    def write(self) -> None:
        """Begin a new text; what another prompt becomes is added to the page."""
        record = self._watch.record
        if record is None or self._facts is None:
            return
        prompt, kind = self.prompt.toPlainText(), self._facts["kind"]
        self._asked = {"run": str(record.folder), "prompt": prompt, **self._values, "count": AT_ONCE}
        self._written = ""
        self._error.hide()
        if kind != "turn":
            self.page.begin(prompt if kind == "continue" else "")
        else:
            self.page.add(f"\n{prompt}  →  " if self.page.text else f"{prompt}  →  ", given=True)
        self.act.setText(tr("Stop"))
        self._ask()

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.page.text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ctrl+Return in the prompt writes; so does Return where the text is one line."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            one_line = self._facts is not None and self._facts["kind"] == "turn"
            if key and (one_line or event.modifiers() & Qt.KeyboardModifier.ControlModifier):
                self.write()
                return True
        return super().eventFilter(watched, event)

    def _body(self) -> QWidget:
        whole = QWidget()
        head = row(margins=(SPACE_L, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_M)
        head.addWidget(self._name, 1)
        head.addWidget(self._where)
        head.addWidget(IconButton("copy", tr("Copy the text"), self.copy))
        parts = row()
        parts.addWidget(self._side())
        parts.addWidget(line(upright=True))
        parts.addWidget(self.page, 1)
        body = column(whole)
        body.addLayout(head)
        body.addWidget(line())
        body.addLayout(parts, 1)
        return whole

    def _side(self) -> QWidget:
        """The prompt, the fields and the button."""
        side = QWidget()
        side.setFixedWidth(SIDE)
        self.prompt.setFont(mono())
        self.prompt.setProperty("field", True)
        self.prompt.setAccessibleName(tr("Prompt"))
        self.prompt.setTabChangesFocus(True)
        self.prompt.setMinimumHeight(2 * CONTROL_HEIGHT)
        self.prompt.installEventFilter(self)
        layout = column(side, margins=(SPACE_L, SPACE_M, SPACE_L, SPACE_M), gap=SPACE_S)
        another = row(gap=SPACE_S)
        another.addWidget(self._caption, 1)
        another.addWidget(IconButton("example", tr("Take another text of the data"), self._next_prompt))
        layout.addLayout(another)
        layout.addWidget(self.prompt, 1)
        layout.addSpacing(SPACE_S)
        layout.addWidget(self.form)
        layout.addWidget(self._error)
        layout.addSpacing(SPACE_M)
        layout.addWidget(self.act)
        return side

    def _turn(self) -> None:
        """Another run is looked at: what was written is not its."""
        record = self._watch.record
        self._facts = None
        self.prompt.clear()
        self._about.forget()
        self._end()
        self.page.begin()
        self._stack.setCurrentIndex(0)
        self._empty.show_text(*map(tr, _NO_RUN if record is None else _NO_WEIGHTS))
        self._name.set_text(record.name if record else "")

    def _look(self) -> None:
        record = self._watch.record
        if record is not None:
            self._about.ask("generate.facts", {"run": str(record.folder)}, self._learn)

    def _learn(self, facts: Any, problem: Problem | None) -> None:
        """What the network of this run can write."""
        if problem is not None:
            if self._facts is None and problem.code != "weights":
                self._empty.show_text(tr("Nothing to write"), told(problem.message))
            return
        is_first, self._facts = self._facts is None, facts
        self._caption.setText(tr(_CAPTIONS[facts["kind"]], gap=GAP))
        self.form.rows["length"].setVisible(facts["kind"] == "continue")
        epoch = f", of epoch {facts['epoch']:,}" if facts["epoch"] is not None else ""
        self._where.setText(f"{facts['weights']} weights{epoch} · sees {facts['window']} symbols at once")
        self._stack.setCurrentIndex(1)
        if is_first:
            self._next_prompt()

    def _next_prompt(self) -> None:
        prompts = self._facts["prompts"] if self._facts else []
        shown = self.prompt.toPlainText()
        later = prompts[prompts.index(shown) + 1 :] if shown in prompts else prompts
        self.prompt.setPlainText((later or prompts or [""])[0])

    def _ask(self) -> None:
        if self._asked is not None:
            self._asker.ask("generate", {**self._asked, "so_far": self._written}, self._take)

    def _take(self, answer: Any, problem: Problem | None) -> None:
        if problem is not None:
            self._error.setText(told(problem.message))
            self._error.show()
            self._end()
            return
        self._show(answer["text"])
        if answer["done"]:
            self._end()
        else:
            self._ask()

    def _show(self, text: str) -> None:
        """What comes; where gaps are filled, the rest of the text is what was given."""
        fills = self._asked is not None and self._facts is not None and self._facts["kind"] == "fill"
        prompt = self._asked["prompt"][len(self._written) :] if fills and self._asked else ""
        marked = zip_longest(text, prompt[: len(text)], fillvalue=GAP)
        for given, symbols in groupby(marked, key=lambda pair: pair[1] != GAP):
            self.page.add("".join(symbol for symbol, _ in symbols), given=given)
        self._written += text

    def _end(self) -> None:
        self._asked = None
        self._asker.forget()
        self.act.setText(tr("Generate"))
