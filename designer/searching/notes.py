"""What a study at work writes down and tells."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.problem import LayerloomError
from core.search.importance import importance
from core.search.protocol import ImportanceChanged, StudyChanged, TrialChanged
from core.search.study import Study, StudyState
from core.search.trial import Trial
from core.training.protocol import Event

SHARE = 0.05  # of the time that may go into importances


class Notes:
    """Keeps the journal of a study, and `say`s what is in it. Methods raise LayerloomError where the disk refuses."""

    def __init__(self, study: Study, say: Callable[[Event], None]) -> None:
        self._study, self._say = study, say
        self._weighed = 0.0  # when importances were worked out last, and how long that took
        self._cost = 0.0

    def tell(self, number: int) -> Trial:
        """How a trial stands."""
        trial = self._study.trial(number)
        self._say(TrialChanged(trial.to_json()))
        return trial

    def set(self, state: StudyState, message: str = "") -> None:
        self._study.write("state", settle=True, state=state, message=message)
        self._say(StudyChanged(state, self._study.planned, message))

    def fail(self, error: LayerloomError) -> None:
        """Say why the study ends; where the disk is what failed, to those alone who listen."""
        try:
            self.set("failed", str(error))
        except LayerloomError:
            self._say(StudyChanged("failed", self._study.planned, str(error)))

    def weigh(self, last: bool = False) -> None:
        """Work out which variables matter, in a small share of the time."""
        begin = time.monotonic()
        if not last and begin - self._weighed < self._cost / SHARE:
            return
        shares = importance(self._study.search, self._study.trials)
        self._weighed, self._cost = begin, time.monotonic() - begin
        if shares and shares != self._study.importance:
            self._study.write("importance", shares=shares)
            self._say(ImportanceChanged(shares))
