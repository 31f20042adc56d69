"""One unit under the microscope: which examples it answers most, and the sum that it computes for one of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.analysis.attention import PORT
from core.analysis.observe import Scope, at_work
from core.analysis.samples import samples
from core.analysis.subject import Subject
from core.catalog import activation
from core.catalog.families import default_catalog
from core.data.dataset import Array
from core.problem import LayerloomError
from core.program.program import Step

EXAMPLES, LIKED, TERMS = 2_000, 24, 64


def unit(subject: Subject, split: str, node: str, unit: int, sample: int = 0) -> dict[str, Any]:
    """A unit is a channel of pictures, else a place in the last dimension; its answer is the largest over all places.

    Keys: those of `Subject.heading` (up to 2,000 examples); ``node`` (path), ``unit``, ``units`` (how many the node
    has); ``likes``: the 24 examples that it answers most (see `samples`, with ``value``), the greatest first;
    ``value``: its answer to the example at the position `sample`; ``sum``: None unless it is a weighted sum of numbers,
    else ``inputs``, ``weights`` and ``products`` of up to 64 terms (those of the greatest products, in the order of
    their ``places``), ``bias``, ``rest`` (of the terms left out), ``total``, and ``fires``: what the activation that
    follows makes of it (``label``, ``value``), None where none does.

    Raises:
        LayerloomError: the run has no such node, it has no such unit, or it gives no number for each example.
    """
    part = subject.part(split, EXAMPLES)
    answers = np.concatenate([_answers(scope, step) for scope, step, _ in at_work(subject, part, node)])
    if not 0 <= unit < answers.shape[1]:
        raise LayerloomError(f"There is no unit {unit} here; they are 0 to {answers.shape[1] - 1}.", code="unit")
    order = np.argsort(-answers[:, unit], kind="stable")[:LIKED]
    likes = samples(subject, split, part.positions[order].tolist())
    for one, row in zip(likes, order.tolist(), strict=True):
        one["value"] = float(answers[row, unit])
    [(scope, step, _)] = at_work(subject, subject.single(split, sample), node)
    return {
        **subject.heading(part),
        "node": node,
        "unit": unit,
        "units": answers.shape[1],
        "likes": likes,
        "value": float(_answers(scope, step)[0, unit]),
        "sum": _sum(scope, step, unit),
    }


def _answers(scope: Scope, step: Step) -> Array:
    """(examples, units)."""
    value = _output(scope, step)
    examples = len(next(iter(scope.given.values())))
    if value is None or value.dim() < 2 or len(value) != examples:
        message = f"{step.label or step.name} has no units: it gives no list of numbers for each example."
        raise LayerloomError(message, code="unit")
    by_unit = value.movedim(1 if value.dim() >= 4 else -1, 1)
    found: Array = by_unit.flatten(2).amax(2).float().numpy() if value.dim() > 2 else by_unit.float().numpy()
    return found


def _output(scope: Scope, step: Step) -> Tensor | None:
    return next((value for port, value in scope.values_of(step).items() if port != PORT), None)


def _sum(scope: Scope, step: Step, unit: int) -> dict[str, Any] | None:
    """The unit's row of weights times what arrives, where that and the bias are truly what comes out."""
    weight = scope.weights.get(f"{step.module}.weight") if step.module and step.repeat == 1 else None
    arrives, given = next(iter(scope.arrives(step).values()), None), _output(scope, step)
    if weight is None or arrives is None or given is None or weight.dim() != 2 or arrives.dim() != 2:
        return None
    if arrives.shape[1] != weight.shape[1] or given.shape != (1, len(weight)):
        return None
    bias = scope.weights.get(f"{step.module}.bias")
    products = weight[unit].double() * arrives[0].double()
    constant = float(bias[unit]) if bias is not None else 0.0
    total = float(products.sum()) + constant
    if not torch.isclose(given[0, unit].double(), torch.tensor(total, dtype=torch.float64), rtol=1e-3, atol=1e-4):
        return None
    places = products.abs().argsort(descending=True)[:TERMS].sort().values
    shown = products[places]
    return {
        "places": places.tolist(),
        "inputs": arrives[0][places].tolist(),
        "weights": weight[unit][places].tolist(),
        "products": shown.tolist(),
        "bias": constant,
        "rest": float(products.sum() - shown.sum()),
        "total": total,
        "fires": _fires(scope, step, unit),
    }


def _fires(scope: Scope, step: Step, unit: int) -> dict[str, Any] | None:
    """The unit behind the activation that reads it."""
    made, catalog = set(step.outputs.values()), default_catalog()
    for reader in scope.program.steps:
        spec = catalog.get(reader.layer)
        if spec is None or spec.category != activation.CATEGORY or made.isdisjoint(reader.inputs.values()):
            continue
        value = _output(scope, reader)
        if value is not None and value.dim() == 2 and unit < value.shape[1]:
            return {"label": reader.label or reader.name, "value": float(value[0, unit])}
    return None
