"""The process of a study; `core.search.protocol` says what it tells and hears. The exit status is 0 where the study
ended or was stopped, 1 where it failed, 2 where it was called wrongly."""

from __future__ import annotations

import faulthandler
import signal
import sys
import threading
from collections.abc import Sequence
from queue import SimpleQueue

from core.problem import LayerloomError
from core.search.study import Study
from core.training.protocol import Command, Event, Met, claim_stdout, decode_command, encode_event, stdin_is_pipe
from designer.searching.hands import Inbox
from designer.searching.runner import Runner


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 1 or given[0].startswith("-"):
        print("usage: python -m designer.searching FOLDER", file=sys.stderr)
        return 2
    faulthandler.enable()
    out = claim_stdout()
    inbox: Inbox = SimpleQueue()

    def say(event: Event) -> None:
        try:
            out.write(encode_event(event))
            out.flush()
        except OSError:  # nobody reads any more
            inbox.put(Command("stop"))

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: _once(inbox))
    threading.Thread(target=_listen, args=(inbox,), name="commands", daemon=True).start()
    try:
        Runner(Study.open(given[0]), say, inbox).work()
    except LayerloomError as error:
        say(Met(error.problem.to_json()))
        return 1
    return 0


def _listen(inbox: Inbox) -> None:
    """Turn the lines of stdin into commands; where somebody was at its other end, its end is a ``stop``."""
    for line in sys.stdin:
        try:
            inbox.put(decode_command(line))
        except ValueError as error:
            print(f"Not obeyed: {error}", file=sys.stderr)
    if stdin_is_pipe():
        inbox.put(Command("stop"))


def _once(inbox: Inbox) -> None:
    """The first signal asks the study to stop; the next one ends the process as it would have."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    inbox.put(Command("stop"))


if __name__ == "__main__":
    sys.exit(main())
