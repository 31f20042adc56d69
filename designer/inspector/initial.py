"""How the weights of a node start."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.catalog.initialisers import INITIALISERS
from core.program.program import Init
from designer.forms.option import OptionForm
from designer.inspector.spread import SpreadView
from designer.language import marked, tr
from designer.qt import column
from designer.theme import SPACE_M

DEFAULT = "default"
_PARTS = (
    ("weight", marked("Weight"), marked("How the weight matrices start; Default is what PyTorch does.")),
    ("bias", marked("Bias"), marked("How the biases start; Default is what PyTorch does.")),
)


class InitialForm(QWidget):
    """`edited` carries the new Init (None: everything as PyTorch does) and a burst token (None: a step of its own)."""

    edited = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        layout = column(self, gap=SPACE_M)
        self._init = Init()
        self.parts: dict[str, OptionForm] = {}
        for part, title, doc in _PARTS:
            form = OptionForm(title, INITIALISERS, DEFAULT, doc)
            form.picked.connect(lambda kind, part=part: self._put(part, kind, {}, None))
            form.edited.connect(lambda name, value, token, part=part: self._set(part, name, value, token))
            form.reset.connect(lambda name, part=part: self._set(part, name, None, None))
            self.parts[part] = form
            layout.addWidget(form)
        self.spread = SpreadView()
        layout.insertWidget(1, self.spread)

    def show_init(self, init: Init | None) -> None:
        self._init = init or Init()
        for part, form in self.parts.items():
            form.show_pick(getattr(self._init, part), getattr(self._init, f"{part}_params"))

    def _set(self, part: str, name: str, value: Any, token: object) -> None:
        params = {key: held for key, held in getattr(self._init, f"{part}_params").items() if key != name}
        if value is not None:
            params[name] = value
        self._put(part, getattr(self._init, part), params, token)

    def _put(self, part: str, kind: str, params: dict[str, Any], token: object) -> None:
        changed: dict[str, Any] = {part: kind, f"{part}_params": params}
        self._init = replace(self._init, **changed)
        self.edited.emit(None if self._init == Init() else self._init, token)


def told(init: Init | None) -> str:
    """In a few words, for the heading."""
    if init is None:
        return tr("PyTorch's own")
    names = [INITIALISERS[id].label for id in (init.weight, init.bias) if id != DEFAULT and id in INITIALISERS]
    return ", ".join(names) or tr("PyTorch's own")
