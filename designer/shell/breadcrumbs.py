"""Where in nested blocks the canvas looks: the design's name, then each block instance on the way."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QWidget

from designer.controls.buttons import button
from designer.controls.labels import IconLabel, label
from designer.qt import clear, follow, row
from designer.selection import join
from designer.session import Session
from designer.theme import SPACE_M, SPACE_XS


class Breadcrumbs(QWidget):
    """Hidden in the main graph; each crumb goes to its level."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: tuple[tuple[str, str], ...] = ()
        self._row = row(self, margins=(SPACE_M, SPACE_XS, SPACE_M, SPACE_XS), gap=SPACE_XS)
        follow(self, session.selection.changed, self.refresh)
        follow(self, session.document.changed, lambda _changes: self.refresh())
        follow(self, session.titled, self.refresh)
        self.refresh()

    def crumbs(self) -> tuple[tuple[str, str], ...]:
        """Path and name of each level, the outermost first."""
        document, found, path, scope = self._session.document, [("", self._session.title)], "", ""
        for node in filter(None, self._session.selection.path.split("/")):
            path = join(path, node)
            found.append((path, document.label(scope, node)))
            scope = document.graph(scope).node(node).block
        return tuple(found)

    def refresh(self) -> None:
        crumbs = self.crumbs()
        self.setVisible(len(crumbs) > 1)
        if crumbs == self._shown:
            return
        self._shown = crumbs
        clear(self._row)
        for index, (path, name) in enumerate(crumbs):
            if index:
                self._row.addWidget(IconLabel("chevron-right", "muted", 12))
            last = index == len(crumbs) - 1
            self._row.addWidget(label(name, "heading") if last else button(name, partial(self._go, path), quiet=True))
        self._row.addStretch(1)

    def _go(self, path: str) -> None:
        """Go to a level, with the instance that we come from selected."""
        rest = self._session.selection.path.removeprefix(path).strip("/")
        self._session.selection.set([rest.partition("/")[0]] if rest else [], path=path)
