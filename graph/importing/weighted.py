"""Operations with weights: linear maps, convolutions, normalisations, embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.program.foreign import Array, Operation
from graph.importing.builder import Builder, Unknown, single, torch_order


def name_of(weight: str) -> str:
    """What the layer is called in the source that the file was made from: ``encoder.0.conv`` of its weight's name."""
    return weight.removesuffix(".weight") if weight.endswith(".weight") else ""


def conv(b: Builder, o: Operation) -> None:
    weight = b.constant(o.inputs[1], "kernel", 3)
    bias = _bias(b, o, 2)
    n = weight.ndim - 2
    source, padding = _padding(b, o, n, weight.shape[2:])
    b.put(
        f"conv{n}d",
        [source],
        o.outputs[0],
        name=name_of(o.inputs[1]),
        weights={"weight": weight, "bias": bias},
        out_channels=weight.shape[0],
        kernel_size=single(weight.shape[2:]),
        stride=single(o.attributes.get("strides", (1,) * n)),
        padding=padding,
        dilation=single(o.attributes.get("dilations", (1,) * n)),
        groups=int(o.attributes.get("group", 1)),
        bias=bias is not None,
    )


def conv_transpose(b: Builder, o: Operation) -> None:
    weight = b.constant(o.inputs[1], "kernel", 3)
    bias = _bias(b, o, 2)
    n, groups = weight.ndim - 2, int(o.attributes.get("group", 1))
    if "output_shape" in o.attributes or o.attributes.get("auto_pad", "NOTSET") != "NOTSET":
        raise Unknown("its padding follows from a wanted size")
    b.put(
        f"conv_transpose{n}d",
        [o.inputs[0]],
        o.outputs[0],
        name=name_of(o.inputs[1]),
        weights={"weight": weight, "bias": bias},
        out_channels=weight.shape[1] * groups,
        kernel_size=single(weight.shape[2:]),
        stride=single(o.attributes.get("strides", (1,) * n)),
        padding=single(_even(o.attributes.get("pads", (0,) * 2 * n))),
        output_padding=single(o.attributes.get("output_padding", (0,) * n)),
        dilation=single(o.attributes.get("dilations", (1,) * n)),
        groups=groups,
        bias=bias is not None,
    )


def gemm(b: Builder, o: Operation) -> None:
    if o.attributes.get("transA", 0) or o.attributes.get("alpha", 1.0) != 1.0 or o.attributes.get("beta", 1.0) != 1.0:
        raise Unknown("it scales or turns round what it multiplies")
    weight = b.constant(o.inputs[1], "matrix", 2)
    _linear(b, o, weight if o.attributes.get("transB", 0) else weight.T, _bias(b, o, 2), o.outputs[0])


def matmul(b: Builder, o: Operation) -> None:
    """A fixed matrix is a Linear; the sum that follows it brings the bias."""
    if b.is_constant(o.inputs[0]):
        raise Unknown("a fixed matrix stands on the left")
    if not b.is_constant(o.inputs[1]):
        b.put("matmul", o.inputs, o.outputs[0])
        return
    weight = b.constant(o.inputs[1], "matrix")
    if weight.ndim != 2:
        raise Unknown(f"its fixed matrix has {weight.ndim} dimensions")
    after, bias, made = b.only_user(o.outputs[0]), None, o.outputs[0]
    if after is not None and after.op == "Add":
        other = next((name for name in after.inputs if name != o.outputs[0]), "")
        if b.is_constant(other) and b.constant(other, "bias").shape == (weight.shape[1],):
            bias, made = b.constant(other, "bias"), after.outputs[0]
            b.done.add(id(after))
    _linear(b, o, weight.T, bias, made)


def _linear(b: Builder, o: Operation, weight: Array, bias: Array | None, made: str) -> None:
    b.put(
        "linear",
        [o.inputs[0]],
        made,
        name=name_of(o.inputs[1]),
        weights={"weight": weight, "bias": None if bias is None else np.broadcast_to(bias, weight.shape[:1])},
        out_features=weight.shape[0],
        bias=bias is not None,
    )


def batch_norm(b: Builder, o: Operation) -> None:
    scale, shift, mean, variance = (b.constant(name, "statistics") for name in o.inputs[1:5])
    scale, shift, made = _scaled_after(b, o.outputs[0], scale, shift)
    rank = b.rank(o.inputs[0])
    weights = {"weight": scale, "bias": shift, "running_mean": mean, "running_var": variance}
    b.put(
        f"batch_norm{max(rank - 2, 1)}d",
        [o.inputs[0]],
        made,
        name=name_of(o.inputs[1]),
        weights={**weights, "num_batches_tracked": np.zeros((), np.int64)},
        eps=float(np.float32(o.attributes.get("epsilon", 1e-5))),
        momentum=round(1.0 - float(o.attributes.get("momentum", 0.9)), 6),
    )


def _scaled_after(b: Builder, tensor: str, scale: Array, shift: Array) -> tuple[Array, Array, str]:
    """Factors and offsets by channel right behind a normalisation are part of it (Caffe writes them apart)."""
    while (after := b.only_user(tensor)) is not None and after.op in ("Mul", "Add"):
        other = next((name for name in after.inputs if name != tensor), "")
        if not b.is_constant(other):
            break
        value = b.constant(other, "factor")
        by_channel = value.reshape(-1)
        if by_channel.size != scale.size or value.ndim < 3 or value.shape[-value.ndim + 1 :].count(1) < value.ndim - 2:
            break
        if after.op == "Mul":
            scale, shift = scale * by_channel, shift * by_channel
        else:
            shift = shift + by_channel
        b.done.add(id(after))
        tensor = after.outputs[0]
    return scale, shift, tensor


def layer_norm(b: Builder, o: Operation) -> None:
    axis = b.axis(o.inputs[0], int(o.attributes.get("axis", -1)))
    bias = _bias(b, o, 2)
    b.put(
        "layer_norm",
        [o.inputs[0]],
        o.outputs[0],
        name=name_of(o.inputs[1]),
        weights={"weight": b.constant(o.inputs[1], "scale"), "bias": bias},
        dims=b.rank(o.inputs[0]) - axis,
        bias=bias is not None,
        eps=float(np.float32(o.attributes.get("epsilon", 1e-5))),
    )


def instance_norm(b: Builder, o: Operation) -> None:
    if b.rank(o.inputs[0]) != 4:
        raise Unknown("it does not work on pictures")
    weights = {"weight": b.constant(o.inputs[1], "scale"), "bias": b.constant(o.inputs[2], "bias")}
    b.put(
        "instance_norm2d",
        [o.inputs[0]],
        o.outputs[0],
        weights=weights,
        affine=True,
        eps=float(np.float32(o.attributes.get("epsilon", 1e-5))),
    )


def gather(b: Builder, o: Operation) -> None:
    """A row of a fixed table for each number is an Embedding; one place along a dimension is Select."""
    axis = int(o.attributes.get("axis", 0))
    if b.is_constant(o.inputs[0]):
        table = b.constant(o.inputs[0], "table")
        if axis != 0 or table.ndim != 2:
            raise Unknown("its table is no matrix of rows")
        rows, width = table.shape
        made = {"num_embeddings": rows, "embedding_dim": width}
        b.put("embedding", [o.inputs[1]], o.outputs[0], name=name_of(o.inputs[0]), weights={"weight": table}, **made)
        return
    index = b.constant(o.inputs[1], "index")
    if index.ndim:
        raise Unknown("it takes several places at once")
    b.put("select", [o.inputs[0]], o.outputs[0], dim=b.axis(o.inputs[0], axis), index=int(index))


def prelu(b: Builder, o: Operation) -> None:
    slope = b.constant(o.inputs[1], "slope").reshape(-1)
    b.put("prelu", [o.inputs[0]], o.outputs[0], weights={"weight": slope}, per_channel=slope.size > 1)


def _bias(b: Builder, o: Operation, index: int) -> Array | None:
    return b.constant(o.inputs[index], "bias") if len(o.inputs) > index and o.inputs[index] else None


def _even(pads: Sequence[int]) -> tuple[int, ...]:
    """As much at the end as in front. Raises Unknown otherwise."""
    n = len(pads) // 2
    if tuple(pads[:n]) != tuple(pads[n:]):
        raise Unknown("it pads one side more than the other")
    return tuple(pads[:n])


def padding_of(b: Builder, o: Operation, n: int, kernel: Sequence[int]) -> tuple[int, ...]:
    """What is added on both sides in front and at the end, in ONNX's order: all fronts, then all ends."""
    mode = o.attributes.get("auto_pad", "NOTSET") or "NOTSET"
    if mode == "VALID":
        return (0,) * 2 * n
    if mode == "NOTSET":
        return tuple(o.attributes.get("pads", (0,) * 2 * n))
    strides, dilations = o.attributes.get("strides", (1,) * n), o.attributes.get("dilations", (1,) * n)
    sizes = b.shape(o.inputs[0])[2:]
    fronts, ends = [], []
    for size, k, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True):
        if not isinstance(size, int):
            raise Unknown("its padding depends on a size that varies")
        total = max((-(-size // stride) - 1) * stride + dilation * (k - 1) + 1 - size, 0)
        fronts.append(total // 2 if mode == "SAME_UPPER" else total - total // 2)
        ends.append(total - fronts[-1])
    return (*fronts, *ends)


def _padding(b: Builder, o: Operation, n: int, kernel: Sequence[int]) -> tuple[str, Any]:
    """What the layer reads and pads with; a Pad stands in front where one side gets more than the other."""
    pads = padding_of(b, o, n, kernel)
    if pads[:n] == pads[n:]:
        return o.inputs[0], single(pads[:n])
    tensor = f"{o.outputs[0]}/padded"
    b.put("pad", [o.inputs[0]], tensor, pad=torch_order(pads))
    return tensor, 0
