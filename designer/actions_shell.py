"""The part of the table of actions that works on the window: its designs, its panels, wires by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from designer import language
from designer.action import Action
from designer.shell.announcing import is_wanted, want
from designer.shell.speech import speak

if TYPE_CHECKING:
    from designer.window import MainWindow


def _several_designs(w: MainWindow) -> bool:
    return w.tabs.count() > 1


def _one_node(w: MainWindow) -> bool:
    return bool(w.session.selection.node)


def _language(code: str, name: str) -> Action:
    return Action(
        f"language-{code}", "View/Language", name, lambda _w: speak(code), checked=lambda _w: language.used() == code,
        words=("language", "translation"),
    )  # fmt: skip


EDIT = (
    Action(
        "connect-to", "Edit", "Connect to…", lambda w: w.connect_by_name(), "Ctrl+Shift+L", "link",
        "Draw a wire from or to the selected node by typing the other's name", enabled=_one_node,
        words=("wire", "link", "edge", "feed"),
    ),
)  # fmt: skip

VIEW = (
    Action(
        "announce", "View", "Tell the desktop when training ends", lambda _w: want(not is_wanted()), "", "info",
        "A message of the desktop when a run ends while another window is in front", checked=lambda _w: is_wanted(),
        ruled=True, words=("notification", "message", "tray", "done", "alert"),
    ),
    Action(
        "next-design", "View", "Next design", lambda w: w.tabs.step(1), "Ctrl+Tab; Ctrl+PgDown",
        enabled=_several_designs, ruled=True, words=("tab", "document"),
    ),
    Action(
        "previous-design", "View", "Previous design", lambda w: w.tabs.step(-1), "Ctrl+Shift+Tab; Ctrl+PgUp",
        enabled=_several_designs, words=("tab", "document"),
    ),
    Action(
        "outline", "View", "Go to the outline", lambda w: w.focus_panel("outline"), "Ctrl+Shift+O", "layers",
        "Every node of the design in a tree", ruled=True, words=("tree", "structure", "screen reader"),
    ),
    Action(
        "history", "View", "Go to the history", lambda w: w.focus_panel("history"), "Ctrl+Shift+H", "clock",
        "Every step that was done, and the way back", words=("undo", "steps"),
    ),
    Action(
        "next-part", "View", "Go to the next part of the window", lambda w: w.focus_next_part(1), "Ctrl+F6",
        "panel-right", words=("focus", "keyboard"),
    ),
    Action(
        "previous-part", "View", "Go to the previous part of the window", lambda w: w.focus_next_part(-1),
        "Ctrl+Shift+F6", "panel-left", words=("focus", "keyboard"),
    ),
    *(_language(code, name) for code, name in language.languages().items()),
)  # fmt: skip
