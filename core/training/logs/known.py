"""Which logs there are. Imports none of their libraries."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from core.problem import LayerloomError
from core.training.logs.logger import Logger


@dataclass(frozen=True, slots=True)
class LogSpec:
    """One log. `home` is ``module:class``; `needs` what that module imports, in the extra `extra` of this package."""

    label: str
    doc: str
    home: str
    needs: str
    extra: str = ""

    def make(self) -> Logger:
        """Raises LayerloomError where its library is not installed (code ``missing``): with what installs it."""
        module, _, name = self.home.partition(":")
        try:
            made: type[Logger] = getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != self.needs:
                raise
            what = f"layerloom[{self.extra}]" if self.extra else self.needs
            message = f'{self.label} is not installed, so there is no log for it. Install it: pip install "{what}".'
            raise LayerloomError(message, code="missing") from error
        return made()


LOGS: Mapping[str, LogSpec] = {
    "tensorboard": LogSpec(
        "TensorBoard",
        "Event files in the folder of the run; look at them with: tensorboard --logdir runs.",
        "core.training.logs.tensorboard:TensorBoard",
        "tensorboardX",
    ),
    "mlflow": LogSpec(
        "MLflow",
        "A store of files in mlruns beside the run folders; MLFLOW_TRACKING_URI names another.",
        "core.training.logs.mlflow:MLflow",
        "mlflow",
        "mlflow",
    ),
    "wandb": LogSpec(
        "Weights & Biases",
        "Written offline into the folder of the run, for `wandb sync`; only WANDB_MODE=online sends anything.",
        "core.training.logs.wandb:WeightsAndBiases",
        "wandb",
        "wandb",
    ),
}
