"""What happens inside a network, node by node: weights, what flows out for one example, and how alive the units are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.analysis.attention import PORT, attention
from core.analysis.classes import flat
from core.analysis.codes import worth_decoding
from core.analysis.gates import is_recurrent
from core.analysis.masks import drops
from core.analysis.normed import normalises
from core.analysis.observe import Scope, Tensors
from core.analysis.reach import maps_pictures
from core.analysis.samples import samples
from core.analysis.shrink import histogram, sheet, shrunk, statistics
from core.analysis.subject import Part, Subject
from core.analysis.upstream import differs
from core.catalog.families import default_catalog
from core.data.dataset import Array
from core.program.program import Step

# What else can be asked of a node: each is a module of `core.analysis` by that name, or `som`, `masks`, `decoding`.
FURTHER: Mapping[str, Callable[[Scope, Step], bool]] = {
    "flow": lambda _scope, step: step.solver is not None,
    "map": lambda _scope, step: step.layer == "som",
    "routing": lambda _scope, step: step.layer == "capsules",
    "mask": drops,
    "normed": normalises,
    "gates": is_recurrent,
    "reach": maps_pictures,
    "wished": differs,
    "decoding": lambda scope, step: not scope.place and worth_decoding(scope.program, step),
}
BATCH, NUMBERS = 256, 2**24  # examples that statistics are taken over, as long as all values fit in so many numbers
NODES, TENSORS, IMAGES, HEADS, VECTOR = 500, 16, 64, 16, 256
FILTER_SIDE, MAP_SIDE, MATRIX_SIDE = 32, 48, 96


def layers(subject: Subject, split: str = "test", place: str = "", node: str = "", sample: int = 0) -> dict[str, Any]:
    """One graph of the network, at work on examples of a part.

    Args:
        place: path of the block instance whose inside is looked at; empty for the main graph.
        node: id of the node within that graph to tell more about; empty for none.
        sample: position in the part of the example that flows through.

    Keys: those of `Subject.heading` (``examples``: what the statistics are taken over); ``place``; ``sample`` (see
    `samples`, with ``truth`` and ``guess`` where the network tells classes apart); ``nodes``, up to 500, in the order
    of computation, each with ``node`` (path on the canvas), ``label``, ``layer`` (empty for a block), ``shape`` (of one
    example), ``mean``, ``std``, ``min``, ``max``, ``zeros``, ``bad``, ``dead`` (of an activation: share of the units
    that are zero for every example), ``parameters`` and ``sparse`` (share of its weights of two or more dimensions that
    are exactly 0, None without any); ``node``: see `detail`, None where the run has no such node.

    Raises:
        LayerloomError: there is no such part or place; the network refuses the examples.
    """
    part = subject.single(split, sample)
    one = Scope.main(subject.program, subject.weights, _batch(subject, part)).at(place)
    weight = sum(value.numel() for value in one.values.values()) or 1
    many = subject.part(split, max(1, min(BATCH, NUMBERS // weight)))
    scope = Scope.main(subject.program, subject.weights, _batch(subject, many)).at(place)
    step = one.step(node) if node else None
    return {
        **subject.heading(many),
        "place": place,
        "sample": _sample(subject, part),
        "nodes": [overview(scope, step) for step in scope.program.steps[:NODES]],
        "node": detail(one, scope, step) if step else None,
    }


def detail(one: Scope, many: Scope, step: Step) -> dict[str, Any]:
    """A node at work on one example, and its weights.

    Keys: ``node``, ``label``, ``layer``; ``further``: which of `FURTHER` tell more; ``weights``: up to 16 tensors, each
    with ``name``, ``shape``, its statistics and a histogram of 64 bins (``counts``, ``edges``); ``filters``: see
    `filters`; ``output``: see `shown`; ``values``: a histogram of what comes out over all examples; ``attention``: up
    to four, each with ``name``, ``heads``, ``shape`` and a `sheet` of matrices (a row for each query, a column for each
    key).
    """
    tensors = _tensors(one, step)
    outputs = many.outputs(step)
    result = next((value for port, value in outputs.items() if port != PORT), None)
    own = next((value for port, value in one.outputs(step).items() if port != PORT), None)
    return {
        "node": one.path(step.node),
        "label": step.label or step.name,
        "layer": step.layer,
        "further": [name for name, holds in FURTHER.items() if holds(one, step)],
        "weights": [
            {"name": name, "shape": list(t.shape), **statistics(_array(t)), **histogram(_array(t))}
            for name, t in list(tensors.items())[:TENSORS]
        ],
        "filters": filters(one, step, tensors),
        "output": shown(_array(own[0])) if own is not None and own.dim() else _scalar(own),
        "values": histogram(_array(result)) if result is not None else None,
        "attention": [_attention(name, weights) for name, weights in list(attention(one, step).items())[:4]],
    }


def filters(scope: Scope, step: Step, tensors: Tensors) -> dict[str, Any] | None:
    """The largest weight as pictures: ``kind``, ``shape`` and a `sheet`.

    ``kernels``: the kernels of a convolution, by output channel; with three input channels ``pixels`` in colour beside
    it. ``templates``: rows of a matrix, or units of a map, that are laid over the pixels of the input. ``matrix``: the
    matrix itself, a row for each output. None where there is nothing of two or more dimensions.
    """
    known = [t for t in tensors.values() if t.dim() >= 2]
    if not known or step.block:
        return None
    weight = _array(max(known, key=lambda t: t.numel()))
    template = _template(scope, step, weight)
    if template is not None:
        return {"kind": "templates", "shape": list(weight.shape), **sheet(template[:IMAGES], FILTER_SIDE)}
    if weight.ndim >= 4:
        flat = weight if weight.ndim == 4 else weight[:, :, weight.shape[2] // 2]
        across = max(1, min(flat.shape[1], IMAGES // min(len(flat), IMAGES)))
        chosen = flat[: IMAGES // across, :across].reshape(-1, *flat.shape[2:])
        colour = [_colour(kernel) for kernel in flat[:IMAGES]] if flat.shape[1] == 3 else []
        told = {"kind": "kernels", "shape": list(weight.shape), "pixels": colour}
        return {**told, **sheet(chosen, FILTER_SIDE)}
    matrix = weight.reshape(len(weight), -1)
    return {"kind": "matrix", "shape": list(weight.shape), **sheet(matrix[None], MATRIX_SIDE)}


def shown(values: Array) -> dict[str, Any]:
    """The output for one example: its ``shape``, statistics and ``kind``: ``maps`` (a `sheet` with a picture for each
    of up to 64 channels), ``matrix`` (a `sheet` of one), ``vector`` (up to 256 ``values``)."""
    told = {"shape": list(values.shape), **statistics(values)}
    if values.ndim >= 3:
        pictures = values.reshape(values.shape[0], -1, *values.shape[-2:])
        return {**told, "kind": "maps", **sheet(pictures[:IMAGES, pictures.shape[1] // 2], MAP_SIDE)}
    if values.ndim == 2:
        return {**told, "kind": "matrix", **sheet(values[None], MATRIX_SIDE)}
    numbers = np.nan_to_num(values[:VECTOR].astype(np.float64))
    return {**told, "kind": "vector", "values": [float(f"{v:.6g}") for v in numbers.tolist()]}


def overview(scope: Scope, step: Step) -> dict[str, Any]:
    """One of the ``nodes`` of `layers`."""
    outputs = scope.outputs(step)
    value = next((v for port, v in outputs.items() if port != PORT), None)
    spec = default_catalog().get(step.layer)
    alive = spec is not None and spec.category == "Activation" and value is not None
    empty = np.zeros(0)
    return {
        "node": scope.path(step.node),
        "label": step.label or step.name,
        "layer": step.layer,
        "shape": list(value.shape[1:]) if value is not None else [],
        **statistics(_array(value) if value is not None else empty),
        "dead": _dead(value) if alive and value is not None else None,
        "sparse": _sparse(scope, step),
        "parameters": sum(t.numel() for n, t in scope.net.named_parameters() if n.startswith(f"{step.module}.")),
    }


def _sparse(scope: Scope, step: Step) -> float | None:
    matrices = [t for n, t in scope.net.named_parameters() if t.dim() > 1 and n.startswith(f"{step.module}.")]
    count = sum(t.numel() for t in matrices) if step.module else 0
    return sum(int((t == 0).sum()) for t in matrices) / count if count else None


def _dead(value: Tensor) -> float | None:
    """Units are channels of pictures, else the last dimension; dead ones are zero everywhere, for every example."""
    if value.dim() < 2:
        return None
    axis = 1 if value.dim() >= 4 else value.dim() - 1
    silent = (value == 0).movedim(axis, 0).flatten(1).all(1)
    return float(silent.float().mean())


def _tensors(scope: Scope, step: Step) -> dict[str, Tensor]:
    """The weights of a step by their names in its module (of the first copy where it repeats), those of most dimensions
    first; counters are left out."""
    prefix = f"{step.module}." if step.module else ""
    found = {n.removeprefix(prefix): t for n, t in scope.weights.items() if prefix and n.startswith(prefix)}
    if step.repeat > 1:
        found = {n.removeprefix("0."): t for n, t in found.items() if n.startswith("0.")}
    known = {name: t for name, t in found.items() if t.is_floating_point()}
    return dict(sorted(known.items(), key=lambda item: -item[1].dim()))


def _template(scope: Scope, step: Step, weight: Array) -> Array | None:
    """Rows of a matrix, or of a grid of rows, as pictures, where what they meet are the pixels of an input."""
    arriving = list(scope.arrives(step).values())
    if weight.ndim < 2 or len(arriving) != 1:
        return None
    [arrives] = arriving
    for given in scope.given.values():
        is_picture = given.dim() == 4 and given.shape[1] in (1, 3) and given.dtype == arrives.dtype
        fits = is_picture and weight.shape[-1] == arrives.shape[-1]
        if fits and torch.equal(arrives, given.flatten(1)):
            laid: Array = weight.reshape(-1, *given.shape[1:]).mean(1)
            return laid
    return None


def _colour(kernel: Array) -> list[Any]:
    """A kernel over three channels as pixels, grey where it is zero."""
    peak = float(np.abs(kernel).max()) or 1.0
    small = np.stack([shrunk(channel, FILTER_SIDE) for channel in kernel], axis=-1)
    return list((128 + np.round(small / peak * 127)).astype(np.uint8).tolist())


def _attention(name: str, weights: Tensor) -> dict[str, Any]:
    heads = _array(weights[0])
    return {"name": name, "heads": len(heads), "shape": list(heads.shape[1:]), **sheet(heads[:HEADS], MATRIX_SIDE)}


def _scalar(value: Tensor | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {"shape": [], **statistics(_array(value)), "kind": "vector", "values": [float(value)]}


def _sample(subject: Subject, part: Part) -> dict[str, Any]:
    [told] = samples(subject, part.name, part.positions.tolist())
    pairing = next((p for p in subject.pairings if p.task == "classification"), None)
    if pairing is not None:
        truth, scores = flat(pairing, subject.answers(part)[pairing.output], part.arrays[pairing.target])
        names = subject.prepared.tasks[pairing.target].classes
        if len(truth) == 1:
            told |= {"truth": names[int(truth[0])], "guess": names[int(scores[0, : len(names)].argmax())]}
    return told


def _batch(subject: Subject, part: Part) -> dict[str, Tensor]:
    """All examples of a part at once."""
    batches = list(subject.batches(part))
    return {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}


def _array(tensor: Tensor) -> Array:
    result: Array = tensor.detach().float().numpy()
    return result
