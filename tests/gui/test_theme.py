"""The visual language: contrast, completeness, switching."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

from core.catalog.families import default_catalog
from designer import icons
from designer.actions import ACTIONS
from designer.look import mix, style_sheet
from designer.resources import ICONS
from designer.shell.panels import PANELS
from designer.theme import Mode, Theme, font, load, manager, mono

THEMES = [load("light"), load("dark"), load("contrast")]
SURFACES = ("background", "surface", "raised", "hover", "canvas", "node")


def luminance(colour: QColor) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, other: QColor) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda t: t.name)
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("ink", ["text", "muted"])
def test_text_reaches_aa(theme: Theme, surface: str, ink: str) -> None:
    assert contrast(getattr(theme, ink), getattr(theme, surface)) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=lambda t: t.name)
@pytest.mark.parametrize("ink", ["success", "warning", "danger"])
def test_signal_colours_reach_aa_on_panels(theme: Theme, ink: str) -> None:
    assert contrast(getattr(theme, ink), theme.surface) >= 4.5
    assert contrast(getattr(theme, ink), theme.raised) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=lambda t: t.name)
def test_text_on_what_acts_and_on_what_is_selected(theme: Theme) -> None:
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.text, theme.selection_fill) >= 4.5
    assert contrast(theme.text, theme.code["current"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=lambda t: t.name)
def test_shapes_that_carry_meaning_reach_three_to_one(theme: Theme) -> None:
    for colour in (*theme.chart, *theme.categories.values(), theme.border_strong, theme.accent):
        assert contrast(colour, theme.surface) >= 3
    for colour in theme.wires.values():
        assert contrast(colour, theme.canvas) >= 3


@pytest.mark.parametrize("theme", THEMES, ids=lambda t: t.name)
def test_code_reads(theme: Theme) -> None:
    for kind, colour in theme.code.items():
        if kind not in ("current", "line_number"):
            assert contrast(colour, theme.surface) >= 4.5, kind


@pytest.mark.parametrize("theme", THEMES[1:], ids=lambda t: t.name)
def test_all_themes_have_the_same_parts(theme: Theme) -> None:
    light = THEMES[0]
    assert light.categories.keys() == theme.categories.keys()
    assert light.wires.keys() == theme.wires.keys()
    assert light.code.keys() == theme.code.keys()
    assert len(light.chart) == len(theme.chart)


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("ink", ["text", "muted", "success", "warning", "danger"])
def test_high_contrast_text_reaches_aaa(surface: str, ink: str) -> None:
    theme = load("contrast")
    assert contrast(getattr(theme, ink), getattr(theme, surface)) >= 7


def test_high_contrast_is_strong_where_others_are_quiet() -> None:
    theme = load("contrast")
    assert contrast(theme.on_accent, theme.accent) >= 7
    assert contrast(theme.text, theme.selection_fill) >= 7
    assert contrast(theme.disabled, theme.surface) >= 4.5
    for kind, colour in theme.code.items():
        assert kind == "current" or contrast(colour, theme.surface) >= 7, kind
    for colour in (*theme.chart, *theme.categories.values(), theme.border, theme.border_strong, theme.node_border):
        assert contrast(colour, theme.surface) >= 4.5
    for colour in theme.wires.values():
        assert contrast(colour, theme.canvas) >= 7


def test_each_category_of_the_catalogue_has_a_colour() -> None:
    for category in default_catalog().categories:
        assert category in load("light").categories, category


def test_an_unknown_category_always_gets_the_same_colour() -> None:
    assert load("light").category("Quantum") == load("light").category("Quantum")


def test_style_sheet_knows_every_name_it_uses() -> None:
    assert "$" not in style_sheet(load("dark"))


def test_mix_goes_from_one_to_the_other() -> None:
    assert mix(QColor("#ffffff"), QColor("#000000"), 1) == QColor("#ffffff")
    assert mix(QColor("#ffffff"), QColor("#000000"), 0) == QColor("#000000")


def test_switching_tells_and_repaints(qapp: QApplication) -> None:
    told: list[str] = []
    disconnect = manager().changed.connect(lambda: told.append(manager().theme.name))
    try:
        manager().set_mode(Mode.DARK)
        assert qapp.palette().color(QPalette.ColorRole.Window) == load("dark").surface
        manager().set_mode(Mode.LIGHT)
        assert qapp.palette().color(QPalette.ColorRole.Window) == load("light").surface
        assert told[-2:] == ["dark", "light"]
    finally:
        disconnect()
        manager().set_mode(Mode.SYSTEM)


def test_the_bundled_fonts_are_used() -> None:
    assert QFontInfo(font()).family() == "Inter"
    assert QFontInfo(font()).pixelSize() == 13
    assert QFontInfo(mono()).family() == "JetBrains Mono"


def test_every_icon_named_exists_and_draws() -> None:
    named = {action.icon for action in ACTIONS if action.icon} | {panel.icon for panel in PANELS}
    named |= {icons.of_layer(spec) for spec in default_catalog()}
    assert {name for name in named if not icons.exists(name)} == set()
    for file in ICONS.glob("*.svg"):
        picture = icons.pixmap(file.stem, QColor("#ff0000"), 16).toImage()
        inked = [
            picture.pixelColor(x, y) for x in range(16) for y in range(16) if picture.pixelColor(x, y).alpha() > 200
        ]
        assert inked, file.stem
        assert all(colour.red() > 200 and colour.green() < 60 for colour in inked), file.stem
