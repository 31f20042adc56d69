"""Small bridges between our signals and Qt's world."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, SignalInstance
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QSplitter, QVBoxLayout, QWidget

from core.signal import Signal
from designer import language

P = ParamSpec("P")
L = TypeVar("L", bound=QBoxLayout)


def follow(owner: QObject, signal: Signal[P], slot: Callable[P, object]) -> None:
    """Call `slot` at each emission for as long as `owner` lives."""
    owner.destroyed.connect(_forgetting(signal.connect(slot)))


def speak(owner: QObject, tell: Callable[[], object]) -> None:
    """Call `tell`, which shows texts, now and whenever the language changes, for as long as `owner` lives."""
    tell()
    follow(owner, language.changed, tell)


def next_turn(function: Callable[[], None]) -> None:
    """Call a function in the next turn of the event loop."""
    QTimer.singleShot(0, function)


class Debounce(QObject):
    """Calls `function` once things have been quiet for `milliseconds` after the last `start`."""

    def __init__(self, owner: QObject, milliseconds: int, function: Callable[[], object]) -> None:
        super().__init__(owner)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(milliseconds)
        connect(self._timer.timeout, function)

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()


class WhileSeen(QObject):
    """Calls `function` every so many milliseconds while a widget is seen, and at once whenever it comes into view."""

    def __init__(self, widget: QWidget, milliseconds: int, function: Callable[[], object]) -> None:
        super().__init__(widget)
        self._function = function
        self._timer = QTimer(self)
        self._timer.setInterval(milliseconds)
        connect(self._timer.timeout, function)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self._timer.start()
            self._function()
        elif event.type() == QEvent.Type.Hide:
            self._timer.stop()
        return False


def connect(signal: SignalInstance, function: Callable[[], object]) -> None:
    """Connect a signal whose arguments (if any) do not matter."""
    signal.connect(lambda *_: function())


def divide(splitter: QSplitter, *parts: tuple[QWidget, int]) -> None:
    """Put widgets side by side, each with the share of the room that it takes; none can be folded away."""
    for index, (part, share) in enumerate(parts):
        splitter.addWidget(part)
        splitter.setStretchFactor(index, share)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(1)


def column(parent: QWidget | None = None, *, margins: tuple[int, int, int, int] | int = 0, gap: int = 0) -> QVBoxLayout:
    return _spaced(QVBoxLayout(parent) if parent else QVBoxLayout(), margins, gap)


def row(parent: QWidget | None = None, *, margins: tuple[int, int, int, int] | int = 0, gap: int = 0) -> QHBoxLayout:
    return _spaced(QHBoxLayout(parent) if parent else QHBoxLayout(), margins, gap)


def clear(layout: QLayout) -> None:
    """Take everything out of a layout; its widgets go."""
    while layout.count():
        item = layout.takeAt(0)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)


def focus_first(part: QWidget | None) -> None:
    """Give the keyboard to a widget, or to the first within it that takes it."""
    if part is None:
        return
    within = [part, *part.findChildren(QWidget)]
    wanted = Qt.FocusPolicy.TabFocus
    found = next((w for w in within if w.isVisible() and w.isEnabled() and w.focusPolicy() & wanted), part)
    found.setFocus(Qt.FocusReason.ShortcutFocusReason)


def restyle(widget: QWidget, **properties: object) -> None:
    """Set properties that the style sheet looks at, and apply them."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _spaced(layout: L, margins: tuple[int, int, int, int] | int, gap: int) -> L:
    layout.setContentsMargins(*((margins,) * 4 if isinstance(margins, int) else margins))
    layout.setSpacing(gap)
    return layout


def _forgetting(disconnect: Callable[[], None]) -> Callable[..., None]:
    return lambda *_: disconnect()
