"""Export drawing: a look at it, its style, and where it goes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QFileDialog, QFormLayout, QLabel, QWidget

from core.problem import LayerloomError
from designer.controls.buttons import button
from designer.drawing.write import FORMATS, STYLES, Figure, preview
from designer.language import tr
from designer.qt import column, row
from designer.sentences import told
from designer.session import Session
from designer.theme import SPACE_L, SPACE_M, SPACE_XL

_ROOM = QSize(620, 300)


class DrawingDialog(QDialog):
    """For the graph that is looked at: the design, or the inside of a block."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export drawing"))
        self._session = session
        self.picture = QLabel()
        self.picture.setFixedSize(_ROOM)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setAccessibleName(tr("How the drawing will look"))
        self.style_box = QComboBox()
        for key, style in STYLES.items():
            self.style_box.addItem(told(style.label), key)
        self.format_box = QComboBox()
        for ending, what in FORMATS.items():
            self.format_box.addItem(told(what), ending)
        self.notes = QCheckBox(tr("With notes"))
        form = QFormLayout()
        form.setHorizontalSpacing(SPACE_L)
        form.addRow(tr("Style"), self.style_box)
        form.addRow(tr("Format"), self.format_box)
        form.addRow("", self.notes)
        layout = column(self, margins=SPACE_XL, gap=SPACE_L)
        layout.addWidget(self.picture)
        layout.addLayout(form)
        line = row(gap=SPACE_M)
        line.addStretch(1)
        line.addWidget(button(tr("Cancel"), self.reject))
        self.save_button = button(tr("Save…"), self.save, primary=True)
        self.save_button.setDefault(True)
        line.addWidget(self.save_button)
        layout.addLayout(line)
        self.style_box.currentIndexChanged.connect(lambda _index: self.show_preview())
        self.notes.toggled.connect(lambda _on: self.show_preview())
        self.show_preview()

    def _figure(self) -> Figure:
        path = self._session.selection.path
        return Figure(self._session, path, self.style_box.currentData(), notes=self.notes.isChecked())

    def show_preview(self) -> None:
        figure = self._figure()
        self.picture.setPixmap(QPixmap.fromImage(preview(figure, _ROOM, self.devicePixelRatioF())))
        figure.close()

    def save(self) -> None:
        """Ask where to, and write it; a failure is told, and the dialog stays."""
        ending = self.format_box.currentData()
        folder = self._session.folder or Path.home()
        start = folder / f"{self._session.title}{ending}"
        name, _ = QFileDialog.getSaveFileName(self, tr("Export drawing"), str(start), f"*{ending}")
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(ending)
        figure = self._figure()
        try:
            figure.write(path)
        except LayerloomError as error:
            self._session.notify(error.problem)
            return
        finally:
            figure.close()
        self._session.notify(tr("The drawing is in {file}.", file=path.name), done=True)
        self.accept()
