"""Python's cyclic collector, run in the window's thread alone.

Widgets sit in cycles, and Qt must not see them destroyed in another thread: an automatic collection there crashes.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY = 2000  # milliseconds


class Collector(QObject):
    """Switches automatic collection off and collects now and then, each generation when it is due."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=_EVERY)
        self._timer.timeout.connect(self.collect)
        self._timer.start()
        parent.destroyed.connect(lambda *_: gc.enable())

    @staticmethod
    def collect() -> None:
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation] > 0:
                gc.collect(generation)
                return
