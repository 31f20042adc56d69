"""How one field of the data is prepared: picked by name, with its fields."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from core.catalog.transforms import TRANSFORMS
from core.spec.option import OptionSpec
from core.training.job import Job
from designer.forms.option import OptionForm
from designer.language import marked, tr
from designer.qt import column
from designer.session import Session
from graph.commands import SetJob
from graph.data_types import data_signature

_AS_IT_IS = OptionSpec("none", marked("As it is"), marked("The values go in unchanged."))
_PREPARATIONS = {"none": _AS_IT_IS, **TRANSFORMS}


class Preparation(QWidget):
    """Edits the transform of one field in ``job.data.transforms``; those of other fields stay.

    With `numbers_only` it is hidden where the field holds no real numbers.
    """

    def __init__(self, session: Session, field: str, title: str, doc: str, *, numbers_only: bool = False) -> None:
        super().__init__()
        self._session, self._field, self._numbers_only = session, field, numbers_only
        self._form = OptionForm(title, _PREPARATIONS, "none", tr(doc))
        column(self).addWidget(self._form)
        self._form.picked.connect(lambda kind: self._prepare(kind, {}))
        self._form.edited.connect(self._edit)
        self._form.reset.connect(lambda name: self._edit(name, None, None))

    def show_job(self, job: Job) -> None:
        own = next((t for t in job.data.transforms if t.field == self._field), None)
        self._form.show_pick(own.kind if own else "none", own.params if own else {})
        known = data_signature(self._session.document).fields.get(self._field)
        self.setVisible(own is not None or not self._numbers_only or (known is not None and known.dtype == "float"))

    def _prepare(self, kind: str, params: dict[str, Any], token: object = None) -> None:
        transforms = self._session.document.job.data.transforms
        others = [t.model_dump(mode="json") for t in transforms if t.field != self._field]
        chosen = [] if kind == "none" else [{"kind": kind, "field": self._field, "params": params}]
        self._session.do(SetJob("data.transforms", chosen + others or None, token))

    def _edit(self, name: str, value: Any, token: object) -> None:
        current = next(t for t in self._session.document.job.data.transforms if t.field == self._field)
        params = {k: v for k, v in current.params.items() if k != name}
        self._prepare(current.kind, params if value is None else {**params, name: value}, token)
