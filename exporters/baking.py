"""Preparation of the data inside the exported net: raw values in, answers in the units of the data out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn

from core.catalog.families import default_catalog
from core.data.curves import CURVES, Curve
from core.data.holes import Filler
from core.data.transforms import Affine, Fitted
from core.problem import LayerloomError
from core.program.program import Program, Value
from core.program.settled import settled
from exporters.filling import Filling

Activation: TypeAlias = Literal["softmax", "sigmoid"]
_ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "softmax": lambda y: y.softmax(dim=1),
    "sigmoid": lambda y: y.sigmoid(),
}


def bake(
    program: Program,
    module: nn.Module,
    preprocessing: Mapping[str, Any] | None = None,
    activations: Mapping[str, Activation] | None = None,
) -> nn.Module:
    """The module with its preparation around it; the module itself where there is nothing to bake.

    `preprocessing` is what `Fitted.to_json` gives: inputs bound to a mapped field then take raw values (bytes of
    pictures as byte / 255), and outputs that answer a mapped target come out in its units. `activations` says by
    output name what turns scores into probabilities, over dimension 1.

    Raises:
        LayerloomError: an activation is unknown or names no output, or the fitted maps do not hold.
    """
    if not preprocessing and not activations:
        return module
    fitted = Fitted.from_json(preprocessing) if preprocessing else Fitted()
    wanted = activations or {}
    for name, activation in wanted.items():
        if name not in {output.name for output in program.outputs} or activation not in _ACTIVATIONS:
            raise LayerloomError(f"Cannot put {activation!r:.40} behind the output {name!r:.60}.", code="baking")
    answers = answered(program)
    fields = [answers[o.name].field if o.name in answers else "" for o in program.outputs]
    after = [(fitted.maps.get(name), fitted.curves.get(name)) for name in fields]
    before = [(fitted.fill.get(v.field), fitted.maps.get(v.field), fitted.curves.get(v.field)) for v in program.inputs]
    return Baked(module, before, after, [wanted.get(output.name, "") for output in program.outputs]).eval()


def answered(program: Program) -> dict[str, Value]:
    """Which target each output answers: where a loss compares the output's own value with it."""
    made = {value: step for step in program.steps for value in step.outputs.values()}
    targets = {value.name: value for value in program.targets}
    found: dict[str, Value] = {}
    for loss in program.losses:
        step = made.get(loss.value)
        target = targets.get(settled(program, step.inputs.get("target", ""))) if step else None
        for output in program.outputs if step and target else ():
            if step and target and step.inputs.get("input") == output.value:
                found.setdefault(output.name, target)
    return found


def score_activations(program: Program) -> dict[str, Activation]:
    """The activation of each output that holds raw scores: sigmoid where the target has its shape, else softmax."""
    made = {value: step for step in program.steps for value in step.outputs.values()}
    answers, found = answered(program), dict[str, Activation]()
    for loss in program.losses:
        step = made.get(loss.value)
        port = default_catalog()[step.layer].input.get("input") if step and step.layer else None
        for output in program.outputs if step and port and port.scores else ():
            if step and step.inputs["input"] == output.value and output.name in answers:
                same = answers[output.name].type.shape == output.type.shape
                one_hot = answers[output.name].encoding == "one_hot"
                found[output.name] = "sigmoid" if same and not one_hot else "softmax"
    return found


class Baked(nn.Module):
    """A network between its maps, computed in float64 as in training."""

    def __init__(
        self,
        net: nn.Module,
        before: list[tuple[Filler | None, Affine | None, Curve | None]],
        after: list[tuple[Affine | None, Curve | None]],
        activations: list[str],
    ) -> None:
        super().__init__()
        self.net = net
        self._before, self._after, self._activations = before, after, activations
        self.filling = nn.ModuleDict({str(i): Filling(fill) for i, (fill, *_) in enumerate(before) if fill is not None})
        for index, (_, affine, curve) in enumerate(before):
            self._keep_map(f"input_{index}", affine, curve)
        for index, (affine, curve) in enumerate(after):
            self._keep_map(f"output_{index}", affine, curve)

    def forward(self, *inputs: Tensor) -> Any:
        result = self.net(*(self._prepare(index, x) for index, x in enumerate(inputs)))
        if isinstance(result, Tensor):
            return self._finish(0, result)
        return tuple(self._finish(index, y) for index, y in enumerate(result))

    def _prepare(self, index: int, x: Tensor) -> Tensor:
        _, affine, curve = self._before[index]
        if str(index) in self.filling:
            x = self.filling[str(index)](x)
        if affine is None:
            return x.float() if str(index) in self.filling else x
        offset, scale = getattr(self, f"input_{index}_offset"), getattr(self, f"input_{index}_scale")
        real = x.double()
        if curve is not None:
            real = CURVES[curve.kind].forward(torch, real, getattr(self, f"input_{index}_power"))
        prepared: Tensor = ((real - offset) * scale).float()
        return prepared

    def _finish(self, index: int, y: Tensor) -> Tensor:
        if self._activations[index]:
            y = _ACTIVATIONS[self._activations[index]](y)
        affine, curve = self._after[index]
        if affine is None:
            return y
        offset, scale = getattr(self, f"output_{index}_offset"), getattr(self, f"output_{index}_scale")
        finished = y.double() / scale + offset
        if curve is not None:
            finished = CURVES[curve.kind].inverse(torch, finished, getattr(self, f"output_{index}_power"))
        single: Tensor = finished.float()
        return single

    def _keep(self, name: str, values: Any) -> None:
        if values is not None:
            self.register_buffer(name, torch.as_tensor(values, dtype=torch.float64))

    def _keep_map(self, name: str, affine: Affine | None, curve: Curve | None) -> None:
        self._keep(f"{name}_power", None if curve is None else curve.power)
        if affine is not None:
            self._keep(f"{name}_offset", affine.offset)
            self._keep(f"{name}_scale", affine.scale)
