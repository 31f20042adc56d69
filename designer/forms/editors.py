"""One widget for each kind of field. An editor gives only values that hold; the rest it refuses with a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QWidget

from core.spec.params import Bool, Choice, Float, Int, Param, Several, Text
from designer.controls.buttons import Switch
from designer.forms.expected import hint
from designer.forms.steps import step_float, step_int
from designer.language import marked, tr
from designer.qt import column, restyle, row
from designer.theme import CONTROL_HEIGHT, mono

MIXED = marked("several values")
_NARROWEST = 120


class Editor(QWidget):
    """Edits the value of one field.

    `edited` carries a value that holds; `refused` the sentence that says why what stands there does not hold (empty
    once it does); `finished` ends a burst of edits that is to be one undo step.
    """

    edited = Signal(object)
    refused = Signal(str)
    finished = Signal()

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.param = param
        self.box: QHBoxLayout = row(self)

    def show_value(self, value: Any) -> None:
        """Show a value from outside; nothing is emitted."""
        raise NotImplementedError

    def show_mixed(self) -> None:
        """Show that the edited things differ in this field."""
        raise NotImplementedError


class TextEditor(Editor):
    """A line, read by the field itself. Edits as one types; what does not hold is outlined and never given on."""

    def __init__(self, param: Param, title: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(param)
        self.line = QLineEdit()
        self.line.setFixedHeight(CONTROL_HEIGHT)
        self.line.setPlaceholderText(hint(param))
        self.line.setAccessibleName(title)
        if param.kind != Text.kind:
            self.line.setFont(mono())
        self.box.addWidget(self.line)
        self.setFocusProxy(self.line)
        self._shown: Any = None
        self.line.textEdited.connect(self._typed)
        self.line.editingFinished.connect(self._finish)

    @property
    def is_invalid(self) -> bool:
        return self.line.property("invalid") is True

    def show_value(self, value: Any) -> None:
        self._shown = value
        if not (self.line.hasFocus() and self._reads_as(value)):
            self.line.setPlaceholderText(hint(self.param))
            self.line.setText(self.param.format(value))
        self._judge("")

    def show_mixed(self) -> None:
        self._shown = None
        self.line.clear()
        self.line.setPlaceholderText(tr(MIXED))
        self._judge("")

    def _reads_as(self, value: Any) -> bool:
        try:
            return bool(self.param.parse(self.line.text()) == value)
        except ValueError:
            return False

    def _typed(self, text: str) -> None:
        try:
            value = self.param.parse(text)
        except ValueError as error:
            self._judge(_sentence(self.param, str(error)))
            return
        self._judge("")
        self._shown = value
        self.edited.emit(value)

    def _finish(self) -> None:
        if not self.is_invalid and self.line.placeholderText() != tr(MIXED):
            self.line.setText(self.param.format(self._shown))
        self.finished.emit()

    def _judge(self, sentence: str) -> None:
        if bool(sentence) != self.is_invalid:
            restyle(self.line, invalid=bool(sentence))
        self.refused.emit(sentence)


class NumberEditor(TextEditor):
    """A number: typed, or stepped with the arrow keys and the wheel (Shift: larger steps)."""

    def __init__(self, param: Param, title: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(param, title, suggestions)
        self.line.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress:
            key = cast(QKeyEvent, event)
            if key.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                self._step(1 if key.key() == Qt.Key.Key_Up else -1, key.modifiers())
                return True
        elif event.type() == QEvent.Type.Wheel and self.line.hasFocus():
            wheel = cast(QWheelEvent, event)
            if wheel.angleDelta().y():
                self._step(1 if wheel.angleDelta().y() > 0 else -1, wheel.modifiers())
            return True
        return super().eventFilter(watched, event)

    def _step(self, direction: int, modifiers: Qt.KeyboardModifier) -> None:
        large = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        param = self.param
        if isinstance(param, Int):
            value: float = step_int(param, self._shown, direction, large=large)
        else:
            value = step_float(cast(Float, param), self._shown, direction, large=large)
        self.line.setText(param.format(value))
        self._typed(self.line.text())


class BoolEditor(Editor):
    """A switch."""

    def __init__(self, param: Param, title: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(param)
        self.switch = Switch()
        self.switch.setAccessibleName(title)
        self.box.addWidget(self.switch)
        self.box.addStretch(1)
        self.setFixedHeight(CONTROL_HEIGHT)
        self.setFocusProxy(self.switch)
        self.switch.clicked.connect(self._clicked)

    def show_value(self, value: Any) -> None:
        self.switch.setChecked(bool(value))
        self.setToolTip("")

    def show_mixed(self) -> None:
        self.switch.setChecked(False)
        self.setToolTip(tr(MIXED))

    def _clicked(self, on: bool) -> None:
        self.edited.emit(on)
        self.finished.emit()


class _Combo(QComboBox):
    """A combo box that does not take the wheel from the panel that it scrolls by in, and is as narrow as it must be."""

    def minimumSizeHint(self) -> QSize:
        return super().minimumSizeHint().boundedTo(QSize(_NARROWEST, CONTROL_HEIGHT))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ChoiceEditor(Editor):
    """One of a few words. An optional field has "none" as its first entry."""

    def __init__(self, param: Param, title: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(param)
        choice = cast(Choice, param)
        labels: Mapping[str, str] = choice.labels or {}
        self.combo = _Combo()
        self.combo.setFixedHeight(CONTROL_HEIGHT)
        self.combo.setAccessibleName(title)
        self.combo.setPlaceholderText(tr(MIXED))
        self.combo.setMinimumContentsLength(6)
        if param.optional:
            self.combo.addItem(tr("none"), None)
        for word in choice.choices:
            self.combo.addItem(tr(labels[word]) if word in labels else word.replace("_", " "), word)
        self.box.addWidget(self.combo)
        self.setFocusProxy(self.combo)
        self.combo.activated.connect(self._picked)

    def show_value(self, value: Any) -> None:
        self.combo.setCurrentIndex(self.combo.findData(value))

    def show_mixed(self) -> None:
        self.combo.setCurrentIndex(-1)

    def _picked(self, index: int) -> None:
        self.edited.emit(self.combo.itemData(index))
        self.finished.emit()


class SeveralEditor(Editor):
    """Boxes to tick, one for each word."""

    def __init__(self, param: Param, title: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(param)
        several = cast(Several, param)
        labels: Mapping[str, str] = several.labels or {}
        boxes = column()
        self.boxes = {word: QCheckBox(tr(labels[word]) if word in labels else word) for word in several.choices}
        for box in self.boxes.values():
            box.setAccessibleName(f"{title}: {box.text()}")
            box.clicked.connect(self._clicked)
            boxes.addWidget(box)
        self.box.addLayout(boxes)
        self.setFocusProxy(next(iter(self.boxes.values())))

    def show_value(self, value: Any) -> None:
        for word, box in self.boxes.items():
            box.setChecked(word in value)
        self.setToolTip("")

    def show_mixed(self) -> None:
        self.show_value(())
        self.setToolTip(tr(MIXED))

    def _clicked(self) -> None:
        self.edited.emit(tuple(word for word, box in self.boxes.items() if box.isChecked()))
        self.finished.emit()


class NamedEditor(Editor):
    """A text that is best picked from names that are known: fields of the data. Others may be typed."""

    def __init__(self, param: Param, title: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(param)
        self.combo = _Combo()
        self.combo.setEditable(True)
        self.combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.combo.setFixedHeight(CONTROL_HEIGHT)
        self.combo.setAccessibleName(title)
        self.combo.addItems(list(suggestions))
        self.box.addWidget(self.combo)
        self.setFocusProxy(self.combo)
        self.combo.activated.connect(lambda _index: self._give(self.combo.currentText(), done=True))
        self.line = cast(QLineEdit, self.combo.lineEdit())
        self.line.setAccessibleName(title)
        self.line.textEdited.connect(lambda text: self._give(text, done=False))
        self.line.editingFinished.connect(self.finished.emit)

    def show_value(self, value: Any) -> None:
        if self.combo.currentText() != value:
            self.combo.setCurrentText(self.param.format(value))
        self.refused.emit("")

    def show_mixed(self) -> None:
        self.combo.setCurrentIndex(-1)
        self.line.setPlaceholderText(tr(MIXED))

    def _give(self, text: str, *, done: bool) -> None:
        try:
            value = self.param.parse(text)
        except ValueError as error:
            self.refused.emit(_sentence(self.param, str(error)))
            return
        self.refused.emit("")
        self.edited.emit(value)
        if done:
            self.finished.emit()


EDITORS: Mapping[str, Callable[[Param, str, Sequence[str]], Editor]] = {
    Int.kind: NumberEditor,
    Float.kind: NumberEditor,
    Bool.kind: BoolEditor,
    Choice.kind: ChoiceEditor,
    Several.kind: SeveralEditor,
}


def editor(param: Param, title: str, suggestions: Sequence[str] = ()) -> Editor:
    """The editor for a field, called by its title; a line that the field itself reads where its kind has none."""
    if suggestions and param.kind not in EDITORS:
        return NamedEditor(param, title, suggestions)
    return EDITORS.get(param.kind, TextEditor)(param, title, suggestions)


def _sentence(param: Param, message: str) -> str:
    """The field's complaint without its name, which stands beside it."""
    text = message.removeprefix(f"{param.title}: ")
    return text[:1].upper() + text[1:]
