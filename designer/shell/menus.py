"""The table of actions made into Qt actions, menus, toolbar and entries of the command palette."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from designer import icons, language
from designer.actions import ACTIONS, MENUS, TOOLBAR, Action
from designer.language import tr
from designer.palette.entries import groups
from designer.qt import Debounce, follow
from designer.session import Session
from designer.shell.docks import PanelSpec
from designer.shell.examples import examples
from designer.shell.launcher import Entry
from designer.shell.panels import PANELS
from designer.shell.recent import recent
from designer.theme import ICON_SIZE, manager

if TYPE_CHECKING:
    from designer.window import MainWindow


_ALT_LETTER = re.compile(r"(?:^|; )Alt\+([A-Z])\b")


def lettered(titles: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """The titles of menus, each with & before the first letter that Alt can open it by; others have the `taken`."""
    used, result = {letter.upper() for letter in taken}, []
    for title in titles:
        at = next((i for i, letter in enumerate(title) if letter.isalpha() and letter.upper() not in used), None)
        used |= set() if at is None else {title[at].upper()}
        result.append(title if at is None else f"{title[:at]}&{title[at:]}")
    return result


class Menus(QObject):
    """Keeps labels, icons and whether things can be done up to date."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.actions: dict[str, QAction] = {action.id: self._make(action) for action in ACTIONS}
        self._menus: dict[str, QMenu] = {}
        self._dynamic: dict[str, QMenu] = {}
        for name in MENUS:
            self._menus[name] = window.menuBar().addMenu(tr(name))
        for action in ACTIONS:
            menu = self._menu(action.menu)
            if action.ruled:
                menu.addSeparator()
            menu.addAction(self.actions[action.id])
        self._add_dynamic()
        self._soon = Debounce(self, 0, self.refresh)
        follow(self, manager().changed, self._recolour)
        follow(self, language.changed, self._retell)
        self._recolour()
        self._retell()

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
        self.train.setDefaultAction(self.actions["train"])
        bar.addWidget(self.train)
        self.export = QToolButton()
        self.export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.export.setDefaultAction(self.actions["export"])
        bar.addWidget(self.export)
        return bar

    def entries(self) -> list[Entry]:
        """Every action, every panel, every layer: for the command palette."""
        self.refresh()
        found = [self._entry(action) for action in ACTIONS if action.id != "commands"]
        window = self._window
        found += [_panel_entry(p, partial(window.show_panel, p.id)) for p in PANELS]
        session = window.session
        for category, specs in groups(session.document, session.selection).items():
            for spec in specs:
                add = partial(session.add_requested.emit, spec.id)
                found.append(
                    Entry(tr("Add {layer}", layer=spec.label), category, add, icons.of_layer(spec), words=spec.keywords)
                )
        return found

    # -- the language

    def _retell(self) -> None:
        """Every text in the language in use."""
        for place, menu in self._menus.items():
            menu.setTitle(tr(place.rpartition("/")[2]))
        for title, menu in self._dynamic.items():
            menu.setTitle(tr(title))
        letters = [letter for action in ACTIONS for letter in _ALT_LETTER.findall(action.shortcut)]
        for name, title in zip(MENUS, lettered(map(tr, MENUS), letters), strict=True):
            self._menus[name].setTitle(title)
        for action in ACTIONS:
            made, tip = self.actions[action.id], tr(action.tip or action.label).rstrip("… ")
            keys = made.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            made.setText(tr(action.label))
            made.setToolTip(f"{tip}   {keys}" if keys else tip)
        for id in ("train", "export"):
            self.actions[id].setIconText(f" {tr(id.capitalize())}")
        self._soon.start()

    # -- building

    def _make(self, action: Action) -> QAction:
        made = QAction(self._window)
        made.setObjectName(action.id)
        keys = [QKeySequence(text) for text in action.shortcut.split("; ") if text]
        made.setShortcuts(keys)
        made.setCheckable(action.checked is not None)
        made.triggered.connect(lambda: action.run(self._window))
        return made

    def _menu(self, place: str) -> QMenu:
        if place not in self._menus:
            outer, _, name = place.rpartition("/")
            self._menu(outer).addSeparator()
            self._menus[place] = self._menu(outer).addMenu(tr(name))
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
        menu = self._dynamic[title] = QMenu(tr(title), self._window)

        def show() -> None:
            menu.clear()
            fill(menu)
            if menu.isEmpty():
                menu.addAction(tr("None")).setEnabled(False)

        menu.aboutToShow.connect(show)
        return menu

    def _fill_recent(self, menu: QMenu) -> None:
        for path in recent():
            menu.addAction(path.name, partial(self._window.files.open, path)).setToolTip(str(path))

    def _fill_examples(self, menu: QMenu) -> None:
        """By family, under the names that the gallery gives them."""
        for family, found in examples().items():
            inner = menu.addMenu(family)
            for label, path in found:
                inner.addAction(label, partial(self._window.files.open_copy, path))

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
            menu.addAction(tr(panel.title), partial(self._window.show_panel, panel.id))

    def _entry(self, action: Action) -> Entry:
        made = self.actions[action.id]
        keys = made.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        place = " › ".join(map(tr, action.menu.split("/")))
        words = (*action.words, action.label)  # what is known in English is found in English
        return Entry(made.text().rstrip("… "), place, made.trigger, action.icon, keys, words, made.isEnabled())

    def _recolour(self) -> None:
        theme = manager().theme
        for action in ACTIONS:
            if action.icon:
                colour = theme.on_accent if action.id == "train" else theme.text
                self.actions[action.id].setIcon(icons.icon(action.icon, colour))


def _panel_entry(panel: PanelSpec, show: Callable[[], object]) -> Entry:
    label = tr("Show {panel}", panel=tr(panel.title))
    return Entry(label, tr("Panel"), show, panel.icon, words=(f"Show {panel.title}",))
