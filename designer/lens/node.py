"""One node at work: what comes out for an example, its weights, filters and attention, and where the examples lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QComboBox, QSplitter, QStackedWidget, QWidget

from designer.controls.labels import Elided
from designer.figures.figure import Figure
from designer.figures.marks import GREY, Bars, Dots, Drawing, Line, numbers
from designer.figures.sheet import Sheet, Tile
from designer.lens.gallery import Gallery
from designer.numbers import exact
from designer.plots.readout import number
from designer.qt import clear, column, row
from designer.theme import SPACE_L, SPACE_M, SPACE_S

WEIGHTS, FILTERS, VALUES, ATTENTION, LATENT = "Weights", "Filters", "Values", "Attention", "Latent space"
_TITLES = {"kernels": "Kernels", "templates": "Weights over the input", "matrix": "Weight matrix"}
_NOUNS = {"kernels": "kernel", "templates": "unit", "matrix": "matrix"}


AskLatent = Callable[[Callable[[Mapping[str, Any]], None]], None]


class NodeView(QSplitter):
    """`ask_latent(then)` fetches the scatter when it is looked at; `choose(position)` takes another example."""

    def __init__(
        self, ask_latent: Callable[[Callable[[Mapping[str, Any]], None]], None], choose: Callable[[int], None]
    ):
        super().__init__()
        self._ask_latent, self._choose = ask_latent, choose
        self._node: Mapping[str, Any] = {}
        self._latent: Mapping[str, Any] = {}
        self._wish, self._sample = "", 0
        self._picture = Sheet()
        self._facts = column(gap=SPACE_S)
        self.output, self.output_bars = Gallery(), Figure()
        self._output = _stack(self.output, self.output_bars)
        self.view, self.part = _combo("Picture"), _combo("Part")
        self.gallery, self.figure = Gallery(), Figure(self._clicked)
        self._stack = _stack(self.gallery, self.figure)
        for index, (part, stretch) in enumerate(((self._left(), 2), (self._middle(), 5), (self._right(), 5))):
            self.addWidget(part)
            self.setStretchFactor(index, stretch)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.view.currentTextChanged.connect(self._choose_view)
        self.part.currentIndexChanged.connect(lambda _index: self._show_part())

    def show_answer(self, answer: Mapping[str, Any]) -> None:
        """What `core.analysis.layers` says, with a node."""
        self._node = answer["node"]
        own = next((row for row in answer["nodes"] if row["node"] == self._node["node"]), None)
        self._latent, self._sample = {}, answer["sample"]["position"]
        self._show_sample(answer["sample"])
        self._show_facts(own)
        self._show_output()
        self._offer()
        self._show_view()

    # -- the three parts

    def _left(self) -> QWidget:
        left = QWidget()
        body = column(left, margins=(SPACE_L, SPACE_S, SPACE_S, SPACE_S), gap=SPACE_M)
        body.addWidget(self._picture)
        body.addLayout(self._facts)
        body.addStretch(1)
        left.setMinimumWidth(150)
        return left

    def _middle(self) -> QWidget:
        middle = QWidget()
        column(middle, margins=(SPACE_M, SPACE_S, SPACE_M, SPACE_S)).addWidget(self._output)
        return middle

    def _right(self) -> QWidget:
        right = QWidget()
        head = row(gap=SPACE_M)
        head.addWidget(self.view)
        head.addWidget(self.part)
        head.addStretch(1)
        body = column(right, margins=(SPACE_M, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_S)
        body.addLayout(head)
        body.addWidget(self._stack, 1)
        return right

    def _show_sample(self, sample: Mapping[str, Any]) -> None:
        truth, guess = sample.get("truth"), sample.get("guess")
        bad = truth != guess
        words = "" if truth is None else f"{truth} → {guess}" if bad else str(truth)
        tip = f"example {sample['row']}" + (f": true {truth}, answered {guess}" if truth is not None else "")
        self._picture.show_tiles([Tile(sample, words, tip, bad)])

    def _show_facts(self, own: Mapping[str, Any] | None) -> None:
        clear(self._facts)
        for text in _facts(own) if own else ():
            self._facts.addWidget(Elided(text, "muted"))

    def _show_output(self) -> None:
        output = self._node["output"]
        if output is None:
            self._output.setCurrentWidget(self.output_bars)
            self.output_bars.show_drawing(Drawing(title="This node gives no tensor"))
            return
        shape = " x ".join(map(str, output["shape"])) or "one number"
        note = "" if output["mean"] is None else f"mean {number(output['mean'])}, deviation {number(output['std'])}"
        if output["kind"] == "vector":
            values = numbers(output["values"])
            edges = np.arange(len(values) + 1, dtype=np.float64) - 0.5
            self._output.setCurrentWidget(self.output_bars)
            self.output_bars.show_drawing(
                Drawing((Bars(edges, values),), title=f"Output, {shape}", note=note, x_label="unit")
            )
            return
        self._output.setCurrentWidget(self.output)
        is_matrix = output["kind"] == "matrix"
        noun = "output" if is_matrix else "channel"
        self.output.show_sheet(output, f"Output, {shape}", note, noun=noun, fills=is_matrix)

    # -- what is shown at the right

    def _offer(self) -> None:
        """The pictures that this node has; the one that was wished for last, wherever there is one."""
        node = self._node
        has = {
            WEIGHTS: bool(node["weights"]), FILTERS: node["filters"] is not None, VALUES: node["values"] is not None,
            ATTENTION: bool(node["attention"]), LATENT: True,
        }  # fmt: skip
        views = [view for view, there in has.items() if there]
        _refill(self.view, views, self._wish if self._wish in views else _first(views))

    def _choose_view(self, view: str) -> None:
        self._wish = view
        self._show_view()

    def _show_view(self) -> None:
        view = self.view.currentText()
        parts = {WEIGHTS: self._node.get("weights", ()), ATTENTION: self._node.get("attention", ())}.get(view, ())
        _refill(self.part, [part["name"] for part in parts], self.part.currentText())
        self.part.setVisible(len(parts) > 1)
        self._show_part()

    def _show_part(self) -> None:
        node, index = self._node, max(0, self.part.currentIndex())
        match self.view.currentText():
            case "Weights":
                self._draw(_weights(node["weights"][index]))
            case "Filters":
                found = node["filters"]
                shape, kind = " x ".join(map(str, found["shape"])), found["kind"]
                self._hang(found, f"{_TITLES[kind]}, {shape}", noun=_NOUNS[kind], fills=kind == "matrix")
            case "Values":
                edges, counts = numbers(node["values"]["edges"]), numbers(node["values"]["counts"])
                title = "What comes out, over all examples"
                self._draw(Drawing((Bars(edges, counts),), title=title, x_label="value", y_label="how often"))
            case "Attention":
                found = node["attention"][index]
                queries, keys = found["shape"]
                title = f"{found['heads']} heads, {queries} queries (rows) x {keys} keys"
                self._hang(found, title, noun="head")
            case "Latent space":
                self._show_latent()

    def _show_latent(self) -> None:
        if self._latent:
            self._draw(_scatter(self._latent, self._sample))
            return
        self._draw(Drawing(title="Looking …"))
        node = self._node

        def answered(found: Mapping[str, Any]) -> None:
            if self._node is node:
                self._latent = found
                if self.view.currentText() == LATENT:
                    self._draw(_scatter(found, self._sample))

        self._ask_latent(answered)

    def _draw(self, drawing: Drawing) -> None:
        self._stack.setCurrentWidget(self.figure)
        self.figure.show_drawing(drawing)

    def _hang(self, sheet: Mapping[str, Any], title: str, *, noun: str, fills: bool = False) -> None:
        self._stack.setCurrentWidget(self.gallery)
        self.gallery.show_sheet(sheet, title, noun=noun, fills=fills)

    def _clicked(self, index: int) -> None:
        if self.view.currentText() == LATENT and self._latent:
            self._choose(self._latent["positions"][index])


def _weights(found: Mapping[str, Any]) -> Drawing:
    shape = " x ".join(map(str, found["shape"]))
    note = "no numbers at all" if found["mean"] is None else (
        f"mean {number(found['mean'])}, deviation {number(found['std'])}, {number(found['min'])} to "
        f"{number(found['max'])}"
    )  # fmt: skip
    if found["bad"]:
        note = f"{exact(found['bad'])} are no numbers; {note}"
    bars = Bars(numbers(found["edges"]), numbers(found["counts"]))
    return Drawing((bars,), title=f"{found['name']}, {shape}", note=note, x_label="value", y_label="how many")


def _scatter(found: Mapping[str, Any], sample: int) -> Drawing:
    """The chosen example has a mark of its own."""
    x, y = numbers(found["x"]), numbers(found["y"])
    first, second = (f"{100 * share:.1f} %" for share in found["share"])
    colours, names = [0] * len(x), [f"example {p}" for p in found["positions"]]
    if "classes" in found:
        colours = list(found["class"])
        names = [f"{found['classes'][k]}, example {p}" for k, p in zip(colours, found["positions"], strict=True)]
    elif "number" in found:
        ranks = numbers(found["number"]).argsort().argsort()
        colours = [int(rank * 3 // max(1, len(x))) for rank in ranks]
        names = [f"{number(v)}, example {p}" for v, p in zip(found["number"], found["positions"], strict=True)]
    title = f"Main directions of {exact(found['width'])} numbers"
    at = np.flatnonzero(np.asarray(found["positions"]) == sample)
    own = Line(x[at], y[at], GREY, dotted=True)
    return Drawing(
        (Dots(x, y, colours, 2.4, names), own), title=title, note=f"{first} and {second} of the variance",
        x_label="first", y_label="second",
    )  # fmt: skip


def _facts(own: Mapping[str, Any]) -> list[str]:
    shape = " x ".join(map(str, own["shape"])) or "one number"
    facts = [f"{shape} an example"]
    if own["parameters"]:
        facts.append(f"{exact(own['parameters'])} parameters")
    if own["std"] is not None:
        facts.append(f"deviation {number(own['std'])}")
        facts.append(f"{100 * own['zeros']:.1f} % zeros")
    if own["dead"] is not None:
        facts.append(f"{100 * own['dead']:.1f} % dead units")
    if own["bad"]:
        facts.append(f"{exact(own['bad'])} values are no numbers")
    return facts


def _first(views: list[str]) -> str:
    """The picture that says most, where none was chosen yet."""
    return next((view for view in (ATTENTION, FILTERS, WEIGHTS) if view in views), views[0])


def _stack(*widgets: QWidget) -> QStackedWidget:
    stack = QStackedWidget()
    for widget in widgets:
        stack.addWidget(widget)
    return stack


def _combo(name: str) -> QComboBox:
    result = QComboBox()
    result.setAccessibleName(name)
    return result


def _refill(combo: QComboBox, items: list[str], current: str) -> None:
    combo.blockSignals(True)
    combo.clear()
    combo.addItems(items)
    combo.setCurrentIndex(max(0, combo.findText(current)))
    combo.blockSignals(False)
