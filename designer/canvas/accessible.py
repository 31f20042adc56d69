"""The canvas and its nodes for screen readers: each node is a child of the canvas, though no widget stands for it.

Qt asks for interfaces only where something listens. It deletes those of widgets by itself; those of nodes are ours, and
are kept as long as the program runs, since a screen reader may hold them: one of a node that is gone is not valid.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import shiboken6
from PySide6.QtCore import QObject, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface
from PySide6.QtWidgets import QWidget

from designer.canvas.parts import NodeView
from designer.canvas.pointing import pointer
from designer.language import tr
from designer.telling import tell

if TYPE_CHECKING:
    from designer.canvas.view import CanvasView

Maybe: TypeAlias = Any  # what Qt takes None for where there is nothing, though its stubs do not say so
_KEPT: list[QAccessibleInterface] = []
_OF_VIEW: dict[int, CanvasInterface] = {}


class _Interface(QAccessibleInterface):
    """What both kinds have in common: they hold no text that can be set through them."""

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        return None


class NodeInterface(_Interface):
    """One node of the graph that is shown."""

    def __init__(self, canvas: CanvasInterface, node: str) -> None:
        super().__init__()
        self.canvas, self.node = canvas, node

    @property
    def _shown(self) -> NodeView | None:
        return self.canvas.nodes.get(self.node)

    def isValid(self) -> bool:
        return self._shown is not None

    def object(self) -> Maybe:
        return None

    def window(self) -> Maybe:
        return self.canvas.window()

    def parent(self) -> QAccessibleInterface:
        return self.canvas

    def child(self, index: int) -> Maybe:
        return None

    def childAt(self, x: int, y: int) -> Maybe:
        return None

    def childCount(self) -> int:
        return 0

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1

    def focusChild(self) -> Maybe:
        return None

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        view, state = self.canvas.view, QAccessible.State()
        state.selectable = state.focusable = True
        state.selected = self.node in view.session.selection.nodes
        state.focused = view.hasFocus() and view.stage.focus == self.node
        state.invalid = self._shown is None
        state.offscreen = not view.rect().intersects(view.node_rect(self.node).toRect()) if self._shown else True
        return state

    def text(self, kind: QAccessible.Text) -> str:
        shown, session = self._shown, self.canvas.view.session
        if shown is None:
            return ""
        if kind == QAccessible.Text.Description:
            return tr(shown.doc)
        if kind != QAccessible.Text.Name:
            return ""
        model = self.canvas.view.stage.model
        path = f"{model.path}/{self.node}" if model.path else self.node
        problem = next((p for p in session.problems if p.node == path), None)
        return tell(session, model.path, model.scope, session.document.graph(model.scope).node(self.node), problem)

    def rect(self) -> QRect:
        if self._shown is None:
            return QRect()
        inside = self.canvas.view.node_rect(self.node).toRect()
        return QRect(self.canvas.view.mapToGlobal(inside.topLeft()), inside.size())


class CanvasInterface(_Interface):
    """The canvas: its nodes from left to right, then the widgets that lie on it."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__()
        self.view = view
        self._made: dict[str, NodeInterface] = {}
        self._sorted: tuple[tuple[str, int], list[str]] = (("", -1), [])

    @property
    def nodes(self) -> Mapping[str, NodeView]:
        return self.view.stage.model.nodes if shiboken6.isValid(self.view) else {}

    def _order(self) -> list[str]:
        """From left to right. Readers ask for one child after the other, so it is kept until something changes."""
        model = self.view.stage.model
        now = (model.path, model.version)
        if self._sorted[0] != now:
            ordered = sorted(self.nodes.values(), key=lambda view: (view.x, view.y, view.id))
            self._sorted = now, [view.id for view in ordered]
        return self._sorted[1]

    def _widgets(self) -> list[QWidget]:
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        return [w for w in self.view.findChildren(QWidget, options=direct) if w.isVisible()]

    def of_node(self, node: str) -> NodeInterface:
        """The interface of a node, the same each time."""
        if node not in self._made:
            self._made[node] = NodeInterface(self, node)
            _KEPT.append(self._made[node])
        return self._made[node]

    def isValid(self) -> bool:
        return shiboken6.isValid(self.view)

    def object(self) -> QObject:
        return self.view

    def window(self) -> Maybe:
        return self.view.window().windowHandle()

    def parent(self) -> Maybe:
        above = self.view.parentWidget()
        return QAccessible.queryAccessibleInterface(above) if above is not None else None

    def child(self, index: int) -> Maybe:
        order = self._order()
        if 0 <= index < len(order):
            return self.of_node(order[index])
        widgets = self._widgets()
        beyond = index - len(order)
        return QAccessible.queryAccessibleInterface(widgets[beyond]) if 0 <= beyond < len(widgets) else None

    def childAt(self, x: int, y: int) -> Maybe:
        local = self.view.mapFromGlobal(QPoint(x, y))
        on_top = self.view.childAt(local)
        if on_top is not None:
            return QAccessible.queryAccessibleInterface(on_top)
        under = self.view.stage.hit(pointer(QPointF(local), Qt.KeyboardModifier.NoModifier)).node
        return self.of_node(under) if under else None

    def childCount(self) -> int:
        return len(self.nodes) + len(self._widgets())

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        if isinstance(child, NodeInterface):
            return self._order().index(child.node) if child.node in self.nodes else -1
        widgets: list[QObject] = [*self._widgets()]
        return len(self.nodes) + widgets.index(child.object()) if child.object() in widgets else -1

    def focusChild(self) -> Maybe:
        focused = self.view.stage.focus
        return self.of_node(focused) if self.view.hasFocus() and focused in self.nodes else None

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.Canvas

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.focusable = state.multiSelectable = True
        state.focused = self.view.hasFocus()
        state.disabled, state.invisible = not self.view.isEnabled(), not self.view.isVisible()
        return state

    def text(self, kind: QAccessible.Text) -> str:
        if kind == QAccessible.Text.Name:
            return self.view.accessibleName()
        return self.view.accessibleDescription() if kind == QAccessible.Text.Description else ""

    def rect(self) -> QRect:
        return QRect(self.view.mapToGlobal(QPoint(0, 0)), self.view.size())


def expose(view: CanvasView) -> None:
    """Give the nodes of a canvas to whatever reads the screen."""
    _install()
    key = id(view)
    _OF_VIEW[key] = CanvasInterface(view)
    view.destroyed.connect(lambda: _OF_VIEW.pop(key, None))


@cache
def _install() -> None:
    QAccessible.installFactory(_interface)


def tell_focus(view: CanvasView) -> None:
    """Tell a screen reader that the focus went to another node of the canvas."""
    made = _OF_VIEW.get(id(view))
    if made is None or not QAccessible.isActive() or view.stage.focus not in made.nodes:
        return
    event = QAccessibleEvent(view, QAccessible.Event.Focus)
    event.setChild(made.indexOfChild(made.of_node(view.stage.focus)))
    QAccessible.updateAccessibility(event)


def _interface(_name: str, thing: QObject) -> QAccessibleInterface | None:
    made = _OF_VIEW.get(id(thing))
    return made if made is not None and made.view is thing else None
