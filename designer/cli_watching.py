"""A study from the command line: its process, followed event by event."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass
from typing import IO, Protocol

from core.problem import Problem
from core.search.protocol import STUDY_EVENTS, StudyChanged, TrialChanged, TrialEpoch
from core.search.study import Study
from core.training.launch import started, study_command
from core.training.protocol import Command, Event, Met, decode_event, encode_command, encode_event
from designer.cli_output import INTERRUPTED, complain, console, number
from designer.cli_train import TAIL_LINES, interrupts


@dataclass
class StudyEnding:
    """How the process of a study ended."""

    problem: Problem | None = None
    asked_to_stop: bool = False

    @property
    def exit_code(self) -> int:
        return INTERRUPTED if self.asked_to_stop else 0


class _Listener(Protocol):
    def heard(self, event: Event) -> None: ...
    def close(self) -> None: ...


def watch(study: Study, as_json: bool) -> StudyEnding:
    """Carry the study out in its process until it ends. Ctrl+C stops it and keeps what there is; twice, at once."""
    ending = StudyEnding()
    listener: _Listener = _JsonLines() if as_json else _Lines(study)
    process = started(study_command(study.path))
    assert process.stdin
    assert process.stdout
    assert process.stderr
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    errors = threading.Thread(target=tail.extend, args=(process.stderr,), daemon=True)
    errors.start()
    try:
        with interrupts(lambda: _stop(process, ending)):
            _follow(process.stdout, listener, ending)
            code = process.wait()
    finally:
        process.kill()  # no effect on one that has ended
        process.wait()
        errors.join()
        listener.close()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    if code and ending.problem is None and not ending.asked_to_stop:
        text = f"The process of the study ended without a word (exit code {code}). Go on with --resume."
        ending.problem = Problem("worker", text, detail="".join(tail))
    return ending


def _follow(lines: IO[str], listener: _Listener, ending: StudyEnding) -> None:
    for line in lines:
        try:
            event = decode_event(line, STUDY_EVENTS)
        except (ValueError, TypeError):
            continue
        if isinstance(event, Met):
            ending.problem = Problem.from_json(event.problem)
        elif event is not None:
            listener.heard(event)


def _stop(process: subprocess.Popen[str], ending: StudyEnding) -> None:
    if ending.asked_to_stop:
        process.terminate()
        return
    ending.asked_to_stop = True
    complain("stopping; trials under way are kept and go on with --resume. Press Ctrl+C again to end at once.")
    assert process.stdin
    with contextlib.suppress(BrokenPipeError, ValueError):
        process.stdin.write(encode_command(Command("stop")))
        process.stdin.flush()


class _JsonLines:
    """Every event as the process sends it, one JSON object a line."""

    def heard(self, event: Event) -> None:
        sys.stdout.write(encode_event(event))
        sys.stdout.flush()

    def close(self) -> None:
        pass


class _Lines:
    """A line for each trial that ends, and beneath them a bar with what is under way."""

    def __init__(self, study: Study) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from designer.cli_searching import named

        self._study, self._out, self._keys = study, console(), named(study)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(
            *columns,
            TextColumn("{task.fields[now]}"),
            console=self._out,
            transient=True,
            disable=not self._out.is_terminal,
        )
        self._task = self._bar.add_task("trials", total=study.planned, now="")
        self._now: dict[int, str] = {}
        self._bar.start()

    def close(self) -> None:
        self._bar.stop()

    def heard(self, event: Event) -> None:
        match event:
            case StudyChanged():
                self._bar.update(self._task, total=event.planned)
            case TrialEpoch():
                self._now[event.number] = f"{event.number}: {event.epoch}/{event.epochs} {number(event.value)}"
                self._bar.update(self._task, now="  ".join(self._now.values()))
            case TrialChanged() if event.trial["state"] not in ("waiting", "running"):
                self._ended(event)
            case _:
                pass

    def _ended(self, event: TrialChanged) -> None:
        from designer.cli_searching import told_result, told_values

        self._study.refresh()
        trial = self._study.trial(event.trial["number"])
        best = self._study.best
        design = "  as designed" if trial.is_design else ""
        mark = "  best so far" if best is not None and best.number == trial.number and trial.values else ""
        result = told_result(trial) or trial.message
        word = "" if trial.state == "finished" else f"  {trial.state}"
        judged = f"{self._study.search.metric} {result}{word}{design}{mark}"
        line = "  ".join(filter(None, (f"trial {trial.number:>3}", told_values(trial, self._keys), judged)))
        self._out.print(line, soft_wrap=True, markup=False)
        self._now.pop(trial.number, None)
        self._bar.update(
            self._task, completed=sum(t.has_ended for t in self._study.trials), now="  ".join(self._now.values())
        )
