"""`Program`: what a drawing means, plain and printable. Shapes, module, source, ONNX and reports all come from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.program.names import is_module_name
from core.program.names import is_name as is_name
from core.spec.shape import TensorType


@dataclass(frozen=True, slots=True)
class Init:
    """How the parameters of one module start.

    `weight` is an id of `core.catalog.initialisers` (or ``"default"``: torch's own); it goes to every parameter of two
    or more dimensions, or to the one called ``weight`` where there is none. `bias` goes to those with ``bias`` in their
    own name.
    """

    weight: str = "default"
    weight_params: Mapping[str, Any] = field(default_factory=dict)
    bias: str = "default"
    bias_params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Solver:
    """A block is the dynamics f of dh/dt = f(h, t), solved by a `method` of `core.catalog.solvers` with its `params`.

    What enters the block's first input is the state at the start, what leaves its only output the slope.
    """

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """Something that enters: an input or a target of the main program, or an argument of a block.

    `name` is the identifier in the source and the key in a batch; `field` the column of the data that it is bound to;
    `encoding` how the column is presented (see the Target layer): ``as_is``, ``index``, ``one_hot``, ``binary``;
    random numbers have no field, and ``normal`` or ``uniform`` says what they are drawn from.
    """

    name: str
    type: TensorType
    node: str
    field: str = ""
    encoding: str = "as_is"

    @property
    def port(self) -> str:
        """Where it is an argument of a block: the port of the block's calls that it belongs to (the entry's id)."""
        return self.node.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Step:
    """One node, computed.

    Attributes:
        name: unique identifier within its program; the module attribute is `module`, which differs from `name` only
            where the weights of another step are shared. Empty `module`: a pure expression.
        node: path of the node in the document, ``"n7/n2"`` inside the block instance n7.
        layer: id of the LayerSpec; empty for a block call.
        block: key of `Program.blocks`; empty for a layer. `repeat`: how many equal copies stand in a row.
        solver: the block is the dynamics of a differential equation, with every parameter of its method. An input of
            the block that `inputs` leaves out is the time, one number for each example.
        params: every parameter of the layer, checked.
        inputs: port end (``"x"``, ``"xs.0"``) -> name of the value that arrives; `same_as` ports are filled in.
        outputs: output port -> name of the value; ports nobody uses are left out.
        input_types, output_types: the types at those ends (all output ports).
    """

    name: str
    node: str
    layer: str = ""
    block: str = ""
    module: str = ""
    repeat: int = 1
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    input_types: Mapping[str, TensorType] = field(default_factory=dict)
    output_types: Mapping[str, TensorType] = field(default_factory=dict)
    init: Init | None = None
    frozen: bool = False
    label: str = ""
    solver: Solver | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Something that leaves: an output (`name` is its public name, `value` the value's) or a loss with its weight."""

    name: str
    value: str
    type: TensorType
    node: str
    weight: float = 1.0

    @property
    def port(self) -> str:
        """Where it is a result of a block: the port of the block's calls that it belongs to (the exit's id)."""
        return self.node.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Program:
    """A class to be: `name` is its identifier.

    Steps are in the order of computation and serve outputs and losses together. For a block, `inputs` are the arguments
    and `outputs` the results in order; it has no targets or losses. `blocks` (main program only) maps class names to
    programs, each before those that use it.
    """

    name: str
    inputs: tuple[Value, ...]
    outputs: tuple[Result, ...]
    steps: tuple[Step, ...]
    targets: tuple[Value, ...] = ()
    losses: tuple[Result, ...] = ()
    blocks: Mapping[str, Program] = field(default_factory=dict)
    title: str = ""

    def verify(self) -> None:
        """Check the rules that every program keeps.

        Raises:
            AssertionError: a name is no identifier or stands twice, a value is used before it is made, a block is
                missing or stands after one that uses it, a shared module was never constructed, a loss is not a scalar,
                an output needs a target.
        """
        known: dict[str, Program] = {}
        for name, block in self.blocks.items():
            _require(is_name(name), f"{name!r} cannot name a class")
            _require(not block.blocks and not block.losses and not block.targets, f"{name} is no block")
            block._verify_body(known)
            known[name] = block
        _require(is_name(self.name), f"{self.name!r} cannot name a class")
        self._verify_body(known)
        self._verify_outputs()

    def _verify_body(self, blocks: Mapping[str, Program]) -> None:
        known: set[str] = set()
        for value in (*self.inputs, *self.targets):
            _require(value.name not in known, f"{value.name} enters twice")
            _require(is_name(value.name), f"{value.name!r} is no identifier")
            known.add(value.name)
        modules: set[str] = set()
        for step in self.steps:
            self._verify_step(step, known, modules, blocks)
            modules.add(step.module)
            known.update(step.outputs.values())
        for result in (*self.outputs, *self.losses):
            _require(result.value in known, f"{result.name} returns {result.value}, which nothing makes")
        for loss in self.losses:
            _require(loss.type.shape == (), f"the loss {loss.name} is not a scalar")

    @staticmethod
    def _verify_step(step: Step, known: set[str], modules: set[str], blocks: Mapping[str, Program]) -> None:
        _require(bool(step.layer) != bool(step.block), f"{step.name} must be a layer or a block")
        _require(not step.block or step.block in blocks, f"{step.name} calls the missing block {step.block}")
        if step.block:
            block = blocks[step.block]
            _require(step.module != "", f"{step.name} calls a block without a module")
            _require(_feeds(step, block), f"{step.name} does not feed {step.block}'s inputs")
            _require({r.port for r in block.outputs} >= set(step.outputs), f"{step.block} has no such output")
        if step.solver is not None:
            _require(step.block != "" and step.repeat == 1, f"{step.name} is solved, but is no single block")
            _require(len(blocks[step.block].outputs) == 1 and bool(step.inputs), f"{step.name} has no single state")
        _require(step.repeat >= 1, f"{step.name} has {step.repeat} copies")
        if step.module:
            _require(is_module_name(step.module), f"{step.module!r} cannot name a layer")
            own = step.module == step.name
            _require(own or step.module in modules, f"{step.module} is shared before it exists")
            _require(not own or step.module not in modules, f"{step.module} is constructed twice")
        for end, name in step.inputs.items():
            _require(name in known, f"{step.name}.{end} uses {name} before it is made")
        for name in step.outputs.values():
            _require(name not in known, f"{name} is made twice")
            _require(is_name(name), f"{name!r} is no identifier")

    def _verify_outputs(self) -> None:
        needed = {result.value for result in self.outputs}
        for step in reversed(self.steps):
            if not needed.isdisjoint(step.outputs.values()):
                needed.update(step.inputs.values())
        for target in self.targets:
            _require(target.name not in needed, f"an output needs the target {target.name}")

    def walk(self) -> Iterator[tuple[Program, Step]]:
        """Every step of this program and of its blocks (each block once)."""
        for program in (*self.blocks.values(), self):
            for step in program.steps:
                yield program, step

    def placed(self) -> Iterator[Placed]:
        """Every node as it is met: blocks by instance, each before what is inside it."""
        yield from self._placed(self, "", ("",), False)

    def _placed(self, program: Program, path: str, within: tuple[str, ...], shared: bool) -> Iterator[Placed]:
        for step in program.steps:
            node = f"{path}/{step.node.rpartition('/')[2]}" if path else step.node
            modules = tuple(prefix + step.module for prefix in within) if step.module else ()
            borrowed = shared or step.module not in ("", step.name)
            copies = tuple(f"{m}.{i}" for m in modules for i in range(step.repeat)) if step.repeat > 1 else modules
            yield Placed(node, step, copies, borrowed)
            if step.block:
                inside = tuple(f"{copy}." for copy in copies)
                yield from self._placed(self.blocks[step.block], node, inside, borrowed)


@dataclass(frozen=True, slots=True)
class Placed:
    """A node of the document, blocks taken by instance.

    `modules` are the dotted paths of the modules that it stands for in the built one, several where a block around
    it or it itself is repeated, none for an expression; `shared` where another node constructed them.
    """

    node: str
    step: Step
    modules: tuple[str, ...]
    shared: bool


def _feeds(step: Step, block: Program) -> bool:
    """Whether every input of the block gets a value; a solver feeds one more, the time."""
    wanted = {value.port for value in block.inputs}
    free = 0 if step.solver is None else 1
    return set(step.inputs) <= wanted and len(wanted) - len(step.inputs) <= free


def _require(fact: bool, message: str) -> None:
    if not fact:
        raise AssertionError(f"Program: {message}.")
