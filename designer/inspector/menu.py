"""The menu of a field: back to its default, searched or not; in a block, whether each instance sets it for itself."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from core.spec.params import UNSET
from designer.language import tr
from designer.search.marks import add_entries
from designer.session import Session
from graph.commands import SetParam, SetPromotion
from graph.records import Promotion


def field_menu(parent: QWidget, session: Session, place: tuple[str, str], param: str, path: str = "") -> QMenu:
    """`place` is the scope and the id of the node; `path` that of the parameter in a search."""
    scope, node = place
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    reset = menu.addAction(tr("Back to the default"), partial(session.do, SetParam(node, param, UNSET, scope)))
    reset.setEnabled(param in session.document.graph(scope).node(node).params)
    add_entries(menu, session, path)
    if scope:
        held = promotion(session, scope, node, param)
        wish = menu.addAction(tr("Each instance of the block sets it"))
        wish.setCheckable(True)
        wish.setChecked(held is not None)
        wish.toggled.connect(lambda on: session.do(SetPromotion(scope, node, param, param if on else "")))
    return menu


def promotion(session: Session, block: str, node: str, param: str) -> Promotion | None:
    """How a parameter inside a block is set by its instances, if it is."""
    promoted = session.document.blocks[block].promoted
    return next((p for p in promoted if (p.node, p.param) == (node, param)), None)
