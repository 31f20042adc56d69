"""Editing what one variable may be: the ends of a range, or the values to choose from. Decides nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QMenu, QToolButton, QWidget

from core.spec.params import Float, Int, Text
from core.training.search import Choices, Range, Variable
from designer.controls.labels import label
from designer.forms.editors import Editor, NumberEditor, TextEditor
from designer.language import tr
from designer.qt import row
from designer.search.words import word
from designer.theme import CONTROL_HEIGHT, SPACE_S, mono


def changed(variable: Variable, values: Mapping[str, Any]) -> Variable:
    """The variable with some of its fields set. Raises ValueError with a sentence where that does not hold."""
    try:
        return type(variable).model_validate({**variable.model_dump(), **values})
    except ValidationError as error:
        text = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(text[:1].upper() + text[1:].rstrip(".") + ".") from error


class RangeEditor(QWidget):
    """Signals: `edited` (field and value), `refused` (why what stands there does not hold, or nothing), `finished`."""

    edited = Signal(str, object)
    refused = Signal(str)
    finished = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._is_integer: bool | None = None
        self.editors: dict[str, Editor] = {}
        self._line = row(self, gap=SPACE_S)
        self._step = label(tr("step"), "muted")
        self.log = QToolButton()
        self.log.setText("log")
        self.log.setCheckable(True)
        self.log.setToolTip(tr("Logarithmic: equal ratios count alike. For learning rates, decays, sizes."))
        self.log.setAccessibleName(tr("{variable}: logarithmic", variable=name))
        self.log.clicked.connect(lambda on: self.edited.emit("log", on))

    def show_range(self, shown: Range) -> None:
        if shown.integer is not self._is_integer:
            self._build(shown.integer)
        for field, editor in self.editors.items():
            value = getattr(shown, field)
            editor.show_value(int(value) if shown.integer and value is not None else value)
        for part in (self._step, self.editors["step"]):
            part.setVisible(shown.step is not None)
        self.log.setVisible(shown.step is None)
        self.log.setChecked(shown.log)
        self.log.setEnabled(shown.low > 0)

    def _build(self, is_integer: bool) -> None:
        while (item := self._line.takeAt(0)) is not None:
            if (widget := item.widget()) not in (None, self._step, self.log):
                widget.deleteLater()
        self._is_integer = is_integer
        titles = {"low": tr("from"), "high": tr("to"), "step": tr("step")}
        for field, words in titles.items():
            param = Int(field, None) if is_integer else Float(field, None)
            editor = NumberEditor(param, f"{self._name}: {words}")
            editor.setMinimumWidth(52)
            editor.edited.connect(lambda value, field=field: self.edited.emit(field, value))
            editor.refused.connect(self.refused)
            editor.finished.connect(self.finished)
            self.editors[field] = editor
        between = label("–", "muted")
        for part in (self.editors["low"], between, self.editors["high"], self._step, self.editors["step"], self.log):
            self._line.addWidget(part, 1 if isinstance(part, Editor) else 0)


class ListEditor(TextEditor):
    """Values separated by commas, as JSON would write them; words need no quotes. `edited` carries a tuple."""

    def __init__(self, name: str) -> None:
        super().__init__(_Values("choices"), name)

    def show_value(self, value: Any) -> None:
        super().show_value(tuple(value))


class _Values(Text):
    kind = "values"

    @property
    def expects(self) -> str:
        return "values separated by commas"

    def _check(self, value: Any) -> Any:
        return value if isinstance(value, tuple) and value else self._refuse(value)

    def _parse(self, text: str) -> Any:
        return tuple(_value(part.strip()) for part in text.split(",") if part.strip())

    def format(self, value: Any) -> str:
        return ", ".join(part if isinstance(part, str) else json.dumps(part) for part in value or ())


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


class PickEditor(QWidget):
    """Ticks in a menu, for choices that are known. `edited` carries a tuple in the order of what is offered."""

    edited = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._offered: tuple[Any, ...] = ()
        self._chosen: tuple[Any, ...] = ()
        self.button = QToolButton()
        self.button.setAccessibleName(name)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setFixedHeight(CONTROL_HEIGHT)
        self.menu = _Staying(self.button)
        self.button.setMenu(self.menu)
        self.setFocusProxy(self.button)
        self.text = QLineEdit()
        self.text.setReadOnly(True)
        self.text.setFixedHeight(CONTROL_HEIGHT)
        self.text.setFont(mono())
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.text.installEventFilter(self)
        self.button.setText(tr("Choose"))
        line = row(self, gap=SPACE_S)
        line.addWidget(self.text, 1)
        line.addWidget(self.button)

    def show_choices(self, chosen: tuple[Any, ...], offered: tuple[Any, ...]) -> None:
        known = (*offered, *(value for value in chosen if value not in offered))
        self._chosen = chosen
        words = ", ".join(map(word, chosen))
        self.text.setText(words)
        self.text.setCursorPosition(0)
        self.text.setToolTip(words)
        if known != self._offered:
            self._offered = known
            self.menu.clear()
            for value in known:
                entry = self.menu.addAction(word(value))
                entry.setCheckable(True)
                entry.triggered.connect(self._ticked)
        for entry, value in zip(self.menu.actions(), known, strict=True):
            entry.setChecked(value in chosen)

    def _ticked(self) -> None:
        chosen = tuple(v for a, v in zip(self.menu.actions(), self._offered, strict=True) if a.isChecked())
        if chosen:
            self.edited.emit(chosen)
        else:  # one is the least
            self.show_choices(self._chosen, self._offered)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress:
            self.button.showMenu()
            return True
        return super().eventFilter(watched, event)


class _Staying(QMenu):
    """A menu that stays open while ticks are set."""

    def mouseReleaseEvent(self, event: Any) -> None:
        action = self.activeAction()
        if action is not None and action.isEnabled():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self.activeAction()
        if action is not None and event.key() == Qt.Key.Key_Space:
            action.trigger()
        else:
            super().keyPressEvent(event)


def as_choices(variable: Range) -> Choices:
    """A few values of a range, to be chosen from one by one."""
    known = variable.grid() or changed(variable, {"points": 5}).grid()
    values = known if len(known) <= 12 else known[:: -(-len(known) // 12)]
    return Choices(choices=tuple(dict.fromkeys(_rounded(value) for value in values)), also=variable.also)


def _rounded(value: Any) -> Any:
    return float(f"{value:.3g}") if isinstance(value, float) else value


def as_range(variable: Choices) -> Range | None:
    """From the least to the most of numbers to choose from; None where there are others among them."""
    values = variable.choices
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return None
    low, high = min(values), max(values)
    whole = all(isinstance(value, int) for value in values)
    return Range(low=low, high=high, integer=whole, log=low > 0 and high >= 50 * low, also=variable.also)


def in_steps(variable: Range) -> Range:
    """With a step of about a tenth of the range, or without the one it has."""
    if variable.step is not None:
        return variable.model_copy(update={"step": None})
    step: float = float(f"{(variable.high - variable.low) / 10:.1g}") or 1.0
    return variable.model_copy(update={"log": False, "step": max(1.0, round(step)) if variable.integer else step})
