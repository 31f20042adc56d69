"""The inspector of one node, built from its declaration alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QMenu

from core.spec.layer import LayerSpec, Role
from core.spec.params import UNSET
from designer.controls.section import Section
from designer.forms.form import Form
from designer.inspector import behaviour, solving
from designer.inspector.augmenting import ChangesView
from designer.inspector.facts import facts
from designer.inspector.grid import FactGrid
from designer.inspector.header import header_of
from designer.inspector.held import given, held
from designer.inspector.help import Help
from designer.inspector.initial import InitialForm, told
from designer.inspector.issues import Issues
from designer.inspector.menu import field_menu
from designer.inspector.pages import Page
from designer.inspector.solving import SolverForm
from designer.inspector.spread import spread
from designer.language import tr
from designer.search.marks import mark_form
from designer.selection import join, scope_at
from designer.session import Session
from designer.workers import AssistantClient
from graph.augmenting import changes
from graph.commands import SetNode, SetParam
from graph.data_types import data_signature
from graph.records import MAIN, Node


class NodePage(Page):
    """One node, in the place at `path`; with an assistant also what it makes of examples, where it acts in training."""

    def __init__(self, session: Session, path: str, node: str, assistant: AssistantClient | None = None) -> None:
        super().__init__()
        self._session, self._path, self._id, self._assistant = session, path, node, assistant
        self._scope = scope_at(session.document, path) or MAIN
        self._token = object()
        self._spec = session.document.spec(self._node.layer)
        self.header = header_of(self._spec, self._node.layer)
        self.header.renamed.connect(self._rename)
        self.header.finished.connect(self._next_burst)
        self.issues = Issues(session)
        self.body.addWidget(self.header)
        self.add_padded(self.issues)
        self.form: Form | None = None
        self.behaviour: Form | None = None
        self.initial: InitialForm | None = None
        self.solver: SolverForm | None = None
        self.changes: ChangesView | None = None
        if self._spec is not None:
            self._add_sections(self._spec)
        self.add_end()
        self.refresh()

    @property
    def _place(self) -> tuple[str, str]:
        return self._scope, self._id

    @property
    def _node(self) -> Node:
        return self._session.document.graph(self._scope).node(self._id)

    def _add_sections(self, spec: LayerSpec) -> None:
        if spec.params:
            self.form = Form(spec.params, suggestions(self._session, spec), named=spec.torch is not None)
            self.form.edited.connect(self._set_param)
            self.form.reset.connect(lambda name: self._set_param(name, UNSET, None))
            self.form.menu_wanted.connect(lambda name, at: self._menu(name).popup(at))
            mark_form(self._session, self.form, self._searched_as, menu=False)
            self._section(tr("Parameters"), "parameters").body.addWidget(self.form)
        if self._assistant is not None and changes(spec) and self._scope == MAIN:
            self.changes = ChangesView(self._session, self._assistant, self._id)
            self._section(tr("Examples in training"), "changes").body.addWidget(self.changes)
        self._facts_section = self._section(tr("Shapes and size"), "facts")
        self.facts = FactGrid()
        self._facts_section.body.addWidget(self.facts)
        if spec.weights is not None:
            self.initial = InitialForm()
            self.initial.edited.connect(lambda init, token: self._set({"init": init}, token))
            self._initial_section = self._section(tr("Initial weights"), "initial", is_open=False)
            self._initial_section.body.addWidget(self.initial)
        if spec.role is Role.BLOCK:
            self._add_solver()
        extra = behaviour.fields(self._session, self._scope, self._node, spec)
        if extra:
            self.behaviour = Form(extra)
            self.behaviour.edited.connect(lambda name, value, token: self._set({name: value}, token))
            self.behaviour.reset.connect(lambda name: self._set({name: _default(extra, name)}, None))
            mark_form(self._session, self.behaviour, self._searched_as)
            self._section(tr("Behaviour"), "behaviour").body.addWidget(self.behaviour)
        self._section(tr("About {layer}", layer=spec.label), "help").body.addWidget(Help(spec))

    def _searched_as(self, name: str) -> str:
        return f"node.{join(self._path, self._id)}.{name}"

    def _menu(self, name: str) -> QMenu:
        return field_menu(self, self._session, self._place, name, self._searched_as(name))

    def _add_solver(self) -> None:
        self.solver = SolverForm()
        self.solver.edited.connect(lambda solver, token: self._set({"solver": solver}, token))
        is_open = self._node.solver is not None
        self._solver_section = self._section(tr("Differential equation"), "solver", is_open=is_open)
        self._solver_section.body.addWidget(self.solver)

    def _section(self, title: str, key: str, *, is_open: bool = True) -> Section:
        section = Section(title, f"inspector/{key}", is_open=is_open)
        self.body.addWidget(section)
        return section

    def refresh(self) -> None:
        session, node = self._session, self._node
        self.header.show_name(node.name)
        here = join(self._path, self._id)
        self.issues.show_problems([problem for problem in session.problems if problem.node == here])
        if self._spec is None:
            return
        if self.form is not None:
            self.form.show_values({**self._spec.defaults, **node.params, **given(session, self._path, self._id)})
            self.form.show_held(held(session, self._path, self._id, self._spec))
        if self.behaviour is not None:
            self.behaviour.show_values(behaviour.values(node))
        if self.initial is not None:
            self.initial.show_init(node.init)
            self._initial_section.set_note(told(node.init))
        if self.changes is not None:
            self.changes.refresh()
        if self.solver is not None:
            self.solver.show_solver(node.solver)
            self._solver_section.set_note(solving.told(node.solver))
        self._show_facts(self._spec)

    def _show_facts(self, spec: LayerSpec) -> None:
        known = facts(self._session, self._path, self._id)
        if self.initial is not None:
            self.initial.spread.show_spread(spread(spec, self._node.init, known.weights))
        rows = [*_sides(known.inputs, tr("In"), tr("In {port}")), *_sides(known.outputs, tr("Out"), tr("Out {port}"))]
        if spec.role in (Role.LAYER, Role.BLOCK, Role.LOSS) and known.parameters:
            rows.append((tr("Parameters"), "\n".join((known.parameters, *known.made_of))))
            rows.append(("MACs", known.cost))
        self.facts.show_rows(rows)
        self._facts_section.setVisible(bool(rows))

    # -- edits

    def _set_param(self, name: str, value: Any, token: object) -> None:
        self._session.do(SetParam(self._id, name, value, self._scope, token))

    def _set(self, values: Mapping[str, Any], token: object) -> None:
        self._session.do(SetNode(self._id, values, self._scope, token))

    def _rename(self, name: str) -> None:
        self._set({"name": name}, self._token)

    def _next_burst(self) -> None:
        self._token = object()


def suggestions(session: Session, spec: LayerSpec) -> Mapping[str, Sequence[str]]:
    """Names worth offering: the fields of the data, for nodes that bind to one."""
    if spec.role not in (Role.INPUT, Role.TARGET) or "field" not in spec.param:
        return {}
    return {"field": tuple(data_signature(session.document).fields)}


def _default(params: Sequence[Any], name: str) -> Any:
    return next(param.default for param in params if param.name == name)


def _sides(shapes: Sequence[tuple[str, str]], alone: str, among: str) -> list[tuple[str, str]]:
    """Rows of the shapes on one side of a node, by port where there are several."""
    return [(among.format(port=title) if len(shapes) > 1 else alone, shape) for title, shape in shapes]
