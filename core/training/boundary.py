"""The live picture of a network with two inputs: what it answers over the plane of its data."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from core.data.prepare import Prepared
from core.program.program import Program
from core.training.centres import centres_among
from core.training.evaluation import looking
from core.training.pairing import Pairing

SIZE = 50
MOST_POINTS = 600
MARGIN = 0.08


class Boundary:
    """Pictures named ``boundary``: see docs/architecture.md for the fields of their data."""

    def __init__(self, net: nn.Module, program: Program, prepared: Prepared, pairing: Pairing, device: torch.device):
        self._net, self._pairing = net, pairing
        [value] = program.inputs
        rows = prepared.splits["train"]
        raw = np.asarray(prepared.inverse(value.name, rows[value.name]), np.float64)
        low, high = raw.min(0), raw.max(0)
        margin = np.maximum(high - low, 1e-9) * MARGIN
        self._low, self._high = low - margin, high + margin
        x, y = (np.linspace(a, b, SIZE) for a, b in zip(self._low, self._high, strict=True))
        grid = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2).astype(np.float32)
        plane = prepared.fitted.apply_to(prepared.fields[value.name], grid)
        self._batch = torch.from_numpy(np.ascontiguousarray(plane, np.float32)).to(device)
        self._points: list[list[float]] | None = _points(raw, prepared, rows[pairing.target], pairing)
        self._back, self._value = prepared, value.name
        self._centres = list(centres_among(program, value.name))
        self._which = [output.name for output in program.outputs].index(pairing.output)

    @staticmethod
    def suits(program: Program, prepared: Prepared, found: tuple[Pairing, ...]) -> bool:
        """Whether there is one input of two numbers, and one answer to draw."""
        if len(program.inputs) != 1 or len(found) != 1 or not len(prepared.indices["train"]):
            return False
        if program.inputs[0].name in prepared.drawn:
            return False
        rows = prepared.splits["train"]
        answer = rows[found[0].target]
        one = found[0].task == "classification" or answer.shape[1:] == (1,)
        return (
            one and rows[program.inputs[0].name].shape[1:] == (2,) and found[0].target not in (program.inputs[0].name,)
        )

    def picture(self) -> dict[str, Any]:
        """The data of a picture as the weights are now; the first one has the points too."""
        with looking(self._net):
            result = self._net(self._batch)
            answer = result if isinstance(result, torch.Tensor) else result[self._which]
            answer = self._meant(answer.float()).cpu()
        data: dict[str, Any] = {
            "x": [float(self._low[0]), float(self._high[0])],
            "y": [float(self._low[1]), float(self._high[1])],
            "size": SIZE,
            "values": [round(v, 4) for v in self._in_units(answer).reshape(-1).tolist()],
            "classes": self._pairing.classes,
        }
        if self._centres:
            data["centres"] = [row for where in self._centres for row in self._located(*where)]
        if self._points is not None:
            data["points"], self._points = self._points, None
        return data

    def _located(self, module: str, name: str) -> list[list[float]]:
        """Centres of bumps, in the units of the raw data."""
        found = getattr(self._net.get_submodule(module), name).detach().float().cpu().numpy()
        raw = np.asarray(self._back.inverse(self._value, found), np.float64)
        return [[round(x, 4) for x in row] for row in raw.tolist()]

    def _meant(self, answer: torch.Tensor) -> torch.Tensor:
        """Probabilities of classes (of the second of two), or the predicted number."""
        if self._pairing.task == "regression":
            return answer
        if self._pairing.encoding == "binary":
            return answer.sigmoid() if self._pairing.logits else answer
        chances = answer.softmax(1) if self._pairing.logits else answer
        return chances[:, 1] if self._pairing.classes == 2 else chances

    def _in_units(self, answer: torch.Tensor) -> np.ndarray[Any, Any]:
        values = answer.numpy()
        return self._back.inverse(self._pairing.target, values) if self._pairing.task == "regression" else values


def _points(
    raw: np.ndarray[Any, Any], prepared: Prepared, answers: np.ndarray[Any, Any], pairing: Pairing
) -> list[list[float]]:
    every = max(1, -(-len(raw) // MOST_POINTS))
    chosen = answers[::every]
    if pairing.task == "regression":
        chosen = prepared.inverse(pairing.target, chosen)
    elif pairing.encoding == "one_hot":
        chosen = chosen.argmax(-1)
    place = raw[::every].tolist()
    return [[*xy, float(c)] for xy, c in zip(place, np.asarray(chosen).reshape(-1).tolist(), strict=True)]
