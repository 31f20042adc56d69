"""An exported ONNX file as a network on the bench: what others will run, held to the same cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.examining.edges.bench import FEW, Bench, Refused
from core.analysis.examining.edges.comparing import differing
from core.problem import LayerloomError

NEAR = 1e-3  # of the largest answer: further off it is another network, or one with the preparation inside


class Exported(nn.Module):
    """Runs a file by ONNX Runtime on the CPU, fed by position.

    Raises:
        LayerloomError: the file is no ONNX that ONNX Runtime can run.
    """

    def __init__(self, path: Path) -> None:
        import onnxruntime

        super().__init__()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # a refusal comes back as an exception
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except _errors() as error:
            first = str(error).partition("\n")[0]
            raise LayerloomError(f"{path} cannot be run as ONNX: {first:.200}", code="onnx") from error
        self._names = [given.name for given in self._session.get_inputs()]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The outputs in the order of the file. Raises RuntimeError where ONNX Runtime refuses the inputs."""
        given = {name: tensor.numpy() for name, tensor in zip(self._names, inputs, strict=True)}
        try:
            results = self._session.run(None, given)
        except _errors() as error:
            raise RuntimeError(str(error)) from error
        return tuple(torch.from_numpy(np.asarray(result)) for result in results)


def with_exported(bench: Bench, path: Path) -> Bench:
    """The bench with the file in place of the network.

    Raises:
        LayerloomError: the file cannot be run, or answers otherwise than the network.
    """
    other = bench.with_net(Exported(path))
    try:
        _, most = differing(bench.answer(bench.few(FEW)), other.answer(bench.few(FEW)))
    except Refused as error:
        raise LayerloomError(f"{path.name} does not take the run's inputs: {error}", code="onnx") from error
    if most > NEAR:
        raise LayerloomError(
            f"{path.name} answers otherwise than the run (by {most:.2g} of the largest answer): it is of other "
            "weights, or has the preparation of the data or probabilities inside. Export the run again without these.",
            code="onnx",
        )
    return other


def _errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises; its own exceptions have no class in common."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return (*own, RuntimeError, ValueError, TypeError, OSError)
