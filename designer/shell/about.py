"""About the application: version, licence, what it stands on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QLabel, QWidget

from designer.controls.buttons import button
from designer.controls.labels import label
from designer.language import tr
from designer.qt import column, row
from designer.resources import LOGO
from designer.theme import SPACE_M, SPACE_XL

_LICENCES = "Licensed under the Apache License 2.0. The fonts Inter and JetBrains Mono: SIL Open Font License 1.1."
_PACKAGES = ("torch", "onnx", "onnxruntime", "numpy", "networkx", "pyqtgraph")


class About(QDialog):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About Layerloom"))
        layout = column(self, margins=SPACE_XL * 2, gap=SPACE_M)
        logo = QLabel()
        logo.setPixmap(QIcon(str(LOGO)).pixmap(64, 64))
        layout.addWidget(logo, 0, Qt.AlignmentFlag.AlignHCenter)
        for text, role in (
            ("Layerloom", "title"),
            (f"Version {installed('layerloom')}", "muted"),
            ("Draw a neural network, watch it learn, ship it as ONNX.", ""),
            (versions(), "mono"),
            (
                "Licensed under the Apache License 2.0. The fonts Inter and JetBrains Mono: SIL Open Font License 1.1.",
                "muted",
            ),
        ):
            part = label(text, role, wrap=True, selectable=role == "mono")
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(part)
        line = row()
        line.addStretch(1)
        line.addWidget(button(tr("Close"), self.accept, primary=True))
        line.addStretch(1)
        layout.addSpacing(SPACE_M)
        layout.addLayout(line)
        self.setFixedWidth(440)


def installed(package: str) -> str:
    """The version of a package, without importing it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def versions() -> str:
    """What matters for a report of a fault, one line each."""
    lines = [f"Python {platform.python_version()}", f"Qt {qVersion()}"]
    return "\n".join((*lines, *(f"{name} {installed(name)}" for name in _PACKAGES)))
