"""What an entry of the table of actions is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from designer.window import MainWindow

Run: TypeAlias = "Callable[[MainWindow], object]"
Test: TypeAlias = "Callable[[MainWindow], bool]"


@dataclass(frozen=True)
class Action:
    """One thing that the person can do.

    Attributes:
        id: stable. menu: where it stands; a ``/`` leads into a submenu. label: with ``…`` where it asks for more.
        shortcut: Qt's portable text; several are separated by ``; ``.
        enabled: whether it can be done now. checked: for what is on or off. title: a label that says more (of undo).
        ruled: a separator stands before it. words: what else people call it, for the search.
    """

    id: str
    menu: str
    label: str
    run: Run
    shortcut: str = ""
    icon: str = ""
    tip: str = ""
    enabled: Test | None = None
    checked: Test | None = None
    title: Callable[[MainWindow], str] | None = None
    ruled: bool = False
    words: tuple[str, ...] = ()


def nodes(count: int = 1) -> Test:
    """That many nodes are selected."""
    return lambda w: len(w.session.selection.nodes) >= count
