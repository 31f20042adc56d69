"""What the translation of operations works with: tensors by name, nodes placed one by one, weights kept beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from core.catalog import Catalog
from core.program.foreign import Array, Model, Operation, Size
from graph.records import Link, Node


class Unknown(ValueError):
    """Raised for an operation that no layer stands for; the sentence says what of it."""


@dataclass(slots=True)
class Placed:
    """A node with its weights by torch's names."""

    node: Node
    weights: dict[str, Array] = field(default_factory=dict)


class Builder:
    """The design as it grows. Tensors of the model are output ports of nodes, or constants."""

    def __init__(self, model: Model, catalog: Catalog) -> None:
        self.model, self.catalog = model, catalog
        self.placed: dict[str, Placed] = {}
        self.links: list[Link] = []
        self.made: dict[str, tuple[str, str]] = {}  # tensor -> node, output port
        self.done: set[int] = set()  # operations that an earlier one took along, by the id of the object
        self._users: dict[str, list[Operation]] = {}
        for operation in model.operations:
            for name in operation.inputs:
                self._users.setdefault(name, []).append(operation)
        self._ends = Counter(entry.name for entry in model.outputs)

    # -- questions

    def is_constant(self, tensor: str) -> bool:
        return tensor in self.model.constants

    def constant(self, tensor: str, what: str, least: int = 0) -> Array:
        """A fixed tensor. Raises Unknown where it is computed or has too few dimensions; `what` says what it is for."""
        if tensor not in self.model.constants:
            raise Unknown(f"its {what} is computed, where layers have it fixed")
        found = self.model.constants[tensor]
        if found.ndim < least:
            raise Unknown(f"its {what} has {found.ndim} dimensions, fewer than {least}")
        return found

    def ints(self, tensor: str, what: str) -> tuple[int, ...]:
        return tuple(int(value) for value in self.constant(tensor, what).reshape(-1))

    def number(self, tensor: str, what: str) -> float:
        value = self.constant(tensor, what)
        if value.size != 1:
            raise Unknown(f"its {what} is not one number")
        return float(value.reshape(()))

    def shape(self, tensor: str) -> tuple[Size, ...]:
        """The shape of a tensor, the batch in front. Raises Unknown where the file does not tell."""
        if tensor not in self.model.shapes:
            raise Unknown("the file does not tell the shape of what it works on")
        return self.model.shapes[tensor]

    def rank(self, tensor: str) -> int:
        return len(self.shape(tensor))

    def axis(self, tensor: str, axis: int) -> int:
        """The axis counted from the front. Raises Unknown for the batch."""
        axis = axis + self.rank(tensor) if axis < 0 else axis
        if axis == 0:
            raise Unknown("it works across the batch")
        return axis

    def only_user(self, tensor: str) -> Operation | None:
        """The one operation that reads a tensor, where there is one and it is no output of the network."""
        users = self._users.get(tensor, [])
        return users[0] if len(users) == 1 and tensor not in self._ends else None

    def maker(self, tensor: str) -> Placed | None:
        return self.placed[self.made[tensor][0]] if tensor in self.made else None

    # -- building

    def put(
        self,
        layer: str,
        inputs: Mapping[str, str] | Sequence[str],
        outputs: Mapping[str, str] | str,
        *,
        weights: Mapping[str, Array | None] | None = None,
        name: str = "",
        **params: Any,
    ) -> str:
        """A node fed by tensors (by port, or in the order of the ports), whose output ports make tensors.

        Parameters at their default are left out. Returns the node's id.

        Raises:
            Unknown: there is no such layer, or a tensor is a constant, which no wire brings.
            ValueError: a parameter does not fit.
        """
        spec = self.catalog.get(layer)
        if spec is None:
            raise Unknown("there is no layer that does it in so many dimensions")
        id = f"n{len(self.placed) + 1}"
        ends = inputs if isinstance(inputs, Mapping) else dict(zip(self._ends_of(layer, inputs), inputs, strict=False))
        if any(self.is_constant(tensor) for tensor in ends.values()):
            raise Unknown("it works on something fixed, where layers are given it")
        changed = {key: value for key, value in spec.values(params).items() if value != spec.param[key].default}
        kept = {key: value for key, value in (weights or {}).items() if value is not None}
        self.placed[id] = Placed(Node(id, layer, name=name, params=changed), kept)
        self._wire(id, ends)
        made = {spec.outputs[0].id: outputs} if isinstance(outputs, str) else outputs
        self.made.update({tensor: (id, port) for port, tensor in made.items()})
        return id

    def put_unknown(self, operation: Operation) -> None:
        """A node that stands for what no layer does, with its wires."""
        id = f"n{len(self.placed) + 1}"
        self.placed[id] = Placed(Node(id, f"onnx:{operation.op.lower()}", name=operation.op))
        self._wire(id, {f"in{i}": name for i, name in enumerate(operation.inputs)})
        self.made.update({name: (id, f"out{i}") for i, name in enumerate(operation.outputs) if name})

    def alias(self, tensor: str, other: str) -> None:
        """One tensor is another by a new name."""
        if other in self.made:
            self.made[tensor] = self.made[other]

    def _ends_of(self, layer: str, inputs: Sequence[str]) -> list[str]:
        ports = self.catalog[layer].inputs
        if ports and ports[0].variadic:
            return [f"{ports[0].id}.{i}" for i in range(len(inputs))]
        return [port.id for port in ports]

    def _wire(self, id: str, ends: Mapping[str, str]) -> None:
        for end, tensor in ends.items():
            if tensor in self.made:
                source, port = self.made[tensor]
                self.links.append(Link(f"l{len(self.links) + 1}", source, port, id, end))


Handler: TypeAlias = Callable[[Builder, Operation], object]


def single(sizes: Sequence[int]) -> int | tuple[int, ...]:
    """One number where all are equal, as fields have it."""
    values = tuple(int(size) for size in sizes)
    return values[0] if len(set(values)) == 1 else values


def fixed(sizes: Sequence[Size]) -> tuple[int, ...]:
    """Sizes that are all numbers. Raises Unknown otherwise."""
    found = tuple(size for size in sizes if isinstance(size, int))
    if len(found) != len(sizes):
        raise Unknown("sizes beside the batch vary")
    return found


def torch_order(pads: Sequence[int]) -> tuple[int, ...]:
    """ONNX tells all fronts, then all ends; torch goes from the last dimension to the first, front and end."""
    n = len(pads) // 2
    return tuple(int(pads[i + side * n]) for i in reversed(range(n)) for side in (0, 1))
