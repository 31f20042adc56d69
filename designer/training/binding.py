"""Forms bound to the training job: what is typed becomes an undoable `SetJob`, what changes is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from core.spec.option import OptionSpec
from core.spec.params import Param
from core.training.job import Job
from designer.forms.form import Form
from designer.forms.option import OptionForm
from designer.qt import column
from designer.search.marks import mark_form, mark_pick
from designer.session import Session
from graph.commands import SetJob
from graph.records import Change


def touches_job(changes: Iterable[Change]) -> bool:
    """Whether the job is among what changed."""
    return any(change.kind == "setting" and change.id == "job" for change in changes)


def value_at(job: Job, path: str) -> Any:
    """The value at a dotted path of a job, e.g. ``objectives.0.clip_norm``."""
    value: Any = job
    for part in path.split("."):
        if not part:
            continue
        value = (
            value[int(part)] if part.isdecimal() else value[part] if isinstance(value, dict) else getattr(value, part)
        )
    return value


class JobForm(QWidget):
    """Some fields of one part of the job; `base` is the path of the part, empty for the job itself."""

    def __init__(
        self,
        session: Session,
        base: str,
        params: Sequence[Param],
        suggestions: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__()
        self._session, self._base = session, base
        self._prefix = f"{base}." if base else ""
        self.form = Form(params, suggestions)
        column(self).addWidget(self.form)
        self.form.edited.connect(
            lambda name, value, token: session.do(SetJob(self._prefix + name, _plain(value), token))
        )
        self.form.reset.connect(lambda name: session.do(SetJob(self._prefix + name, None)))
        mark_form(session, self.form, lambda name: f"job.{self._prefix}{name}")

    def show_job(self, job: Job) -> None:
        part = value_at(job, self._base)
        self.form.show_values({name: getattr(part, name) for name in self.form.rows})


class JobPick(QWidget):
    """One picked option of the job with its fields: the optimizer, the schedule, …"""

    def __init__(
        self, session: Session, path: str, title: str, options: Mapping[str, OptionSpec], default: str, doc: str
    ) -> None:
        super().__init__()
        self._path = path
        self.form = OptionForm(title, options, default, doc)
        column(self).addWidget(self.form)
        self.form.picked.connect(lambda kind: session.do(SetJob(path, {"kind": kind})))
        self.form.edited.connect(
            lambda name, value, token: session.do(SetJob(f"{path}.params.{name}", _plain(value), token))
        )
        self.form.reset.connect(lambda name: session.do(SetJob(f"{path}.params.{name}", None)))
        mark_pick(session, self.form, f"job.{path}")

    def show_job(self, job: Job) -> None:
        pick = value_at(job, self._path)
        self.form.show_pick(pick.kind, pick.params)


def _plain(value: Any) -> Any:
    """As JSON keeps it."""
    return list(value) if isinstance(value, tuple) else value
