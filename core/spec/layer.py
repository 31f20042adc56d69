"""What a layer is: one declaration from which palette, form, shapes, costs, module, source, help and tests derive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeAlias

from core.problem import Fix
from core.spec.params import Param, defaults
from core.spec.shape import Dim, DType, TensorType


class Role(StrEnum):
    """How a node takes part in the drawing."""

    LAYER = "layer"
    INPUT = "input"  # features of the data enter here
    TARGET = "target"  # what the data says the answer is
    OUTPUT = "output"  # what inference returns and what is exported
    LOSS = "loss"  # a scalar that training may minimise
    BLOCK = "block"  # an instance of a block of the document
    ENTRY = "entry"  # inside a block: one of its input ports
    EXIT = "exit"  # inside a block: one of its output ports
    TIME = "time"  # inside a block that a solver runs: the time


class Mismatch(ValueError):
    """Raised by a rule when the inputs or parameters of one node do not fit.

    The text is a sentence for the person. The caller puts in front of it the node's name and what arrives at each port
    and from where, so it tells what was expected and names the numbers that disagree, and repeats no whole shape.
    """

    def __init__(
        self, message: str, *, port: str = "", expected: str = "", received: str = "", fixes: tuple[Fix, ...] = ()
    ) -> None:
        super().__init__(message)
        self.port, self.expected, self.received, self.fixes = port, expected, received, fixes


@dataclass(frozen=True, slots=True)
class Port:
    """Where a wire ends.

    A variadic port takes any number of wires; its ends are called ``id.0``, ``id.1``, … in order (gaps allowed).
    An optional port may stay empty; `same_as` names the port whose wire it then uses, if any; `field` the field whose
    value then stands in its place, which the card shows beside the socket. `scores`, at the prediction of a loss, says
    that raw scores arrive: the softmax or sigmoid is still to come. `evaluates_to`, at an output, names the input whose
    value it has in evaluation.
    """

    id: str
    label: str = ""
    doc: str = ""
    dtype: DType | None = None
    variadic: bool = False
    optional: bool = False
    same_as: str = ""
    field: str = ""
    scores: bool = False
    evaluates_to: str = ""

    @property
    def title(self) -> str:
        return self.label or self.id


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule is given: the types at the connected input ports, and the checked parameters.

    `types` maps port ends (``"x"``, or ``"xs.0"``, ``"xs.1"`` in order for a variadic port) to what arrives there;
    ports with `same_as` are already filled in. `used`, known only where code is written, has the output ports that
    somebody reads; None: all of them.
    """

    types: Mapping[str, TensorType]
    params: Mapping[str, Any]
    used: frozenset[str] | None = None

    def __getitem__(self, param: str) -> Any:
        return self.params[param]

    def type(self, port: str = "x") -> TensorType:
        return self.types[port]

    def has(self, port: str) -> bool:
        return port in self.types

    def uses(self, output: str) -> bool:
        """Whether somebody reads that output port."""
        return self.used is None or output in self.used

    def many(self, port: str = "xs") -> tuple[TensorType, ...]:
        """The types at the ends of a variadic port, in order."""
        return tuple(t for end, t in self.types.items() if end.partition(".")[0] == port)


Types: TypeAlias = Mapping[str, TensorType]  # output port -> what leaves there
ShapeRule: TypeAlias = Callable[[Given], Types]  # raises Mismatch
WeightRule: TypeAlias = Callable[[Given], Mapping[str, tuple[int, ...]]]  # parameter name -> its shape, torch's names
CostRule: TypeAlias = Callable[[Given], Dim]  # multiply-accumulates for the whole input, batch dimension included
Computed: TypeAlias = Callable[[Given], Any]
Template: TypeAlias = str | Callable[[Given], str]


@dataclass(frozen=True, slots=True)
class Call:
    """The layer as an ``nn.Module``: how it is constructed and how it is called.

    `target` is ``torch.nn.Linear``, or ``core.modules.positional.PositionalEncoding`` for one of ours (whose text the
    exported source then carries). Parameters of the declaration go to the constructor by name, except those in `skip`;
    `computed` adds or replaces arguments; `positional` lists those written without their name. `forward` is the call
    (``{self}``, ports by id, ``{xs}`` a comma-separated row); `results` the left side of the assignment, with output
    ports by id (by default all of them in order); a port nobody uses becomes ``_``.
    """

    target: str
    computed: Mapping[str, Computed] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    forward: Template = "{self}({x})"
    results: Template = ""


@dataclass(frozen=True, slots=True)
class Expr:
    """The layer as an expression: ``{a} + {b}``; ``{xs}`` is a comma-separated row, ``{dim}`` a parameter by `repr`.

    A callable may choose the text by the parameters and the ports in use. The text may name ``torch``, ``nn``, ``F``
    (torch.nn.functional) and ``math``; `computed` adds values by name.
    """

    text: Template
    computed: Mapping[str, Computed] = field(default_factory=dict)


@dataclass(frozen=True)
class LayerSpec:
    """One layer, whole.

    Attributes:
        id: stable identifier, written to files. `replaces` lists former ids.
        doc: one sentence: what the layer does. `when`: when to use it, in a sentence or two.
        formula: in plain text. `source`: the paper or section that defines it.
        shape, weights, macs: plain-Python rules; `core.spec.rules` has the common ones.
        torch: how it becomes code; None only for nodes that are not computed (Input, Target, Output, …).
        trains_differently: behaves otherwise in training than in evaluation (Dropout, BatchNorm).
        follows_data: keeps running statistics of what passes in training; they stand still where the node is frozen.
        bends: its gradient is not that of what it computes, on purpose.
        compares: what leaves depends on all examples of a batch together, not on each alone.
        views: what leaves is what enters, in another shape and without a copy.
        data_start: a parameter that says how weights start from the training data, and the tensor that starts so (see
            `core.training.centres`).
        onnx_note: what the ONNX export cannot do, in a sentence; empty where it does all.
    """

    id: str
    label: str
    doc: str
    shape: ShapeRule
    torch: Call | Expr | None = None
    icon: str = ""
    formula: str = ""
    when: str = ""
    source: str = ""
    params: tuple[Param, ...] = ()
    inputs: tuple[Port, ...] = (Port("x"),)
    outputs: tuple[Port, ...] = (Port("y"),)
    weights: WeightRule | None = None
    macs: CostRule | None = None
    role: Role = Role.LAYER
    keywords: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    trains_differently: bool = False
    follows_data: bool = False
    bends: bool = False
    compares: bool = False
    views: bool = False
    data_start: tuple[str, str] | None = None
    onnx_note: str = ""
    category: str = ""

    @cached_property
    def param(self) -> Mapping[str, Param]:
        return {p.name: p for p in self.params}

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        return defaults(self.params)

    @cached_property
    def input(self) -> Mapping[str, Port]:
        return {p.id: p for p in self.inputs}

    @cached_property
    def output(self) -> Mapping[str, Port]:
        return {p.id: p for p in self.outputs}

    def values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter's value: those given, checked; the default for the rest.

        Raises:
            ValueError: a given value does not fit its field, or a name is unknown.
        """
        unknown = sorted(set(params) - set(self.param))
        if unknown:
            raise ValueError(f"{self.label} has no parameter {', '.join(unknown)}.")
        return {p.name: p.check(params[p.name]) if p.name in params else p.default for p in self.params}


def dim(port: str, index: int) -> Computed:
    """Computes one dimension of what arrives at a port; raises Mismatch where it is not a plain number."""

    def computed(given: Given) -> int:
        size = given.type(port).shape[index]
        if not isinstance(size, int):
            raise Mismatch(
                f"dimension {index} must be a fixed number here, it is {size}.", port=port, received=str(size)
            )
        return size

    return computed
