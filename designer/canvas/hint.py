"""What an empty graph says: how to begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from designer.language import tr
from designer.qt import follow, speak

if TYPE_CHECKING:
    from designer.canvas.surface import Surface


class Hint(QLabel):
    """Stands in the middle of the canvas as long as the graph that is shown has no nodes; the mouse goes through it."""

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setProperty("role", "muted")
        follow(self, canvas.stage.updated, self.settle)
        speak(self, self._tell)

    def _tell(self) -> None:
        begin = tr("Double-click or press Tab to add a layer, or drag one here.")
        self.setText(f"{begin}\n{tr('File, New offers whole networks; F1 lists the keys.')}")
        self.settle()

    def settle(self) -> None:
        """Take the middle where there is nothing else; go where there is."""
        is_empty = not self._canvas.stage.model.nodes
        if is_empty:
            self.adjustSize()
            self.move((self._canvas.width() - self.width()) // 2, (self._canvas.height() - self.height()) // 2)
        self.setVisible(is_empty)
