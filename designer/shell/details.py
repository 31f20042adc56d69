"""The details of a problem (what only a developer wants), to read and to copy."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QWidget

from core.problem import Problem
from designer.controls.buttons import button
from designer.controls.labels import label
from designer.language import tr
from designer.qt import column, row
from designer.sentences import told
from designer.theme import SPACE_L, SPACE_M, mono


def show_details(parent: QWidget, problem: Problem) -> None:
    """Open a window with the sentence and the traceback; it does not block."""
    dialog = QDialog(parent)
    dialog.setWindowTitle(tr("Details"))
    dialog.resize(760, 420)
    layout = column(dialog, margins=SPACE_L, gap=SPACE_M)
    layout.addWidget(label(told(problem.message), "heading", wrap=True, selectable=True))
    text = QPlainTextEdit(problem.detail)
    text.setReadOnly(True)
    text.setFont(mono())
    text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    layout.addWidget(text, 1)
    buttons = row(gap=SPACE_M)
    whole = f"{problem.message}\n\n{problem.detail}"
    buttons.addWidget(button(tr("Copy"), lambda: QGuiApplication.clipboard().setText(whole)))
    buttons.addStretch(1)
    buttons.addWidget(button(tr("Close"), dialog.accept, primary=True))
    layout.addLayout(buttons)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
