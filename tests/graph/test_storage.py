"""Files: saved whole or not at all, failures told by name, what was unsaved found again."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.problem import LayerloomError
from graph.codec import encode
from graph.commands import SetParam, SetSetting
from graph.storage import Autosave, fingerprint, load, recoverable, save
from tests.graph.small import CATALOG, chain


def code(caught: pytest.ExceptionInfo[LayerloomError]) -> str:
    return caught.value.problem.code


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    document, path = chain("input", "linear", "output"), tmp_path / "net.loom"
    save(document, path)
    again, problems = load(path, CATALOG)
    assert (encode(again), problems) == (encode(document), [])
    assert path.read_text(encoding="utf-8") == encode(document)
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_kept_and_links_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.loom", tmp_path / "link.loom"
    save(chain("input"), real)
    real.chmod(0o640)
    link.symlink_to(real)
    save(chain("input", "relu"), link)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert len(load(real, CATALOG)[0].graph()) == 2


@pytest.mark.parametrize(
    ("number", "expected", "said"),
    [
        (errno.ENOSPC, "disk-full", "the disk is full"),
        (errno.EACCES, "permission", "permission was denied"),
        (errno.EBUSY, "in-use", "another program is using it"),
        (errno.EROFS, "permission", "the disk is read-only"),
    ],
)
def test_a_failed_save_says_why_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: str, said: str
) -> None:
    path = tmp_path / "net.loom"
    save(chain("input"), path)
    before = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(LayerloomError, match=said) as caught:
        save(chain("input", "relu"), path)
    assert code(caught) == expected
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("name", "expected"), [("no/such/net.loom", "missing"), (".", "is-folder")])
def test_a_place_that_cannot_be_is_named(tmp_path: Path, name: str, expected: str) -> None:
    with pytest.raises(LayerloomError) as caught:
        save(chain("input"), tmp_path / name)
    assert code(caught) == expected
    with pytest.raises(LayerloomError) as caught:
        load(tmp_path / name, CATALOG)
    assert code(caught) == expected


def test_damaged_files_say_where(tmp_path: Path) -> None:
    path = tmp_path / "net.loom"
    save(chain("input", "linear"), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LayerloomError, match=r"net\.loom: line \d+, column \d+: .*; the file seems cut off\."):
        load(path, CATALOG)
    path.write_bytes(b"\xff\xfe" + whole)
    with pytest.raises(LayerloomError, match="not a UTF-8 text"):
        load(path, CATALOG)
    path.write_bytes(b"")
    with pytest.raises(LayerloomError, match=r"net\.loom: it is empty\."):
        load(path, CATALOG)
    path.write_bytes(b"\xef\xbb\xbf" + whole.replace(b"\n", b"\r\n"))
    assert encode(load(path, CATALOG)[0]).encode() == whole


def test_a_change_by_somebody_else_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "net.loom"
    assert fingerprint(path) == ""
    known = save(chain("input"), path)
    assert fingerprint(path) == known
    path.touch()
    assert fingerprint(path) == known
    save(chain("input", "relu"), path)
    assert fingerprint(path) != known
    path.unlink()
    assert fingerprint(path) == ""


SAVING = """
import os, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from tests.graph.small import chain
from graph.commands import SetSetting
from graph.storage import save
document, path = chain(*["relu"] * 300), Path(sys.argv[1])
save(document, path)
for _ in sys.stdin:
    child = os.fork()
    if child:
        print(child, flush=True)
        os.waitpid(child, 0)
        print("dead", flush=True)
        continue
    for i in range(1_000_000):
        SetSetting("title", f"{i}" * 50).apply(document)
        save(document, path)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_killed_save_leaves_a_whole_file(tmp_path: Path) -> None:
    path, rng = tmp_path / "net.loom", random.Random(3)
    roots = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
    command, pipe = [sys.executable, "-c", SAVING, str(path), *roots], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        titles = set()
        for _ in range(20):
            print(file=process.stdin, flush=True)
            child = int(process.stdout.readline())
            time.sleep(rng.uniform(0.01, 0.06))
            os.kill(child, signal.SIGKILL)
            assert process.stdout.readline() == "dead\n"
            document, problems = load(path, CATALOG)
            assert (len(document.graph()), problems) == (300, [])
            assert len(document.title) % 50 == 0
            titles.add(document.title)
        process.stdin.close()
    assert len(titles) > 1  # it was in the middle of its work


# -- autosave


def test_an_autosave_is_kept_apart_and_goes_when_the_document_is_safe(tmp_path: Path) -> None:
    document, design = chain("linear"), tmp_path / "net.loom"
    autosave = Autosave(document, design, tmp_path / "state")
    assert autosave.write() is False
    SetParam("n1", "out_features", 5).apply(document)
    assert autosave.write() is True
    assert autosave.write() is False
    assert not design.exists()
    assert recoverable(tmp_path / "state") == []  # this process is alive
    autosave.clear()
    assert list((tmp_path / "state").iterdir()) == []
    SetParam("n1", "out_features", 6).apply(document)
    assert autosave.write() is True
    autosave.close()
    SetParam("n1", "out_features", 7).apply(document)
    assert autosave.write() is False
    assert list((tmp_path / "state").iterdir()) == []


def test_what_a_dead_process_left_is_found_and_loaded(tmp_path: Path) -> None:
    document = chain("linear", "relu")
    for number, path in enumerate([tmp_path / "net.loom", None]):
        autosave = Autosave(document, path, tmp_path / "state")
        SetSetting("title", f"Digits {number}").apply(document)
        autosave.write()
        die(autosave.file)
    newest, oldest = recoverable(tmp_path / "state")
    assert (newest.path, newest.title, oldest.path) == (None, "Digits 1", tmp_path / "net.loom")
    again, problems = newest.load(CATALOG)
    assert (encode(again), problems) == (encode(document), [])
    newest.discard()
    assert recoverable(tmp_path / "state") == [oldest]


def die(file: Path) -> None:
    """As if the process that wrote it had ended, and its number had gone to another."""
    head, _, text = file.read_text(encoding="utf-8").partition("\n")
    data = json.loads(head)
    file.write_text(
        json.dumps({**data, "started": psutil.Process().create_time() - 1000}) + "\n" + text, encoding="utf-8"
    )


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]\n", b"\xff\xfe", b'{"kind": "layerloom autosave"}\n', b"[" * 70_000]
)
def test_autosaves_that_cannot_be_read_are_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.autosave").write_bytes(content)
    assert recoverable(tmp_path) == []
    assert recoverable(tmp_path / "none") == []


def test_an_autosave_that_fails_says_so_and_is_tried_again(tmp_path: Path) -> None:
    document, blocker = chain("linear"), tmp_path / "state"
    blocker.write_text("in the way")
    autosave = Autosave(document, None, blocker)
    SetParam("n1", "out_features", 5).apply(document)
    with pytest.raises(LayerloomError):
        autosave.write()
    blocker.unlink()
    assert autosave.write() is True
