"""A typed signal without Qt: the model tells, the view follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Signal(Generic[P]):
    """A list of slots that are called, in the order of connection, each time the signal is emitted.

    A slot that raises stops the emission: errors are for the caller to see, never swallowed.
    """

    def __init__(self) -> None:
        self._slots: list[Callable[P, object]] = []

    def connect(self, slot: Callable[P, object]) -> Callable[[], None]:
        """Call `slot` at each emission; returns the function that disconnects it."""
        self._slots.append(slot)

        def disconnect() -> None:
            if slot in self._slots:
                self._slots.remove(slot)

        return disconnect

    def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for slot in tuple(self._slots):
            slot(*args, **kwargs)
