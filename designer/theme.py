"""The visual language: every colour, font, space and radius, in light and dark, and the manager that switches them.

Colours live in ``assets/themes/*.json``. A widget reads `manager().theme` when it paints, and follows
`manager().changed`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache, cached_property
from typing import Any
from zlib import crc32

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication

from core.signal import Signal
from designer.look import palette, style_sheet
from designer.resources import FONTS, THEMES

UI_FAMILY, MONO_FAMILY = "Inter", "JetBrains Mono"
UI_SIZE, SMALL_SIZE, TITLE_SIZE, MONO_SIZE = 13, 11, 15, 12  # pixels

# Spaces and radii, in pixels: all margins and gaps are one of these.
SPACE_XS, SPACE_S, SPACE_M, SPACE_L, SPACE_XL = 2, 4, 8, 12, 20
RADIUS_S, RADIUS_M, RADIUS_L = 4, 6, 10
CONTROL_HEIGHT, ROW_HEIGHT, ICON_SIZE = 26, 28, 16


class Mode(StrEnum):
    """Which theme the person asked for."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


@dataclass(frozen=True)
class Theme:
    """One set of colours.

    Attributes:
        background: between panels. canvas: behind the drawing. surface: panels. raised: fields, menus, cards.
        border: quiet separators. border_strong: outlines that must be seen (fields, check boxes).
        accent: what acts; on_accent: text upon it. selection: outlines; selection_fill: behind selected text and rows.
        grid, grid_major: of the canvas. node, node_border: bodies of nodes.
        wires: by dtype of what flows (``float``, ``int``, ``bool``), and ``loss``.
        categories: by palette category; `category` answers for unknown ones too.
        chart: series colours, in order. code: by kind of token. contrast: made for those who need strong contrast.
    """

    dark: bool
    background: QColor
    canvas: QColor
    surface: QColor
    raised: QColor
    hover: QColor
    pressed: QColor
    border: QColor
    border_strong: QColor
    text: QColor
    muted: QColor
    disabled: QColor
    accent: QColor
    accent_hover: QColor
    on_accent: QColor
    success: QColor
    warning: QColor
    danger: QColor
    selection: QColor
    selection_fill: QColor
    grid: QColor
    grid_major: QColor
    shadow: QColor
    node: QColor
    node_border: QColor
    wires: Mapping[str, QColor]
    categories: Mapping[str, QColor]
    chart: tuple[QColor, ...]
    code: Mapping[str, QColor]
    contrast: bool = False

    @property
    def name(self) -> str:
        return "contrast" if self.contrast else self.lightness

    @property
    def lightness(self) -> str:
        """``dark`` or ``light``: which of two pictures suits."""
        return "dark" if self.dark else "light"

    def category(self, name: str) -> QColor:
        """The colour of a palette category; one of the chart colours, always the same one, where none is set."""
        return self.categories.get(name) or self.chart[crc32(name.encode()) % len(self.chart)]

    def wire(self, dtype: str) -> QColor:
        return self.wires.get(dtype, self.wires["float"])

    def severity(self, name: str) -> QColor:
        """The colour of ``error``, ``warning`` and ``hint``."""
        return {"error": self.danger, "warning": self.warning}.get(name, self.accent)

    @cached_property
    def hex(self) -> Mapping[str, str]:
        """The plain colours as ``#rrggbb``, for style sheets and rich text."""
        return {f.name: value.name() for f in fields(self) if isinstance(value := getattr(self, f.name), QColor)}


def font(size: int = UI_SIZE, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The font of the window, `size` in pixels."""
    result = QFont(UI_FAMILY)
    result.setPixelSize(size)
    result.setWeight(weight)
    return result


def mono(size: int = MONO_SIZE) -> QFont:
    """The fixed-pitch font: code, shapes, formulas, numbers in columns."""
    result = QFont(MONO_FAMILY)
    result.setPixelSize(size)
    result.setStyleHint(QFont.StyleHint.Monospace)
    return result


@cache
def load(name: str) -> Theme:
    """The theme ``light``, ``dark`` or ``contrast``."""
    data = json.loads((THEMES / f"{name}.json").read_text("utf-8"))
    return Theme(**{key: _colours(value) for key, value in data.items()})


class ThemeManager:
    """Holds the theme in use. `changed` is emitted after a switch, when palette and style sheet already hold."""

    def __init__(self) -> None:
        self.changed: Signal[[]] = Signal()
        self.mode = Mode.SYSTEM
        self._app: QApplication | None = None
        self._theme = load("light")

    @property
    def theme(self) -> Theme:
        return self._theme

    def install(self, app: QApplication, mode: Mode = Mode.SYSTEM) -> None:
        """Take over the looks of the application: fonts, style, palette, style sheet; follow the system from now on."""
        for file in sorted(FONTS.glob("*.[ot]tf")):
            QFontDatabase.addApplicationFont(str(file))
        self._app, self.mode = app, mode
        app.setStyle("Fusion")
        app.setFont(font())
        app.styleHints().colorSchemeChanged.connect(lambda _scheme: self._refresh())
        app.styleHints().accessibility().contrastPreferenceChanged.connect(lambda _wish: self._refresh())
        self._use(self._wanted())

    def set_mode(self, mode: Mode) -> None:
        self.mode = mode
        self._refresh()

    def _refresh(self) -> None:
        if self._wanted() is not self._theme:
            self._use(self._wanted())

    def _wanted(self) -> Theme:
        if self.mode is not Mode.SYSTEM:
            return load(self.mode.value)
        app = QGuiApplication.instance()
        if not isinstance(app, QGuiApplication):
            return load("light")
        hints = app.styleHints()
        if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
            return load("contrast")
        return load("dark" if hints.colorScheme() == Qt.ColorScheme.Dark else "light")

    def _use(self, theme: Theme) -> None:
        self._theme = theme
        if self._app is not None:
            self._app.setPalette(palette(theme))
            self._app.setStyleSheet(style_sheet(theme))
        self.changed.emit()


@cache
def manager() -> ThemeManager:
    """The one manager of this process."""
    return ThemeManager()


def _colours(value: Any) -> Any:
    if isinstance(value, str):
        return QColor(value)
    if isinstance(value, dict):
        return {key: QColor(colour) for key, colour in value.items()}
    if isinstance(value, list):
        return tuple(QColor(colour) for colour in value)
    return value
