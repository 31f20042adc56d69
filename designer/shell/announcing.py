"""A message of the desktop when a training ends and the window is not in front."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, QProcess, QSettings, QStandardPaths, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from designer.language import tr
from designer.qt import follow
from designer.resources import LOGO
from designer.sentences import told
from designer.session import Notice, Session
from designer.studio import Studio

KEY = "announce_ends"
SHOWN_MS = 10_000
_ACTIVE = ("preparing", "running", "paused", "stopping")


def is_wanted() -> bool:
    """Whether the person wants to be told."""
    return QSettings().value(KEY, True, type=bool) is True


def want(wanted: bool) -> None:
    QSettings().setValue(KEY, wanted)


class Announcer(QObject):
    """Tells of the ends of one design's runs and searches: finished by themselves or failed, not those stopped by
    hand."""

    def __init__(self, owner: QWidget, session: Session, studio: Studio) -> None:
        super().__init__(owner)
        self._owner, self._session, self._studio = owner, session, studio
        self._awaits = self._awaits_search = False
        follow(self, session.run.changed, self._on_state)
        follow(self, session.noticed, self._on_notice)

    def _on_state(self) -> None:
        state = self._session.run.state
        self._awaits_search = self._awaits_search or self._session.run.is_searching
        if state in _ACTIVE:
            self._awaits = True
        elif state == "failed" and self._awaits:
            record = self._studio.record
            reason = told(record.problems[-1].message) if record and record.problems else ""
            self._tell(tr("{design}: training failed", design=self._session.title), reason)
        elif state == "stopped":
            self._awaits = False

    def _on_notice(self, notice: Notice) -> None:
        if self._awaits and notice.done and self._session.run.state == "finished":
            self._tell(self._session.title, told(notice.problem.message))
        elif self._awaits_search and notice.done and not self._session.run.is_searching:
            self._awaits_search = False
            self._tell(self._session.title, told(notice.problem.message))

    def _tell(self, title: str, text: str) -> None:
        self._awaits = False
        window = self._owner.window()
        if is_wanted() and not window.isActiveWindow():
            QApplication.alert(window)
            announce(self, title, text)


def announce(owner: QObject, title: str, text: str) -> bool:
    """Show a message of the desktop; whether there was a way to."""
    program = QStandardPaths.findExecutable("notify-send") if sys.platform.startswith("linux") else ""
    if program:
        arguments = ["--app-name=Layerloom", f"--icon={LOGO}", "--", title, text]
        return bool(QProcess.startDetached(program, arguments)[0])
    if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
        return False
    icon = QSystemTrayIcon(QIcon(str(LOGO)), owner)  # it stands in the tray only while the message is there
    icon.show()
    icon.showMessage(title, text, QIcon(str(LOGO)), SHOWN_MS)
    QTimer.singleShot(SHOWN_MS, icon, icon.deleteLater)
    return True
