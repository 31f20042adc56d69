"""The inspector panel: shows the page for what is selected."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea

from designer.inspector.many import ManyPage
from designer.inspector.node import NodePage
from designer.inspector.overview import OverviewPage
from designer.inspector.pages import Page
from designer.inspector.wire import WirePage
from designer.qt import Debounce, follow
from designer.session import Session
from designer.workers import AssistantClient
from graph.data_types import data_signature


class InspectorPanel(QScrollArea):
    """A page is kept while the same thing is selected and its declaration stays the same, so that typing goes on."""

    def __init__(self, session: Session, assistant: AssistantClient | None = None) -> None:
        super().__init__()
        self._session, self._assistant = session, assistant
        self._key: Hashable = None
        self.page: Page | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._soon = Debounce(self, 0, self.refresh)
        for signal in (session.selection.changed, session.problems_changed):
            follow(self, signal, self._soon.start)
        follow(self, session.document.changed, lambda _changes: self._soon.start())
        self.refresh()

    def refresh(self) -> None:
        """Show the page of the selection, with the values of now."""
        key = self._wanted()
        if key != self._key or self.page is None:
            self._key = key
            self.page = self._build()
            self.setWidget(self.page)
        else:
            self.page.refresh()

    def _wanted(self) -> Hashable:
        selection, document = self._session.selection, self._session.document
        graph = document.graph(selection.scope)
        if self._wire:
            return ("wire", selection.path, self._wire)
        if not selection.nodes:
            return ("overview", selection.path)
        specs = [document.spec(graph.node(id).layer) for id in sorted(selection.nodes)]
        declared = tuple((spec.id, spec.label, spec.params) if spec else None for spec in specs)
        alike = tuple(sorted(n.id for n in graph.nodes if n.layer == graph.node(min(selection.nodes)).layer))
        offered = tuple(data_signature(document).fields)
        return (selection.path, tuple(sorted(selection.nodes)), repr(declared), alike, offered)

    @property
    def _wire(self) -> str:
        """The selected wire where nothing else is selected; else empty."""
        selection = self._session.selection
        return next(iter(selection.links)) if len(selection.links) == 1 and not selection.nodes else ""

    def _build(self) -> Page:
        selection = self._session.selection
        if self._wire:
            return WirePage(self._session, self._wire)
        if not selection.nodes:
            return OverviewPage(self._session)
        if selection.node:
            return NodePage(self._session, selection.path, selection.node, self._assistant)
        return ManyPage(self._session)
