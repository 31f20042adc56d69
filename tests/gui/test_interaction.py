"""The page of gestures says what is true: its actions are in the table, its shortcuts theirs, its tests exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from designer.actions import ACTIONS, by_id
from designer.shell.shortcuts import ShortcutSheet

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "interaction.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| what ")
]


def test_each_of_the_twelve_items_has_its_table() -> None:
    page = (ROOT / "docs" / "interaction.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d+) ", page, re.M)[:12] == [str(n) for n in range(1, 13)]
    assert all(len(row) == 6 for row in ROWS)


@pytest.mark.parametrize("row", [row for row in ROWS if row[3]], ids=lambda row: row[0])
def test_actions_are_in_the_table_with_their_shortcuts(row: list[str]) -> None:
    action = by_id(row[3].strip("`"))
    first = action.shortcut.split("; ")[0]
    assert first
    assert any(first.startswith(key.split(" ")[0].rstrip("1")) for key in row[2].replace(" to ", ", ").split(", ")), row


def test_the_tests_exist() -> None:
    known = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.M)
    }
    named = {row[4].strip("`") for row in ROWS if row[4]}
    assert not named - known
    assert all(row[4] for row in ROWS if row[5] == "works" and row[3])


def test_what_is_done_by_keys_stands_in_the_sheet(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    sheet = ShortcutSheet(parent)
    told = {label.text() for label in sheet.findChildren(QLabel)}
    for row in (row for row in ROWS if row[3]):
        assert by_id(row[3].strip("`")).label.rstrip("…") in told
    assert len(ACTIONS) > 100
