"""The pictures of a study, one at a time: parallel coordinates, history, importance, slices, pairs, curves, folds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QTabBar, QWidget

from core.search.study import Study
from designer.controls.labels import Empty, label
from designer.figures.amounts import Amounts, Bar
from designer.figures.figure import Figure
from designer.language import marked, tr
from designer.qt import clear, column, row
from designer.search import told
from designer.search.folds import FoldTable
from designer.search.pairs import Pairs
from designer.search.parallel import ParallelView
from designer.theme import SPACE_L, SPACE_M, SPACE_S

SLICE_WIDTH = 210
Names = Mapping[str, str]
TITLES = {
    "parallel": marked("Parallel"),
    "history": marked("History"),
    "importance": marked("Importance"),
    "slices": marked("Slices"),
    "pairs": marked("Pairs"),
    "curves": marked("Curves"),
    "folds": marked("Folds"),
}
TIPS = {
    "parallel": marked("A line for each trial, through its values to its result. Drag along an axis to choose."),
    "history": marked("The result of each trial in turn, and the best so far."),
    "importance": marked("How much of the spread of the results each variable explains."),
    "slices": marked("The result over the values of each variable."),
    "pairs": marked("Which values of two variables do well together."),
    "curves": marked("The validation metric of all trials over the epochs."),
    "folds": marked("What each part of the cross-validation reached, and the mean."),
}


class Importance(QWidget):
    """Bars, largest first. Signal: `chosen` (path of a variable)."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.bars = Amounts(tr("Importance of the variables"))
        self.bars.chosen.connect(self.chosen)
        self._note = label("", "muted", wrap=True)
        layout = column(self, margins=(SPACE_L, SPACE_M, SPACE_L, SPACE_M), gap=SPACE_M)
        layout.addWidget(self.bars)
        layout.addWidget(self._note)
        layout.addStretch(1)

    def show_study(self, study: Study, names: Names) -> None:
        found = told.shares(study, names)
        self.bars.show_bars([Bar(path, name, share, f"{share:.0%}") for path, name, share in found])
        self.bars.setVisible(bool(found))
        self._note.setText(
            tr(
                "Share of the spread of the results that a variable explains. With few trials it is a rough guess; it "
                "says nothing of values that were not tried."
            )
            if found
            else tr("Known once enough trials have ended.")
        )


class Slices(QScrollArea):
    """A chart for each variable, side by side. Signal: `chosen` (number of a trial)."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        page.setProperty("page", True)
        self._row = row(page, margins=(SPACE_M, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_M)
        self.setWidget(page)
        self.figures: list[Figure] = []
        self._numbers: list[list[int]] = []

    def show_study(self, study: Study, names: Names) -> None:
        found = told.slices(study, names)
        if len(found) != len(self.figures):
            clear(self._row)
            self.figures = [Figure(self._choose(place)) for place in range(len(found))]
            for figure in self.figures:
                figure.setMinimumWidth(SLICE_WIDTH)
                self._row.addWidget(figure)
        self._numbers = [numbers for _, numbers in found]
        for figure, (drawing, _) in zip(self.figures, found, strict=True):
            figure.show_drawing(drawing)

    def _choose(self, place: int) -> Callable[[int], None]:
        return lambda index: self.chosen.emit(self._numbers[place][index])


class Pictures(QWidget):
    """Signals: `brushed` (numbers of the trials that pass the brushes, or None), `chosen`, `opened` (number of a
    trial), `variable_chosen` (path)."""

    brushed = Signal(object)
    chosen = Signal(int)
    opened = Signal(int)
    variable_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.parallel, self.importance, self.slices, self.folds = ParallelView(), Importance(), Slices(), FoldTable()
        self.pairs = Pairs()
        self.history = Figure(lambda index: self.chosen.emit(self._history[index]))
        self.curves = Figure()
        self._history: list[int] = []
        self._study: Study | None = None
        self._names: Names = {}
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setAccessibleName(tr("Pictures of the search"))
        self.stack = QStackedWidget()
        self._views: dict[str, QWidget] = {
            "parallel": self.parallel, "history": self.history, "importance": self.importance, "slices": self.slices,
            "pairs": self.pairs, "curves": self.curves, "folds": self.folds,
        }  # fmt: skip
        for place, (key, view) in enumerate(self._views.items()):
            self.tabs.addTab(tr(TITLES[key]))
            self.tabs.setTabToolTip(place, tr(TIPS[key]))
            self.stack.addWidget(view)
        self._none = Empty("clock", tr("No trial yet"), tr("The first one is being prepared."))
        self.stack.addWidget(self._none)
        self.tabs.currentChanged.connect(lambda _index: self._draw())
        self.parallel.brushed.connect(self.brushed)
        self.parallel.chosen.connect(self.chosen)
        self.parallel.opened.connect(self.opened)
        self.slices.chosen.connect(self.chosen)
        self.pairs.chosen.connect(self.chosen)
        self.importance.chosen.connect(self.variable_chosen)
        layout = column(self)
        layout.addWidget(self.tabs)
        layout.addWidget(self.stack, 1)

    @property
    def shown(self) -> str:
        """The picture in front."""
        return list(self._views)[self.tabs.currentIndex()]

    def show_picture(self, key: str) -> None:
        self.tabs.setCurrentIndex(list(self._views).index(key))

    def show_study(self, study: Study, names: Names, *, turned: bool) -> None:
        """`turned`: it is another study than before."""
        self._study, self._names = study, names
        varied = bool(study.search.variables)
        wanted = {"folds": study.search.folds > 0, "pairs": len(study.search.variables) > 1, "curves": True}
        for place, key in enumerate(self._views):
            self.tabs.setTabVisible(place, wanted.get(key, varied))
        if turned:
            self.parallel.clear_brushes()
            self.show_picture("parallel" if varied else "folds")
        self._draw()

    def mark(self, numbers: Sequence[int]) -> None:
        """Let trials stand out that are selected elsewhere."""
        self.parallel.mark(numbers)
        if self._study is not None:
            self.folds.show_trial(self._study, numbers[0] if numbers else None)

    def _draw(self) -> None:
        """Only the picture in front is made."""
        study, names = self._study, self._names
        if study is None:
            return
        if not any(trial.state != "waiting" for trial in study.trials):
            self.stack.setCurrentWidget(self._none)
            return
        key = self.shown
        self.stack.setCurrentWidget(self._views[key])
        match key:
            case "parallel":
                self.parallel.show_strands(told.axes(study, names), told.strands(study, names))
            case "history":
                drawing, self._history = told.history(study, names)
                self.history.show_drawing(drawing)
            case "importance":
                self.importance.show_study(study, names)
            case "slices":
                self.slices.show_study(study, names)
            case "pairs":
                self.pairs.show_study(study, names)
            case "curves":
                self.curves.show_drawing(told.curves(study))
            case "folds":
                self.folds.show_trial(study, self.folds.number)
