"""The whole design as a tree: nodes in the order in which data flows, blocks with what is inside them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt

from core.catalog.solvers import SOLVERS
from core.problem import Problem, Severity
from designer import icons
from designer.selection import join
from designer.session import Session
from designer.telling import tell
from designer.theme import font, manager
from graph.graph import Graph, id_order
from graph.records import MAIN, Node

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
_ROOT = QModelIndex()
_SEARCHED = 20_000  # nodes: blocks within blocks may hold more than anybody can wait for


@dataclass(eq=False, slots=True)
class Item:
    """One node at one place of the design; what is inside it is listed when it is first asked for."""

    path: str
    scope: str
    node: str
    parent: Item | None
    row: int
    children: list[Item] | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """The path of what it lies in."""
        return self.path.rpartition("/")[0]


class OutlineModel(QAbstractItemModel):
    """Read from the session when asked; `refresh` after a change."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._root = Item("", MAIN, "", None, 0)
        self._worst: dict[str, Problem] = {}
        self.refresh()

    def refresh(self) -> None:
        """List everything anew; indexes from before are void."""
        self.beginResetModel()
        self._root = Item("", MAIN, "", None, 0)
        self._worst = {}
        for problem in self._session.problems:  # the worst first
            if problem.node:
                self._worst.setdefault(problem.node, problem)
        self.endResetModel()

    # -- the tree

    def item(self, index: Index) -> Item:
        found = index.internalPointer() if index.isValid() else None
        return found if isinstance(found, Item) else self._root

    def nodes_in(self, item: Item) -> list[Item]:
        """What is listed below an item."""
        if item.children is None:
            scope = MAIN if item is self._root else self._inside(item)
            graph = self._graph(scope)
            ids = _in_order(graph) if graph is not None else []
            parent = None if item is self._root else item
            item.children = [Item(join(item.path, id), scope, id, parent, row) for row, id in enumerate(ids)]
        return item.children

    def _graph(self, scope: str) -> Graph | None:
        document = self._session.document
        return document.graph(scope) if scope == MAIN or scope in document.blocks else None

    def _inside(self, item: Item) -> str:
        node = self.node(item)
        return node.block if node is not None and node.block in self._session.document.blocks else "-"

    def node(self, item: Item) -> Node | None:
        """The record, or None where it went since."""
        graph = self._graph(item.scope)
        return graph.node(item.node) if graph is not None and item.node in graph else None

    def index_of(self, path: str) -> QModelIndex:
        """The index of a node by its full path; none where there is no such node."""
        index, place = QModelIndex(), ""
        for name in path.split("/") if path else ():
            place = join(place, name)
            found = next((child for child in self.nodes_in(self.item(index)) if child.node == name), None)
            if found is None:
                return QModelIndex()
            index = self.createIndex(found.row, 0, found)
        return index

    def first(self, letters: str) -> QModelIndex:
        """The first node with these letters in its name, the outer ones first; none where there is no such node."""
        row, wanted = list(self.nodes_in(self._root)), letters.casefold()
        for item in itertools.islice(row, _SEARCHED):  # grows while it is walked
            if wanted in self._session.inference.labels.of(item.scope, item.node).casefold():
                return self.index_of(item.path)
            if len(row) < _SEARCHED:
                row += self.nodes_in(item)
        return QModelIndex()

    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        children = self.nodes_in(self.item(parent))
        return self.createIndex(row, column, children[row]) if 0 <= row < len(children) else QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        over = self.item(index).parent
        return self.createIndex(over.row, 0, over) if over is not None else QModelIndex()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return len(self.nodes_in(self.item(parent)))

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 1

    def hasChildren(self, parent: Index = _ROOT) -> bool:
        """Without listing what is inside: a tower of blocks may hold a million."""
        item = self.item(parent)
        graph = self._graph(MAIN if item is self._root else self._inside(item))
        return graph is not None and len(graph) > 0

    # -- what is shown

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """The header is not seen, but it is heard."""
        return "Nodes" if role == Role.DisplayRole else None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        item = self.item(index)
        node = self.node(item)
        if node is None:
            return None
        if role == Role.DisplayRole:
            return self._session.inference.labels.of(item.scope, item.node) + self._marks(item, node)
        if role in (Role.AccessibleTextRole, Role.ToolTipRole):
            return tell(self._session, item.place, item.scope, node, self._worst.get(item.path))
        return self._look(item, node, role)

    def _look(self, item: Item, node: Node, role: int) -> Any:
        theme, worst = manager().theme, self._worst.get(item.path)
        if role == Role.DecorationRole:
            spec = self._session.document.spec(node.layer)
            name = "block" if node.block else icons.of_layer(spec) if spec else "help"
            colour = theme.severity(worst.severity) if worst else theme.muted
            return icons.icon("error" if worst and worst.severity is Severity.ERROR else name, colour, 14)
        if role == Role.ForegroundRole:
            return theme.muted if node.muted else theme.text
        if role == Role.FontRole and node.muted:
            struck = font()
            struck.setStrikeOut(True)
            return struck
        return None

    @staticmethod
    def _marks(item: Item, node: Node) -> str:
        repeat = f" × {node.repeat}" if node.repeat > 1 else ""
        solver = f"  ∫ {SOLVERS[node.solver.method].short}" if node.solver is not None else ""
        return repeat + solver + ("  · muted" if node.muted else "") + ("  · frozen" if node.frozen else "")


def _in_order(graph: Graph) -> list[str]:
    """As data flows; where the wires close a circle, by id."""
    try:
        return graph.order()
    except ValueError:
        return sorted(graph.node_ids, key=id_order)
