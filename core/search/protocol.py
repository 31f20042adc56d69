"""What the process of a study says beside `core.training.protocol`, as that does: one JSON object a line.

``python -m designer.searching FOLDER`` begins a study or goes on with it. On stdin it hears the commands ``pause`` (no
trial begins, those under way wait), ``resume``, ``prune`` (trial: ends that one with what it has reached), ``extend``
(trials: how many in all) and ``stop``: what is under way is kept and goes on when the study does. A stdin that closes
is a ``stop``. An error that ends the study comes as `core.training.protocol.Met`. All that is told also stands in the
folder: a watcher may as well look there at each event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.training.protocol import EVENTS, Event


@dataclass(frozen=True, slots=True)
class StudyChanged(Event):
    """The state of the study (`core.search.study.StudyState`), and how many trials it is to have."""

    type: ClassVar[str] = "study"
    state: str
    planned: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class TrialChanged(Event):
    """A trial was proposed, began or ended: `core.search.trial.Trial.to_json`, without its curves."""

    type: ClassVar[str] = "trial"
    trial: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TrialEpoch(Event):
    """A run of a trial ended an epoch; `value` is the metric there, `fold` counts from 0."""

    type: ClassVar[str] = "trial_epoch"
    number: int
    fold: int
    epoch: int
    epochs: int
    value: float


@dataclass(frozen=True, slots=True)
class ImportanceChanged(Event):
    """How much of the spread of the results each path explains; the shares add up to 1."""

    type: ClassVar[str] = "importance"
    shares: dict[str, float]


STUDY_EVENTS: Mapping[str, type[Event]] = {
    **EVENTS,
    **{c.type: c for c in (StudyChanged, TrialChanged, TrialEpoch, ImportanceChanged)},
}
