"""Which settings of a design can be searched, what they are called, and which are. Knows no widget and no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.problem import LayerloomError
from core.signal import Signal
from core.training.search import Search
from designer.language import tr
from graph.document import Document
from graph.infer import Inference
from graph.records import Change, Node
from graph.searchable import Searchable, searchable


class Names:
    """Worked out when it is asked for; `changed` is emitted at once, and often: who listens waits a little."""

    def __init__(self, document: Document, inference: Inference) -> None:
        self._document, self._inference = document, inference
        self.changed: Signal[[]] = Signal()
        self._known: Mapping[str, Searchable] | None = None
        document.changed.connect(self._note)

    @property
    def search(self) -> Search:
        """What the design searches; nothing where its job does not hold."""
        try:
            return self._document.job.search
        except LayerloomError:  # of a stranger's file: the Training panel says so
            return Search()

    @property
    def known(self) -> Mapping[str, Searchable]:
        """All that can be searched, by path."""
        if self._known is None:
            try:
                self._known = {one.path: one for one in searchable(self._document, self._inference)}
            except LayerloomError:
                self._known = {}
        return self._known

    @property
    def titles(self) -> Mapping[str, str]:
        """``learning rate``, ``Linear 2 out_features``, by path."""
        return {path: titled(one) for path, one in self.known.items()}

    def _note(self, changes: tuple[Change, ...]) -> None:
        if any(map(_matters, changes)):
            self._known = None
            self.changed.emit()


def _matters(change: Change) -> bool:
    """Whether more than the place of a node is another."""
    before, after = change.before, change.after
    if isinstance(before, Node) and isinstance(after, Node):
        return replace(before, x=after.x, y=after.y) != after
    return change.kind in ("node", "block", "link") or (change.kind, change.id) == ("setting", "job")


def titled(one: Searchable) -> str:
    """What a setting is called among those of other nodes."""
    return f"{one.group} {tr(one.label)}" if one.node else tr(one.label)
