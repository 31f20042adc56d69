"""The inspector while nothing is selected: the whole design, or the block looked into."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from core.catalog.datasets import SOURCES
from core.catalog.optimizers import OPTIMIZERS
from core.problem import LayerloomError
from core.spec.layer import Role
from designer.controls.labels import label
from designer.controls.section import Section
from designer.inspector.grid import FactGrid
from designer.inspector.header import Header
from designer.inspector.pages import Page
from designer.language import marked, tr
from designer.numbers import count, exact, macs
from designer.session import Session
from graph.commands import SetBlock, SetSetting
from graph.data_types import data_signature


class OverviewPage(Page):
    """Title or block name, totals, and the training job in a few rows."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._block = session.selection.scope
        self._token = object()
        subtitle = tr("Block of this design") if self._block else tr("Design")
        self.header = Header("block" if self._block else "layers", "Blocks", subtitle, tr("Untitled"))
        self.header.renamed.connect(self._rename)
        self.header.finished.connect(self._next_burst)
        self.body.addWidget(self.header)
        self.network = FactGrid()
        self._add(tr("Network"), "network", self.network)
        self.job = FactGrid()
        if not self._block:
            self._add(tr("Training"), "training", self.job)
        self._add(tr("Tip"), "tip", label(tr(_TIP), "muted", wrap=True))
        self.add_end()
        self.refresh()

    def _add(self, title: str, key: str, widget: QWidget) -> None:
        section = Section(title, f"inspector/{key}")
        section.body.addWidget(widget)
        self.body.addWidget(section)

    def refresh(self) -> None:
        document = self._session.document
        self.header.show_name(document.blocks[self._block].name if self._block else document.title)
        self.network.show_rows(self._size_rows())
        if not self._block:
            self.job.show_rows(job_rows(self._session))

    def _size_rows(self) -> list[tuple[str, str]]:
        session = self._session
        document, graph = session.document, session.document.graph(session.selection.scope)
        total = session.inference.scope(session.selection.path).total
        rows = [
            (tr("Nodes"), exact(len(graph))),
            (tr("Parameters"), exact(total.parameters)),
            ("MACs", tr("{macs} for one example", macs=macs(total.macs))),
        ]
        roles = [spec.role for node in graph.nodes if (spec := document.spec(node.layer)) is not None]
        for role, name in ((Role.INPUT, tr("Inputs")), (Role.OUTPUT, tr("Outputs")), (Role.LOSS, tr("Losses"))):
            if role in roles:
                rows.append((name, exact(roles.count(role))))
        if document.blocks and not self._block:
            rows.append((tr("Blocks"), ", ".join(sorted(block.name for block in document.blocks.values()))))
        return rows

    def _rename(self, name: str) -> None:
        command = (
            SetBlock(self._block, {"name": name}, self._token)
            if self._block
            else SetSetting("title", name or None, self._token)
        )
        self._session.do(command)

    def _next_burst(self) -> None:
        self._token = object()


_TIP = marked(
    "Drag layers from the palette, then drag from port to port to wire them. "
    "Tab adds a layer behind the selected node, or where the mouse is."
)


def job_rows(session: Session) -> list[tuple[str, str]]:
    """The training job in a few rows; its complaint where it does not hold."""
    try:
        job = session.document.job
    except LayerloomError as error:
        return [(tr("Job"), str(error))]
    source, signature = SOURCES.get(job.data.source.kind), data_signature(session.document)
    optimizer = job.objectives[0].optimizer.kind
    rows = [(tr("Data"), tr(source.label) if source else job.data.source.kind)]
    if signature.examples:
        rows.append((tr("Examples"), exact(signature.examples)))
    rows += [
        (tr("Optimizer"), tr(OPTIMIZERS[optimizer].label) if optimizer in OPTIMIZERS else optimizer),
        (tr("Epochs"), exact(job.epochs)),
        (tr("Batch"), tr("all at once") if job.batch_size == "full" else count(job.batch_size, "example")),
        (tr("Device"), job.device),
    ]
    return rows
