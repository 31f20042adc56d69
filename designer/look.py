"""A theme made into a Qt palette and one small style sheet over Fusion."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QPalette

from designer.resources import THEMES

if TYPE_CHECKING:
    from designer.theme import Theme

_ROLES = {
    "Window": "surface", "WindowText": "text", "Base": "raised", "AlternateBase": "hover", "Text": "text",
    "Button": "raised", "ButtonText": "text", "BrightText": "on_accent", "Highlight": "accent",
    "HighlightedText": "on_accent", "ToolTipBase": "raised", "ToolTipText": "text", "PlaceholderText": "muted",
    "Link": "accent", "LinkVisited": "accent", "Light": "hover", "Midlight": "border", "Mid": "border",
    "Dark": "border_strong", "Shadow": "shadow", "Accent": "accent",
}  # fmt: skip


def palette(theme: Theme) -> QPalette:
    """The palette of the application: what Fusion draws by itself."""
    result = QPalette()
    for role, colour in _ROLES.items():
        result.setColor(QPalette.ColorRole[role], getattr(theme, colour))
    for role in ("WindowText", "Text", "ButtonText", "PlaceholderText"):
        result.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole[role], theme.disabled)
    result.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, theme.border)
    return result


def style_sheet(theme: Theme) -> str:
    """What the palette cannot say: radii, paddings, focus rings. Values come from the theme alone."""
    text = (THEMES / "style.qss").read_text("utf-8")
    derived = {
        "focus": focus(theme),
        "accent_text": theme.selection if theme.dark else theme.accent,
        "field_border": mix(theme.border_strong, theme.raised, 1.0 if theme.contrast else 0.45),
        "scroll": mix(theme.border_strong, theme.surface, 0.4),
    }
    names = {name: colour.name() for name, colour in derived.items()}
    return Template(text).substitute(theme.hex, arrow=(THEMES / f"arrow-{theme.lightness}.svg").as_posix(), **names)


def focus(theme: Theme) -> QColor:
    """The ring around what has the keyboard."""
    return theme.selection if theme.dark else theme.accent


def mix(over: QColor, under: QColor, share: float) -> QColor:
    """`share` of one colour laid over another: for tints that suit both themes."""
    pairs = ((over.red(), under.red()), (over.green(), under.green()), (over.blue(), under.blue()))
    return QColor(*(round(a * share + b * (1 - share)) for a, b in pairs))
