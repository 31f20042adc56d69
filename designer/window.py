"""The main window: assembles tabs, docks, menus and messages around the open designs, and decides nothing itself."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QPointF, QSettings, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from core.catalog.families import default_catalog
from core.problem import Problem
from designer import edit
from designer.canvas.view import CanvasView
from designer.language import tr
from designer.preflight.opening import show_card
from designer.qt import Debounce, column, focus_first, follow, next_turn
from designer.session import Button, Notice, Session
from designer.shell import arrangement
from designer.shell.connecting import connection_entries
from designer.shell.context import context_menu
from designer.shell.docks import TabbedDock
from designer.shell.dropped import Dropped, wanted
from designer.shell.files import Files
from designer.shell.finder import node_entries
from designer.shell.launcher import Launcher
from designer.shell.menus import Menus
from designer.shell.panels import PANELS
from designer.shell.places import runs_folder
from designer.shell.promoting import promotion_entries
from designer.shell.statusbar import StatusBar
from designer.shell.tab import Tab
from designer.shell.tabbar import DesignTabs
from designer.shell.toasts import Toasts
from designer.studio import Studio, wait_for
from designer.theme import Mode, manager
from designer.workers import AssistantClient, Worker
from graph.document import Document

_WARM_DELAY = 1200  # milliseconds after the first paint, when importing torch elsewhere disturbs nobody


class MainWindow(QMainWindow):
    """One window with the open designs as tabs; the docks show the panels of the one in front."""

    files: Files
    tabs: DesignTabs

    def __init__(self, *, warm: bool = True) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowNestedDocks)
        self._warm = warm
        self._tab: Tab | None = None
        self._binding = QObject(self)  # lives as long as the tab in front stays there
        self.assistant = AssistantClient(self)
        self.docks = {
            area: TabbedDock(self, area, [panel for panel in PANELS if panel.area == area])
            for area in ("left", "right", "bottom")
        }
        self.tabs = DesignTabs()
        self.tabs.chosen.connect(self._bring_forward)
        self.tabs.close_requested.connect(self.close_tab)
        self._pages = QStackedWidget()
        centre = QWidget()
        layout = column(centre)
        layout.addWidget(self.tabs)
        layout.addWidget(self._pages, 1)
        self.setCentralWidget(centre)
        self.files = Files(self)
        self.menus = Menus(self)
        self.addToolBar(self.menus.toolbar())
        self.status = StatusBar()
        self.status.problems_clicked.connect(lambda: self.show_panel("problems"))
        self.status.zoom_clicked.connect(lambda: self.canvas.reset_zoom())
        self.setStatusBar(self.status)
        self._warm_timer = QTimer(self, singleShot=True, interval=_WARM_DELAY)
        self._warm_timer.timeout.connect(self._warm_up)
        self._zoom_soon = Debounce(self, 60, self._show_zoom)
        arrangement.restore(self)
        self.open_tab(Document(default_catalog()), None)

    # -- the open designs

    @property
    def tab(self) -> Tab:
        """The one in front."""
        assert self._tab is not None
        return self._tab

    @property
    def session(self) -> Session:
        return self.tab.session

    @property
    def canvas(self) -> CanvasView:
        return self.tab.canvas

    @property
    def studio(self) -> Studio:
        return self.tab.studio

    @property
    def toasts(self) -> Toasts:
        return self.tab.toasts

    def open_tab(self, document: Document, path: Path | None) -> Tab:
        """Show a document in a tab of its own; it takes the place of a design in which nothing was ever done."""
        former = self._tab
        tab = Tab(Session(document, path, later=next_turn), runs_folder(path), self.assistant)
        follow(tab, tab.canvas.stage.updated, self._zoom_soon.start)
        follow(tab, tab.session.titled, self._retitle)
        follow(tab, tab.session.run.changed, lambda: self._run_changed(tab))
        follow(tab, tab.session.run.check_requested, lambda: show_card(self, tab.session, self.assistant))
        follow(tab, tab.session.noticed, lambda notice: self._pass_on(tab, notice))
        tab.studio.export_requested.connect(self.export)
        tab.studio.design_requested.connect(self.files.open_copy)
        tab.canvas.node_activated.connect(lambda _path: self.show_panel("inspector"))
        tab.canvas.context_menu_requested.connect(lambda at, under: context_menu(self, at, under).popup(at))
        self._pages.addWidget(tab)
        self.tabs.add(tab)
        self._bring_forward(tab)
        if former is not None and former.is_pristine:
            self._drop(former)
        self.files.note_open()
        return tab

    def select_tab(self, tab: Tab) -> None:
        self.tabs.choose(tab)

    def close_tab(self, tab: Tab | None = None) -> bool:
        """Leave a design (by default the one in front), after asking; whether it was left. The last is followed
        by an empty one."""
        tab = tab or self.tab
        if not self.files.may_leave(tab):
            return False
        if self.tabs.count() == 1:
            if tab.is_pristine:
                return True
            self.open_tab(Document(default_catalog()), None)
        self._drop(tab)
        self.files.note_open()
        return True

    def _drop(self, tab: Tab) -> None:
        """Take a tab away; where it was in front, its neighbour comes."""
        self.tabs.remove(tab)
        if tab is self._tab:
            self._bring_forward(self.tabs.tabData(self.tabs.currentIndex()))
        self._pages.removeWidget(tab)
        for dock in self.docks.values():
            dock.forget_desk(tab.desk)
        tab.close_down(self)

    def _bring_forward(self, tab: Tab) -> None:
        former, self._tab = self._tab, tab
        if former is tab:
            return
        if former is not None:
            former.studio.hand_over(tab.studio)
        self._binding.deleteLater()
        self._binding = QObject(self)
        self._pages.setCurrentWidget(tab)
        for dock in self.docks.values():
            dock.set_desk(tab.desk)
        self.menus.set_session(tab.session, self._binding)
        self.status.set_session(tab.session, self._binding)
        self._retitle()
        self._show_zoom()
        tab.canvas.setFocus()
        if self._warm and self.isVisible():
            self._warm_timer.start()

    def _retitle(self) -> None:
        self.setWindowTitle(f"{self.session.title}[*] – Layerloom")
        self.setWindowModified(self.session.is_dirty)
        self.setWindowFilePath(str(self.session.path or ""))

    def _run_changed(self, tab: Tab) -> None:
        """A run that begins is watched."""
        if tab is self._tab and tab.session.run.state == "preparing":
            self.show_panel("plots")

    def _pass_on(self, tab: Tab, notice: Notice) -> None:
        """What a design behind has to say is told in front; its own buttons wait in its tab."""
        if tab is not self._tab and self._tab is not None:
            message = f"{tab.session.title}: {notice.problem.message}"
            problem = Problem(notice.problem.code, message, severity=notice.problem.severity)
            self.session.notify(problem, Button(tr("Go there"), lambda: self.select_tab(tab)), done=notice.done)

    def _show_zoom(self) -> None:
        self.status.set_zoom(self.canvas.stage.camera.scale)

    # -- what actions ask for

    def show_panel(self, id: str) -> QWidget | None:
        """Bring a panel to the front; returns it."""
        dock = next(dock for dock in self.docks.values() if id in dock.pages)
        return dock.show_panel(id)

    def focus_panel(self, id: str) -> None:
        """Bring a panel to the front and give it the keyboard."""
        focus_first(self.show_panel(id))

    def focus_next_part(self, by: int) -> None:
        """From the canvas to the docks that are open, and round; whatever holds the keyboard may be left that way."""
        parts = [self.canvas, *(dock.widget() for dock in self.docks.values() if dock.isVisible())]
        here = next((i for i, part in enumerate(parts) if part.isAncestorOf(self.focusWidget() or self)), 0)
        focus_first(parts[(here + by) % len(parts)])

    def open_launcher(self) -> None:
        Launcher(self, self.menus.entries(), tr("Search commands and layers")).open()

    def find_node(self) -> None:
        Launcher(self, node_entries(self.session), tr("Find a node")).open()

    def connect_by_name(self) -> None:
        """Ask for the other end of a wire at the selected node."""
        Launcher(self, connection_entries(self.session), tr("Connect to")).open()

    def promote(self) -> None:
        """Ask which parameter of the selected node each instance of its block shall set."""
        Launcher(self, promotion_entries(self.session), tr("Promote a parameter")).open()

    def quick_add(self) -> None:
        self.canvas.setFocus()
        self.canvas.quick_add_requested.emit(QPointF(self.canvas.rect().center()), None)

    def centre(self) -> tuple[float, float]:
        """The middle of what the canvas shows, in canvas units."""
        return self.canvas.canvas_point(QPointF(self.canvas.rect().center()))

    def cut(self) -> None:
        self.copy()
        edit.delete(self.session)

    def copy(self) -> None:
        text = edit.copy(self.session)
        if text:
            QGuiApplication.clipboard().setText(text)

    def paste(self, *, incoming: bool = False) -> None:
        edit.paste(self.session, QGuiApplication.clipboard().text(), self.canvas.mouse_point(), incoming=incoming)

    def set_theme(self, mode: Mode) -> None:
        QSettings().setValue("theme", mode.value)
        manager().set_mode(mode)
        self.menus.refresh()

    def export(self, run: Path | None = None, preset: dict[str, object] | None = None) -> None:
        """Ask what to export; a run and a precision (with its settings) are chosen first where they are given."""
        from designer.export.dialog import ExportDialog

        ExportDialog(self.session, self.studio, self.assistant, run, self, preset=preset).open()

    def tell(self, problem: Problem) -> None:
        """Show an unexpected error."""
        self.session.notify(problem)

    def arrange_docks(self) -> None:
        arrangement.arrange(self)

    # -- the window itself

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._warm and not event.spontaneous():
            self._warm_timer.start()

    def _warm_up(self) -> None:
        self.studio.warm()
        if not self.assistant.is_alive:
            self.assistant.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        tabs = list(self.tabs.tabs())
        if not all(self.files.may_close(tab) for tab in tabs):
            event.ignore()
            return
        arrangement.remember(self)
        self.hide()  # now: processes may take a second to end
        self._warm_timer.stop()
        for tab in tabs:
            tab.keeper.close()
            tab.studio.close()
        self.files.close()
        self.assistant.quit()
        wait_for([worker for worker in self.findChildren(Worker) if worker is not self.assistant])
        self.assistant.wait_or_kill(1.0)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if wanted(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        found = wanted(event.mimeData())
        if found:
            event.acceptProposedAction()
            dropped = Dropped(self)
            next_turn(lambda: dropped.take(found))
