"""A recurrent layer written out step by step: what its gates let through and what its state is, for one example.

LSTM: Hochreiter and Schmidhuber, 1997, with the forget gate of Gers et al., 2000; GRU: Cho et al., 2014; both in the
form of `torch.nn`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.observe import Scope, at_work
from core.analysis.shrink import sheet
from core.analysis.subject import Subject
from core.data.dataset import Array
from core.problem import LayerloomError
from core.program.program import Step

SIDE = 96
SHUT, OPEN = 0.1, 0.9  # below and above, a gate is called saturated
Course = dict[str, Tensor]  # what a cell computes, by name: (steps, units)


def is_recurrent(scope: Scope, step: Step) -> bool:
    """Whether a node is a layer of `torch.nn` that goes through time."""
    return bool(step.layer and step.module) and isinstance(_module(scope, step), nn.RNNBase)


def gates(
    subject: Subject, split: str, node: str, sample: int = 0, layer: int = 0, backward: bool = False
) -> dict[str, Any]:
    """One layer of a recurrent node, in one direction, over the steps of one example.

    Keys: those of `Subject.heading`; ``node``; ``kind`` (``RNN``, ``LSTM``, ``GRU``); ``layers``, ``directions``,
    ``units``, ``steps``; ``formulas``: by name how each is computed; ``gates`` (from 0 to 1), ``others`` (the candidate
    and states): names; ``mean``: by name the mean over the units at each step; ``saturated``: by gate the share below
    0.1 and above 0.9; ``pictures`` of the gates and ``states`` of the others, as `shrink.sheet` has them: a row for
    each unit, a column for each step; ``apart``: the largest difference to what the layer itself gave.

    Raises:
        LayerloomError: the run has no such node, or it has no such layer or direction (code ``node``).
    """
    part = subject.single(split, sample)
    refusal = f"The network of this run has no recurrent layer at {node!r:.40}."
    [(scope, step, _)] = at_work(subject, part, node, refusal=refusal)
    if not is_recurrent(scope, step):
        raise LayerloomError(refusal, code="node")
    module, x = _module(scope, step), scope.arrives(step)["x"]
    if layer >= module.num_layers or (backward and not module.bidirectional):
        ways = "both directions" if module.bidirectional else "one direction"
        message = f"This node has {module.num_layers} layers, counted from 0, in {ways}."
        raise LayerloomError(message, code="node")
    with torch.inference_mode():
        written, whole = unrolled(module, x[0])
        given = module(x)[0][0]
    course = written[layer, backward]
    open_to = [name for name in course if name.endswith("gate")]
    others = [name for name in course if name not in open_to]
    return {
        **subject.heading(part),
        "node": node,
        "kind": module.mode.partition("_")[0],
        "layers": module.num_layers,
        "directions": 2 if module.bidirectional else 1,
        "units": module.hidden_size,
        "steps": len(x[0]),
        "formulas": {name: FORMULAS[module.mode][name] for name in course},
        "gates": open_to,
        "others": others,
        "mean": {name: values.mean(1).tolist() for name, values in course.items()},
        "saturated": {name: [_share(course[name] < SHUT), _share(course[name] > OPEN)] for name in open_to},
        "pictures": sheet(_stacked(course, open_to), SIDE),
        "states": sheet(_stacked(course, others), SIDE),
        "apart": float((whole - given).abs().max()),
    }


def unrolled(module: nn.RNNBase, x: Tensor) -> tuple[dict[tuple[int, bool], Course], Tensor]:
    """What every layer and direction computes over a sequence (steps, features), and what the top gives, as
    `torch.nn` in evaluation mode."""
    cell, written = CELLS[module.mode], {}
    for layer in range(module.num_layers):
        ends = []
        for backward in (False, True)[: 2 if module.bidirectional else 1]:
            weights = _weights(module, layer, backward)
            course = cell(weights, x.flip(0) if backward else x)
            written[layer, backward] = {n: v.flip(0) if backward else v for n, v in course.items()}
            ends.append(written[layer, backward]["hidden state"])
        x = torch.cat(ends, dim=1)
    return written, x


def _lstm(weights: Mapping[str, Tensor], x: Tensor) -> Course:
    hidden = cell = x.new_zeros(weights["hh"].shape[1])
    told = []
    for step in x:
        i, f, g, o = (weights["ih"] @ step + weights["hh"] @ hidden + weights["b_ih"] + weights["b_hh"]).chunk(4)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        cell = f * cell + i * g
        hidden = o * cell.tanh()
        told.append((i, f, o, g, cell, hidden))
    return _course(FORMULAS["LSTM"], told)


def _gru(weights: Mapping[str, Tensor], x: Tensor) -> Course:
    hidden = x.new_zeros(weights["hh"].shape[1])
    told = []
    for step in x:
        own, past = (
            (weights["ih"] @ step + weights["b_ih"]).chunk(3),
            (weights["hh"] @ hidden + weights["b_hh"]).chunk(3),
        )
        r, z = (own[0] + past[0]).sigmoid(), (own[1] + past[1]).sigmoid()
        n = (own[2] + r * past[2]).tanh()
        hidden = (1 - z) * n + z * hidden
        told.append((r, z, n, hidden))
    return _course(FORMULAS["GRU"], told)


def _plain(bend: Callable[[Tensor], Tensor]) -> Callable[[Mapping[str, Tensor], Tensor], Course]:
    def cell(weights: Mapping[str, Tensor], x: Tensor) -> Course:
        hidden = x.new_zeros(weights["hh"].shape[1])
        told = []
        for step in x:
            hidden = bend(weights["ih"] @ step + weights["hh"] @ hidden + weights["b_ih"] + weights["b_hh"])
            told.append((hidden,))
        return _course(FORMULAS["RNN_TANH"], told)

    return cell


# Names in the order in which the cells tell their values, and what each is.
FORMULAS: Mapping[str, Mapping[str, str]] = {
    "LSTM": {
        "input gate": "i = sigmoid(W_i x + U_i h + b_i)",
        "forget gate": "f = sigmoid(W_f x + U_f h + b_f)",
        "output gate": "o = sigmoid(W_o x + U_o h + b_o)",
        "candidate": "g = tanh(W_g x + U_g h + b_g)",
        "cell state": "c = f * c + i * g",
        "hidden state": "h = o * tanh(c)",
    },
    "GRU": {
        "reset gate": "r = sigmoid(W_r x + U_r h + b_r)",
        "update gate": "z = sigmoid(W_z x + U_z h + b_z)",
        "candidate": "n = tanh(W_n x + b_n + r * (U_n h + c_n))",
        "hidden state": "h = (1 - z) * n + z * h",
    },
    "RNN_TANH": {"hidden state": "h = tanh(W x + U h + b)"},
    "RNN_RELU": {"hidden state": "h = relu(W x + U h + b)"},
}
CELLS: Mapping[str, Callable[[Mapping[str, Tensor], Tensor], Course]] = {
    "LSTM": _lstm,
    "GRU": _gru,
    "RNN_TANH": _plain(torch.tanh),
    "RNN_RELU": _plain(torch.relu),
}


def _course(names: Mapping[str, str], told: Sequence[tuple[Tensor, ...]]) -> Course:
    return {name: torch.stack(values) for name, values in zip(names, zip(*told, strict=True), strict=True)}


def _weights(module: nn.RNNBase, layer: int, backward: bool) -> dict[str, Tensor]:
    end = f"_l{layer}{'_reverse' if backward else ''}"
    found = {"ih": getattr(module, f"weight_ih{end}"), "hh": getattr(module, f"weight_hh{end}")}
    nothing = found["ih"].new_zeros(len(found["ih"]))
    return found | {f"b_{part}": getattr(module, f"bias_{part}{end}", nothing) for part in ("ih", "hh")}


def _module(scope: Scope, step: Step) -> nn.RNNBase:
    return scope.net.get_submodule(step.module)  # type: ignore[return-value]


def _stacked(course: Course, names: list[str]) -> Array:
    found: Array = np.stack([course[name].T.double().numpy() for name in names]) if names else np.zeros((0, 1, 1))
    return found


def _share(chosen: Tensor) -> float:
    return float(chosen.double().mean())
