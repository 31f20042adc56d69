"""The inspector of several nodes: the fields that all of them have."""

from __future__ import annotations

from typing import Any

from core.spec.params import UNSET, Bool, Param
from designer import edit
from designer.controls.labels import label
from designer.controls.section import Section
from designer.forms.form import Form
from designer.inspector.grid import FactGrid
from designer.inspector.pages import Page, heading
from designer.language import tr
from designer.numbers import count, exact, macs
from designer.search.marks import mark_form
from designer.selection import join
from designer.session import Session
from graph.records import Node

_SWITCHES = (
    Bool("muted", doc="Left out: what enters passes through."),
    Bool("frozen", doc="Weights stay as they are while the rest trains."),
)


class ManyPage(Page):
    """Edits go to every selected node, as one undo step."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        nodes = self._nodes
        kinds = sorted({session.document.label(session.selection.scope, n.id) for n in nodes if not n.name})
        self.body.addWidget(heading("select-all", count(len(nodes), "node"), ", ".join(kinds[:4])))
        self._common = common(session, nodes)
        self.form = Form(self._common, named=True)
        self.form.edited.connect(lambda name, value, token: edit.set_param_of_all(session, name, value, token))
        self.form.reset.connect(lambda name: edit.set_param_of_all(session, name, UNSET))
        searched = self._searched_as
        mark_form(session, self.form, lambda name: searched(name)[0], also=lambda name: searched(name)[1:])
        section = Section(tr("Parameters in common"), "inspector/common")
        section.body.addWidget(self.form if self._common else label(tr("None."), "muted"))
        self.body.addWidget(section)
        self.switches = Form(_SWITCHES)
        self.switches.edited.connect(lambda name, value, token: edit.set_all(session, {name: value}, token))
        self.switches.reset.connect(lambda name: edit.set_all(session, {name: False}))
        more = Section(tr("Behaviour"), "inspector/behaviour")
        more.body.addWidget(self.switches)
        self.body.addWidget(more)
        self.facts = FactGrid()
        size = Section(tr("Size"), "inspector/facts")
        size.body.addWidget(self.facts)
        self.body.addWidget(size)
        self.add_end()
        self.refresh()

    @property
    def _nodes(self) -> list[Node]:
        graph = self._session.document.graph(self._session.selection.scope)
        return [graph.node(id) for id in sorted(self._session.selection.nodes)]

    def _searched_as(self, name: str) -> tuple[str, ...]:
        """The paths of a field of all nodes in a search: one variable for all of them."""
        place = self._session.selection.path
        return tuple(f"node.{join(place, node.id)}.{name}" for node in self._nodes)

    def refresh(self) -> None:
        nodes = self._nodes
        held: dict[str, list[Any]] = {p.name: [n.params.get(p.name, p.default) for n in nodes] for p in self._common}
        _show(self.form, held)
        _show(self.switches, {name: [getattr(n, name) for n in nodes] for name in ("muted", "frozen")})
        scope = self._session.inference.scope(self._session.selection.path)
        costs = [scope.costs[n.id] for n in nodes if n.id in scope.costs]
        if costs:
            total = costs[0]
            for cost in costs[1:]:
                total = type(total)(total.parameters + cost.parameters, total.macs + cost.macs)
            self.facts.show_rows([(tr("Parameters"), exact(total.parameters)), ("MACs", macs(total.macs))])


def common(session: Session, nodes: list[Node]) -> tuple[Param, ...]:
    """The parameters that every one of the nodes declares alike."""
    specs = [session.document.spec(node.layer) for node in nodes]
    if not specs or specs[0] is None:
        return ()
    return tuple(
        param
        for param in specs[0].params
        if all(spec is not None and _alike(spec.param.get(param.name), param) for spec in specs)
    )


def _alike(one: Param | None, other: Param) -> bool:
    return one is not None and one.kind == other.kind and one.expects == other.expects


def _show(form: Form, held: dict[str, list[Any]]) -> None:
    mixed = {name for name, values in held.items() if any(value != values[0] for value in values)}
    form.show_values({name: values[0] for name, values in held.items()}, mixed)
