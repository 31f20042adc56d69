"""TensorBoard: event files under ``tensorboard/`` in the folder of the run.

A row of values is one record, so that a step with many series costs little. Numbers are float32 there. A run that goes
on first takes the records of later steps out of the files, and then begins a new file with a mark that lets a
TensorBoard that is already looking forget them too.
"""

from __future__ import annotations

import json
import os
import struct
import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from tensorboardX import summary
from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.proto.summary_pb2 import HistogramProto

from core.training.logs.logger import About, Logger, Rows, Spread

FOLDER = "tensorboard"
SETTLE = 2.0  # seconds between two writings to the disk, at least
HEAD, TAIL = struct.calcsize("<QI"), 4  # of a record: its length and the check of that; the check of its content


class TensorBoard(Logger):
    """Scalars and histograms by tag; the job as hyper-parameters; the network's source and the job as texts."""

    def begin(self, about: About, step: int) -> Mapping[str, int]:
        folder = about.folder / FOLDER
        known = cut(folder, step)
        folder.mkdir(exist_ok=True)
        begun = any(folder.iterdir())
        self._writer = EventsWriter(str(folder / "events"), f".{os.getpid()}.{step}")
        self._settled, self._hyper = time.monotonic(), dict(about.hyper)
        if begun:
            start = SessionLog(status=SessionLog.START)
            self._writer.write_event(Event(wall_time=time.time(), step=step + 1, session_log=start))
        else:
            self._texts(about)
        self._writer.flush()
        return known

    def write(self, given: Rows) -> None:
        steps, columns = given
        now = time.time()
        for index, step in enumerate(steps):
            event = Event(wall_time=now, step=step)
            for tag, values in columns.items():
                event.summary.value.add(tag=tag, simple_value=values[index])
            self._writer.write_event(event)

    def spread(self, tag: str, step: int, spread: Spread) -> None:
        """Sums are those of the middles of the bins."""
        edges = spread.edges
        middles = [(low + high) / 2 for low, high in pairwise(edges)]
        pairs = list(zip(middles, spread.counts, strict=True))
        event = Event(wall_time=time.time(), step=step)
        event.summary.value.add(tag=tag).histo.CopyFrom(
            HistogramProto(
                min=spread.low,
                max=spread.high,
                num=sum(spread.counts),
                sum=sum(count * middle for middle, count in pairs),
                sum_squares=sum(count * middle**2 for middle, count in pairs),
                bucket_limit=edges[1:],
                bucket=spread.counts,
            )
        )
        self._writer.write_event(event)

    def settle(self) -> None:
        if time.monotonic() >= self._settled + SETTLE:
            self._writer.flush()
            self._settled = time.monotonic()

    def finish(self, state: str) -> None:
        if state in ("finished", "stopped"):
            self._summary(summary.hparams(self._hyper, {})[2])
        self._writer.close()

    def _texts(self, about: About) -> None:
        shown = {"epoch/validation/loss": None, "epoch/train/loss": None}  # by which TensorBoard compares runs
        for part in summary.hparams(self._hyper, shown)[:2]:
            self._summary(part)
        job = json.dumps(self._hyper, indent=1)
        for tag, text in (("program/source", about.source), ("job", job)):
            self._summary(summary.text(tag, "\n".join(f"    {line}" for line in text.splitlines())))

    def _summary(self, made: Any) -> None:
        self._writer.write_event(Event(wall_time=time.time(), summary=made))


def cut(folder: Path, step: int) -> dict[str, int]:
    """Take what speaks of steps after `step` out of the event files in a folder, and what a kill cut short; the last
    step of each tag that is left."""
    last: dict[str, int] = {}
    for path in sorted(folder.glob("*tfevents*")):
        data = path.read_bytes()
        kept = bytearray()
        for record, event in records(data):
            if event.step <= step:
                kept += record
                for value in event.summary.value:
                    last[value.tag] = max(event.step, last.get(value.tag, 0))
        if len(kept) < len(data):
            beside = path.with_name(f".{path.name}.new")
            beside.write_bytes(kept)
            beside.replace(path)
    return last


def records(data: bytes) -> Iterator[tuple[bytes, Event]]:
    """Each whole record of an event file, as it lies there and read; ends at the first that is not."""
    begin = 0
    while begin + HEAD <= len(data):
        end = begin + HEAD + struct.unpack_from("<Q", data, begin)[0] + TAIL
        if end > len(data):
            return
        yield data[begin:end], Event.FromString(data[begin + HEAD : end - TAIL])
        begin = end
