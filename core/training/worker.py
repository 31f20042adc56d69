"""The process that trains: ``python -m core.training.worker FOLDER [--resume]``, or ``--warm`` to wait for a command
(with ``--again`` for another after each run that did not fail).

stdout carries the protocol and nothing else: before anything heavy is imported, the real stdout is put aside, and what
libraries print goes to stderr, and from the start of the run into its log. Commands come on stdin. When a pipe at stdin
closes, whoever started the worker is gone: the run is saved and stopped, and can be resumed. SIGINT and SIGTERM do the
same. The exit status is 0 where the run finished or was stopped, 1 where it failed, 2 where it was called wrongly.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from queue import SimpleQueue

from core.problem import LayerloomError, Problem
from core.training.distributed import elsewhere
from core.training.launch import Host, worker_command
from core.training.logs.feeding import Logs
from core.training.protocol import (
    FINAL,
    Command,
    Event,
    Finished,
    Met,
    Picture,
    Ready,
    Signals,
    StateChanged,
    decode_command,
    stdin_is_pipe,
)
from core.training.runs import RunFolder, StatusKeeper
from core.training.throttle import Throttle

USAGE = "usage: python -m core.training.worker FOLDER [--resume] | --warm [--again]"
GONE = Command("stop", {"reason": "The program that started this run is gone; the run was saved and can be resumed."})
NO_MORE = Command("no-more")  # stdin has ended, but nobody was there: a run goes on, a worker that waits does not
TOLD = Command("stop", {"reason": "The system asked the run to end; it was saved and can be resumed."})


class Mouth:
    """Says events: on the protocol's stdout, and in the folder of the run once there is one."""

    def __init__(self, commands: SimpleQueue[Command]) -> None:
        self._commands = commands
        self._out: int | None = os.dup(1)
        os.dup2(2, 1)
        self._folder: RunFolder | None = None
        self._keeper: StatusKeeper | None = None
        self._throttle = Throttle(self._write, show=self._show)

    def enter(self, folder: RunFolder) -> None:
        """From now on the folder's event log and status are kept too, and prints go to its log."""
        self._folder, self._keeper = folder, StatusKeeper(folder)
        log = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.close(log)

    def leave(self) -> None:
        """What is said from now on is no more of that run."""
        self._throttle.flush()
        self._folder = self._keeper = None

    def give_way(self, command: list[str]) -> None:
        """Let this process become another, which has the protocol's stdout. Does not return."""
        if self._out is not None:
            os.dup2(self._out, 1)
        os.execv(command[0], command)

    def say(self, event: Event) -> None:
        """Raises LayerloomError where the folder cannot be written; the event has then gone out on stdout."""
        if self._keeper:
            self._keeper.follow(event)
        if self._folder and isinstance(event, Picture | Signals):
            self._folder.films.take(event)
        self._throttle.put(event)

    def settle(self) -> None:
        """Bring all that was said to the disk."""
        self._throttle.flush()
        if self._folder:
            self._folder.events.settle()

    def fail(self, problem: Problem) -> None:
        """Say why the run ends; where the disk is what failed, on stdout alone."""
        for event in (Met(problem.to_json()), StateChanged("failed", problem.message)):
            try:
                self.say(event)
            except LayerloomError as error:
                print(error, file=sys.stderr)

    def _write(self, lines: str) -> None:
        self._show(lines)
        if self._folder:
            self._folder.events.append(lines)

    def _show(self, lines: str) -> None:
        data = memoryview(lines.encode())
        try:
            while data and self._out is not None:
                data = data[os.write(self._out, data) :]
        except OSError:  # nobody reads any more; the folder still gets everything
            self._out = None
            self._commands.put(GONE)


def main(arguments: Sequence[str] | None = None) -> int:
    """The worker; returns its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    resume = "--resume" in given
    folders = [a for a in given if a not in ("--resume", "--warm", "--again")]
    if len(folders) != (0 if "--warm" in given else 1) or any(f.startswith("--") for f in folders):
        print(USAGE, file=sys.stderr)
        return 2
    faulthandler.enable()
    if folders and elsewhere.follows():
        return elsewhere.follow(folders[0], resume, Mouth(SimpleQueue()))
    commands: SimpleQueue[Command] = SimpleQueue()
    mouth, over = Mouth(commands), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: _once(commands, over))
    threading.Thread(target=_listen, args=(commands, over), name="commands", daemon=True).start()
    if folders:
        return _work(folders[0], resume, mouth, commands)
    return _serve(mouth, commands, over, again="--again" in given)


def _serve(mouth: Mouth, commands: SimpleQueue[Command], over: threading.Event, again: bool) -> int:
    """Import what is heavy, then train what is told: one run, or (`again`) one after the other until one fails."""
    from core.training.start import warm_up

    warm_up()
    while True:
        mouth.say(Ready(os.getpid(), "run"))
        told = _told(commands, again)
        if told is None:
            return 0
        folder, resume = str(told.args.get("folder", "")), bool(told.args.get("resume"))
        if host := told.args.get("host"):
            mouth.give_way(worker_command(folder, resume, Host(str(host), str(told.args.get("python", "python3")))))
        status = _work(folder, resume, mouth, commands)
        if status or not again or over.is_set():
            return status
        mouth.leave()


def _work(path: str, resume: bool, mouth: Mouth, commands: SimpleQueue[Command]) -> int:
    """Train the run in a folder, and say so where it cannot be."""
    folder: RunFolder | None = None
    try:
        folder = RunFolder.open(path)
        if launcher := elsewhere.launcher(folder, resume):
            mouth.give_way(launcher)
        if elsewhere.is_over(folder):
            return 0
        resume = resume or elsewhere.begins_again()
        folder.lock.claim()
        check_beginning(folder, resume)
        mouth.enter(folder)
        for event in _events(folder, resume, mouth, commands):
            mouth.say(event)
    except LayerloomError as error:
        traceback.print_exc()
        mouth.fail(error.problem)
        return 0 if elsewhere.have_met() else 1
    except BaseException as error:  # whatever it is, the one who watches must hear of it
        traceback.print_exc()
        if not elsewhere.will_begin_again():
            mouth.fail(_unforeseen(error))
        return 1
    finally:
        if folder is not None:
            folder.events.close()
            folder.lock.release()
    return 0


def _events(folder: RunFolder, resume: bool, mouth: Mouth, commands: SimpleQueue[Command]) -> Iterator[Event]:
    yield StateChanged("preparing")
    start, train = elsewhere.together(folder) or _alone()
    run, step = start(folder, resume)
    if resume:
        folder.events.rewind(step)
        folder.films.rewind(step)
        folder.forget_result()
    logs = Logs(folder, run.job.logs, step)
    if resume:
        yield StateChanged("preparing")
    try:
        for event in _trained(train(run, folder, commands, mouth.settle), folder):
            yield event
            yield from logs.news()
    finally:
        mouth.settle()
        logs.close()
    yield from logs.news()


def _alone() -> elsewhere.Ways:
    from core.training.loop import train
    from core.training.start import start

    return start, lambda run, folder, commands, settle: train(
        run, title=folder.title, folder=folder.checkpoints, commands=commands, settle=settle
    )


def _trained(events: Iterator[Event], folder: RunFolder) -> Iterator[Event]:
    """The events of the training, with its result on the disk before it is said to have ended."""
    ending: list[Event] = []
    for event in events:
        if isinstance(event, StateChanged) and event.state in FINAL:
            ending.append(event)  # said when the result is on the disk
        elif isinstance(event, Finished):
            state = ending[0].state if ending and isinstance(ending[0], StateChanged) else "finished"
            values = {name: getattr(event, name) for name in event.__dataclass_fields__}
            folder.write("result", {"state": state, **values})
            yield from (*ending, event)
        else:
            yield event


def check_beginning(folder: RunFolder, resume: bool) -> None:
    """Raises LayerloomError where a begun run would be begun again, or a finished one would go on."""
    state = folder.last_state()
    if state == "finished" and resume:
        message = f"The run in {folder.path} has finished; there is nothing left to go on with."
        raise LayerloomError(message, code="finished")
    if state != "new" and not resume:
        message = f"The run in {folder.path} has already begun. Resume it, or train in a new folder."
        raise LayerloomError(message, code="exists")


def _told(commands: SimpleQueue[Command], again: bool) -> Command | None:
    """The next command ``run``; None where there will be none. Between runs, a ``stop`` came too late for the last."""
    while True:
        command = commands.get()
        if command.name == "run":
            return command
        if command in (GONE, TOLD) or command.name in ("quit", NO_MORE.name) or (command.name == "stop" and not again):
            return None


def _listen(commands: SimpleQueue[Command], over: threading.Event) -> None:
    """Turn the lines of stdin into commands. Reads the descriptor itself: a buffered file would be locked at exit."""
    held = b""
    while data := _read_some():
        *lines, held = (held + data).split(b"\n")
        for line in filter(bytes.strip, lines):
            try:
                commands.put(decode_command(line.decode()))
            except ValueError as error:
                print(f"Not obeyed: {error}", file=sys.stderr)
    over.set()
    commands.put(GONE if stdin_is_pipe() else NO_MORE)


def _read_some() -> bytes:
    try:
        return os.read(0, 1 << 16)
    except OSError:
        return b""


def _once(commands: SimpleQueue[Command], over: threading.Event) -> None:
    """The first signal asks the run to stop; the next one ends the process as it would have."""
    over.set()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    commands.put(TOLD)


def _unforeseen(error: BaseException) -> Problem:
    detail = "".join(traceback.format_exception(error))
    text = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
    if isinstance(error, MemoryError) or "out of memory" in text.lower() or "not enough memory" in text.lower():
        message = "The memory is used up. Make the batch size or the network smaller."
        return Problem("memory", message, detail=detail)
    return Problem("crash", f"The training broke off: {text}.", detail=detail)


if __name__ == "__main__":
    sys.exit(main())
