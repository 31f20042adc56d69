"""The table of actions made into Qt actions, menus, toolbar and entries of the command palette."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from designer import icons
from designer.actions import ACTIONS, MENUS, TOOLBAR, Action
from designer.palette.entries import groups
from designer.qt import Debounce, follow
from designer.resources import EXAMPLES
from designer.session import Session
from designer.shell.launcher import Entry
from designer.shell.panels import PANELS
from designer.shell.recent import recent
from designer.theme import ICON_SIZE, manager

if TYPE_CHECKING:
    from designer.window import MainWindow


class Menus(QObject):
    """Keeps labels, icons and whether things can be done up to date."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.actions: dict[str, QAction] = {action.id: self._make(action) for action in ACTIONS}
        self._menus: dict[str, QMenu] = {}
        for name in MENUS:
            self._menus[name] = window.menuBar().addMenu(name)
        for action in ACTIONS:
            menu = self._menu(action.menu)
            if action.ruled:
                menu.addSeparator()
            menu.addAction(self.actions[action.id])
        self._add_dynamic()
        self._soon = Debounce(self, 0, self.refresh)
        follow(self, manager().changed, self._recolour)
        self._recolour()

    def set_session(self, session: Session, owner: QObject) -> None:
        """Follow a session, for as long as `owner` lives."""
        for signal in (session.history.changed, session.selection.changed, session.run.changed):
            follow(owner, signal, self._soon.start)
        self._soon.start()

    def refresh(self) -> None:
        for action in ACTIONS:
            made = self.actions[action.id]
            if action.enabled is not None:
                made.setEnabled(action.enabled(self._window))
            if action.checked is not None:
                made.setChecked(action.checked(self._window))
            if action.title is not None:
                made.setText(action.title(self._window))

    def toolbar(self) -> QToolBar:
        bar = QToolBar("Toolbar")
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        for id in TOOLBAR:
            if id:
                bar.addAction(self.actions[id])
            else:
                bar.addSeparator()
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(space)
        for id in ("pause", "resume", "stop"):
            bar.addAction(self.actions[id])
        self.train = QToolButton()
        self.train.setProperty("primary", True)
        self.train.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.actions["train"].setIconText(" Train")
        self.train.setDefaultAction(self.actions["train"])
        bar.addWidget(self.train)
        self.export = QToolButton()
        self.export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.actions["export"].setIconText(" Export")
        self.export.setDefaultAction(self.actions["export"])
        bar.addWidget(self.export)
        return bar

    def entries(self) -> list[Entry]:
        """Every action, every panel, every layer: for the command palette."""
        self.refresh()
        found = [self._entry(action) for action in ACTIONS if action.id != "commands"]
        window = self._window
        found += [Entry(f"Show {p.title}", "Panel", partial(window.show_panel, p.id), p.icon) for p in PANELS]
        session = window.session
        for category, specs in groups(session.document, session.selection).items():
            for spec in specs:
                add = partial(session.add_requested.emit, spec.id)
                found.append(Entry(f"Add {spec.label}", category, add, icons.of_layer(spec), words=spec.keywords))
        return found

    # -- building

    def _make(self, action: Action) -> QAction:
        made = QAction(action.label, self._window)
        made.setObjectName(action.id)
        keys = [QKeySequence(text) for text in action.shortcut.split("; ") if text]
        made.setShortcuts(keys)
        tip = action.tip or action.label.rstrip("…")
        made.setToolTip(f"{tip}   {keys[0].toString(QKeySequence.SequenceFormat.NativeText)}" if keys else tip)
        made.setCheckable(action.checked is not None)
        made.triggered.connect(lambda: action.run(self._window))
        return made

    def _menu(self, place: str) -> QMenu:
        if place not in self._menus:
            outer, _, name = place.rpartition("/")
            self._menu(outer).addSeparator()
            self._menus[place] = self._menu(outer).addMenu(name)
        return self._menus[place]

    def _add_dynamic(self) -> None:
        """Menus whose content depends on the moment: recent files, examples, layers, panels."""
        before = self.actions["save"]
        separator = next(a for a in self._menus["File"].actions() if a.isSeparator())
        for title, fill in (("Open recent", self._fill_recent), ("Open example", self._fill_examples)):
            self._menus["File"].insertMenu(separator if separator else before, self._filled(title, fill))
        panels = self._filled("Panels", self._fill_panels)
        self._menus["View"].addMenu(panels)
        layers = self._filled("Layers", self._fill_layers)
        self._menus["Insert"].insertMenu(self.actions["add-note"], layers)

    def _filled(self, title: str, fill: Callable[[QMenu], None]) -> QMenu:
        menu = QMenu(title, self._window)

        def show() -> None:
            menu.clear()
            fill(menu)
            if menu.isEmpty():
                menu.addAction("None").setEnabled(False)

        menu.aboutToShow.connect(show)
        return menu

    def _fill_recent(self, menu: QMenu) -> None:
        for path in recent():
            menu.addAction(path.name, partial(self._window.files.open, path)).setToolTip(str(path))

    def _fill_examples(self, menu: QMenu) -> None:
        for path in sorted(EXAMPLES.glob("*.loom")):
            menu.addAction(path.stem.replace("_", " ").capitalize(), partial(self._window.files.open_copy, path))

    def _fill_layers(self, menu: QMenu) -> None:
        session = self._window.session
        for category, specs in groups(session.document, session.selection).items():
            inner = menu.addMenu(category)
            for spec in specs:
                inner.addAction(spec.label, partial(session.add_requested.emit, spec.id))

    def _fill_panels(self, menu: QMenu) -> None:
        for dock in self._window.docks.values():
            menu.addAction(dock.toggleViewAction())
        menu.addSeparator()
        for panel in PANELS:
            menu.addAction(panel.title, partial(self._window.show_panel, panel.id))

    def _entry(self, action: Action) -> Entry:
        made = self.actions[action.id]
        keys = made.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        place = action.menu.replace("/", " › ")
        return Entry(made.text().rstrip("…"), place, made.trigger, action.icon, keys, action.words, made.isEnabled())

    def _recolour(self) -> None:
        theme = manager().theme
        for action in ACTIONS:
            if action.icon:
                colour = theme.on_accent if action.id == "train" else theme.text
                self.actions[action.id].setIcon(icons.icon(action.icon, colour))
