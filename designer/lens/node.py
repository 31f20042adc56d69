"""One node at work: what comes out for an example, its weights, filters and attention, and where the examples lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtWidgets import QComboBox, QSplitter, QStackedWidget, QWidget

from designer.controls.labels import Elided
from designer.figures.behind import Behind
from designer.figures.figure import Figure
from designer.figures.marks import Bars, Drawing, numbers
from designer.figures.sheet import Sheet, Tile
from designer.language import tr
from designer.lens.drawings import facts, scatter, weights
from designer.lens.fields import Fields
from designer.lens.further import FURTHER, Shown, offered
from designer.lens.gallery import Gallery
from designer.lens.hung import Rows
from designer.lens.output import OutputView
from designer.lens.unit import UnitView
from designer.qt import clear, column, divide, row
from designer.sentences import told
from designer.theme import SPACE_L, SPACE_M, SPACE_S

WEIGHTS, FILTERS, VALUES, ATTENTION, LATENT = "Weights", "Filters", "Values", "Attention", "Latent space"
UNIT = "Unit"
_TITLES = {"kernels": "Kernels", "templates": "Weights over the input", "matrix": "Weight matrix"}
_NOUNS = {"kernels": "kernel", "templates": "unit", "matrix": "matrix"}


Then = Callable[[Mapping[str, Any]], None]


class NodeView(QSplitter):
    """`ask_latent(then)` fetches the scatter when it is looked at, `ask_further(question, fields, then)`
    one of `FURTHER`, `ask_unit(unit, then)` a unit that was clicked; `choose(position)` takes another example."""

    def __init__(
        self,
        ask_latent: Callable[[Then], None],
        ask_further: Callable[[str, Mapping[str, Any], Then], None],
        ask_unit: Callable[[int, Then], None],
        choose: Callable[[int], None],
    ) -> None:
        super().__init__()
        self._ask_latent, self._ask_unit, self._choose = ask_latent, ask_unit, choose
        self._ask_further, self._further = ask_further, dict[str, Mapping[str, Any]]()
        self._unit, self._place, self._is_elsewhere = 0, ("", ""), True
        self._node: Mapping[str, Any] = {}
        self._latent: Mapping[str, Any] = {}
        self._wish, self._sample = "", 0
        self._picture = Sheet()
        self._facts = column(gap=SPACE_S)
        self._output = OutputView()
        self.output, self.output_bars = self._output.gallery, self._output.bars
        self.view, self.part = _combo(tr("Picture")), _combo(tr("Part"))
        self.gallery, self.figure = Gallery(), Figure(self._clicked)
        self.unit, self.rows, self.fields = UnitView(), Behind(), Fields()
        self._stack = _stack(self.gallery, self.figure, self.unit, self.rows)
        divide(self, (self._left(), 2), (self._middle(), 5), (self._right(), 5))
        self.view.currentIndexChanged.connect(lambda _index: self._choose_view(self.view.currentData()))
        self._output.chosen.connect(self._choose_unit)
        self.fields.edited.connect(self._ask_anew)
        self.part.currentIndexChanged.connect(lambda _index: self._show_part())

    def show_answer(self, answer: Mapping[str, Any]) -> None:
        """What `core.analysis.layers` says, with a node."""
        if self._node.get("node") != answer["node"]["node"]:
            self._unit = 0
        self._node = answer["node"]
        self._further = {}
        self._latent, self._sample = {}, answer["sample"]["position"]
        self._show_sample(answer["sample"])
        self._show_facts(next((row for row in answer["nodes"] if row["node"] == self._node["node"]), None))
        self._output.show_output(self._node["output"])
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
        head.addWidget(self.fields)
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
        for text in facts(own) if own else ():
            self._facts.addWidget(Elided(told(text), "muted"))

    # -- what is shown at the right

    def _offer(self) -> None:
        """The pictures that this node has; the one that was wished for last, wherever there is one."""
        node = self._node
        has = {
            WEIGHTS: bool(node["weights"]), FILTERS: node["filters"] is not None, VALUES: node["values"] is not None,
            ATTENTION: bool(node["attention"]), LATENT: True,
            UNIT: bool(node["output"] and node["output"]["shape"]),
        }  # fmt: skip
        views = [*offered(node.get("further", [])), *(view for view, there in has.items() if there)]
        _refill(self.view, views, self._wish if self._wish in views else _first(views))

    def _choose_view(self, view: str) -> None:
        self._wish = view
        self._show_view()

    def _show_view(self) -> None:
        view = self.view.currentData()
        parts = {
            WEIGHTS: [part["name"] for part in self._node.get("weights", ())],
            ATTENTION: [part["name"] for part in self._node.get("attention", ())],
            **{name: list(further.parts) for name, further in FURTHER.items()},
        }.get(view, [])
        _refill(self.part, parts, self.part.currentData())
        self.part.setVisible(len(parts) > 1)
        self.fields.show_view(view, FURTHER[view].fields if view in FURTHER else ())
        self._show_part()

    def _show_part(self) -> None:
        node, index = self._node, max(0, self.part.currentIndex())
        place = (node["node"], self.view.currentData())
        self._is_elsewhere, self._place = place != self._place, place
        match self.view.currentData():
            case "Weights":
                self._draw(weights(node["weights"][index]))
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
            case view if view in FURTHER:
                self._show_further(view)
            case "Unit":
                self._show_unit()

    def _show_latent(self) -> None:
        if self._latent:
            self._draw(scatter(self._latent, self._sample))
            return
        self._look()
        node = self._node

        def answered(found: Mapping[str, Any]) -> None:
            if self._node is node:
                self._latent = found
                if self.view.currentData() == LATENT:
                    self._draw(scatter(found, self._sample))

        self._ask_latent(answered)

    def _show_further(self, view: str) -> None:
        if view in self._further:
            self._put(FURTHER[view].show(self._further[view], self.part.currentData()))
            return
        self._look()
        node, values = self._node, dict(self.fields.values)

        def answered(found: Mapping[str, Any]) -> None:
            if self._node is node:
                self._further[view] = found
                if self.view.currentData() == view:
                    self._show_further(view)

        self._ask_further(FURTHER[view].question, values, answered)

    def _ask_anew(self) -> None:
        self._further.pop(self.view.currentData(), None)
        self._show_part()

    def _look(self) -> None:
        """An older answer of the same place stays until the new one comes."""
        if self._is_elsewhere:
            self._draw(Drawing(title="Looking …"))

    def _put(self, shown: Shown) -> None:
        if isinstance(shown, Drawing):
            self._draw(shown)
        elif isinstance(shown, Rows):
            self._stack.setCurrentWidget(self.rows)
            self.rows.show_tiles(shown.title, shown.tiles)
        else:
            single = len(shown.sheet["images"]) == 1
            self._hang(shown.sheet, shown.title, shown.note, noun=shown.noun, fills=single)

    def _choose_unit(self, unit: int) -> None:
        self._unit = unit
        if self.view.currentData() == UNIT:
            self._show_unit()
        else:
            self.view.setCurrentIndex(self.view.findData(UNIT))

    def _show_unit(self) -> None:
        node = self._node

        def answered(found: Mapping[str, Any]) -> None:
            if self._node is node and self.view.currentData() == UNIT:
                self._stack.setCurrentWidget(self.unit)
                self.unit.show_unit(found)

        self._ask_unit(self._unit, answered)

    def _draw(self, drawing: Drawing) -> None:
        self._stack.setCurrentWidget(self.figure)
        self.figure.show_drawing(drawing)

    def _hang(self, sheet: Mapping[str, Any], title: str, note: str = "", *, noun: str, fills: bool = False) -> None:
        self._stack.setCurrentWidget(self.gallery)
        self.gallery.show_sheet(sheet, title, note, noun=noun, fills=fills)

    def _clicked(self, index: int) -> None:
        shown = {LATENT: self._latent, **self._further}.get(self.view.currentData(), {})
        if "positions" in shown:
            self._choose(shown["positions"][index])


def _first(views: list[str]) -> str:
    """The picture that says most, where none was chosen yet."""
    leading = (view for view, further in FURTHER.items() if further.leads)
    return next((view for view in (*leading, ATTENTION, FILTERS, WEIGHTS) if view in views), views[0])


def _stack(*widgets: QWidget) -> QStackedWidget:
    stack = QStackedWidget()
    for widget in widgets:
        stack.addWidget(widget)
    return stack


def _combo(name: str) -> QComboBox:
    result = QComboBox()
    result.setAccessibleName(name)
    return result


def _refill(combo: QComboBox, items: list[str], current: str | None) -> None:
    """What a view is called is told in the language in use; names of tensors stay. The data of an item is its name."""
    combo.blockSignals(True)
    combo.clear()
    for item in items:
        combo.addItem(told(item) if item[:1].isupper() else item, item)
    combo.setCurrentIndex(max(0, combo.findData(current)))
    combo.blockSignals(False)
