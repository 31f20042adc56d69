"""The inspector of one wire: where it leads, and what flows along it."""

from __future__ import annotations

from designer.controls.labels import label
from designer.controls.section import Section
from designer.inspector.facts import UNKNOWN
from designer.inspector.grid import FactGrid
from designer.inspector.pages import Page, heading
from designer.language import marked, tr
from designer.session import Session
from graph.graph import end_port
from graph.records import Link

_DTYPES = {"float": marked("real numbers"), "int": marked("whole numbers"), "bool": marked("true or false")}


class WirePage(Page):
    def __init__(self, session: Session, link: str) -> None:
        super().__init__()
        self._session, self._id = session, link
        self.body.addWidget(heading("link", tr("Wire"), tr("B is the number of examples in a batch")))
        self.facts = FactGrid()
        section = Section(tr("What flows"), "inspector/wire")
        section.body.addWidget(self.facts)
        self.body.addWidget(section)
        self.add_padded(label(tr("Drop a layer on it to put the layer in between."), "muted", wrap=True))
        self.add_end()
        self.refresh()

    def refresh(self) -> None:
        session, scope = self._session, self._session.selection.scope
        link = session.document.graph(scope).links[self._id]
        type = session.inference.scope(session.selection.path).types.get((link.source, link.source_port))
        rows = [
            (tr("From"), self._end(link.source, self._output(link))),
            (tr("To"), self._end(link.target, self._input(link))),
        ]
        if type is None:
            rows.append((tr("Shape"), tr(UNKNOWN)))
        else:
            shape = " x ".join(map(str, type.shape)) or "scalar"
            rows += [(tr("Shape"), shape), (tr("Values"), tr(_DTYPES[type.dtype]))]
        self.facts.show_rows(rows)

    def _end(self, node: str, port: str) -> str:
        name = self._session.document.label(self._session.selection.scope, node)
        return f"{name}, {port}" if port else name

    def _output(self, link: Link) -> str:
        spec = self._session.document.spec(self._layer(link.source))
        return spec.output[link.source_port].title if spec and len(spec.outputs) > 1 else ""

    def _input(self, link: Link) -> str:
        spec = self._session.document.spec(self._layer(link.target))
        port = spec.input.get(end_port(link.target_port)) if spec else None
        return port.title if port and spec and len(spec.inputs) > 1 else ""

    def _layer(self, node: str) -> str:
        return self._session.document.graph(self._session.selection.scope).node(node).layer
