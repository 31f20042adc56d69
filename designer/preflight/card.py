"""The pre-flight card: costs, time, memory and what looks wrong, with the ways out, before a training runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtWidgets import QButtonGroup, QDialog, QFrame, QToolButton, QWidget

from core.analysis.preflight import Memory, NodeCost, Preflight
from core.problem import Severity
from designer.controls.buttons import button
from designer.controls.labels import IconLabel, label, line
from designer.controls.page import scrolled
from designer.figures.amounts import Amounts, Bar
from designer.inspector.issues import LOOKS, Issues
from designer.language import marked, tr
from designer.numbers import count, exact, lasting, short, size
from designer.preflight.bars import MemoryBar, Part
from designer.preflight.gather import Gathering
from designer.qt import Debounce, column, follow, row
from designer.session import Session
from designer.theme import SPACE_L, SPACE_M, SPACE_S, SPACE_XL
from designer.workers import AssistantClient

SHOWN = 7  # layers
WIDTH, HEIGHT = 560, 760
MEASURES: Mapping[str, tuple[str, Callable[[NodeCost], int], Callable[[float], str]]] = {
    "parameters": (marked("Parameters"), lambda node: node.parameters, short),
    "macs": ("MACs", lambda node: node.macs, short),
    "memory": (marked("Memory"), lambda node: node.activations, size),
}
_TIPS = {
    "parameters": marked("Numbers that the layer learns, or keeps frozen."),
    "macs": marked("Multiply-accumulates of one example's forward pass."),
    "memory": marked(
        "Bytes that one example's forward pass leaves for the way back: measured where a step was measured."
    ),
}


class Tile(QFrame):
    """A figure with its name above it and a remark below."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("role", "card")
        layout = column(self, margins=(SPACE_L, SPACE_M, SPACE_L, SPACE_M), gap=SPACE_S)
        self.figure, self.remark = label("", "title"), label("", "caption")
        for part in (label(name, "caption"), self.figure, self.remark):
            layout.addWidget(part)

    def show_text(self, figure: str, remark: str) -> None:
        self.figure.setText(figure)
        self.remark.setText(remark)


class PreflightCard(QDialog):
    """Follows the design for as long as it is open; a fix applied here, or an edit anywhere, shows at once."""

    def __init__(self, session: Session, assistant: AssistantClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Pre-flight check"))
        self.session = session
        self.gathering = Gathering(session, assistant)
        self._icon, self._verdict, self._detail = IconLabel("clock", size=20), label("", "title"), label("", "muted")
        self._tiles = {
            name: Tile(tr(name)) for name in map(marked, ("Parameters", "MACs an example", "Memory", "Time"))
        }
        self.layers, self.memory, self.findings = Amounts(tr("The heaviest layers")), MemoryBar(), Issues(session)
        self._notes = {name: label("", "muted", wrap=True) for name in ("memory", "time", "findings")}
        self._sections: dict[str, QWidget] = {}
        self._measure = "parameters"
        self.train_button = button(tr("Train"), self._start, primary=True)
        self.again_button = button(tr("Measure again"), lambda: self.gathering.look(again=True))
        self._build()
        self.layers.chosen.connect(session.reveal)
        self._soon = Debounce(self, 150, self.gathering.look)
        follow(self, self.gathering.changed, self.refresh)
        follow(self, session.problems_changed, self._soon.start)
        follow(self, session.run.changed, self.refresh)
        self.gathering.look()

    # -- building

    def _build(self) -> None:
        self.resize(WIDTH, HEIGHT)
        outer = column(self)
        outer.addWidget(self._head())
        outer.addWidget(line())
        inside = QWidget()
        layout = column(inside, margins=SPACE_XL, gap=SPACE_L)
        tiles = row(gap=SPACE_M)
        for tile in self._tiles.values():
            tiles.addWidget(tile, 1)
        layout.addLayout(tiles)
        sections: dict[str, tuple[QWidget, ...]] = {
            marked("What to look at"): (self._notes["findings"], self.findings),
            marked("Time"): (self._notes["time"],),
            marked("Memory"): (self.memory, self._notes["memory"]),
            marked("Heaviest layers"): (self._switch(), self.layers),
        }
        for title, parts in sections.items():
            self._sections[title] = QWidget()
            within = column(self._sections[title], margins=(0, SPACE_S, 0, 0), gap=SPACE_L)
            for part in (label(tr(title), "heading"), *parts):
                within.addWidget(part)
            layout.addWidget(self._sections[title])
        outer.addWidget(scrolled([inside]), 1)
        outer.addWidget(line())
        outer.addWidget(self._foot())

    def _head(self) -> QWidget:
        place = QWidget()
        layout = row(place, margins=(SPACE_XL, SPACE_L, SPACE_XL, SPACE_L), gap=SPACE_L)
        layout.addWidget(self._icon)
        texts = column(gap=SPACE_S)
        texts.addWidget(self._verdict)
        texts.addWidget(self._detail)
        layout.addLayout(texts, 1)
        return place

    def _foot(self) -> QWidget:
        place = QWidget()
        layout = row(place, margins=(SPACE_XL, SPACE_L, SPACE_XL, SPACE_L), gap=SPACE_M)
        layout.addWidget(self.again_button)
        layout.addStretch(1)
        layout.addWidget(button(tr("Close"), self.close))
        layout.addWidget(self.train_button)
        return place

    def _switch(self) -> QWidget:
        place = QWidget()
        layout = row(place, gap=SPACE_S)
        group = QButtonGroup(self)
        self.measures: dict[str, QToolButton] = {}
        for name, (title, _, _) in MEASURES.items():
            made = QToolButton()
            made.setText(tr(title))
            made.setCheckable(True)
            made.clicked.connect(partial(self.show_measure, name))
            made.setToolTip(tr(_TIPS[name]))
            group.addButton(made)
            layout.addWidget(made)
            self.measures[name] = made
        layout.addStretch(1)
        self.measures[self._measure].setChecked(True)
        return place

    # -- showing

    def show_measure(self, name: str) -> None:
        """Rank the layers by ``parameters``, ``macs`` or ``memory``."""
        self._measure = name
        self.measures[name].setChecked(True)
        self._show_layers()

    def refresh(self) -> None:
        gathered = self.gathering
        problems = gathered.problems
        self.findings.show_problems(problems)
        self.findings.setVisible(bool(problems))
        self._notes["findings"].setText("" if problems else tr("Nothing looks wrong."))
        self._notes["findings"].setVisible(not problems)
        told = Counter(problem.severity for problem in problems)
        errors = told[Severity.ERROR]
        self.train_button.setEnabled(not self.session.run.is_active and not errors and gathered.found is not None)
        self.again_button.setEnabled(not gathered.is_measuring and gathered.found is not None)
        self._show_verdict(told)
        self._show_tiles(gathered.found)
        self._show_time(gathered.found)
        self._show_memory(gathered.found)
        self._show_layers()

    def _show_verdict(self, told: Counter[Severity]) -> None:
        gathered, errors = self.gathering, told[Severity.ERROR]
        if errors or gathered.found is None:
            looks, text = ("error", "danger"), _not_ready(errors)
        elif not gathered.fits:
            looks, text = ("warning", "warning"), tr("It may not fit in memory")
        elif gathered.is_measuring:
            looks, text = ("clock", "muted"), tr("Measuring one step…")
        elif told:
            looks = LOOKS[Severity.WARNING if told[Severity.WARNING] else Severity.HINT]
            text = tr("Ready, with {remarks}", remarks=count(told.total(), "remark"))
        else:
            looks, text = ("done", "success"), tr("Ready to train")
        self._icon.set_icon(*looks)
        self._verdict.setText(text)
        self._detail.setText(self.session.title)

    def _show_tiles(self, found: Preflight | None) -> None:
        if found is None:
            for tile in self._tiles.values():
                tile.show_text("–", "")
            return
        frozen = found.parameters - found.trained
        trained = tr("{number} trained", number=exact(found.trained)) if frozen else tr("all trained")
        self._tiles["Parameters"].show_text(exact(found.parameters), trained)
        self._tiles["MACs an example"].show_text(short(found.macs), tr("one forward pass"))
        self._tiles["Memory"].show_text(size(found.memory.total), tr("of {size} free", size=size(self.gathering.free)))
        seconds = self._epoch()
        if seconds is None:
            self._tiles["Time"].show_text("…" if self.gathering.is_measuring else "–", "")
        else:
            self._tiles["Time"].show_text(lasting(seconds * found.epochs), tr("{time} an epoch", time=lasting(seconds)))

    def _show_time(self, found: Preflight | None) -> None:
        measured, seconds = self.gathering.estimate, self._epoch()
        if found is None or measured is None or seconds is None:
            self._notes["time"].setText(self._why_no_time(found))
            return
        checks = (
            tr(", and {time} of validation", time=lasting(measured["evaluation"])) if measured["evaluation"] else ""
        )
        where = tr({"cpu": marked("the CPU"), "cuda": marked("the GPU")}.get(measured["device"], measured["device"]))
        self._notes["time"].setText(
            tr(
                "One step ({examples}) took {step} on {where} with one thread. One epoch ({steps}{checks}) takes "
                "{epoch}, the run ({epochs}) about {run}; less where more threads pay.",
                examples=count(found.batch, "example"),
                step=lasting(measured["seconds"]),
                where=where,
                steps=count(found.steps, "step"),
                checks=checks,
                epoch=lasting(seconds),
                epochs=count(found.epochs, "epoch"),
                run=lasting(seconds * found.epochs),
            )
        )

    def _why_no_time(self, found: Preflight | None) -> str:
        if self.gathering.is_measuring:
            return tr("Measuring one step…")
        if found is None:
            return tr("Known once the design has no errors.")
        if not found.examples:
            return tr("Choose data in the Data panel to learn how long an epoch takes.")
        return tr("Not measured.")

    def _epoch(self) -> float | None:
        measured = self.gathering.estimate
        return measured["seconds"] * measured["steps"] + measured["evaluation"] if measured is not None else None

    def _show_memory(self, found: Preflight | None) -> None:
        self.memory.setVisible(found is not None)
        if found is None:
            self._notes["memory"].setText(tr("Known once the design has no errors."))
            return
        self.memory.show_parts(memory_parts(found.memory), self.gathering.free)
        basis = tr("measured") if self.gathering.estimate is not None else tr("worked out")
        rest = tr(
            "What is held for the way back is {basis}; the rest is an estimate, and PyTorch itself takes some 300 MB "
            "more.",
            basis=basis,
        )
        self._notes["memory"].setText(f"{self._fit(found)} {rest}")

    def _fit(self, found: Preflight) -> str:
        fits, largest = self.gathering.fits, found.memory.largest_batch(self.gathering.free)
        if not found.batch:
            return tr("It fits.") if fits else tr("It does not fit.")
        if largest >= found.examples:
            return tr("It fits, and so would all training examples in one batch.")
        if fits:
            return tr("It fits; the largest batch that does is about {n}.", n=exact(largest))
        if largest:
            return tr("It does not fit; the largest batch that does is about {n}.", n=exact(largest))
        return tr("It does not fit; nor would one example.")

    def _show_layers(self) -> None:
        found = self.gathering.found
        _, amount, words = MEASURES[self._measure]
        nodes = sorted(found.nodes, key=amount, reverse=True) if found is not None else []
        self._sections["Heaviest layers"].setVisible(bool(nodes))
        bars = [Bar(node.node, node.label, amount(node), words(amount(node))) for node in nodes if amount(node)]
        self.layers.show_bars(bars[:SHOWN])

    def _start(self) -> None:
        self.session.run.requested.emit("train")
        self.close()


def _not_ready(errors: int) -> str:
    return tr("Not ready: {errors}", errors=count(errors, "error")) if errors else tr("Not ready")


def memory_parts(memory: Memory) -> list[Part]:
    """The memory by what it holds, in the order in which it is drawn."""
    parts = {
        tr("Held for the way back"): memory.activations,
        tr("Weights"): memory.weights,
        tr("Gradients"): memory.gradients,
        tr("Optimizer"): memory.optimizer,
        tr("Copies of weights"): memory.copies,
        tr("Data"): memory.data,
    }
    return [Part(name, amount, size(amount)) for name, amount in parts.items()]
