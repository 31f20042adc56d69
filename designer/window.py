"""The main window: assembles canvas, docks, menus and messages around one session, and decides nothing itself."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QPointF, QSettings, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from core.catalog.families import default_catalog
from core.problem import Problem
from designer import edit
from designer.canvas.view import CanvasView
from designer.qt import Debounce, column, follow, next_turn
from designer.session import Session
from designer.shell.context import context_menu
from designer.shell.desk import Desk
from designer.shell.docks import AREAS, TabbedDock
from designer.shell.errors import log_folder
from designer.shell.files import Files
from designer.shell.finder import node_entries
from designer.shell.launcher import Launcher
from designer.shell.menus import Menus
from designer.shell.panels import PANELS
from designer.shell.places import runs_folder
from designer.shell.statusbar import StatusBar
from designer.shell.toasts import Toasts
from designer.studio import Studio
from designer.theme import Mode, manager
from designer.workers import AssistantClient
from graph.document import Document

_LAYOUT_VERSION = 1
_WARM_DELAY = 1200  # milliseconds after the first paint, when importing torch elsewhere disturbs nobody


class MainWindow(QMainWindow):
    """One window with one design; another design takes its place, with panels of its own."""

    session: Session
    files: Files

    def __init__(self, *, warm: bool = True) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowNestedDocks)
        self._warm = warm
        self.assistant = AssistantClient(self)
        self.session = Session(Document(default_catalog()), later=next_turn)
        self.docks = {
            area: TabbedDock(self, area, [panel for panel in PANELS if panel.area == area])
            for area in ("left", "right", "bottom")
        }
        self._centre = QWidget()
        self._centre_layout = column(self._centre)
        self.setCentralWidget(self._centre)
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
        self._studio: Studio | None = None
        self._canvas: CanvasView | None = None
        self._toasts: Toasts | None = None
        self._arrange()
        self.set_session(self.session.document, None)

    # -- the open design

    @property
    def canvas(self) -> CanvasView:
        assert self._canvas is not None
        return self._canvas

    @property
    def studio(self) -> Studio:
        assert self._studio is not None
        return self._studio

    def set_session(self, document: Document, path: Path | None) -> None:
        """Show a document; the former one and its panels go. The caller has asked about unsaved edits."""
        self._drop_session()
        self.session = session = Session(document, path, later=next_turn)
        self._studio = Studio(session, runs_folder(path), self)
        self._canvas = CanvasView(session)
        follow(self._canvas, self._canvas.stage.updated, self._zoom_soon.start)
        self._canvas.node_activated.connect(lambda _path: self.show_panel("inspector"))
        self._canvas.context_menu_requested.connect(lambda at, under: context_menu(self, at, under).popup(at))
        self._centre_layout.addWidget(self._canvas)
        self._toasts = Toasts(self._centre, session)
        desk = Desk(session, self._studio, self.assistant)
        for dock in self.docks.values():
            dock.set_desk(desk)
        self.menus.set_session(session, self._canvas)
        self.status.set_session(session, self._canvas)
        self.files.adopt(session)
        follow(self._canvas, session.titled, self._retitle)
        follow(self._canvas, session.run.changed, self._run_changed)
        self._retitle()
        self._canvas.setFocus()
        if self._warm and self.isVisible():
            self._warm_timer.start()

    def _drop_session(self) -> None:
        if self._studio is not None:
            self._studio.close()
            self._studio.deleteLater()
        if self._toasts is not None:
            self._toasts.close()
        if self._canvas is not None:
            self._canvas.hide()
            self._canvas.deleteLater()

    def _retitle(self) -> None:
        self.setWindowTitle(f"{self.session.title}[*] – Layerloom")
        self.setWindowModified(self.session.is_dirty)
        self.setWindowFilePath(str(self.session.path or ""))

    def _run_changed(self) -> None:
        """A run that begins is watched."""
        if self.session.run.state == "preparing":
            self.show_panel("plots")

    def _show_zoom(self) -> None:
        self.status.set_zoom(self.canvas.stage.camera.scale)

    # -- what actions ask for

    def show_panel(self, id: str) -> QWidget | None:
        """Bring a panel to the front; returns it."""
        dock = next(dock for dock in self.docks.values() if id in dock.pages)
        return dock.show_panel(id)

    def open_launcher(self) -> None:
        Launcher(self, self.menus.entries()).open()

    def find_node(self) -> None:
        Launcher(self, node_entries(self.session), "Find a node").open()

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

    def export(self) -> None:
        from designer.export.dialog import ExportDialog

        ExportDialog(self.session, self.studio, self.assistant, None, self).open()

    def show_shortcuts(self) -> None:
        from designer.shell.shortcuts import ShortcutSheet

        ShortcutSheet(self).open()

    def show_about(self) -> None:
        from designer.shell.about import About

        About(self).open()

    def show_log(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_folder())))

    def tell(self, problem: Problem) -> None:
        """Show an unexpected error."""
        self.session.notify(problem)

    # -- the window itself

    def _arrange(self) -> None:
        """The layout of last time, else one that suits the screen."""
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        settings = QSettings()
        geometry, state = settings.value("window/geometry"), settings.value("window/state")
        if isinstance(geometry, QByteArray) and isinstance(state, QByteArray):
            self.restoreGeometry(geometry)
            if self.restoreState(state, _LAYOUT_VERSION):
                return
        screen = QGuiApplication.primaryScreen().availableSize()
        self.resize(QSize(min(1680, screen.width()), min(1020, screen.height())))
        self.arrange_docks()

    def arrange_docks(self) -> None:
        """Every dock in its place, with sizes that leave the canvas most of the room."""
        for area, dock in self.docks.items():
            dock.setFloating(False)
            self.addDockWidget(AREAS[area], dock)
            dock.show()
        left, right, bottom = (self.docks[area] for area in ("left", "right", "bottom"))
        wide = self.width() >= 1600
        self.resizeDocks([left, right], [236 if wide else 208, 340 if wide else 308], Qt.Orientation.Horizontal)
        self.resizeDocks([bottom], [320 if self.height() >= 950 else 236], Qt.Orientation.Vertical)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._warm and not event.spontaneous():
            self._warm_timer.start()

    def _warm_up(self) -> None:
        self.studio.warm()
        if not self.assistant.is_alive:
            self.assistant.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.files.may_leave():
            event.ignore()
            return
        settings = QSettings()
        settings.setValue("window/geometry", self.saveGeometry())
        settings.setValue("window/state", self.saveState(_LAYOUT_VERSION))
        self._warm_timer.stop()
        self.files.forget_autosave()
        self.studio.close()
        self.assistant.quit()
        self.assistant.wait_or_kill(1.0)
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _design_in(event):
            event.acceptProposedAction()

    def _open(self, path: Path) -> None:
        self.files.open(path)

    def dropEvent(self, event: QDropEvent) -> None:
        path = _design_in(event)
        if path is not None:
            event.acceptProposedAction()
            next_turn(lambda: self._open(path))


def _design_in(event: QDropEvent) -> Path | None:
    """The design file that is dragged, if it is one."""
    for url in event.mimeData().urls():
        if url.isLocalFile() and url.toLocalFile().endswith(".loom"):
            return Path(url.toLocalFile())
    return None
