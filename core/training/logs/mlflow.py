"""MLflow: one run in a local store of files, ``mlruns`` beside the run folders, or where MLFLOW_TRACKING_URI says.

Every epoch's numbers are kept; of those per batch a few from each twentieth of a second, since MLflow handles a number
at a time. What MLflow has cannot be taken back, so a run that goes on adds only steps that are not there yet.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from itertools import islice

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from core.training.logs.logger import About, Logger, Rows, Spread, thinned

EXPERIMENT = "Layerloom"
MOST_METRICS, MOST_PARAMS, MOST_TEXT = 1000, 100, 500  # in one message; letters of a parameter
MOST_STEPS = 10  # of one event
STATUS = {"finished": "FINISHED", "stopped": "KILLED"}


class MLflow(Logger):
    """Metrics by tag; the job as parameters; the network's source as an artefact."""

    def begin(self, about: About, step: int) -> Mapping[str, int]:
        address = os.environ.get("MLFLOW_TRACKING_URI") or (about.folder.parent / "mlruns").as_uri()
        if address.startswith("file:"):
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        self._client = MlflowClient(address)
        self._waiting: list[Metric] = []
        note = about.folder / "mlflow.json"
        noted = json.loads(note.read_text()) if note.is_file() else {}
        if noted.get("uri") == address and (known := self._known(noted["run"])) is not None:
            self._run = noted["run"]
            self._client.set_terminated(self._run, "RUNNING")
            return known
        self._run = self._create(about)
        note.write_text(json.dumps({"uri": address, "run": self._run}))
        return {}

    def write(self, given: Rows) -> None:
        steps, columns = thinned(given, MOST_STEPS)
        now = round(time.time() * 1000)
        for tag, values in columns.items():
            self._waiting += [Metric(tag, value, now, step) for step, value in zip(steps, values, strict=True)]

    def spread(self, tag: str, step: int, spread: Spread) -> None:
        """MLflow has no histograms."""

    def settle(self) -> None:
        rest = iter(self._waiting)
        while part := list(islice(rest, MOST_METRICS)):
            self._client.log_batch(self._run, metrics=part)
        self._waiting = []

    def finish(self, state: str) -> None:
        self.settle()
        self._client.set_terminated(self._run, STATUS.get(state, "FAILED"))

    def _known(self, run: str) -> dict[str, int] | None:
        """By tag the last step that the store has; None where it has no such run."""
        try:
            tags: Sequence[str] = list(self._client.get_run(run).data.metrics)
        except MlflowException:
            return None
        return {tag: max(metric.step for metric in self._client.get_metric_history(run, tag)) for tag in tags}

    def _create(self, about: About) -> str:
        client = self._client
        found = client.get_experiment_by_name(EXPERIMENT)
        experiment = found.experiment_id if found else client.create_experiment(EXPERIMENT)
        made = client.create_run(experiment, start_time=round(about.created * 1000), run_name=about.folder.name)
        run: str = made.info.run_id
        params = iter([Param(path, str(value)[:MOST_TEXT]) for path, value in about.hyper.items()])
        while part := list(islice(params, MOST_PARAMS)):
            client.log_batch(run, params=part)
        tags = {"layerloom.folder": str(about.folder), "layerloom.title": about.title}
        client.log_batch(run, tags=[RunTag(name, value) for name, value in tags.items()])
        client.log_text(run, about.source, "network.py")
        return run
