"""`lower`: from a document to the `Program` that it means. Only what outputs and losses need is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.problem import LayerloomError, Severity
from core.program.program import Program, Result, Value
from core.spec.layer import Call, Role
from graph import check, solving
from graph.blocks import ports
from graph.document import Document
from graph.findings import Findings
from graph.infer import Inference
from graph.naming import class_name, public_names
from graph.steps import Body
from graph.survey import Survey

_OUR_MODULES = "core.modules."


def lower(document: Document, inference: Inference | None = None) -> Program:
    """The program of a design. An inference that follows the document already spares a new one.

    Where there is no data, targets are unknown: losses are left out, and the rest can still be exported.

    Raises:
        LayerloomError: the first error that `graph.check` finds.
    """
    own = inference is None
    inference = inference or Inference(document)
    try:
        problem = next(iter(check.problems(document, inference)), None)
        if problem is not None and problem.severity == Severity.ERROR:
            raise LayerloomError(problem)
        return _Lowering(document, inference).program()
    finally:
        if own:
            inference.close()


class _Lowering:
    """One lowering. A block is lowered once for each way in which it is used; equal programs share one entry."""

    def __init__(self, document: Document, inference: Inference) -> None:
        self.document, self.inference = document, inference
        self.blocks: dict[str, Program] = {}
        self._lowered: dict[int, str] = {}  # by identity of findings, which the inference keeps alive
        self._keys: list[tuple[Program, str]] = []  # without places and names -> key
        targets = (spec.torch.target for spec in document.catalog if isinstance(spec.torch, Call))
        self._taken = {target.rpartition(".")[2] for target in targets if target.startswith(_OUR_MODULES)}

    def program(self) -> Program:
        survey = Survey(self.document, self.inference, self.inference.main)
        outcomes = survey.findings.outcomes
        outputs = survey.all(Role.OUTPUT)
        losses = [node for node in survey.all(Role.LOSS) if outcomes[node].outputs]
        wanted = survey.behind([*outputs, *losses])
        body = Body(survey, wanted, self._block)
        inputs, targets = (
            tuple(_value(survey, body, node) for node in survey.all(role) if node in wanted)
            for role in (Role.INPUT, Role.TARGET)
        )
        steps = body.steps(lone_loss=losses[0] if len(losses) == 1 else "")
        title = self.document.title
        return Program(
            name=class_name(title, {*self.blocks, *self._taken}),
            inputs=inputs,
            targets=targets,
            steps=steps,
            outputs=_outputs(survey, body, outputs, taken=[value.name for value in (*inputs, *targets)]),
            losses=_losses(survey, body, losses),
            blocks=self.blocks,
            title=title,
        )

    def _block(self, found: Findings, place: str) -> str:
        """The key of the program of a block as it was found inside the instance at `place`."""
        key = self._lowered.get(id(found))
        if key is None:
            key = self._lowered[id(found)] = self._key(self._inside(found, place))
        return key

    def _inside(self, found: Findings, place: str) -> Program:
        survey = Survey(self.document, self.inference, found, place)
        exits = [node.id for node in ports(self.document, found.scope, Role.EXIT)]
        body = Body(survey, survey.behind(exits), self._block)
        inputs = tuple(
            Value(body.enter(node.id, node.name or "x", "y"), found.entries[node.id], survey.path(node.id))
            for node in ports(self.document, found.scope, Role.ENTRY)
        )
        inputs += tuple(
            Value(body.enter(node, survey.node(node).name or "t", "t"), found.entries[solving.TIME], survey.path(node))
            for node in survey.all(Role.TIME)[:1]
        )
        for node in survey.all(Role.TIME)[1:]:
            body.alias(node, "t", inputs[-1].name)
        steps = body.steps()
        block = self.document.blocks[found.scope]
        outputs = tuple(
            Result(name, body.arriving(node, "x"), found.leaving[node], survey.path(node))
            for name, node in zip(public_names([survey.node(n).name for n in exits], "y"), exits, strict=True)
        )
        return Program(block.name, inputs, outputs, steps, title=block.doc or block.name)

    def _key(self, program: Program) -> str:
        """The entry of an equal program, or a new one."""
        bare = _without_places(program)
        for known, key in self._keys:
            if known == bare:
                return key
        key = class_name(program.name, {*self.blocks, *self._taken}, default="Block")
        self.blocks[key] = replace(program, name=key)
        self._keys.append((bare, key))
        return key


def _value(survey: Survey, body: Body, node: str) -> Value:
    """An Input or Target: called as the person calls it, else as the field of the data, or as its layer."""
    given = survey.findings.outcomes[node].given
    spec = survey.specs[node]
    assert given is not None
    assert spec is not None
    port = spec.outputs[0].id
    field = given.params.get("field", "")
    name = body.enter(node, survey.node(node).name or field or spec.id, port)
    encoding: Mapping[str, str] = {"encoding": given["encoding"]} if "encoding" in given.params else {}
    return Value(name, survey.findings.types[node, port], survey.path(node), field, **encoding)


def _outputs(survey: Survey, body: Body, nodes: list[str], taken: list[str]) -> tuple[Result, ...]:
    names = public_names([survey.node(n).name for n in nodes], "output", taken)
    types = survey.findings.arriving
    results = []
    for name, node in zip(names, nodes, strict=True):
        type = types(node)["x"]
        assert type is not None
        results.append(Result(name, body.arriving(node, "x"), type, survey.path(node)))
    return tuple(results)


def _losses(survey: Survey, body: Body, nodes: list[str]) -> tuple[Result, ...]:
    """One loss is called ``loss``; several go by their own names, as ``loss`` is then their weighted sum."""
    made = {node: next(iter(survey.findings.outcomes[node].outputs.items())) for node in nodes}
    values = [body.made(node, port) for node, (port, _) in made.items()]
    names = ["loss"] if len(nodes) == 1 else public_names(values, "loss", taken=["loss"])
    return tuple(
        Result(name, value, type, survey.path(node), _weight(survey, node))
        for name, value, (node, (_, type)) in zip(names, values, made.items(), strict=True)
    )


def _weight(survey: Survey, node: str) -> float:
    given = survey.findings.outcomes[node].given
    assert given is not None
    return float(given.params.get("weight", 1.0))


def _without_places(program: Program) -> Program:
    """The program with bare node ids for paths, to compare the blocks of different instances."""

    def bare(path: str) -> str:
        return path.rpartition("/")[2]

    return replace(
        program,
        inputs=tuple(replace(value, node=bare(value.node)) for value in program.inputs),
        outputs=tuple(replace(result, node=bare(result.node)) for result in program.outputs),
        steps=tuple(replace(step, node=bare(step.node)) for step in program.steps),
    )
