"""The steps of one lowered graph: which nodes, under which names, fed by what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.program.program import Step
from core.spec.layer import Call, LayerSpec, Role, Types
from graph import solving
from graph.findings import Findings
from graph.graph import end_port
from graph.naming import Names, short_name
from graph.records import Node
from graph.survey import Survey

LowerBlock = Callable[[Findings, str], str]  # what was found inside, an instance's path -> the key of its program
_COMPUTED = (Role.LAYER, Role.LOSS, Role.BLOCK)


@dataclass(frozen=True, slots=True)
class _Part:
    """What becomes one step: a layer, or equal copies of a block in a row, of which a chain may have several runs."""

    node: Node
    spec: LayerSpec
    index: int
    runs: int
    repeat: int
    inputs: Types
    outputs: Types
    inside: Findings | None

    @property
    def key(self) -> str:
        return f"{self.node.id}.{self.index}"

    @property
    def is_last(self) -> bool:
        return self.index == self.runs - 1


class Body:
    """Values and steps of one graph. `wanted` are the nodes that take part."""

    def __init__(self, survey: Survey, wanted: set[str], lower_block: LowerBlock) -> None:
        self.survey, self._lower_block = survey, lower_block
        self.names = Names()
        self._values: dict[tuple[str, str], str] = {}  # node, output port -> name
        self._modules: dict[str, str] = {}  # part of the owner of weights -> name of the step that constructs them
        self._order = survey.reading_order([sink for sink in survey.sinks if sink in wanted])
        origins = (survey.origin(wire) for node in self._order for wire in survey.wires(node))
        self._used = {(wire.source, wire.source_port) for wire in origins if wire is not None}

    def enter(self, node: str, label: str, port: str) -> str:
        """Name the value that comes from outside at a node's port."""
        name = self.names.take(label)
        self._values[node, port] = name
        return name

    def alias(self, node: str, port: str, name: str) -> None:
        """What leaves a node's port is a value that has entered already."""
        self._values[node, port] = name

    def arriving(self, node: str, end: str) -> str:
        """The name of the value at a port end. Raises KeyError where none arrives."""
        wire = next(w for w in self.survey.findings.wires(node) if w.target_port == end)
        origin = self.survey.origin(wire)
        assert origin is not None
        return self._values[origin.source, origin.source_port]

    def made(self, node: str, port: str) -> str:
        """The name of the value that a step makes."""
        return self._values[node, port]

    def steps(self, lone_loss: str = "") -> tuple[Step, ...]:
        """Every step in order, after all values have entered. A node called `lone_loss` is named ``loss``."""
        parts = [part for node in self._order for part in self._parts(node)]
        own = {p.key: _numbered(p, p.node.name) for p in parts if p.node.name}
        others = {p.key: "loss" if p.node.id == lone_loss else self._kind(p) for p in parts if not p.node.name}
        names = self.names.take_all(own, others)
        return tuple(self._step(part, names[part.key]) for part in parts)

    # -- one node

    def _parts(self, id: str) -> Iterator[_Part]:
        node, spec = self.survey.node(id), self.survey.specs[id]
        outcome = self.survey.findings.outcomes[id]
        if spec is None or node.muted or spec.role not in _COMPUTED or outcome.given is None:
            return
        if not outcome.inside:
            yield _Part(node, spec, 0, 1, 1, outcome.given.types, outcome.outputs, None)
        for index, (found, count) in enumerate(outcome.inside):
            entries = {port: type for port, type in found.entries.items() if port != solving.TIME}
            leaving = found.leaving if node.solver is None else outcome.outputs
            yield _Part(node, spec, index, len(outcome.inside), count, entries, leaving, found)

    def _kind(self, part: _Part) -> str:
        """What an unnamed node is called after: its layer, or its block."""
        block = self.survey.document.blocks.get(part.node.block)
        return Names().take(block.name, "block") if block is not None else short_name(part.spec.id)

    def _step(self, part: _Part, name: str) -> Step:
        node, outcome = part.node, self.survey.findings.outcomes[part.node.id]
        inputs = self._inputs(part)
        module, constructs = self._module(part, name)
        owner = self._owner(node)
        assert outcome.given is not None
        return Step(
            name=name,
            node=self.survey.path(node.id),
            layer="" if part.inside else part.spec.id,
            block=self._lower_block(part.inside, self.survey.path(node.id)) if part.inside else "",
            module=module,
            repeat=part.repeat,
            params=outcome.given.params,
            inputs=inputs,
            outputs=self._outputs(part, name),
            input_types=part.inputs,
            output_types=part.outputs,
            init=owner.init if constructs else None,
            frozen=owner.frozen and constructs,
            label=self.survey.label(node.id),
            solver=solving.completed(node.solver) if node.solver is not None else None,
        )

    def _inputs(self, part: _Part) -> dict[str, str]:
        """Port end -> value; a copy of a block takes the outputs of the one before it at its first inputs."""
        ends = {end: self._source(part, end) for end in part.inputs}
        if part.index == 0:
            return ends
        fed = zip(ends, part.outputs, strict=False)
        return {**ends, **{end: self._values[part.node.id, port] for end, port in fed}}

    def _source(self, part: _Part, end: str) -> str:
        wired = {wire.target_port for wire in self.survey.findings.wires(part.node.id)}
        while end not in wired:
            end = part.spec.input[end_port(end)].same_as
        return self.arriving(part.node.id, end)

    def _outputs(self, part: _Part, name: str) -> dict[str, str]:
        """Output port -> value, for those that somebody uses."""
        id = part.node.id
        ports = [port for port in part.spec.outputs if not part.is_last or self._is_used(part, port.id)]
        several = len(part.spec.outputs) > 1
        outputs: dict[str, str] = {}
        for port in ports:
            title = port.title if part.inside else port.id
            value = self.names.take(f"{name}_{title}") if several else name
            outputs[port.id] = self._values[id, port.id] = value
        return outputs

    def _is_used(self, part: _Part, port: str) -> bool:
        return part.spec.role == Role.LOSS or (part.node.id, port) in self._used

    # -- weights

    def _owner(self, node: Node) -> Node:
        graph = self.survey.findings.graph
        return graph.node(node.shares) if node.shares in graph else node

    def _module(self, part: _Part, name: str) -> tuple[str, bool]:
        """The attribute that holds the weights, and whether this step is the one that constructs it."""
        if not part.inside and not isinstance(part.spec.torch, Call):
            return "", False
        key = f"{self._owner(part.node).id}.{part.index}"
        module = self._modules.setdefault(key, name)
        return module, module == name


def _numbered(part: _Part, name: str) -> str:
    return f"{name} {part.index + 1}" if part.runs > 1 else name
