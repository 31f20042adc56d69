"""Programs for tests, made step by step from the catalogue's rules, without a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.catalog import Catalog
from core.catalog.families import default_catalog
from core.program.program import Init, Program, Result, Step, Value
from core.spec.layer import Given
from core.spec.shape import BATCH, DType, TensorType


class Drawing:
    """Collects inputs, steps, outputs and losses, and infers the types on the way. Values are their names."""

    def __init__(self, name: str, title: str = "", *, path: str = "", catalog: Catalog | None = None) -> None:
        self.name, self.title, self.path = name, title, path
        self.catalog = catalog or default_catalog()
        self.types: dict[str, TensorType] = {}
        self.inputs: list[Value] = []
        self.targets: list[Value] = []
        self.outputs: list[Result] = []
        self.losses: list[Result] = []
        self.steps: list[Step] = []
        self.blocks: dict[str, Program] = {}

    def input(self, name: str, *shape: Any, dtype: DType = "float", batch: bool = True) -> str:
        self.inputs.append(self._value(name, TensorType((BATCH, *shape) if batch else shape, dtype)))
        return name

    def target(self, name: str, *shape: Any, dtype: DType = "float") -> str:
        self.targets.append(self._value(name, TensorType((BATCH, *shape), dtype)))
        return name

    def layer(
        self,
        id: str,
        name: str,
        *inputs: str,
        params: Mapping[str, Any] | None = None,
        ends: Mapping[str, str] | None = None,
        uses: Sequence[str] | None = None,
        module: str | None = None,
        repeat: int = 1,
        init: Init | None = None,
        frozen: bool = False,
        label: str = "",
    ) -> Any:
        """One step; returns the name of its value, or the names where it has several outputs."""
        spec = self.catalog[id]
        wiring = dict(ends) if ends is not None else self._wiring(spec, inputs)
        for port in spec.inputs:
            if port.same_as and port.id not in wiring and port.same_as in wiring:
                wiring[port.id] = wiring[port.same_as]
        given = Given({end: self.types[value] for end, value in wiring.items()}, spec.values(params or {}))
        types = spec.shape(given)
        used = list(uses) if uses is not None else [port.id for port in spec.outputs]
        outputs = {port: name if len(spec.outputs) == 1 else f"{name}_{port}" for port in used}
        self.types |= {value: types[port] for port, value in outputs.items()}
        is_module = hasattr(spec.torch, "target")
        self.steps.append(
            Step(
                name=name,
                node=self._node(name),
                layer=id,
                module=(module or name) if is_module else "",
                repeat=repeat,
                params=given.params,
                inputs=wiring,
                outputs=outputs,
                input_types=given.types,
                output_types=types,
                init=init,
                frozen=frozen,
                label=label,
            )
        )
        return name if len(spec.outputs) == 1 else tuple(outputs.values())

    def block(self, key: str, block: Program, name: str, *inputs: str, repeat: int = 1, **more: Any) -> Any:
        """An instance of a block; a block that is equal to a known one is that one."""
        key = next((known for known, program in self.blocks.items() if program == block), key)
        self.blocks |= {**block.blocks, key: block}
        ports = [result.node.rpartition("/")[2] for result in block.outputs]
        outputs = {port: name if len(ports) == 1 else f"{name}_{port}" for port in ports}
        types = {port: result.type for port, result in zip(ports, block.outputs, strict=True)}
        ends = [value.node.rpartition("/")[2] for value in block.inputs]
        self.types |= {value: types[port] for port, value in outputs.items()}
        self.steps.append(
            Step(
                name=name,
                node=self._node(name),
                block=key,
                module=more.pop("module", name),
                repeat=repeat,
                inputs=dict(zip(ends, inputs, strict=True)),
                outputs=outputs,
                input_types={end: self.types[value] for end, value in zip(ends, inputs, strict=True)},
                output_types=types,
                **more,
            )
        )
        return name if len(ports) == 1 else tuple(outputs.values())

    def output(self, value: str, name: str = "") -> None:
        name = name or value
        self.outputs.append(Result(name, value, self.types[value], self._node(f"out_{name}")))

    def loss(self, value: str, name: str = "", weight: float = 1.0) -> None:
        name = name or value
        self.losses.append(Result(name, value, self.types[value], self._node(value), weight))

    def program(self) -> Program:
        made = Program(
            name=self.name,
            title=self.title,
            inputs=tuple(self.inputs),
            targets=tuple(self.targets),
            outputs=tuple(self.outputs),
            losses=tuple(self.losses),
            steps=tuple(self.steps),
            blocks=self.blocks,
        )
        if not self.path:
            made.verify()
        return made

    def _value(self, name: str, type: TensorType) -> Value:
        self.types[name] = type
        return Value(name, type, self._node(name), field=name)

    def _node(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name

    @staticmethod
    def _wiring(spec: Any, inputs: Sequence[str]) -> dict[str, str]:
        if spec.inputs and spec.inputs[0].variadic:
            return {f"{spec.inputs[0].id}.{i}": value for i, value in enumerate(inputs)}
        return {port.id: value for port, value in zip(spec.inputs, inputs, strict=False)}


def mlp() -> Program:
    """Iris: 4 features, 3 classes."""
    d = Drawing("IrisMlp", "Iris classifier")
    x = d.input("features", 4)
    target = d.target("target", dtype="int")
    x = d.layer("linear", "hidden", x, params={"out_features": 16}, init=Init("kaiming_normal", bias="zeros"))
    x = d.layer("relu", "relu", x)
    logits = d.layer("linear", "logits", x, params={"out_features": 3})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def residual_block(path: str, channels: int, out: int, size: int, stride: int) -> Program:
    """Two convolutions with norms, and a projection beside them."""
    d = Drawing("ResidualBlock", "Residual block", path=path)
    x = d.input("x", channels, size, size)
    conv = {"out_channels": out, "kernel_size": 3, "padding": 1, "bias": False}
    y = d.layer("conv2d", "conv1", x, params={**conv, "stride": stride})
    y = d.layer("batch_norm2d", "norm1", y)
    y = d.layer("relu", "relu1", y)
    y = d.layer("conv2d", "conv2", y, params=conv)
    y = d.layer("batch_norm2d", "norm2", y)
    skip = {"out_channels": out, "kernel_size": 1, "padding": 0, "bias": False, "stride": stride}
    shortcut = d.layer("conv2d", "shortcut", x, params=skip)
    y = d.layer("add", "add", y, shortcut)
    d.output(d.layer("relu", "relu2", y))
    return d.program()


def resnet(blocks: int = 2) -> Program:
    """Digits: a stem, a stage of equal blocks, a stage that halves the picture."""
    d = Drawing("DigitsResnet", "Digits ResNet")
    x = d.input("image", 1, 8, 8)
    target = d.target("target", dtype="int")
    x = d.layer("conv2d", "stem", x, params={"out_channels": 8, "kernel_size": 3, "padding": "same"})
    x = d.block("ResidualBlock", residual_block("stage1", 8, 8, 8, 1), "stage1", x, repeat=blocks)
    x = d.block("ResidualBlock2", residual_block("stage2", 8, 16, 8, 2), "stage2", x)
    x = d.layer("global_avg_pool", "pool", x)
    logits = d.layer("linear", "head", x, params={"out_features": 10})
    d.output(logits, "logits")
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def siamese() -> Program:
    """Two inputs through one encoder, their difference scored; both embeddings leave too."""
    d = Drawing("Siamese", "Siamese")
    left, right = d.input("left", 6), d.input("right", 6)
    target = d.target("same", 1)
    a = d.layer("linear", "encoder", left, params={"out_features": 4})
    b = d.layer("linear", "encoder_right", right, params={"out_features": 4}, module="encoder")
    score = d.layer("linear", "score", d.layer("subtract", "difference", a, b), params={"out_features": 1})
    for value, name in ((score, "score"), (a, "left embedding"), (b, "right embedding")):
        d.output(value, name)
    d.loss(d.layer("bce_with_logits", "loss", score, target))
    return d.program()


def autoencoder() -> Program:
    """A loss on the hidden code beside the one on the output; the input is the target."""
    d = Drawing("Autoencoder", "Autoencoder")
    x = d.input("x", 8)
    code = d.layer("linear", "latent", x, params={"out_features": 2})
    zero = d.target("zero", 2)
    out = d.layer("linear", "decoded", code, params={"out_features": 8})
    d.output(out)
    d.loss(d.layer("mse_loss", "reconstruction", out, x))
    d.loss(d.layer("l1_loss", "sparsity", code, zero), weight=0.1)
    return d.program()


def transformer(layers: int = 2) -> Program:
    """Sequences of 8 steps: projection, positions, encoder layers in a row, mean, head."""
    d = Drawing("SequenceClassifier", "Sequence classifier")
    x = d.input("tokens", 8, 12)
    target = d.target("target", dtype="int")
    x = d.layer("linear", "project", x, params={"out_features": 16})
    x = d.layer("positional_encoding", "positions", x)
    params = {"nhead": 4, "dim_feedforward": 32, "dropout": 0.0}
    x = d.layer("transformer_encoder_layer", "encoder", x, params=params, repeat=layers)
    x = d.layer("mean", "pool", x, params={"dim": (1,)})
    logits = d.layer("linear", "logits", x, params={"out_features": 5})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def recurrent_block() -> Program:
    """A block of two inputs and one output, in a row: the state goes on, the context goes to each."""
    b = Drawing("Mix", "Mix", path="mix")
    state, context = b.input("state", 4), b.input("context", 4)
    y = b.layer("linear", "gate", context, params={"out_features": 4})
    b.output(b.layer("multiply", "product", state, y))
    d = Drawing("Mixed", "Mixed")
    x, c = d.input("x", 4), d.input("c", 4)
    d.output(d.block("Mix", b.program(), "mix", x, c, repeat=3))
    return d.program()


def frozen_trunk() -> Program:
    """A frozen block with norms and dropout, a frozen norm of its own, a head that trains."""
    b = Drawing("Trunk", "Trunk", path="trunk")
    y = b.layer("batch_norm1d", "norm", b.layer("linear", "dense", b.input("x", 4), params={"out_features": 6}))
    b.output(b.layer("dropout", "dropout", y))
    d = Drawing("Transfer", "Transfer")
    x = d.block("Trunk", b.program(), "trunk", d.input("x", 4), frozen=True)
    x = d.layer("batch_norm1d", "norm", x, frozen=True)
    d.output(d.layer("linear", "head", x, params={"out_features": 2}))
    return d.program()


ALL = {p.__name__: p for p in (mlp, resnet, siamese, autoencoder, transformer, recurrent_block, frozen_trunk)}
