"""What a program can be exported as. Each exporter is imported when it is used, so listing them costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from core.program.program import Program

if TYPE_CHECKING:
    from torch import Tensor

    from exporters.baking import Activation

Weights: TypeAlias = "Mapping[str, Tensor] | str | Path | None"
"""A ``state_dict``, a safetensors or ``torch.save`` file of one, or None for a fresh start."""


@dataclass(frozen=True)
class Delivery:
    """What an exporter is given; each takes of it what its format can hold.

    `preprocessing` (`Fitted.to_json`) and `activations` (output name -> ``softmax`` or ``sigmoid``) go inside the net,
    see `exporters.baking`; `metadata` is plain data about it (``classes``, statistics of the inputs).
    """

    program: Program
    weights: Weights = None
    preprocessing: Mapping[str, Any] | None = None
    activations: Mapping[str, Activation] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Format:
    """One kind of artefact. `verified` ones can be compared with PyTorch (`exporters.verify`)."""

    id: str
    label: str
    extension: str
    doc: str
    module: str
    verified: bool = False

    def write(self, delivery: Delivery, path: str | Path) -> None:
        """Export to the file, which is replaced whole or not at all. Raises LayerloomError."""
        import_module(self.module).write(delivery, Path(path))


FORMATS: Mapping[str, Format] = {
    format.id: format
    for format in (
        Format(
            "onnx",
            "ONNX model",
            ".onnx",
            "Runs without Python: ONNX Runtime, browsers, phones. Compared with PyTorch after writing.",
            "exporters.onnx",
            verified=True,
        ),
        Format(
            "python",
            "PyTorch source",
            ".py",
            "The module as readable Python that needs PyTorch alone.",
            "exporters.pytorch_source",
        ),
        Format(
            "safetensors",
            "Weights",
            ".safetensors",
            "The trained weights by name, for the PyTorch source or any other program.",
            "exporters.weights",
        ),
    )
}
