"""The one table of actions, from which menus, toolbar, shortcuts page and command palette are built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.analysis.examining.table import EXAMS
from core.training.tools.table import TOOLS
from core.training.tools.tool import Tool
from designer import actions_canvas as drawing
from designer import actions_search as searching
from designer import actions_shell as shell
from designer import edit
from designer.action import Action as Action
from designer.action import Run, Test, nodes
from designer.language import tr
from designer.sentences import told
from designer.session import RunCommand
from designer.shell import dialogs
from designer.theme import Mode, manager

if TYPE_CHECKING:
    from designer.window import MainWindow

MENUS = ("File", "Edit", "View", "Insert", "Arrange", "Run", "Help")


def _selected(w: MainWindow) -> bool:
    return bool(w.session.selection)


def _undo_title(w: MainWindow) -> str:
    return f"{tr('Undo')} {told(w.session.history.undo_label)}".rstrip(": ")


def _redo_title(w: MainWindow) -> str:
    return f"{tr('Redo')} {told(w.session.history.redo_label)}".rstrip(": ")


_THEMES = {
    Mode.SYSTEM: ("Follow the system", "theme"),
    Mode.LIGHT: ("Light", "sun"),
    Mode.DARK: ("Dark", "moon"),
    Mode.CONTRAST: ("High contrast", "eye"),
}


def _theme(mode: Mode) -> Action:
    label, icon = _THEMES[mode]
    return Action(
        f"theme-{mode}", "View/Theme", label, lambda w: w.set_theme(mode), icon=icon,
        checked=lambda w: manager().mode is mode, words=("theme", "colours", "appearance", "accessibility"),
    )  # fmt: skip


def _ask(wish: RunCommand) -> Run:
    return lambda w: w.session.run.requested.emit(wish)


def _while(*states: str) -> Test:
    return lambda w: w.session.run.state in states


def _tool(menu: str, tool: Tool[Any]) -> Action:
    return Action(
        tool.command, menu, f"{tool.label}…", lambda w: w.session.run.tool_requested.emit(tool.id), icon=tool.icon,
        tip=tool.doc, words=tool.words,
    )  # fmt: skip


_IDLE = ("idle", "finished", "stopped", "failed")

FILE = (
    Action("new", "File", "New…", lambda w: w.files.ask_new(), "Ctrl+N", "new", "Start a design from a template"),
    Action("open", "File", "Open…", lambda w: w.files.ask_open(), "Ctrl+O", "open", "Open a design"),
    Action("save", "File", "Save", lambda w: w.files.save(), "Ctrl+S", "save", "Save the design", ruled=True),
    Action(
        "save-as", "File", "Save as…", lambda w: w.files.ask_save(), "Ctrl+Shift+S", "save", "Save under another name",
    ),
    Action(
        "export", "File", "Export…", lambda w: w.export(), "Ctrl+E", "export", "Write ONNX, PyTorch source or weights",
        ruled=True, words=("onnx", "safetensors", "python"),
    ),
    Action(
        "export-drawing", "File", "Export drawing…", dialogs.export_drawing, "Ctrl+Shift+E", "export",
        "Write the drawing as SVG, PDF or PNG", words=("figure", "picture", "paper", "image", "screenshot"),
    ),
    Action("close", "File", "Close design", lambda w: w.close_tab(), "Ctrl+W", ruled=True),
    Action("quit", "File", "Quit", lambda w: w.close(), "Ctrl+Q", "quit"),
)  # fmt: skip

EDIT = (
    Action(
        "undo", "Edit", "Undo", lambda w: w.session.undo(), "Ctrl+Z", "undo",
        enabled=lambda w: w.session.history.can_undo, title=_undo_title,
    ),
    Action(
        "redo", "Edit", "Redo", lambda w: w.session.redo(), "Ctrl+Shift+Z; Ctrl+Y", "redo",
        enabled=lambda w: w.session.history.can_redo, title=_redo_title,
    ),
    Action("cut", "Edit", "Cut", lambda w: w.cut(), "Ctrl+X", "cut", enabled=nodes(), ruled=True),
    Action("copy", "Edit", "Copy", lambda w: w.copy(), "Ctrl+C", "copy", enabled=_selected),
    Action("paste", "Edit", "Paste", lambda w: w.paste(), "Ctrl+V", "paste"),
    Action(
        "paste-wired", "Edit", "Paste with incoming wires", lambda w: w.paste(incoming=True), "Ctrl+Shift+V",
        tip="The copy is fed by what feeds the original",
    ),
    Action(
        "duplicate", "Edit", "Duplicate", lambda w: edit.duplicate(w.session), "Ctrl+D", "duplicate", enabled=nodes(),
    ),
    Action("delete", "Edit", "Delete", lambda w: edit.delete(w.session), "Del", "delete", enabled=_selected),
    Action(
        "delete-heal", "Edit", "Delete and heal wires", lambda w: edit.delete(w.session, heal=True), "Ctrl+Del",
        tip="What fed a node feeds what it fed", enabled=nodes(), words=("dissolve", "bypass"),
    ),
    Action(
        "select-all", "Edit", "Select all", lambda w: edit.select_all(w.session), "Ctrl+A", "select-all", ruled=True,
    ),
    Action("find", "Edit", "Find node…", lambda w: w.find_node(), "Ctrl+F", "search", words=("search", "go to")),
    Action("commands", "Edit", "Search commands…", lambda w: w.open_launcher(), "Ctrl+K", "command"),
    Action(
        "mute", "Edit", "Mute", lambda w: edit.toggle(w.session, "muted"), "Ctrl+M", "mute",
        "Leave the node out: pass through",
        enabled=nodes(), ruled=True, words=("bypass", "disable"),
    ),
    Action(
        "freeze", "Edit", "Freeze", lambda w: edit.toggle(w.session, "frozen"), "Ctrl+Shift+M", "frozen",
        "Keep the weights as they are", enabled=nodes(), words=("lock", "transfer learning"),
    ),
)  # fmt: skip

VIEW = (
    Action("zoom-in", "View", "Zoom in", lambda w: w.canvas.zoom_by(1.25), "Ctrl++; Ctrl+=", "zoom-in"),
    Action("zoom-out", "View", "Zoom out", lambda w: w.canvas.zoom_by(0.8), "Ctrl+-", "zoom-out"),
    Action("zoom-reset", "View", "Zoom to 100 %", lambda w: w.canvas.reset_zoom(), "Ctrl+0", "zoom-reset"),
    Action("fit", "View", "Fit the whole graph", lambda w: w.canvas.fit(), "Ctrl+1", "fit"),
    Action(
        "fit-selection", "View", "Fit the selection", lambda w: w.canvas.fit_selection(), "Ctrl+2", enabled=nodes(),
    ),
    Action(
        "enter", "View", "Look inside the block", lambda w: edit.enter_block(w.session), "Ctrl+Down", "entry",
        enabled=lambda w: bool(edit.selected_block(w.session)), ruled=True,
    ),
    Action(
        "leave", "View", "Leave the block", lambda w: w.session.selection.leave(), "Ctrl+Up", "exit",
        enabled=lambda w: bool(w.session.selection.path),
    ),
    Action(
        "reset-layout", "View", "Reset the layout", lambda w: w.arrange_docks(), tip="Put every dock back", ruled=True
    ),
    *map(_theme, Mode),
)  # fmt: skip

INSERT = (
    Action("add-layer", "Insert", "Layer…", lambda w: w.quick_add(), "Ctrl+Space", "plus", "Choose a layer by name"),
    Action("add-note", "Insert", "Note", lambda w: edit.add_note(w.session, w.centre()), icon="rename", ruled=True),
    Action(
        "add-frame", "Insert", "Frame", lambda w: edit.add_frame(w.session, w.canvas.boxes(), w.centre()),
        "Ctrl+J; Ctrl+Shift+F",
        "select-all", "A titled frame, around the selection if there is one",
    ),
    Action(
        "make-block", "Insert", "Block from selection", lambda w: edit.make_block(w.session), "Ctrl+G", "block",
        "Fold the selected nodes into a block that can be used many times", enabled=nodes(), ruled=True,
        words=("group", "subgraph", "module"),
    ),
    Action(
        "unpack", "Insert", "Unpack block", lambda w: edit.unpack(w.session), "Ctrl+Shift+G",
        enabled=lambda w: bool(edit.selected_block(w.session)), words=("ungroup",),
    ),
)  # fmt: skip

RUN = (
    Action(
        "train", "Run", "Train", _ask("train"), "F5", "play", "Train the design",
        enabled=_while(*_IDLE), words=("fit", "run", "learn", "start"),
    ),
    Action(
        "train-elsewhere", "Run", "Train on another machine…", dialogs.train_elsewhere, icon="play",
        tip="Copy the run to a machine that ssh reaches, train there and watch it here",
        enabled=_while(*_IDLE), words=("ssh", "remote", "host", "server", "gpu", "cluster"),
    ),
    Action(
        "preflight", "Run", "Pre-flight check", lambda w: w.session.run.check_requested.emit(), "Ctrl+Shift+F5",
        "check", "Costs, time, memory and what looks wrong, before it runs",
        words=("lint", "cost", "estimate", "memory", "flops"),
    ),
    *(_tool("Run/Tools", tool) for tool in TOOLS.values()),
    *(_tool("Run/Examine the run", exam) for exam in EXAMS.values()),
    Action("pause", "Run", "Pause", _ask("pause"), "F6", "pause", enabled=_while("running")),
    Action("resume", "Run", "Resume", _ask("resume"), "Shift+F6", "play", enabled=_while("paused")),
    Action(
        "stop", "Run", "Stop", _ask("stop"), "Shift+F5", "stop",
        enabled=_while("preparing", "running", "paused"),
    ),
)  # fmt: skip

HELP = (
    Action("shortcuts", "Help", "Keyboard shortcuts", dialogs.shortcuts, "F1", "keyboard", words=("keys",)),
    Action("log", "Help", "Show the log folder", lambda _w: dialogs.log(), icon="open", words=("errors", "traceback")),
    Action(
        "about", "Help", "About Layerloom", dialogs.about, icon="info", ruled=True,
        words=("version", "licence"),
    ),
)  # fmt: skip

ACTIONS: tuple[Action, ...] = (
    *FILE, *EDIT, *drawing.EDIT, *shell.EDIT, *VIEW, *drawing.VIEW, *shell.VIEW, *INSERT, *drawing.INSERT,
    *drawing.ARRANGE, *RUN, *searching.RUN, *HELP,
)  # fmt: skip
TOOLBAR = ("new", "open", "save", "", "undo", "redo", "", "tidy", "fit", "", "commands")


def by_id(id: str) -> Action:
    return next(action for action in ACTIONS if action.id == id)
