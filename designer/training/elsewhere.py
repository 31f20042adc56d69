"""The dialog for a training on another machine. What was typed last is kept in the settings, not in the design."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QDialog, QFormLayout, QLineEdit, QWidget

from core.training.launch import Host
from designer.controls.buttons import button
from designer.controls.labels import label
from designer.language import tr
from designer.qt import column, row
from designer.theme import SPACE_L, SPACE_M

HOST, PYTHON = "training/host", "training/python"
WIDTH = 440


class ElsewhereDialog(QDialog):
    """Asks for host and Python, then calls `train` with them."""

    def __init__(self, train: Callable[[Host], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._train = train
        self.setWindowTitle(tr("Train on another machine"))
        self.setMinimumWidth(WIDTH)
        settings = QSettings()
        self.host = QLineEdit(str(settings.value(HOST, "")))
        self.host.setPlaceholderText(tr("user@machine"))
        self.python = QLineEdit(str(settings.value(PYTHON, "python3")))
        layout = column(self, margins=SPACE_L, gap=SPACE_L)
        about = tr(
            "The run and the files of its data are copied there through ssh, and what it leaves comes back. Layerloom "
            "must be installed for the Python there; keys or an agent must let ssh in without a password."
        )
        layout.addWidget(label(about, "muted", wrap=True))
        form = QFormLayout()
        form.setSpacing(SPACE_M)
        form.addRow(tr("Machine"), self.host)
        form.addRow(tr("Python there"), self.python)
        layout.addLayout(form)
        line = row(gap=SPACE_M)
        line.addStretch(1)
        line.addWidget(button(tr("Cancel"), self.reject))
        self.go = button(tr("Train"), self.accept, primary=True)
        self.go.setDefault(True)
        line.addWidget(self.go)
        layout.addLayout(line)
        self.host.textChanged.connect(self._judge)
        self._judge()

    def accept(self) -> None:
        """Keep what was typed, and train there."""
        host = Host(self.host.text().strip(), self.python.text().strip() or "python3")
        settings = QSettings()
        settings.setValue(HOST, host.name)
        settings.setValue(PYTHON, host.python)
        super().accept()
        self._train(host)

    def _judge(self) -> None:
        text = self.host.text().strip()
        self.go.setEnabled(bool(text) and not text.startswith("-") and not any(c.isspace() for c in text))
