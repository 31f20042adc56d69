"""The popup that adds a layer at the cursor: type a few letters, press Enter. A held wire decides what fits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPointF, QRectF, QSettings, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QListView, QWidget

from core.spec.layer import Given, LayerSpec, Role
from core.spec.shape import TensorType
from designer.canvas.camera import Point
from designer.canvas.edits import accepts
from designer.canvas.stage import Held, InPlaceOf, LinkEnd, OnWire
from designer.controls.search import SearchField
from designer.language import tr
from designer.palette.entries import groups, search
from designer.palette.model import PaletteModel, layer_of
from designer.palette.rows import RowPainter
from designer.qt import column, follow, speak
from designer.session import Session
from designer.theme import RADIUS_L, ROW_HEIGHT, SPACE_M, SPACE_S, manager
from graph.evaluate import by_rules, guarded

if TYPE_CHECKING:
    from designer.canvas.view import CanvasView

WIDTH, ROWS, SHADOW = 300, 9, 12
_RECENT, _KEPT, _CHOSEN = "canvas/recent", 6, "canvas/chosen"


class QuickAdd(QWidget):
    """A child of the canvas, so that it opens at once and never outlives it. Esc, or a click elsewhere, closes it."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._at: Point = (0.0, 0.0)
        self._held: Held = None
        self._offered: list[LayerSpec] = []
        self._others: list[LayerSpec] = []
        self.field = SearchField("", passing=True)
        self.model = PaletteModel(self)
        self.list = QListView()
        self._doc = QLabel()
        self._build()
        self.hide()

    def _build(self) -> None:
        self.list.setModel(self.model)
        self.list.setItemDelegate(RowPainter(self.list))
        self.list.setFrameShape(QListView.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setStyleSheet("QListView { background: transparent; }")
        speak(self, self._retell)
        self._doc.setWordWrap(True)
        self._doc.setMargin(SPACE_S)
        self._doc.setProperty("role", "muted")
        layout = column(self, margins=SHADOW + SPACE_M, gap=SPACE_M)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._doc)
        self.field.textChanged.connect(lambda _text: self._refresh())
        self.field.listed.connect(self._steer)
        self.list.clicked.connect(self._take)
        self.list.selectionModel().currentChanged.connect(self._describe)
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]
        follow(self, manager().changed, self.update)

    def _retell(self) -> None:
        self.list.setAccessibleName(tr("Layers that fit"))
        self.field.setAccessibleName(tr("Add a layer"))

    # -- opening and closing

    def open_at(self, at: QPointF, held: Held = None) -> None:
        """Open beside a widget point of the canvas; what is chosen lands there, wired to the held end."""
        self._at, self._held = self._canvas.canvas_point(at), held
        session = self._canvas.session
        every = [spec for specs in groups(session.document, session.selection).values() for spec in specs]
        self._offered = [spec for spec in every if held is None or fits(session, held, spec)]
        self._others = [spec for spec in every if spec not in self._offered]
        self.field.setPlaceholderText(tr("Replace by") if isinstance(held, InPlaceOf) else tr("Add a layer"))
        self.field.clear()
        self._refresh()
        self.resize(self.sizeHint())
        room = self._canvas.rect()
        left = min(max(round(at.x()) - SHADOW, 0), max(room.width() - self.width(), 0))
        top = min(max(round(at.y()) - SHADOW, 0), max(room.height() - self.height(), 0))
        self.move(left, top)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Close without adding anything."""
        if self.isVisible():
            self.hide()
            self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH + 2 * SHADOW, ROWS * ROW_HEIGHT + 120 + 2 * SHADOW)

    def _focus_moved(self, _old: QWidget | None, now: QWidget | None) -> None:
        if self.isVisible() and now is not None and not self.isAncestorOf(now):
            self.hide()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- choosing

    def _refresh(self) -> None:
        query = self.field.text().strip()
        found = self._found(query) if query else self._recent_first()
        self.model.show_found(found)
        self.list.setCurrentIndex(self.model.index(0, 0))
        if not found:
            self._doc.setText(tr("No such layer. Try another name, such as dense, relu or skip."))

    def _found(self, query: str) -> list[LayerSpec]:
        """What fits; where nothing of that name fits, what does not: its problem will say why."""
        return search({"": self._offered}, query) or search({"": self._others}, query)

    def _recent_first(self) -> list[LayerSpec]:
        recent = _unique(filter(None, (last_choice(self._key()), *recent_layers())))
        last = [spec for id in recent for spec in self._offered if spec.id == id]
        return last + [spec for spec in self._offered if spec.id not in recent]

    def _key(self) -> str:
        """What a choice is remembered by: the layer and port that a held wire comes from."""
        selection, held = self._canvas.session.selection, self._held
        if not isinstance(held, LinkEnd):
            return ""
        layer = self._canvas.session.document.graph(selection.scope).node(held.node).layer
        return f"{layer.partition(':')[0]}.{held.port}.{'out' if held.output else 'in'}"

    def _steer(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.list.currentIndex())
        else:
            self.list.keyPressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        event.accept()

    def focusNextPrevChild(self, next: bool) -> bool:
        return False

    def _describe(self, now: QModelIndex, _before: QModelIndex) -> None:
        spec = next((s for s in (*self._offered, *self._others) if s.id == layer_of(now)), None)
        self._doc.setText(tr(spec.doc) if spec is not None else "")

    def _take(self, index: QModelIndex) -> None:
        layer = layer_of(index)
        if not layer:
            return
        remember(layer, self._key())
        self.dismiss()
        self._canvas.add_layer(layer, self._at, self._held)

    # -- looks

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = manager().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        painter.setPen(Qt.PenStyle.NoPen)
        shadow = QColor(theme.shadow)
        shadow.setAlphaF(0.06 if theme.dark else 0.02)
        painter.setBrush(shadow)
        for spread in range(SHADOW - 2):
            grown = body.adjusted(-spread, -spread + 3, spread, spread + 2)
            painter.drawRoundedRect(grown, RADIUS_L + spread, RADIUS_L + spread)
        painter.setPen(theme.border)
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(body.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_L, RADIUS_L)
        painter.end()


def fits(session: Session, held: LinkEnd | OnWire | InPlaceOf, spec: LayerSpec) -> bool:
    """Whether a layer could be at the other end of a held wire, as far as its rules can tell by this wire alone."""
    if not accepts(spec, held):
        return False
    type = _arriving(session, held)
    if type is None or spec.role == Role.BLOCK:
        return True
    first, *others = spec.inputs
    if first.dtype is not None and first.dtype != type.dtype:
        return False
    if any(not port.optional and not port.same_as for port in others):
        return True
    end = f"{first.id}.0" if first.variadic else first.id
    types = {end: type} | {port.id: type for port in others if port.same_as == first.id}
    return guarded(lambda: by_rules(spec, Given(types, spec.defaults))).trouble is None


def _arriving(session: Session, held: LinkEnd | OnWire | InPlaceOf) -> TensorType | None:
    """What would enter the new layer; None where nothing would, or it is not known."""
    selection = session.selection
    types = session.inference.scope(selection.path).types
    if isinstance(held, OnWire):
        link = session.document.graph(selection.scope).links[held.link]
        return types.get((link.source, link.source_port))
    if isinstance(held, InPlaceOf):
        into = next(iter(session.document.graph(selection.scope).incoming(held.node)), None)
        return types.get((into.source, into.source_port)) if into is not None else None
    return types.get((held.node, held.port)) if held.output else None


def recent_layers() -> list[str]:
    """The layers last added here, the latest first."""
    return list(filter(None, str(QSettings().value(_RECENT, "")).split("|")))


def last_choice(port: str) -> str:
    """The layer last put at such a port; empty where there was none."""
    return str(QSettings().value(f"{_CHOSEN}/{port}", "")) if port else ""


def remember(layer: str, port: str = "") -> None:
    if port:
        QSettings().setValue(f"{_CHOSEN}/{port}", layer)
    QSettings().setValue(_RECENT, "|".join(_unique((layer, *recent_layers()))[:_KEPT]))


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
