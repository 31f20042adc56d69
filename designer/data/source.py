"""Choosing a data source: the job's signature follows the source, at once where it is known, else by asking."""

from __future__ import annotations

from typing import Any

from core.catalog import datasets
from core.problem import LayerloomError, Problem
from core.training.job import Pick
from designer.session import Session
from designer.workers import AssistantClient
from graph.commands import Batch, SetJob


class SourceChooser:
    """Sets ``data.source`` and ``data.signature`` as one undo step."""

    def __init__(self, session: Session, assistant: AssistantClient) -> None:
        self._session, self._assistant = session, assistant

    def choose(self, source: dict[str, Any], token: object = None) -> None:
        """Take a source. Files are read by the assistant first; shapes follow when it has answered."""
        pick = Pick(**source)
        try:
            known = datasets.signature(pick)
        except LayerloomError as error:
            self._session.notify(error.problem)
            return
        if known is not None:
            self._set(source, known.model_dump(mode="json"), token)
            return
        self._set(source, None, token)
        if pick.params.get("path"):
            self.refresh()

    def refresh(self) -> None:
        """Read the files of the source again and set what they offer."""
        pick = self._session.document.job.data.source
        source = pick.model_dump(mode="json")
        args = {"source": source, "base": str(self._session.folder) if self._session.folder else None}

        def answered(result: Any, problem: Problem | None) -> None:
            if self._session.document.job.data.source != pick:
                return  # another source was chosen meanwhile
            self._session.tell_of_data(problem)
            if problem is not None:
                self._session.notify(problem)
            else:
                self._session.do(SetJob("data.signature", result))

        self._assistant.request("data.signature", args, answered)

    def learn(self, signature: dict[str, Any]) -> None:
        """Keep what a source offers that was never read before: a preview has met it."""
        job = self._session.document.job
        if datasets.signature(job.data.source) is None and not job.data.signature.fields:
            self._session.do(SetJob("data.signature", signature))

    def _set(self, source: dict[str, Any], signature: dict[str, Any] | None, token: object) -> None:
        self._session.tell_of_data(None)
        commands = (SetJob("data.source", source, token), SetJob("data.signature", signature, token))
        self._session.do(Batch(f"Choose the data {source['kind']}", commands))
