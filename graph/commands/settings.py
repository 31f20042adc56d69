"""Title, view and training job: the parts of a document that are plain JSON."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.problem import LayerloomError
from core.training.job import Job, read_job
from graph.commands.base import Command
from graph.document import Document
from graph.records import MAIN, Change, Setting


@dataclass(frozen=True)
class SetSetting(Command):
    """A part of the document that is plain JSON: ``title``, ``view``, …; None takes it away. The job has `SetJob`."""

    setting: str
    value: Any
    token: Hashable = None

    def changes(self, document: Document) -> list[Change]:
        if self.setting == "job":
            read_job(self.value or {})
        return _setting_changes(document, self.setting, self.value)

    def describe(self, document: Document) -> str:
        return f"Set {self.setting} to {self.value}" if self.setting == "title" else f"Change {self.setting}"

    @property
    def merge_key(self) -> Hashable | None:
        return None if self.token is None else ("setting", self.setting, self.token)


@dataclass(frozen=True)
class SetJob(Command):
    """One value of the training job, by its dotted path (``"objectives.0.optimizer.kind"``); None takes it away, so
    that its default holds again. A list grows by one at the index after its last.

    Raises:
        LayerloomError: there is no such field, or the job would not hold; nothing changed.
    """

    path: str
    value: Any
    token: Hashable = None

    def changes(self, document: Document) -> list[Change]:
        job = document.settings.get("job", {})
        after = _put(job, _complete(job), self.path.split("."), self.value, self.path)
        read_job(after)
        return _setting_changes(document, "job", after or None)

    def describe(self, document: Document) -> str:
        what = self.path.replace("objectives.0.", "").replace(".params.", " ").replace(".kind", "").replace(".", " ")
        return f"Set {what} to {self.value}" if isinstance(self.value, str | int | float) else f"Change {what}"

    @property
    def merge_key(self) -> Hashable | None:
        return None if self.token is None else ("job", self.path, self.token)


def _setting_changes(document: Document, id: str, value: Any) -> list[Change]:
    """One change at most. The value is copied, as the file will hold it."""
    try:
        value = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise LayerloomError(f"{id} cannot be written to a file: {error}.", code="value") from error
    before = document.record(MAIN, "setting", id)
    after = None if value is None else Setting(id, value)
    return [Change(MAIN, before, after)] if before != after else []


def _complete(job: Mapping[str, Any]) -> dict[str, Any]:
    """The job with every default spelled out; the default job where this one does not hold, to mend it."""
    try:
        return read_job(job).model_dump(mode="json")
    except LayerloomError:
        return Job().model_dump(mode="json")


def _put(held: Any, complete: Any, path: Sequence[str], value: Any, whole: str) -> Any:
    """A copy of plain data with `value` at the path; what `held` lacks on the way there is taken from `complete`."""
    key: Any = path[0]
    if isinstance(held, list):
        if not key.isdecimal() or int(key) > len(held):
            raise LayerloomError(f"Training job: {whole}: there is no item {key} in a list of {len(held)}.", code="job")
        key = int(key)
    elif not isinstance(held, dict):
        raise LayerloomError(f"Training job: there is no field {whole}.", code="job")
    inner, model = _item(held, key), _item(complete, key)
    if len(path) > 1:
        below = model if inner is None else inner
        if below is None and isinstance(held, dict):
            below = {}  # an entry of its own name, or a field that there is not: reading the job tells
        value = _put(below, model, path[1:], value, whole)
    copy: Any = list(held) if isinstance(held, list) else dict(held)
    if value is None:
        if inner is not None or not isinstance(held, list):
            copy.pop(*((key,) if isinstance(held, list) else (key, None)))
    elif isinstance(held, list):
        copy[key : key + 1] = [value]
    else:
        copy[key] = value
    return copy


def _item(data: Any, key: Any) -> Any:
    if isinstance(data, list):
        return data[key] if isinstance(key, int) and key < len(data) else None
    return data.get(key) if isinstance(data, dict) else None
