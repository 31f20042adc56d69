"""Messages of the desktop: at the end of a run, when the window is not in front and the person wants them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QProcess, QStandardPaths
from PySide6.QtWidgets import QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from core.problem import Problem
from designer.plots.record import RunRecord
from designer.session import Session
from designer.shell import announcing
from designer.shell.announcing import Announcer, announce, is_wanted, want
from designer.studio import Studio


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(announcing, "announce", lambda _owner, title, text: found.append((title, text)))
    return found


@pytest.fixture
def owner(qtbot: QtBot, session: Session, studio: Studio) -> QWidget:
    owner = QWidget()
    qtbot.addWidget(owner)
    Announcer(owner, session, studio)
    return owner


def finish(session: Session) -> None:
    session.run.state = "running"
    session.run.state = "finished"
    session.notify("Training finished: test accuracy 0.98.", done=True)


@pytest.mark.usefixtures("owner")
def test_the_end_of_a_run_is_told_once(session: Session, told: list[tuple[str, str]]) -> None:
    session.notify("Exported.", done=True)
    assert told == []
    finish(session)
    session.notify("Exported.", done=True)
    assert told == [(session.title, "Training finished: test accuracy 0.98.")]


@pytest.mark.usefixtures("owner")
def test_a_failure_is_told_with_its_reason_and_a_stop_by_hand_is_not(
    session: Session, studio: Studio, told: list[tuple[str, str]]
) -> None:
    studio.record = RunRecord("r", Path("r"), problems=[Problem("diverged", "The loss is no number.")])
    session.run.state = "running"
    session.run.state = "failed"
    assert told == [(f"{session.title}: training failed", "The loss is no number.")]
    session.run.state = "running"
    session.run.state = "stopped"
    session.notify("Training stopped.", done=True)
    assert len(told) == 1


@pytest.mark.usefixtures("owner")
def test_it_can_be_switched_off(session: Session, told: list[tuple[str, str]]) -> None:
    assert is_wanted()
    want(False)
    finish(session)
    assert not is_wanted()
    assert told == []


def test_never_while_the_window_is_in_front(
    session: Session, owner: QWidget, told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, "isActiveWindow", lambda: True)
    finish(session)
    assert told == []


def test_the_desktops_own_program_or_the_tray(qtbot: QtBot, owner: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(announcing.sys, "platform", "linux")
    monkeypatch.setattr(QStandardPaths, "findExecutable", staticmethod(lambda name: f"/usr/bin/{name}"))
    monkeypatch.setattr(QProcess, "startDetached", staticmethod(lambda *given: (started.append(given) or True, 1)))
    assert announce(owner, "Net", "-rf done")
    [(program, arguments)] = started
    assert program == "/usr/bin/notify-send"
    assert arguments[-3:] == ["--", "Net", "-rf done"]
    monkeypatch.setattr(QStandardPaths, "findExecutable", staticmethod(lambda _name: ""))
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: False))
    assert not announce(owner, "Net", "done")
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: True))
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", staticmethod(lambda: True))
    monkeypatch.setattr(QSystemTrayIcon, "show", lambda _self: None)
    shown: list[Any] = []
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda _self, *given: shown.append(given))
    assert announce(owner, "Net", "done")
    assert shown[0][:2] == ("Net", "done")
