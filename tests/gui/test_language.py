"""The interface in another language: complete for actions, menus and panels, and switched while the window is open."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QMenu, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from designer import language
from designer.language import catalogue, files, languages, tr
from designer.resources import EXAMPLES
from designer.shell.launcher import Launcher
from designer.shell.speech import speak_as_wanted
from designer.window import MainWindow
from designer.wording import missing

OTHERS = [code for code in languages() if code != language.ENGLISH]


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    window = MainWindow(warm=False)
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()
    window.deleteLater()


def menu_titles(window: MainWindow) -> list[str]:
    return [action.text().replace("&", "") for action in window.menuBar().actions()]


@pytest.mark.parametrize("code", OTHERS)
def test_all_that_the_window_and_the_catalogue_of_layers_say_is_translated(code: str) -> None:
    assert missing(code) == [], f"add these to assets/languages/{code}.json or the files beside it"


@pytest.mark.parametrize("code", OTHERS)
def test_catalogues_are_sound(code: str) -> None:
    def once(pairs: list[tuple[str, str]]) -> dict[str, str]:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), "a text stands twice"
        return dict(pairs)

    parts = [json.loads(file.read_text("utf-8"), object_pairs_hook=once) for file in files(code)]
    for part in parts:
        assert part.items() <= catalogue(code).items(), "a text stands in two files, with two meanings"
    for english, other in catalogue(code).items():
        assert other.strip() == other != ""
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", other)), english
        assert english.count("{n}") < 2 or re.findall(r"\{\w+\}", english) == re.findall(r"\{\w+\}", other), english
        assert not english or english.endswith("…") == other.endswith("…"), english


def test_the_window_changes_its_language_while_it_is_open(window: MainWindow, qtbot: QtBot) -> None:
    assert menu_titles(window)[0] == "File"
    window.menus.actions["language-de"].trigger()
    assert menu_titles(window)[0] == "Datei"
    assert window.menus.actions["save"].text() == "Speichern"
    assert window.menus.actions["save"].toolTip().startswith("Den Entwurf speichern")
    assert window.docks["left"].tabs.accessibleTabName(0) == "Schichten"
    qtbot.waitUntil(lambda: window.menus.actions["undo"].text() == "Rückgängig")
    submenus = [menu.title() for menu in window.findChildren(QMenu)]
    assert "Farbschema" in submenus
    assert "Zuletzt geöffnet" in submenus
    window.menus.actions["language-en"].trigger()
    assert menu_titles(window)[0] == "File"


def test_the_palette_finds_by_both_languages(window: MainWindow, qtbot: QtBot) -> None:
    language.use("de")
    for letters in ("aufräumen", "tidy up"):
        window.menus.actions["commands"].trigger()
        launcher = window.findChild(Launcher)
        assert launcher is not None
        launcher.field.setText(letters)  # the test library types plain letters alone
        assert launcher.list.currentIndex().data(Qt.ItemDataRole.DisplayRole) == "Aufräumen"
        launcher.close()
        qtbot.waitUntil(lambda: window.findChild(Launcher) is None)


def test_the_choice_is_kept() -> None:
    QSettings().setValue("language", "de")
    speak_as_wanted()
    assert language.used() == "de"
    QSettings().setValue("language", "xx")
    speak_as_wanted()
    assert language.used() == "en"


def test_numbers_and_places_are_filled() -> None:
    language.use("de")
    assert tr("Go to bookmark 7") == "Zu Lesezeichen 7"
    assert tr("Zoom to 100 %") == "Auf 100 % setzen"
    assert tr("a number from 0.5 to 1e-06") == "eine Zahl von 0.5 bis 1e-06"
    assert tr("Save the changes to {title}?", title="netz") == "Die Änderungen an netz speichern?"
    assert tr("Never translated") == "Never translated"
    assert catalogue("en") == {}


def shown(window: MainWindow) -> Iterator[str]:
    """What stands on labels, buttons, tabs and in choices of the window, and in their tips; every panel is built."""
    for dock in window.docks.values():
        for id in dock.pages:
            dock.show_panel(id)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # panels of the language before
    for widget in window.findChildren(QWidget):
        if widget.objectName().startswith("qt_"):
            continue  # Qt's own: buttons of a dock's hidden title bar
        match widget:
            case QLabel() | QAbstractButton():
                yield widget.text()
            case QTabBar():
                yield from (widget.tabText(i) for i in range(widget.count()))
            case QComboBox() if not widget.isEditable():
                yield from (widget.itemText(i) for i in range(widget.count()))
            case QLineEdit():
                yield widget.placeholderText()
        yield widget.toolTip()
        yield widget.accessibleName()


def english(texts: Iterable[str]) -> set[str]:
    """Texts, and lines of them, that the catalogue has other words for."""
    lines = {line.strip() for text in texts for line in (text, *text.split("\n")) if line}
    known = catalogue("de")
    return {line for line in lines if known.get(line, line) != line and line not in known.values()}


def test_no_english_is_left_in_any_panel_and_it_comes_back(window: MainWindow) -> None:
    window.files.open_copy(EXAMPLES / "lenet_digits.loom")
    before = english(shown(window))
    assert {"Parameters", "Optimizer", "Examples"} <= before
    window.menus.actions["language-de"].trigger()
    for node in list(window.session.document.graph().nodes)[:4]:
        window.session.selection.set({node.id})
        assert english(shown(window)) == set()
    window.session.selection.clear()
    window.menus.actions["language-en"].trigger()
    assert english(shown(window)) == before


def test_names_of_layers_and_arguments_stay(window: MainWindow) -> None:
    window.files.open_copy(EXAMPLES / "lenet_digits.loom")
    language.use("de")
    window.session.selection.set({next(n.id for n in window.session.document.graph().nodes if n.layer == "conv2d")})
    texts = set(shown(window))
    assert {"Kernel size", "Padding", "Conv 2D  ·  Faltung", "Anfangsgewichte"} <= texts
