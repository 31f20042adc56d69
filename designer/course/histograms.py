"""Histograms of weights, gradients and activations over the run: one node closely, or all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QScrollArea, QSplitter, QStackedWidget, QWidget

from core.training.protocol import Picture
from designer.course.heat import HeatMap, spread
from designer.course.reel import Film, Frames
from designer.figures.figure import Figure
from designer.figures.marks import Bars, Drawing
from designer.language import marked, tr
from designer.plots.readout import number
from designer.qt import column, divide, row
from designer.selection import scope_at
from designer.session import Session
from designer.theme import SPACE_L, SPACE_M, SPACE_S

KINDS = {"weight": marked("Weights"), "gradient": marked("Gradients"), "activation": marked("Activations")}
BUDGET = 0.012  # seconds that reading frames may take at a time
SMALL = 24  # small pictures at most


class HistogramsView(QWidget):
    """`go(step)` looks at another step. The node is the one selected on the canvas; without one, all are shown."""

    def __init__(self, session: Session, go: Callable[[int], None]) -> None:
        super().__init__()
        self._session, self._go = session, go
        self._frames = Frames(_arrays, BUDGET)
        self._labels: Mapping[str, str] = {}
        self._at: int | None = None
        self.kind, self.node = _combo(tr("What")), _combo(tr("Node"))
        self.kind.addItems([tr(kind) for kind in KINDS.values()])
        self.node.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.heat, self.figure = HeatMap(go), Figure()
        self.small: list[HeatMap] = []
        one = QSplitter()
        divide(one, (self.heat, 3), (self.figure, 2))
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACE_M)
        self._stack = QStackedWidget()
        self._stack.addWidget(one)
        self._stack.addWidget(_scrolled(self._grid))
        head = row(gap=SPACE_M)
        head.addWidget(self.kind)
        head.addWidget(self.node)
        head.addStretch(1)
        body = column(self, margins=(SPACE_L, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_S)
        body.addLayout(head)
        body.addWidget(self._stack, 1)
        for combo in (self.kind, self.node):
            combo.currentIndexChanged.connect(lambda _index: self._draw())

    def show_film(self, film: Film, at: int) -> bool:
        """The frames that are there; whether more of them wait to be read."""
        more = self._frames.follow(film)
        self._at = at
        self._offer()
        self._draw()
        return more

    def select(self, path: str) -> None:
        """Show the node at a path of the canvas, as far as it has numbers."""
        self.node.setCurrentIndex(max(0, self.node.findData(path)))

    # -- what is shown

    def _offer(self) -> None:
        paths = list(dict.fromkeys(path for nodes in self._frames.of.values() for path in nodes))
        if paths != [self.node.itemData(i) for i in range(1, self.node.count())]:
            selected = self._session.selection.paths
            current = self.node.currentData() or (selected[0] if selected else "")
            self.node.blockSignals(True)
            self.node.clear()
            self.node.addItem(tr("All nodes"), "")
            for path in paths:
                self.node.addItem(self._name(path), path)
            self.node.blockSignals(False)
            self.select(current)

    def _name(self, path: str) -> str:
        """As the canvas has it; the path of a node that the design no longer has."""
        inside, _, node = path.rpartition("/")
        scope = scope_at(self._session.document, inside)
        if scope is None or node not in self._session.document.graph(scope):
            return path
        return self._session.inference.labels.of(scope, node)

    def _draw(self) -> None:
        kind, node = list(KINDS)[max(0, self.kind.currentIndex())], self.node.currentData() or ""
        steps = sorted(self._frames.of)
        if node:
            self._stack.setCurrentIndex(0)
            self._draw_one(node, kind, steps)
        else:
            self._stack.setCurrentIndex(1)
            self._draw_all(kind, steps)

    def _draw_one(self, node: str, kind: str, steps: Sequence[int]) -> None:
        known = [step for step in steps if kind in self._frames.of[step].get(node, {})]
        found = [self._frames.of[step][node][kind] for step in known]
        title = tr("{what} of {node}", what=tr(KINDS[kind]), node=self.node.currentText())
        self.heat.show_spread(
            spread(known, found, title if known else tr("{title}: it has none", title=title)), self._at
        )
        at = [index for index, step in enumerate(known) if step <= (self._at if self._at is not None else step)]
        if not at:
            self.figure.show_drawing(Drawing(title=tr("Nothing was measured yet")))
            return
        low, high, counts, bad = found[at[-1]]
        edges = np.linspace(low, high if high > low else low + 1e-9, len(counts) + 1)
        note = f"{number(low)} to {number(high)}" + (f", {bad} are no numbers" if bad else "")
        bars = Bars(edges, np.asarray(counts, np.float64))
        self.figure.show_drawing(
            Drawing(
                (bars,),
                title=tr("Step {step}", step=f"{known[at[-1]]:,}"),
                note=note,
                x_label=tr("value"),
                y_label=tr("how many"),
            )
        )

    def _draw_all(self, kind: str, steps: Sequence[int]) -> None:
        paths = [self.node.itemData(i) for i in range(1, self.node.count())]
        having = [p for p in paths if any(kind in self._frames.of[s].get(p, {}) for s in steps)][:SMALL]
        while len(self.small) < len(having):
            self.small.append(HeatMap(self._go, small=True))
        columns = max(1, min(6, self.width() // 190))
        for index, heat in enumerate(self.small):
            self._grid.addWidget(heat, index // columns, index % columns)
            heat.setVisible(index < len(having))
        for heat, path in zip(self.small, having, strict=False):
            known = [step for step in steps if kind in self._frames.of[step].get(path, {})]
            heat.show_spread(spread(known, [self._frames.of[s][path][kind] for s in known], self._name(path)), self._at)


def _arrays(frame: Picture) -> Mapping[str, Any]:
    """Counts in a tenth of the memory."""
    return {
        path: {kind: [low, high, np.asarray(counts, np.int32), bad] for kind, (low, high, counts, bad) in kinds.items()}
        for path, kinds in frame.data.get("nodes", {}).items()
    }


def _combo(name: str) -> QComboBox:
    result = QComboBox()
    result.setAccessibleName(name)
    return result


def _scrolled(grid: QGridLayout) -> QScrollArea:
    page = QWidget()
    page.setProperty("page", True)
    page.setLayout(grid)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(page)
    return area
