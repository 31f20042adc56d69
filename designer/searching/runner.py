"""Carries a study out: asks for values, trains what they make on a few workers, ends trials that look bad."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

from core.problem import LayerloomError, Problem, Severity
from core.search.proposing import propose
from core.search.protocol import TrialEpoch
from core.search.pruning import reason
from core.search.study import Study, StudyState
from core.search.trial import Trial
from core.training.protocol import Command, EpochEnded, Event, Finished, Met, Started, StateChanged
from designer.searching.hands import Hand, Heard, Inbox, Worker
from designer.searching.making import Errand, Maker, drop_weights
from designer.searching.notes import Notes
from designer.searching.outcome import Outcome, measured

ALIKE = 3  # trials that fail alike before any has finished: it is not their values
_ENDS_ALL = ("disk-full", "permission", "search-metric", "running")  # problems that the next trial would meet too


class Runner:
    """One study at work. `inbox` takes commands (`core.search.protocol`) and what workers say; `say` tells events.
    `hire` makes a worker."""

    def __init__(
        self,
        study: Study,
        say: Callable[[Event], None],
        inbox: Inbox | None = None,
        hire: Callable[[Inbox], Hand] = Worker,
    ) -> None:
        self.study, self._say, self._hire = study, say, hire
        self.inbox: Inbox = inbox or SimpleQueue()
        self._state: StudyState = "running"
        self._todo: deque[Errand] = deque()
        self._busy: dict[Hand, Errand] = {}
        self._idle: list[Hand] = []
        self._outcomes: dict[int, Outcome] = {}
        self._errors: dict[int, Problem] = {}  # the last error of a trial's runs
        self._failures: list[str] = []  # how trials failed before the first that did not
        self._began = time.monotonic()
        self._notes = Notes(study, say)

    def work(self) -> None:
        """Until all is tried, or a ``stop``.

        Raises:
            LayerloomError: another process has the study, the disk refuses, or every trial would fail alike.
        """
        self.study.lock.claim()
        try:
            self.study.refresh()
            self._maker = Maker(self.study)
            self._set("running")
            self._pick_up()
            self._fill()
            while self._busy or self._state == "paused":
                self._take(self.inbox.get())
                self._fill()
            self._notes.weigh(last=True)
            drop_weights(self.study)
            self._check_results()
            self._set("stopped" if self._state == "stopped" else "finished")
        except LayerloomError as error:
            self._notes.fail(error)
            raise
        finally:
            for hand in self._idle:
                hand.quit()
            for hand in self._busy:
                hand.kill()
            self.study.lock.release()

    # -- what is to be done

    def _pick_up(self) -> None:
        """Trials that were under way when the study was last left."""
        for trial in self.study.trials:
            if trial.has_ended:
                self._count(trial)
            else:
                self._prepare(trial)

    def _fill(self) -> None:
        """Give every free worker a run."""
        while self._state == "running" and len(self._busy) < self.study.search.parallel:
            if not self._todo and not self._propose():
                return
            if self._todo:
                self._start(self._todo.popleft())

    def _propose(self) -> bool:
        """Whether there was another trial to make; it may have failed at once."""
        search, trials = self.study.search, self.study.trials
        late = search.timeout is not None and time.monotonic() - self._began > search.timeout
        if late or len(trials) >= self.study.planned:
            return False
        present = None if trials else self._maker.present()
        values = present or propose(search, trials)
        if values is None:
            return False
        self.study.write("proposed", trial=len(trials), values=values, is_design=present is not None)
        self._prepare(self._notes.tell(len(trials)))
        return True

    def _prepare(self, trial: Trial) -> None:
        try:
            errands = self._maker.errands(trial)
        except LayerloomError as error:
            if error.problem.code in _ENDS_ALL:
                raise
            self._end(trial.number, {"state": "failed", "message": str(error), "seconds": 0.0})
            return
        self._outcomes[trial.number] = Outcome(len(errands))
        for errand in errands:
            if errand.resume:
                self._recall(errand)
            if not errand.is_done:
                self._todo.append(errand)

    def _recall(self, errand: Errand) -> None:
        """What a run did in a former process of the study, of which that may not have noted the end."""
        for event in errand.folder.events:
            if isinstance(event, EpochEnded):
                self._epoch(errand, event)
        result = errand.folder.result() or {}
        outcome = self._outcomes[errand.number]
        errand.is_done = bool(outcome.pruned) or result.get("state") == "finished"
        if errand.is_done:
            self._finish(errand, result.get("metrics", {}), float(result.get("seconds", 0.0)))

    def _start(self, errand: Errand) -> None:
        hand = self._idle.pop() if self._idle else self._hire(self.inbox)
        self._busy[hand] = errand
        self.study.write("began", trial=errand.number)
        self._notes.tell(errand.number)
        hand.begin(errand.folder.path, errand.resume)

    # -- what is heard

    def _take(self, item: Heard | Command) -> None:
        if isinstance(item, Command):
            self._obey(item)
        elif item.event is None:
            self._gone(item.hand)
        elif item.hand in self._busy:
            self._hear(item.hand, self._busy[item.hand], item.event)

    def _hear(self, hand: Hand, errand: Errand, event: Event) -> None:
        match event:
            case StateChanged():
                errand.said = event.state
            case Started() if self.study.trial(errand.number).parameters != event.parameters:
                self.study.write("built", trial=errand.number, parameters=event.parameters)
            case EpochEnded():
                self._epoch(errand, event, hand)
            case Met() if event.problem.get("severity") == Severity.ERROR:
                self._errors[errand.number] = Problem.from_json(event.problem)
            case Finished():
                self._idle.append(hand)
                del self._busy[hand]
                self._ended(errand, event)
            case _:
                pass

    def _epoch(self, errand: Errand, event: EpochEnded, hand: Hand | None = None) -> None:
        """What a worker still does after the word that it should end does not count."""
        number, fold, epoch = errand.number, errand.fold, event.epoch
        outcome = self._outcomes.get(number)
        if outcome is None or outcome.pruned:
            return
        value = measured(self.study.search, event.metrics)
        self.study.write("epoch", trial=number, fold=fold, epoch=epoch, value=value)
        self._say(TrialEpoch(number, fold, epoch, errand.epochs, value))
        outcome.pruned = reason(self.study.search, self.study.trial(number), self.study.trials, errand.epochs)
        if outcome.pruned and hand:
            hand.send(Command("stop"))

    def _ended(self, errand: Errand, event: Finished) -> None:
        outcome = self._outcomes.get(errand.number)
        if errand.said != "stopped" or (outcome and outcome.pruned):
            self._finish(errand, event.metrics, event.seconds)
        elif outcome and self._state != "stopped":
            text = "Its training was stopped by something else than the study."
            self._end(errand.number, {"state": "failed", "message": text, "seconds": event.seconds})

    def _finish(self, errand: Errand, metrics: dict[str, dict[str, float]], seconds: float) -> None:
        """A run came to its end; with the last one the trial does."""
        outcome = self._outcomes.get(errand.number)
        if outcome is None:
            return  # another fold has failed
        outcome.done[errand.fold] = metrics
        outcome.seconds += seconds
        if outcome.pruned or outcome.is_whole:
            self._end(errand.number, outcome.entry(self.study.search, self.study.trial(errand.number)))

    def _gone(self, hand: Hand) -> None:
        """A worker ended: by itself after a run that failed, or killed by whatever."""
        if hand in self._idle:
            self._idle.remove(hand)
        errand = self._busy.pop(hand, None)
        hand.kill()
        if errand is None or self._state == "stopped":
            return
        problem = self._errors.get(errand.number)
        if problem is not None and problem.code in _ENDS_ALL:
            raise LayerloomError(problem)
        if not errand.said and not hand.code and problem is None:
            self._todo.appendleft(errand)  # it ended before it heard of this run
        elif errand.number in self._outcomes:
            last = hand.tail.strip().rpartition("\n")[2]
            text = f"The training process ended without a word (exit code {hand.code}). {last}".rstrip()
            message = problem.message if problem else text
            self._end(errand.number, {"state": "failed", "message": message, "seconds": 0.0})

    def _obey(self, command: Command) -> None:
        match command.name:
            case "stop" | "quit":
                self._state = "stopped"
                self._send_all("stop")
            case "pause" if self._state == "running":
                self._set("paused")
                self._send_all("pause")
            case "resume" if self._state == "paused":
                self._set("running")
                self._send_all("resume")
            case "prune":
                self._prune(command.args.get("trial"))
            case "extend" if isinstance(command.args.get("trials"), int):
                self.study.write("extended", trials=max(1, command.args["trials"]))
                self._set(self._state)
            case _:
                pass

    def _prune(self, number: object) -> None:
        """By hand."""
        outcome = self._outcomes.get(number) if isinstance(number, int) else None
        if outcome is None or outcome.pruned:
            return
        outcome.pruned = "It was ended by hand."
        for hand, errand in self._busy.items():
            if errand.number == number:
                hand.send(Command("stop"))

    def _send_all(self, name: str) -> None:
        for hand in self._busy:
            hand.send(Command(name))

    # -- what is told

    def _end(self, number: int, entry: dict[str, object]) -> None:
        self._outcomes.pop(number, None)
        self._todo = deque(errand for errand in self._todo if errand.number != number)
        for hand, errand in self._busy.items():
            if errand.number == number:
                hand.send(Command("stop"))
        self.study.write("ended", settle=True, trial=number, **entry)
        self._count(self._notes.tell(number))
        self._notes.weigh()
        drop_weights(self.study)

    def _count(self, trial: Trial) -> None:
        """Raises LayerloomError where the first trainings all fail in the same way."""
        if trial.state != "failed":
            self._failures = [""]
        elif trial.runs and self._failures != [""]:
            self._failures.append(trial.message)
        if len(self._failures) == ALIKE and len(set(self._failures)) == 1 and self._failures[0]:
            raise LayerloomError(f"The first {ALIKE} trials failed alike: {trial.message}", code="search-fails")

    def _check_results(self) -> None:
        """Raises LayerloomError where all trials failed."""
        trials = self.study.trials
        if trials and all(trial.state == "failed" for trial in trials):
            raise LayerloomError(f"No trial came to a result. {trials[0].message}", code="search-fails")

    def _set(self, state: StudyState) -> None:
        self._state = state
        self._notes.set(state)
