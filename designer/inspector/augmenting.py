"""What a layer that acts in training makes of examples of the data, drawn again whenever its fields change."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from core.problem import LayerloomError, Problem
from designer.controls.buttons import button
from designer.controls.labels import label
from designer.figures.asking import Asker
from designer.figures.sheet import Sheet, Tile
from designer.language import tr
from designer.qt import Debounce, clear, column
from designer.sentences import told
from designer.session import Session
from designer.theme import SPACE_M
from designer.workers import AssistantClient
from graph.augmenting import chain

SIDE = 46.0


class ChangesView(QWidget):
    """A few examples, each as it is and behind the layers between the data and the node, as drawn by the seed."""

    def __init__(self, session: Session, assistant: AssistantClient, node: str) -> None:
        super().__init__()
        self._session, self._node = session, node
        self._asker = Asker(assistant)
        self._seed = 0
        self._asked: dict[str, Any] | None = None
        self._soon = Debounce(self, 150, self._ask)
        self._place = QWidget()
        self._sheets: list[Sheet] = []
        self._rows = column(self._place, gap=SPACE_M)
        self._again = button(tr("Draw again"), self._draw_again)
        layout = column(self, gap=SPACE_M)
        layout.addWidget(self._place)
        layout.addWidget(self._again)

    def refresh(self) -> None:
        self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._soon.start()

    def _draw_again(self) -> None:
        self._seed += 1
        self._ask()

    def _ask(self) -> None:
        if not self.isVisible():
            return
        args = self._question()
        self._again.setVisible(args is not None)
        if args == self._asked and args is not None:
            return
        self._asked = args
        if args is None:
            self._asker.forget()
            self._tell(tr("Examples are shown where data is chosen and nothing but such layers stands before."))
        else:
            self._asker.ask("augment", args, self._show)

    def _question(self) -> dict[str, Any] | None:
        try:
            data = self._session.document.job.data
        except LayerloomError:
            return None
        found = chain(self._session.document, self._node)
        if found is None or data.source.kind == "none":
            return None
        base = str(self._session.folder) if self._session.folder else None
        return {"data": data.model_dump(mode="json"), "base": base, "seed": self._seed, **found.to_json()}

    def _show(self, answer: Any, problem: Problem | None) -> None:
        if problem is not None:
            self._tell(told(problem.message), "error")
            return
        if len(self._sheets) != len(answer["examples"]):
            self._clear()
            self._sheets = [Sheet(SIDE) for _ in answer["examples"]]
            for sheet in self._sheets:
                self._rows.addWidget(sheet)
        for row, (sheet, looks) in enumerate(zip(self._sheets, answer["examples"], strict=True)):
            first = tr("as it is") if row == 0 else ""
            sheet.show_tiles([Tile(look, first if index == 0 else "") for index, look in enumerate(looks)])

    def _clear(self) -> None:
        clear(self._rows)
        self._sheets = []

    def _tell(self, text: str, role: str = "muted") -> None:
        self._clear()
        self._rows.addWidget(label(text, role, wrap=True))
