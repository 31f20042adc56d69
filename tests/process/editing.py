"""People who edit and save without a pause, each in a process of its own, to be killed at any moment.

``python -m tests.process.editing FOLDER COUNT``: forks COUNT of them, each at work in ``FOLDER/<number>``, and prints
their process ids. Edit n sets the width of a layer to n, and then stands in the ledger with its time. Ends when stdin
does.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QTimer

from core.catalog.families import default_catalog
from designer.qt import next_turn
from designer.session import Session
from designer.shell.keeper import Keeper
from graph import storage
from graph.commands import AddNode, Batch, MoveNodes, SetParam
from graph.document import Document
from graph.records import Node

LAYER = "n1"


class Person:
    """Edits every few milliseconds, and saves now and then."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._random = random.Random(seed)
        self._path = folder / "net.loom"
        self._ledger = os.open(folder / "ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        document = Document(default_catalog())
        AddNode(Node(LAYER, "linear", params={"out_features": 1})).apply(document)
        self._session = Session(document, later=next_turn)
        self._keeper = Keeper(self._session)
        self._keeper.save(self._path)
        self._number = 1
        self._timer = QTimer(singleShot=True)
        self._timer.timeout.connect(self._act)
        self._timer.start(0)

    def _act(self) -> None:
        self._number += 1
        more = AddNode(Node("", "relu")) if self._random.random() < 0.05 else MoveNodes({LAYER: (self._number, 0.0)})
        assert self._session.do(Batch("Edit", (SetParam(LAYER, "out_features", self._number), more)))
        os.write(self._ledger, f"{self._number} {time.monotonic()}\n".encode())
        if self._random.random() < 0.03:
            self._keeper.save(self._path)
        self._timer.start(self._random.randint(1, 40))


def work(folder: Path, seed: int) -> None:
    folder.mkdir()
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    app = QCoreApplication([])
    person = Person(folder, seed)
    app.exec()
    del person


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    assert storage.autosave_folder()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are gone at once, as after a crash
    pids = []
    for number in range(count):
        pid = os.fork()
        if pid == 0:
            sys.stdin.close()
            work(folder / str(number), number)
            os._exit(0)
        pids.append(pid)
    print(*pids, flush=True)
    sys.stdin.read()
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()
