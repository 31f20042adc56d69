"""Operations that change shapes, join branches and work along dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from core.program.foreign import Operation
from graph.importing.builder import Builder, Handler, Unknown, fixed, single, torch_order


def concatenate(b: Builder, o: Operation) -> None:
    if any(b.is_constant(name) for name in o.inputs):
        raise Unknown("one of the branches is fixed")
    b.put("concatenate", o.inputs, o.outputs[0], dim=b.axis(o.inputs[0], int(o.attributes["axis"])))


def flatten(b: Builder, o: Operation) -> None:
    if o.attributes.get("axis", 1) != 1:
        raise Unknown("it flattens the batch too")
    b.put("flatten", [o.inputs[0]], o.outputs[0])


def reshape(b: Builder, o: Operation) -> None:
    """The batch stays in front: what is wanted of the other dimensions is told by the inferred shape."""
    before, wanted = b.shape(o.inputs[0]), _wanted(b, o)
    if not before or (isinstance(before[0], int) and isinstance(wanted[0], int) and before[0] != wanted[0]):
        raise Unknown("it takes the batch apart")
    sizes = fixed(wanted[1:])
    known = [size for size in before[1:] if isinstance(size, int)]
    if len(known) == len(before) - 1 and prod(known) != prod(sizes):
        raise Unknown("it takes the batch apart")
    if len(sizes) == 1:
        b.put("flatten", [o.inputs[0]], o.outputs[0])
    else:
        b.put("reshape", [o.inputs[0]], o.outputs[0], shape=sizes)


def _wanted(b: Builder, o: Operation) -> tuple[Any, ...]:
    inferred = b.model.shapes.get(o.outputs[0])
    if inferred is not None and all(isinstance(size, int) for size in inferred[1:]):
        return inferred
    target, before = b.ints(o.inputs[1], "wanted shape"), b.shape(o.inputs[0])
    if 0 in target[len(before) :]:
        raise Unknown("its wanted shape keeps a size that is not there")
    sizes = [before[i] if size == 0 else size for i, size in enumerate(target)]
    if -1 in sizes[1:]:
        index = sizes.index(-1, 1)
        rest = prod(fixed([size for i, size in enumerate(sizes) if i not in (0, index)]))
        sizes[index] = prod(fixed(before[1:])) // rest
    return tuple(sizes)


def transpose(b: Builder, o: Operation) -> None:
    dims = tuple(o.attributes.get("perm", range(b.rank(o.inputs[0]))[::-1]))
    if dims[:1] != (0,):
        raise Unknown("it moves the batch")
    b.put("permute", [o.inputs[0]], o.outputs[0], dims=dims)


def _axes(b: Builder, o: Operation) -> tuple[int, ...]:
    given = b.ints(o.inputs[1], "axes") if len(o.inputs) > 1 and o.inputs[1] else tuple(o.attributes.get("axes", ()))
    return tuple(sorted(b.axis(o.inputs[0], axis) for axis in given))


def squeeze(b: Builder, o: Operation) -> None:
    source = o.inputs[0]
    axes = _axes(b, o)
    for count, axis in enumerate(reversed(axes), start=1):
        made = o.outputs[0] if count == len(axes) else f"{o.outputs[0]}/{count}"
        b.put("squeeze", [source], made, dim=axis)
        source = made


def unsqueeze(b: Builder, o: Operation) -> None:
    given = b.ints(o.inputs[1], "axes") if len(o.inputs) > 1 else tuple(o.attributes["axes"])
    rank, source = b.rank(o.inputs[0]) + len(given), o.inputs[0]
    axes = sorted(axis + rank if axis < 0 else axis for axis in given)
    if axes[0] == 0:
        raise Unknown("it makes a dimension in front of the batch")
    for count, axis in enumerate(axes, start=1):
        made = o.outputs[0] if count == len(axes) else f"{o.outputs[0]}/{count}"
        b.put("unsqueeze", [source], made, dim=axis)
        source = made


def reduce(layer: str) -> Handler:
    def handler(b: Builder, o: Operation) -> None:
        axes = _axes(b, o) or tuple(range(1, b.rank(o.inputs[0])))
        b.put(layer, [o.inputs[0]], o.outputs[0], dim=axes, keepdim=bool(o.attributes.get("keepdims", 1)))

    return handler


def slices(b: Builder, o: Operation) -> None:
    if len(o.inputs) > 1:
        starts, ends = b.ints(o.inputs[1], "start"), b.ints(o.inputs[2], "end")
        axes = b.ints(o.inputs[3], "axes") if len(o.inputs) > 3 and o.inputs[3] else tuple(range(len(starts)))
        steps = b.ints(o.inputs[4], "step") if len(o.inputs) > 4 else (1,) * len(starts)
    else:
        starts, ends = tuple(o.attributes["starts"]), tuple(o.attributes["ends"])
        axes, steps = tuple(o.attributes.get("axes", range(len(starts)))), (1,) * len(starts)
    source = o.inputs[0]
    for count, (start, end, axis, step) in enumerate(zip(starts, ends, axes, steps, strict=True), start=1):
        made = o.outputs[0] if count == len(starts) else f"{o.outputs[0]}/{count}"
        stop = None if end >= np.iinfo(np.int32).max else end
        b.put("slice", [source], made, dim=b.axis(o.inputs[0], axis), start=start, stop=stop, step=step)
        source = made


def pad(b: Builder, o: Operation) -> None:
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}.get(o.attributes.get("mode", "constant"))
    pads = b.ints(o.inputs[1], "padding") if len(o.inputs) > 1 else tuple(o.attributes["pads"])
    n = len(pads) // 2
    kept = 2 if n > 2 else 1  # the batch, and the channels of pictures
    if mode is None or any(pads[i] or pads[i + n] for i in range(kept)) or len(o.inputs) > 3:
        raise Unknown("it pads more than rows and columns")
    value = b.number(o.inputs[2], "value") if len(o.inputs) > 2 and o.inputs[2] else o.attributes.get("value", 0.0)
    b.put(
        "pad", [o.inputs[0]], o.outputs[0], pad=torch_order((*pads[kept:n], *pads[n + kept :])), mode=mode, value=value
    )


def resize(b: Builder, o: Operation) -> None:
    if len(o.inputs) > 2 and o.inputs[2]:
        factors = tuple(float(factor) for factor in b.constant(o.inputs[2], "factor", 1)[2:])
    else:
        sizes, wanted = fixed(b.shape(o.inputs[0])[2:]), fixed(b.shape(o.outputs[0])[2:])
        factors = tuple(after / before for before, after in zip(sizes, wanted, strict=True))
    if any(factor != int(factor) for factor in factors):
        raise Unknown("it does not enlarge by a whole number")
    mode, where = o.attributes.get("mode", "nearest"), o.attributes.get("coordinate_transformation_mode", "half_pixel")
    if mode == "linear" and where in ("half_pixel", "pytorch_half_pixel"):
        name = {1: "linear", 2: "bilinear"}.get(len(factors), "trilinear")
    elif mode == "nearest":
        name = "nearest"
    else:
        raise Unknown(f"it interpolates by {mode} with {where}")
    b.put("upsample", [o.inputs[0]], o.outputs[0], scale_factor=single(tuple(map(int, factors))), mode=name)


def depth_to_space(b: Builder, o: Operation) -> None:
    if o.attributes.get("mode", "DCR") != "CRD":
        raise Unknown("its channels are in the other order")
    b.put("pixel_shuffle", [o.inputs[0]], o.outputs[0], upscale_factor=int(o.attributes["blocksize"]))


SHAPING: Mapping[str, Handler] = {
    "Concat": concatenate,
    "Flatten": flatten,
    "Reshape": reshape,
    "Transpose": transpose,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "ReduceMean": reduce("mean"),
    "ReduceSum": reduce("sum"),
    "ReduceMax": reduce("max"),
    "Slice": slices,
    "Pad": pad,
    "Resize": resize,
    "DepthToSpace": depth_to_space,
}
