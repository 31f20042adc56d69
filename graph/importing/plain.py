"""Operations without weights: activations, pooling, arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.program.foreign import Operation
from graph.importing.builder import Builder, Handler, Unknown, single, torch_order
from graph.importing.weighted import padding_of


def simple(layer: str, **attributes: tuple[str, Any]) -> Handler:
    """A layer of one input; parameters come from attributes, each with ONNX's default."""

    def handler(b: Builder, o: Operation) -> None:
        params = {name: o.attributes.get(key, default) for name, (key, default) in attributes.items()}
        rounded: dict[str, Any] = {k: float(f"{v:.7g}") if isinstance(v, float) else v for k, v in params.items()}
        b.put(layer, [o.inputs[0]], o.outputs[0], **rounded)

    return handler


def identity(b: Builder, o: Operation) -> None:
    b.alias(o.outputs[0], o.inputs[0])


def cast(b: Builder, o: Operation) -> None:
    if o.attributes.get("to") not in (1, 10, 11, 16):
        raise Unknown("it makes whole numbers of real ones")
    identity(b, o)


def softmax(layer: str) -> Handler:
    def handler(b: Builder, o: Operation) -> None:
        rank = b.rank(o.inputs[0])
        axis = b.axis(o.inputs[0], int(o.attributes.get("axis", 1 if b.model.opset < 13 else -1)))
        if b.model.opset < 13 and any(size != 1 for size in b.shape(o.inputs[0])[axis + 1 :]):
            raise Unknown("it works on several dimensions at once, as before version 13")
        b.put(layer, [o.inputs[0]], o.outputs[0], dim=-1 if axis == rank - 1 else axis)

    return handler


def dropout(b: Builder, o: Operation) -> None:
    ratio = o.attributes.get("ratio", 0.5)
    if len(o.inputs) > 1 and o.inputs[1]:
        ratio = b.number(o.inputs[1], "ratio")
    b.put("dropout", [o.inputs[0]], o.outputs[0], p=round(float(ratio), 6))


def clip(b: Builder, o: Operation) -> None:
    low, high = (
        b.number(o.inputs[i], "limit") if len(o.inputs) > i and o.inputs[i] else o.attributes.get(key)
        for i, key in ((1, "min"), (2, "max"))
    )
    if low is None or high is None:
        if low != 0.0:
            raise Unknown("it limits one side alone")
        b.put("relu", [o.inputs[0]], o.outputs[0])
    elif (low, high) == (0.0, 6.0):
        b.put("relu6", [o.inputs[0]], o.outputs[0])
    else:
        b.put("hardtanh", [o.inputs[0]], o.outputs[0], min_val=low, max_val=high)


def hard_sigmoid(b: Builder, o: Operation) -> None:
    if abs(o.attributes.get("alpha", 0.2) - 1 / 6) > 1e-6 or o.attributes.get("beta", 0.5) != 0.5:
        raise Unknown("its slope is not 1/6, as torch has it")
    b.put("hardsigmoid", [o.inputs[0]], o.outputs[0])


def pool(layer: str) -> Handler:
    def handler(b: Builder, o: Operation) -> None:
        kernel = o.attributes["kernel_shape"]
        n = len(kernel)
        pads = padding_of(b, o, n, kernel)
        more: dict[str, Any] = {"ceil_mode": bool(o.attributes.get("ceil_mode", 0))}
        if layer == "avg_pool":
            more["count_include_pad"] = bool(o.attributes.get("count_include_pad", 0))
        elif any(d != 1 for d in o.attributes.get("dilations", (1,))):
            more["dilation"] = single(o.attributes["dilations"])
        source = o.inputs[0]
        if pads[:n] != pads[n:]:
            if layer == "avg_pool":
                raise Unknown("it pads one side more than the other")
            source = f"{o.outputs[0]}/padded"
            b.put("pad", [o.inputs[0]], source, pad=torch_order(pads), value=-3.4e38)
            pads = (0,) * 2 * n
        strides = o.attributes.get("strides", (1,) * n)
        b.put(
            f"{layer}{n}d", [source], o.outputs[0], kernel_size=single(kernel), stride=single(strides),
            padding=single(pads[:n]), **more,
        )  # fmt: skip

    return handler


def global_pool(kind: str) -> Handler:
    def handler(b: Builder, o: Operation) -> None:
        n = b.rank(o.inputs[0]) - 2
        if n not in (1, 2):
            raise Unknown("it works on neither rows nor pictures")
        b.put(f"adaptive_{kind}_pool{n}d", [o.inputs[0]], o.outputs[0])

    return handler


_ARITHMETIC = {"Add": "add", "Sub": "subtract", "Mul": "multiply", "Div": "divide"}


def arithmetic(b: Builder, o: Operation) -> None:
    """Two branches meet, or one number is added, subtracted, multiplied, divided by."""
    left, right = o.inputs
    if not b.is_constant(left) and not b.is_constant(right):
        b.put(_ARITHMETIC[o.op], [left, right], o.outputs[0])
    elif b.is_constant(right):
        _with_number(b, o.op, left, b.number(right, "second operand"), o.outputs[0])
    else:
        value = b.number(left, "first operand")
        if o.op in ("Sub", "Div"):  # c - x is (-x) + c, and c / x is c times x to the power of -1
            turned = f"{o.outputs[0]}/turned"
            if o.op == "Sub":
                b.put("scale", {"x": right}, turned, factor=-1.0)
            else:
                b.put("power", {"x": right}, turned, exponent=-1.0)
            _with_number(b, "Add" if o.op == "Sub" else "Mul", turned, value, o.outputs[0])
        else:
            _with_number(b, o.op, right, value, o.outputs[0])


def _with_number(b: Builder, op: str, source: str, value: float, made: str) -> None:
    if op in ("Add", "Sub"):
        b.put("shift", {"x": source}, made, offset=value if op == "Add" else -value)
    elif op == "Div" and value == 0:
        raise Unknown("it divides by 0")
    else:
        b.put("scale", {"x": source}, made, factor=value if op == "Mul" else 1.0 / value)


def power(b: Builder, o: Operation) -> None:
    b.put("power", {"x": o.inputs[0]}, o.outputs[0], exponent=b.number(o.inputs[1], "exponent"))


def fixed_power(exponent: float) -> Handler:
    return lambda b, o: b.put("power", {"x": o.inputs[0]}, o.outputs[0], exponent=exponent)


def total(b: Builder, o: Operation) -> None:
    """A sum of several branches, two by two."""
    so_far, *others = o.inputs
    for index, other in enumerate(others):
        made = o.outputs[0] if index == len(others) - 1 else f"{o.outputs[0]}/{index}"
        b.put("add", [so_far, other], made)
        so_far = made
    if not others:
        identity(b, o)


def lrn(b: Builder, o: Operation) -> None:
    b.put(
        "local_response_norm", [o.inputs[0]], o.outputs[0], size=int(o.attributes["size"]),
        alpha=float(f"{o.attributes.get('alpha', 1e-4):.7g}"), beta=float(f"{o.attributes.get('beta', 0.75):.7g}"),
        k=float(o.attributes.get("bias", 1.0)),
    )  # fmt: skip


PLAIN: Mapping[str, Handler] = {
    "Identity": identity,
    "Cast": cast,
    "Relu": simple("relu"),
    "LeakyRelu": simple("leaky_relu", negative_slope=("alpha", 0.01)),
    "Elu": simple("elu", alpha=("alpha", 1.0)),
    "Celu": simple("celu", alpha=("alpha", 1.0)),
    "Selu": simple("selu"),
    "Gelu": simple("gelu", approximate=("approximate", "none")),
    "Mish": simple("mish"),
    "HardSwish": simple("hardswish"),
    "Sigmoid": simple("sigmoid"),
    "Tanh": simple("tanh"),
    "Softsign": simple("softsign"),
    "Softplus": simple("softplus"),
    "HardSigmoid": hard_sigmoid,
    "Softmax": softmax("softmax"),
    "LogSoftmax": softmax("log_softmax"),
    "Dropout": dropout,
    "Clip": clip,
    "MaxPool": pool("max_pool"),
    "AveragePool": pool("avg_pool"),
    "GlobalAveragePool": global_pool("avg"),
    "GlobalMaxPool": global_pool("max"),
    **dict.fromkeys(_ARITHMETIC, arithmetic),
    "Pow": power,
    "Sqrt": fixed_power(0.5),
    "Reciprocal": fixed_power(-1.0),
    "Neg": lambda b, o: b.put("scale", {"x": o.inputs[0]}, o.outputs[0], factor=-1.0),
    "Sum": total,
    "LRN": lrn,
}
