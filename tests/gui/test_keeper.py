"""The keeper of a file: the copy is written beside the window's thread, and none of it is lost or late."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from threading import Event, current_thread, main_thread

import pytest
from pytestqt.qtbot import QtBot

from core.files import atomic_write
from core.problem import LayerloomError
from designer.session import Session
from designer.shell import keeper as keeping
from designer.shell.keeper import Keeper
from graph import storage
from graph.codec import encode
from graph.commands import SetParam


def width(session: Session, number: int) -> None:
    assert session.do(SetParam("n2", "out_features", number))


def copy() -> str:
    [file] = storage.autosave_folder().glob("*.autosave")
    return file.read_text(encoding="utf-8").partition("\n")[2]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, Event, list[bool]]:
    """A disk that waits: told when a write begins, and let go by the test; whether each was in the window's thread."""
    begun, going, where = Event(), Event(), list[bool]()
    write: Callable[..., None] = atomic_write

    def waiting(path: Path, data: bytes | str) -> None:
        where.append(current_thread() is main_thread())
        begun.set()
        assert going.wait(5.0)
        write(path, data)

    monkeypatch.setattr(storage, "atomic_write", waiting)
    monkeypatch.setattr(keeping, "AUTOSAVE_DELAY", 1)
    return begun, going, where


def test_the_window_goes_on_while_the_copy_is_written(
    session: Session, qtbot: QtBot, slow: tuple[Event, Event, list[bool]]
) -> None:
    begun, going, where = slow
    collects = gc.isenabled()
    keeper = Keeper(session)
    width(session, 5)
    qtbot.waitUntil(begun.is_set)
    for number in (6, 7, 8):  # the disk is busy: the window edits on, and the newest is written next
        width(session, number)
        qtbot.wait(5)
    assert not gc.isenabled()
    going.set()
    qtbot.waitUntil(lambda: len(where) == 2 and not keeper._writer.is_busy)
    assert copy() == encode(session.document)
    assert where == [False, False]
    assert gc.isenabled() == collects
    keeper.close()


def test_a_copy_under_way_does_not_outlive_its_design(
    session: Session, qtbot: QtBot, slow: tuple[Event, Event, list[bool]]
) -> None:
    begun, going, _ = slow
    keeper = Keeper(session)
    width(session, 5)
    qtbot.waitUntil(begun.is_set)
    going.set()
    keeper.close()
    qtbot.wait(20)
    assert list(storage.autosave_folder().iterdir()) == []


def test_saving_waits_for_the_copy_and_takes_it_away(
    session: Session, qtbot: QtBot, slow: tuple[Event, Event, list[bool]], tmp_path: Path
) -> None:
    begun, going, _ = slow
    keeper = Keeper(session)
    width(session, 5)
    qtbot.waitUntil(begun.is_set)
    going.set()
    width(session, 6)
    keeper.save(tmp_path / "net.loom")
    qtbot.wait(20)
    assert (tmp_path / "net.loom").read_text(encoding="utf-8") == encode(session.document)
    assert not keeper.is_changed_on_disk
    assert list(storage.autosave_folder().iterdir()) == []
    keeper.close()


def test_a_write_that_fails_in_the_thread_is_told_once_and_tried_again(
    session: Session, qtbot: QtBot, notices: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def full(path: Path, data: object) -> None:
        tries.append(1)
        raise LayerloomError("Could not save: the disk is full.", code="disk-full")

    monkeypatch.setattr(keeping, "AUTOSAVE_DELAY", 1)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "atomic_write", full)
        keeper = Keeper(session)
        width(session, 5)
        qtbot.waitUntil(lambda: len(tries) > 2)
        assert len(notices) == 1
        keeper._writer.finish()
    qtbot.waitUntil(lambda: bool(list(storage.autosave_folder().glob("*.autosave"))))
    keeper.write_autosave()
    assert copy() == encode(session.document)
    keeper.close()
