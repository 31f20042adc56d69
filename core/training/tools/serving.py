"""Tools in a process of their own, which the window may end at any moment.

Speaks `core.training.protocol`: the command ``request`` (id, name: of a tool, args: params, and what it works on) on
stdin is answered by `Progress` events (step of total, in thousandths) and one `Reply`. It ends when stdin closes, a
tool under way included.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Generic

from core.problem import LayerloomError, Problem
from core.training.protocol import Command, Event, Progress, Reply, claim_stdout, decode_command, encode_event
from core.training.tools.tool import Tool, Work, perform

THOUSAND = 1000
OFTEN = 0.05  # seconds between two words about progress


@dataclass(frozen=True)
class Serving(Generic[Work]):
    """Answers for a table of tools; `read` makes what they work on out of the arguments of a request."""

    tools: Mapping[str, Tool[Work]]
    read: Callable[[Mapping[str, Any]], Work]

    def answer(self, command: Command, say: Callable[[Event], None]) -> Reply:
        """The reply to one request, whatever happens inside it."""
        number, args = int(command.args.get("id", 0)), command.args.get("args", {})
        last = 0.0

        def told(share: float) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last > OFTEN:
                last = now
                say(Progress(round(THOUSAND * share), THOUSAND, 0.0, 0.0, 0.0))

        try:
            name, params = str(command.args.get("name")), args.get("params", {})
            return Reply(number, perform(self.tools, name, self.read(args), params, told))
        except LayerloomError as error:
            return Reply(number, None, error.problem.to_json())
        except Exception as error:  # the border of the process: whoever asked must hear of it
            sentence = f"The tool failed: {type(error).__name__}: {str(error).strip().partition(chr(10))[0]:.300}"
            return Reply(number, None, Problem("tool", sentence, detail=traceback.format_exc()).to_json())

    def serve(self, commands: IO[str], events: IO[str]) -> None:
        """Answer each request in turn until the commands end or ``quit`` comes."""
        lock = threading.Lock()

        def say(event: Event) -> None:
            with lock:
                events.write(encode_event(event))
                events.flush()

        for line in commands:
            command = decode_command(line)
            if command.name == "quit":
                return
            if command.name == "request":
                threading.Thread(target=lambda command=command: say(self.answer(command, say)), daemon=True).start()

    def main(self) -> None:
        """Serve until stdin closes, and end at once."""
        self.serve(sys.stdin, claim_stdout())
        sys.stderr.flush()
        os._exit(0)  # nobody waits for a tool that is still under way


def needed(args: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    """These arguments of a request. Raises LayerloomError where one is missing."""
    missing = [name for name in names if name not in args]
    if missing:
        raise LayerloomError(f"The request lacks {missing[0]!r}.", code="request")
    return tuple(args[name] for name in names)
