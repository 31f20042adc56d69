"""Docks whose title bar is a row of tabs: left, right and bottom, each holding panels from the table of panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QSizePolicy, QStackedWidget, QTabBar, QWidget

from designer import icons, language
from designer.controls.buttons import IconButton
from designer.controls.labels import line
from designer.language import marked, tr
from designer.qt import Debounce, column, follow, restyle, row
from designer.shell.desk import Desk
from designer.theme import SPACE_S, manager

Area: TypeAlias = Literal["left", "right", "bottom"]
AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_TAB_ROOM, _TIGHT_ROOM = 45, 35  # pixels beside the text of a tab: icon, gap, paddings
_TITLES = {"left": marked("Left panel"), "right": marked("Right panel"), "bottom": marked("Bottom panel")}
_MINIMUM = {"left": QSize(228, 120), "right": QSize(280, 120), "bottom": QSize(200, 110)}


@dataclass(frozen=True)
class PanelSpec:
    """One panel. `build` is called when the panel is first seen for a document; it imports what it needs then.

    A widget that has a method ``badge() -> str`` and a Qt signal ``badge_changed`` shows that text beside its title.
    A document for which `wanted` holds is first seen with this panel in front. One that is `told` is built with the
    document, so that its badge is there before anybody has looked.
    """

    id: str
    title: str
    icon: str
    area: Area
    build: Callable[[Desk], QWidget]
    wanted: Callable[[Desk], bool] | None = None
    told: bool = False


class _Page(QWidget):
    """The place of one panel: one widget for each open document, built when it is first seen for that document."""

    def __init__(self, dock: TabbedDock, spec: PanelSpec) -> None:
        super().__init__()
        self._dock, self.spec = dock, spec
        self._panels: dict[Desk, QWidget] = {}
        self._desk: Desk | None = None
        column(self)

    @property
    def panel(self) -> QWidget | None:
        """The one of the document in front; None while it was never seen."""
        return self._panels.get(self._desk) if self._desk is not None else None

    def set_desk(self, desk: Desk) -> None:
        """Show the panel of another document; it is built at once where it is seen, else when it will be."""
        if self.panel is not None:
            self.panel.hide()
        self._desk = desk
        panel = self.fill() if self.isVisible() or self.spec.told else self.panel
        if panel is not None:
            panel.show()
        self._dock.set_badge(self.spec.id, _badge(panel))

    def forget_desk(self, desk: Desk) -> None:
        """A document was left: its panel goes."""
        panel = self._panels.pop(desk, None)
        if panel is not None:
            panel.hide()
            panel.deleteLater()

    def rebuild(self) -> None:
        """Build the panels anew: the one that is seen at once, the others when they will be."""
        for desk in tuple(self._panels):
            self.forget_desk(desk)
        if self.isVisible() or self.spec.told:
            self.fill()

    def fill(self) -> QWidget | None:
        if self.panel is None and self._desk is not None:
            panel = self._panels[self._desk] = self.spec.build(self._desk)
            layout = self.layout()
            assert layout is not None
            layout.addWidget(panel)
            panel.show()  # the layout would do so only in the next turn
            self._follow_badge(panel)
        return self.panel

    def _follow_badge(self, panel: QWidget) -> None:
        changed = getattr(panel, "badge_changed", None)
        if changed is not None:
            changed.connect(lambda: self._dock.set_badge(self.spec.id, _badge(self.panel)))
            self._dock.set_badge(self.spec.id, _badge(panel))

    def showEvent(self, event: object) -> None:
        self.fill()


def _badge(panel: QWidget | None) -> str:
    badge = getattr(panel, "badge", None)
    return str(badge()) if badge is not None else ""


class TabbedDock(QDockWidget):
    """One dock with its panels as tabs."""

    def __init__(self, window: QMainWindow, area: Area, specs: Sequence[PanelSpec]) -> None:
        super().__init__(_TITLES[area], window)
        self.area: Area = area
        self.setObjectName(f"dock-{area}")
        self._specs = tuple(specs)
        self._badges: dict[str, str] = {}
        self._seen: set[Desk] = set()
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setIconSize(QSize(14, 14))
        self.stack = QStackedWidget()
        self.stack.setMinimumSize(_MINIMUM[area])
        self.pages = {spec.id: _Page(self, spec) for spec in specs}
        for spec in specs:
            self.tabs.addTab(tr(spec.title))
            self.stack.addWidget(self.pages[spec.id])
        self.tabs.currentChanged.connect(self._turn)
        self.setTitleBarWidget(self._head())
        self.setWidget(self.stack)
        self._soon = Debounce(self, 0, self._refresh)
        self._refresh()
        follow(self, manager().changed, self._refresh)
        follow(self, language.changed, self._retell)
        window.addDockWidget(AREAS[area], self)

    def set_desk(self, desk: Desk) -> None:
        if desk not in self._seen:
            self._seen.add(desk)
            wanted = [i for i, spec in enumerate(self._specs) if spec.wanted is not None and spec.wanted(desk)]
            self.tabs.setCurrentIndex(wanted[0] if wanted else self.tabs.currentIndex())
        for page in self.pages.values():
            page.set_desk(desk)

    def forget_desk(self, desk: Desk) -> None:
        self._seen.discard(desk)
        for page in self.pages.values():
            page.forget_desk(desk)

    def show_panel(self, id: str) -> QWidget | None:
        """Bring a panel to the front; returns it."""
        self.show()
        self.tabs.setCurrentIndex(list(self.pages).index(id))
        return self.pages[id].fill()

    def set_badge(self, id: str, badge: str) -> None:
        self._badges[id] = badge
        self._refresh()

    def _retell(self) -> None:
        """Another language: panels are built anew with its texts."""
        for page in self.pages.values():
            page.rebuild()
        self._refresh()

    def _turn(self, index: int) -> None:
        self.stack.setCurrentIndex(index)
        self._refresh()

    def _head(self) -> QWidget:
        head = QWidget()
        head.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        outer = column(head)
        bar = row(margins=(SPACE_S, 0, SPACE_S, 0))
        bar.addWidget(self.tabs, 1)
        self._hide = IconButton("close", "", self.close)
        bar.addWidget(self._hide)
        outer.addLayout(bar)
        outer.addWidget(line())
        return head

    def _refresh(self) -> None:
        """Titles, badges and icons; where the dock is too narrow, the tabs behind show their icons alone, or all do."""
        theme, current = manager().theme, self.tabs.currentIndex()
        self.setWindowTitle(tr(_TITLES[self.area]))
        self._hide.set_tip(tr("Hide the {panel}", panel=self.windowTitle()))
        titles = [self._title(spec) for spec in self._specs]
        most, tight = self._fitting(titles, current)
        if tight != bool(self.tabs.property("tight")):
            restyle(self.tabs, tight=tight)
            QCoreApplication.sendEvent(self.tabs, QEvent(QEvent.Type.StyleChange))  # tabs have another size now
        for index, (spec, title) in enumerate(zip(self._specs, titles, strict=True)):
            named = most == len(titles) or (most == 1 and index == current)
            self.tabs.setTabText(index, title if named else self._badges.get(spec.id, ""))
            self.tabs.setTabToolTip(index, tr(spec.title))
            self.tabs.setAccessibleTabName(index, title)
            colour = theme.text if index == current else theme.muted
            self.tabs.setTabIcon(index, icons.icon(spec.icon, colour, 14))

    def _fitting(self, titles: Sequence[str], current: int) -> tuple[int, bool]:
        """How many titles there is room for (all, that of the tab in front, or none), and whether tabs stand close."""
        room, metrics = self.tabs.width(), self.tabs.fontMetrics()
        widths = [metrics.horizontalAdvance(title) for title in titles]
        if len(titles) < 2 or room <= 0:
            return len(titles), False
        for shown, each, tight in (
            (len(titles), _TAB_ROOM, False),
            (len(titles), _TIGHT_ROOM, True),
            (1, _TAB_ROOM, False),
            (1, _TIGHT_ROOM, True),
        ):
            if len(titles) * each + (sum(widths) if shown > 1 else widths[current]) <= room:
                return shown, tight
        return 0, True

    def _title(self, spec: PanelSpec) -> str:
        badge = self._badges.get(spec.id, "")
        return f"{tr(spec.title)}  {badge}" if badge else tr(spec.title)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon.start()
