"""The dialog for a training on another machine."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from core.training.launch import Host
from designer.training.elsewhere import HOST, PYTHON, ElsewhereDialog


def test_the_dialog_takes_a_host_and_remembers_it(qtbot: QtBot) -> None:
    QSettings().setValue(HOST, "")
    QSettings().setValue(PYTHON, "python3")
    asked: list[Host] = []
    dialog = ElsewhereDialog(asked.append)
    qtbot.addWidget(dialog)
    assert not dialog.go.isEnabled()
    for wrong in ("-oProxyCommand=x", "two words"):
        dialog.host.setText(wrong)
        assert not dialog.go.isEnabled()
    dialog.host.setText(" me@box ")
    dialog.python.setText("/opt/python")
    dialog.go.click()
    assert asked == [Host("me@box", "/opt/python")]
    again = ElsewhereDialog(asked.append)
    qtbot.addWidget(again)
    assert (again.host.text(), again.python.text()) == ("me@box", "/opt/python")
