"""A run on another machine, through the system's ssh: ``python -m core.training.remote FOLDER HOST [--python PYTHON]
[--resume]``.

To whoever starts it, it is a worker: the same protocol on stdin and stdout, the same run folder. The folder, with the
files of its data, is copied there; the worker of that machine trains; what it says comes back line by line, and
checkpoints and result when it ends. When the connection breaks, or this process is gone, the worker there loses its
stdin, and by its own contract saves and stops: no machine goes on working for nobody. `--resume` then goes on there.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from queue import SimpleQueue
from typing import IO

from core.files import atomic_write
from core.problem import LayerloomError
from core.training import parcel
from core.training.launch import REMOTE
from core.training.protocol import FINAL, Event, Finished, StateChanged, decode_event
from core.training.runs import RunFolder
from core.training.worker import Mouth, check_beginning

OPTIONS = ("-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3")
TAIL = 4000  # letters of what ssh and the worker there said, for an error


class Remote:
    """The place of a run on another machine.

    Args:
        host: as ssh takes it: a name of its configuration, or ``user@host``.
        folder: the run's folder there, relative to the home of the user.
        python: the Python there that has Layerloom.
    """

    def __init__(self, host: str, folder: str, python: str) -> None:
        if not host or host.startswith("-") or any(c.isspace() for c in host):
            raise LayerloomError(f"{host!r:.60} is no host; expected NAME or USER@NAME.", code="host", received=host)
        self.host, self.folder, self.python = host, folder, python

    def start(self, words: str) -> subprocess.Popen[bytes]:
        """Begin a command of the shell there. Raises LayerloomError where there is no ssh."""
        pipe = subprocess.PIPE
        try:
            command = ["ssh", *OPTIONS, self.host, words]
            return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        except OSError as error:
            message = f"ssh could not be started ({error.strerror}); install OpenSSH."
            raise LayerloomError(message, code="ssh") from error

    def send(self, run: RunFolder) -> None:
        """Copy the run there. Raises LayerloomError where that fails."""
        parcel.data_of(run)
        place = shlex.quote(self.folder)
        process = self.start(f"mkdir -p {place} && tar xf - -C {place}")
        assert process.stdin
        with contextlib.suppress(BrokenPipeError):
            parcel.pack(run, process.stdin)
        self._check(process, "copied to")

    def fetch(self, run: RunFolder, names: Sequence[str]) -> None:
        """Copy what there is of `names` in the folder there into the one here. Raises LayerloomError."""
        wanted = " ".join(map(shlex.quote, names))
        there = f"for f in {wanted}; do [ -e $f ] && echo $f; done"
        process = self.start(f"cd {shlex.quote(self.folder)} && tar cf - $({there})")
        assert process.stdout
        try:
            parcel.unpack(process.stdout, run.path)
        finally:
            self._check(process, "fetched from")

    def work(self, resume: bool) -> subprocess.Popen[bytes]:
        """Start the worker there."""
        resuming = " --resume" if resume else ""
        return self.start(
            f"cd {shlex.quote(self.folder)} && exec {shlex.quote(self.python)} -m core.training.worker .{resuming}"
        )

    def _check(self, process: subprocess.Popen[bytes], what: str) -> None:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        with process.stdout, process.stderr:
            process.stdout.read()  # what pads the end of a stream
            errors = process.stderr.read()
        if process.wait():
            said = errors.decode("utf-8", "replace").strip()[-TAIL:]
            last = said.splitlines()[-1] if said else f"exit code {process.returncode}"
            raise LayerloomError(f"The run could not be {what} {self.host}: {last}", code="ssh", detail=said)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train there; returns the exit status of a worker."""
    parser = argparse.ArgumentParser(prog="python -m core.training.remote")
    parser.add_argument("folder")
    parser.add_argument("host")
    parser.add_argument("--python", default="python3")
    parser.add_argument("--resume", action="store_true")
    given = parser.parse_args(arguments)
    mouth = Mouth(SimpleQueue())
    run: RunFolder | None = None
    try:
        run = RunFolder.open(given.folder)
        run.lock.claim()
        check_beginning(run, given.resume)
        remote = _place(run, given.host, given.python, given.resume)
        if given.resume:
            remote.fetch(run, ["events.jsonl", "pictures"])
        mouth.enter(run)
        for event in _events(run, remote, given.resume):
            mouth.say(event)
    except LayerloomError as error:
        mouth.fail(error.problem)
        return 1
    finally:
        if run is not None:
            mouth.settle()
            run.events.close()
            run.lock.release()
    return 0 if run.last_state() in ("finished", "stopped") else 1


def _place(run: RunFolder, host: str, python: str, resume: bool) -> Remote:
    """Where the run is to be; where it goes on, it is there already."""
    note = run.path / REMOTE
    if resume and note.is_file():
        known = json.loads(note.read_text())
        return Remote(known["host"], known["folder"], known["python"])
    remote = Remote(host, f".layerloom/runs/{run.path.name}-{round(run.created * 1000)}", python)
    remote.send(run)
    atomic_write(note, json.dumps({"host": remote.host, "folder": remote.folder, "python": remote.python}))
    return remote


def _events(run: RunFolder, remote: Remote, resume: bool) -> Iterator[Event]:
    """What the worker there says; its end comes last, when all it left is here."""
    process = remote.work(resume)
    assert process.stdin
    assert process.stdout
    assert process.stderr
    tail: list[bytes] = []
    threading.Thread(target=_pass_on, args=(process.stdin,), daemon=True).start()
    errors = threading.Thread(target=tail.extend, args=(process.stderr,), daemon=True)
    errors.start()
    ending: list[Event] = []
    for line in process.stdout:
        event = _decoded(line)
        if event is None:
            tail.append(line)
        elif isinstance(event, Finished) or (isinstance(event, StateChanged) and event.state in FINAL):
            ending.append(event)
        else:
            if isinstance(event, StateChanged) and event.state == "preparing" and resume:
                run.forget_result()
            yield event
    process.wait()
    errors.join()
    said = b"".join(tail).decode("utf-8", "replace")[-TAIL:].strip()
    if not ending:
        raise LayerloomError(_lost(run, remote, process.returncode, said), code="ssh", detail=said)
    remote.fetch(run, parcel.LEFT)
    yield from ending


def _lost(run: RunFolder, remote: Remote, code: int, said: str) -> str:
    again = f"go on with: layerloom train --run {run.path} --resume --host {remote.host}"
    if code == 255:
        return f"The connection to {remote.host} broke off. The run there saves and stops by itself; {again}"
    last = said.splitlines()[-1] if said else f"exit code {code}"
    return f"The worker on {remote.host} ended without a word: {last}. Once that is mended, {again}"


def _pass_on(stdin: IO[bytes]) -> None:
    """What this process is told goes to the worker there, the end of its stdin included."""
    with contextlib.suppress(BrokenPipeError, OSError):
        while data := os.read(0, 1 << 16):
            stdin.write(data)
            stdin.flush()
        stdin.close()


def _decoded(line: bytes) -> Event | None:
    try:
        return decode_event(line.decode())
    except (ValueError, TypeError):
        return None


if __name__ == "__main__":
    sys.exit(main())
