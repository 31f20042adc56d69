"""The bar of the Step panel: play and step, and what is traced."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QSlider, QWidget

from core.spec.params import Int
from designer.controls.buttons import IconButton
from designer.controls.labels import label
from designer.forms.editors import NumberEditor
from designer.language import marked, tr
from designer.qt import row
from designer.stepping.player import SPEEDS, USUAL, WAYS, Player
from designer.theme import SPACE_L, SPACE_M, SPACE_S, SPACE_XS

PARTS = ("train", "validation", "test")
FRESH, ENDED = marked("Fresh weights"), marked("Run's weights")
BEST, LAST = marked("Best weights"), marked("Last weights")
WEIGHTS = {ENDED: "", BEST: "best", LAST: "last", FRESH: "fresh"}


class Transport(QWidget):
    """Back, play, forward, and a slider over all moments."""

    def __init__(self, player: Player) -> None:
        super().__init__()
        self._player = player
        self.play = IconButton("play", tr("Play (Space)"), player.toggle, colour="accent")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(tr("Moment"))
        self.slider.setMinimumWidth(90)
        self.slider.valueChanged.connect(player.go)
        self.speed = QComboBox()
        self.speed.setAccessibleName(tr("Speed"))
        self.speed.setToolTip(tr("How fast it plays"))
        self.speed.addItems(list(SPEEDS))
        self.speed.setCurrentText(USUAL)
        self.speed.currentTextChanged.connect(player.set_speed)
        self.way = QComboBox()
        self.way.setAccessibleName(tr("Way"))
        self.way.setToolTip(tr("To the beginning of a way"))
        self.way.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.way.activated.connect(lambda _index: player.begin(self.way.currentData()))
        bar = row(self, gap=SPACE_XS)
        for icon, tip, run in (
            ("first", tr("To the beginning (Home)"), lambda: player.go(0)),
            ("step-back", tr("One step back (Left)"), lambda: player.step(-1)),
        ):
            bar.addWidget(IconButton(icon, tip, run))
        bar.addWidget(self.play)
        for icon, tip, run in (
            ("step-forward", tr("One step on (Right)"), lambda: player.step(1)),
            ("last", tr("To the end (End)"), lambda: player.go(len(player.moments) - 1)),
        ):
            bar.addWidget(IconButton(icon, tip, run))
        bar.addSpacing(SPACE_S)
        bar.addWidget(self.slider, 1)
        bar.addSpacing(SPACE_S)
        bar.addWidget(self.way)
        bar.addSpacing(SPACE_S)
        bar.addWidget(self.speed)
        player.moved.connect(self._refresh)
        player.played.connect(self._refresh)

    def _refresh(self) -> None:
        player = self._player
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(player.moments) - 1))
        self.slider.setValue(player.position)
        self.slider.blockSignals(False)
        ways = list(dict.fromkeys(moment.way for moment in player.moments))
        if [self.way.itemData(i) for i in range(self.way.count())] != ways:
            self.way.clear()
            for way in ways:
                self.way.addItem(tr(WAYS[way]), way)
        self.way.setCurrentIndex(self.way.findData(player.moment.way) if player.moment is not None else -1)
        playing = player.is_playing
        self.play.set_icon("pause" if playing else "play")
        self.play.setToolTip(tr("Pause (Space)") if playing else tr("Play (Space)"))


class Choice(QWidget):
    """Which examples, which weights, which objective. `changed` tells that something else was chosen."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._last = 10**9
        self.example = self._number("example", tr("Which example goes through"), 0, 10**9, 60)
        self.count = self._number("count", tr("How many examples go through together, from one to eight"), 1, 8, 44)
        self.part = self._combo(tr("Part of the data"), PARTS)
        self.weights = self._combo(tr("Weights"), [FRESH])
        self.objective = self._combo(tr("Objective"), [])
        self.objective.hide()
        bar = row(self, gap=SPACE_M)
        for text, field in (
            (tr("Example"), self.example),
            (tr("of"), self.part),
            (tr("together"), self.count),
        ):
            bar.addWidget(label(text, "muted"))
            bar.addWidget(field)
        bar.addSpacing(SPACE_L)
        bar.addWidget(self.weights)
        bar.addWidget(self.objective)

    @property
    def wish(self) -> dict[str, object]:
        """As the request ``trace`` wants it."""
        return {
            "part": self.part.currentData(),
            "example": int(self.example.line.text() or 0),
            "count": int(self.count.line.text() or 1),
            "weights": WEIGHTS[self.weights.currentData()],
            "objective": max(0, self.objective.currentIndex()),
        }

    def offer_weights(self, has_run: bool) -> None:
        """Those of a run where there is one, which are then what is shown."""
        wanted = [ENDED, BEST, LAST, FRESH] if has_run else [FRESH]
        if [self.weights.itemData(i) for i in range(self.weights.count())] != wanted:
            _refill(self.weights, wanted, 0)

    def offer_objectives(self, names: Sequence[str]) -> None:
        shown = [f"{number}. {name}" for number, name in enumerate(names, 1)]
        if [self.objective.itemText(i) for i in range(self.objective.count())] != shown:
            _refill(self.objective, shown, 0)
        self.objective.setVisible(len(names) > 1)

    def _number(self, name: str, tip: str, low: int, high: int, width: int) -> NumberEditor:
        field = NumberEditor(Int(name, low, min=low, max=high), tip)
        field.setToolTip(tip)
        field.setFixedWidth(width)
        field.show_value(low)
        field.edited.connect(lambda *_: self.changed.emit())
        return field

    def _combo(self, name: str, items: Sequence[str]) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setToolTip(name)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        _put(combo, items)
        combo.currentIndexChanged.connect(lambda _index: self.changed.emit())
        return combo


def keys(player: Player) -> dict[Qt.Key, Callable[[], None]]:
    """What the keyboard does."""
    return {
        Qt.Key.Key_Space: player.toggle,
        Qt.Key.Key_Right: lambda: player.step(1),
        Qt.Key.Key_Left: lambda: player.step(-1),
        Qt.Key.Key_Home: lambda: player.go(0),
        Qt.Key.Key_End: lambda: player.go(len(player.moments) - 1),
    }


def _refill(combo: QComboBox, items: Sequence[str], current: int) -> None:
    combo.blockSignals(True)
    combo.clear()
    _put(combo, items)
    combo.setCurrentIndex(current)
    combo.blockSignals(False)


def _put(combo: QComboBox, items: Sequence[str]) -> None:
    """Each in the language in use; its data is the plain text."""
    for item in items:
        combo.addItem(tr(item), item)
