"""Reads with a limit, atomic writes, and what the person is told when the system refuses."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from core.files import atomic_write, file_error, read_bytes, read_text, replacing
from core.problem import LayerloomError


def test_write_then_read_gives_the_same_text(tmp_path: Path) -> None:
    path = tmp_path / "net.loom"
    atomic_write(path, "größe = 1\n")
    assert read_text(path, 100) == "größe = 1\n"
    assert [p.name for p in tmp_path.iterdir()] == ["net.loom"]


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "net.loom"
    atomic_write(path, "old")

    def interrupted() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["net.loom"]


def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.loom"
    atomic_write(path, "old")

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LayerloomError, match=r"Could not save .*net\.loom: the disk is full\.") as caught:
        atomic_write(path, "new")
    assert caught.value.problem.code == "disk-full"
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["net.loom"]


def test_a_missing_folder_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match=r"there is no folder .*nowhere\.$") as caught:
        atomic_write(tmp_path / "nowhere" / "a", b"")
    assert caught.value.problem.code == "missing"
    with pytest.raises(LayerloomError, match="it is a folder") as caught:
        atomic_write(tmp_path, b"")
    assert caught.value.problem.code == "is-folder"


def test_links_are_followed_and_permissions_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "real.loom", tmp_path / "link.loom"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    atomic_write(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [(b"x" * 11, "larger than the limit of 10 bytes"), (b"ok \xff", "not a UTF-8 text (byte 3 is 0xff)")],
)
def test_unfit_contents_are_told(tmp_path: Path, contents: bytes, sentence: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(contents)
    with pytest.raises(LayerloomError) as caught:
        read_text(path, 10)
    assert sentence in str(caught.value)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match="no such file"):
        read_bytes(tmp_path / "none", 10)
    with pytest.raises(LayerloomError, match="not an ordinary file"):
        read_bytes("/dev/null", 10)
    with pytest.raises(LayerloomError, match="not a file name"):
        read_bytes("a\0b", 10)


def test_line_ends_and_marks_of_other_systems_are_normalised(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\r")
    assert read_text(path, 100) == "a\nb\n"


def test_an_unknown_failure_keeps_its_own_words() -> None:
    error = file_error("open", "a", OSError(errno.EIO, "Input/output error"))
    assert str(error) == "Could not open a: input/output error."
