"""A trace as plain JSON of bounded size."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.analysis.trace import faces
from core.analysis.trace.chain import chain
from core.analysis.trace.grids import Equation, Term, grid, number, place, real
from core.analysis.trace.jacobians import written
from core.analysis.trace.passes import Pass, Visit, together
from core.analysis.trace.scene import Scene, Wish
from core.analysis.trace.update import Update
from core.catalog.families import default_catalog
from core.program.program import Value

NODES, TENSORS = 300, 6


def told(scene: Scene, at: Pass, wish: Wish, step: Update | None) -> dict[str, Any]:
    """The keys are those of `trace`."""
    computed = [_node(visit, _index(visit, wish), step) for visit in at.visits[:NODES]]
    answers = {value.name for value in scene.program.targets} if not at.place else set()
    nodes = [_entered(at, value, value.name not in answers) for value in at.program.inputs] + computed
    _linked(at, nodes)
    notes = [*scene.notes, *_chained(at, nodes, answers)]
    ways = range(len(nodes))
    losses = [] if wish.place else _losses(scene, at, wish.objective)
    return {
        "place": wish.place,
        "part": wish.part,
        "example": scene.first,
        "count": len(next(iter(scene.batch.values()))),
        "of": scene.whole,
        "weights": scene.told,
        "fresh": scene.fresh,
        "notes": notes + ([f"Only the first {NODES} nodes are shown."] if len(at.visits) > NODES else []),
        "nodes": nodes,
        "forward": list(ways),
        "back": [i for i in reversed(ways) if nodes[i]["back"] or nodes[i]["gradient"] is not None],
        "losses": losses,
        "loss": sum(loss["weight"] * loss["value"] for loss in losses) if losses else None,
        "update": _step(step),
        "objectives": [objective.name for objective in scene.job.objectives],
        "objective": wish.objective,
    }


def _chained(at: Pass, nodes: Iterable[dict[str, Any]], answers: Collection[str]) -> list[str]:
    """Gives nodes their part of the chain of Jacobians; says why there is none."""
    found = chain(at, answers)
    told = written(found) if found is not None else {}
    for node in nodes:
        node["chain"] = _plain(told.get(node["node"], ()))
    return [found.missing] if found is not None and found.missing else []


def _losses(scene: Scene, at: Pass, objective: int) -> list[dict[str, Any]]:
    weights = scene.weighs(objective)
    made = {name: v.made[port] for v in at.visits for port, name in v.step.outputs.items()}
    return [
        {"name": loss.name, "node": loss.node, "weight": weights[loss.name], "value": real(made[loss.value])}
        for loss in scene.program.losses
        if loss.name in weights
    ]


def _entered(at: Pass, value: Value, follows: bool) -> dict[str, Any]:
    """A value that enters, as a node of its own; gradients are not followed to the right answers."""
    tensor = at.given[value.name]
    gradient = together(at.entered.get(value.name, ())) if follows else None
    back = (
        (Equation("How the loss depends on it", "dL/dx", (Term("dL/dx", gradient),)),) if gradient is not None else ()
    )
    title = "What the block is given" if at.place else "What the data gives"
    source = f"{value.name} = {value.field or value.encoding}" if value.field or not at.place else value.name
    equation = Equation(title, source, (Term("x", tensor),))
    own = value.node.rpartition("/")[2]
    return {
        "node": f"{at.place}/{own}" if at.place else own,
        "label": value.name,
        "layer": "",
        "doc": "",
        "formula": "",
        "kind": "entry",
        "repeat": 1,
        "inside": False,
        "unit": [],
        "forward": _plain((equation,)),
        "back": _plain(back),
        "update": [],
        "text": _short(tensor),
        "gradient": None if gradient is None else _short(gradient),
        "strength": _strength(tensor),
        "gradient_strength": 0.0 if gradient is None else _strength(gradient),
        "value": grid(tensor),
        "shape": list(tensor.shape),
        "sources": [],
    }


def _node(visit: Visit, index: tuple[int, ...], step: Update | None) -> dict[str, Any]:
    spec = default_catalog().get(visit.step.layer)
    upstream = next(iter(visit.upstream.values()), None)
    return {
        "node": visit.path,
        "label": visit.step.label or visit.step.name,
        "layer": spec.label if spec else "Block",
        "doc": spec.doc if spec else "",
        "formula": spec.formula if spec else "",
        "kind": "loss" if visit.output.dim() == 0 and visit.step.layer else "node",
        "repeat": visit.step.repeat,
        "inside": bool(visit.step.block) and visit.step.solver is None,
        "unit": list(index),
        "forward": _plain(faces.forward(visit, index)),
        "back": _plain(faces.back(visit, index)),
        "update": _plain(_updates(visit, step)) if step is not None else [],
        "text": _short(visit.output),
        "gradient": None if upstream is None else _short(upstream),
        "strength": _strength(visit.output),
        "gradient_strength": 0.0 if upstream is None else _strength(upstream),
        "value": grid(visit.output, index),
        "shape": list(visit.output.shape),
        "sources": [_source(visit, end) for end in visit.step.inputs],
    }


def _source(visit: Visit, end: str) -> dict[str, Any]:
    """What arrives at a port, and what goes back there; `_linked` puts the node that it is from in place of `value`."""
    gradient = visit.given_gradients.get(end)
    return {
        "value": visit.step.inputs[end],
        "end": end,
        "text": _short(visit.given[end]),
        "gradient": None if gradient is None else _short(gradient),
        "strength": _strength(visit.given[end]),
        "gradient_strength": 0.0 if gradient is None else _strength(gradient),
    }


def _linked(at: Pass, nodes: Iterable[dict[str, Any]]) -> None:
    """Names of values become the node and port that they come from."""
    makers = at.makers()
    for node in nodes:
        for source in node["sources"]:
            source["node"], source["port"] = makers[source.pop("value")]


def _updates(visit: Visit, step: Update) -> tuple[Equation, ...]:
    """Each weight before and after, worked out where its gradient is greatest."""
    found = []
    for name, before in list(visit.weights.items())[:TENSORS]:
        whole, own = visit.prefix + name, visit.weight_gradients.get(name)
        gradient, after = step.gradients.get(whole), step.after.get(whole)
        if gradient is None or after is None:
            continue
        index = _greatest(gradient)
        moved = f"{name}{place(index)}: {number(before[index])} → {number(after[index])}"
        working = f"{moved}  (by {number(after[index] - before[index])}; its gradient is {number(gradient[index])})"
        if own is not None and not torch.allclose(own, gradient, rtol=1e-9, atol=1e-12):
            working += "; the gradient is more than this node's own: other nodes share the weight, or a limit applies"
        title = f"One step of {step.optimizer}, rate {number(step.rate)}"
        terms = (
            Term("before", before, "", index),
            Term("gradient", gradient, "", index),
            Term("after", after, "→", index),
        )
        found.append(Equation(title, step.formula, terms, working))
    return tuple(found)


def _index(visit: Visit, wish: Wish) -> tuple[int, ...]:
    """Which number of what leaves is worked out: the one asked for, else the greatest of the first example."""
    y = visit.output
    if y.dim() == 0 or not y.numel():
        return ()
    if visit.path == wish.node and 0 <= wish.unit < y.numel():
        return tuple(int(i) for i in np.unravel_index(wish.unit, tuple(y.shape)))
    return (0, *_greatest(y[0])) if y.dim() > 1 else _greatest(y)


def _greatest(tensor: Tensor) -> tuple[int, ...]:
    flat = tensor.detach().double().abs().nan_to_num().flatten()
    where = int(flat.argmax()) if flat.numel() else 0
    return tuple(int(i) for i in np.unravel_index(where, tuple(tensor.shape))) if tensor.dim() else ()


def _short(tensor: Tensor) -> str:
    """Up to three numbers of the first example, for the canvas."""
    flat = tensor.detach().reshape(-1) if tensor.dim() < 2 else tensor.detach()[0].reshape(-1)
    words = [f"{v:.2g}".replace("-", "−") if tensor.is_floating_point() else str(v) for v in flat[:3].tolist()]
    return ", ".join(words) + (" …" if len(flat) > 3 else "")


def _strength(tensor: Tensor) -> float:
    """Root of the mean square."""
    real = tensor.detach().double()
    return float(real.square().mean().sqrt().nan_to_num()) if real.numel() else 0.0


def _plain(equations: tuple[Equation, ...]) -> list[dict[str, Any]]:
    return [equation.to_json() for equation in equations]


def _step(step: Update | None) -> Mapping[str, Any] | None:
    return {"optimizer": step.optimizer, "formula": step.formula, "rate": step.rate} if step is not None else None
