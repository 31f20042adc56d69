"""A network that another tool wrote, as plain operations and arrays: what readers of files give to importing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Size: TypeAlias = int | str | None  # a number, a name for what varies, or not known


@dataclass(frozen=True, slots=True)
class Entry:
    """What flows in or out of the whole network: the shape with the batch in front."""

    name: str
    shape: tuple[Size, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation by its ONNX name; `inputs` and `outputs` name tensors, ``""`` is one that is left out."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """A whole network in the order in which it computes.

    Attributes:
        constants: weights and other fixed tensors by name.
        shapes: of the tensors between the operations, where they are known.
        opset: the version of the ONNX operators.
    """

    name: str
    inputs: tuple[Entry, ...]
    outputs: tuple[Entry, ...]
    operations: tuple[Operation, ...]
    constants: Mapping[str, Array]
    shapes: Mapping[str, tuple[Size, ...]]
    opset: int
