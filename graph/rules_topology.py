"""Checks of how a drawing hangs together: where it starts and ends, and what leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from core.problem import Fix, Problem, Severity
from core.spec.layer import Role
from graph.survey import Survey


def no_input(survey: Survey) -> Iterator[Problem]:
    if not survey.all(Role.INPUT):
        yield Problem("no-input", "The design has no Input: add one and wire it to the first layer.")


def no_output(survey: Survey) -> Iterator[Problem]:
    if not survey.all(Role.OUTPUT):
        text = "The design has no Output: add one and wire the last layer to it; it marks what the network answers."
        yield Problem("no-output", text)


def no_loss(survey: Survey) -> Iterator[Problem]:
    if not survey.all(Role.LOSS):
        text = "The design has no loss, so it cannot be trained: add one, and wire the last layer and a Target to it."
        yield Problem("no-loss", text, severity=Severity.WARNING)


def loss_without_target(survey: Survey) -> Iterator[Problem]:
    """A loss that has an answer compares with the data: a Target, or (autoencoders, masked texts) an Input, itself or
    as nodes without weights leave it."""
    for loss in survey.all(Role.LOSS):
        spec = survey.specs[loss]
        if spec is None or "target" not in spec.input:
            continue
        behind = survey.behind([loss])
        ends = {wire.target_port for wire in survey.wires(loss)}
        known = any(_is_data(survey, survey.source(loss, end)) for end in ends)
        if not behind.intersection(survey.all(Role.TARGET)) and not known and len(ends) > 1:
            text = f"{survey.label(loss)}: nothing tells it the right answer. Wire a Target to its input target."
            yield Problem("loss-target", text, survey.path(loss), "target", Severity.WARNING)


def _is_data(survey: Survey, node: str | None) -> bool:
    """Whether it is an Input, or made of Inputs by nodes that learn nothing."""
    made = survey.behind([node]) if node is not None else set()
    specs = [survey.specs[n] for n in made]
    learns = any(spec is None or spec.role == Role.BLOCK or spec.weights is not None for spec in specs)
    return bool(made.intersection(survey.all(Role.INPUT))) and not learns


def output_without_input(survey: Survey) -> Iterator[Problem]:
    inputs = set(survey.all(Role.INPUT))
    for output in survey.all(Role.OUTPUT):
        if inputs and survey.wires(output) and not survey.behind([output]) & inputs:
            text = f"{survey.label(output)}: no Input reaches it, so its answer would always be the same."
            yield Problem("output-input", text, survey.path(output))


def output_of_target(survey: Survey) -> Iterator[Problem]:
    targets = set(survey.all(Role.TARGET))
    for output in survey.all(Role.OUTPUT) if targets else ():
        for target in sorted(survey.behind([output]) & targets):
            text = (
                f"{survey.label(output)}: it is computed from {survey.label(target)}, "
                "and answers are not known when the network is used."
            )
            yield Problem("output-target", text, survey.path(output), others=(survey.path(target),))


def unused(survey: Survey) -> Iterator[Problem]:
    """The ends of branches that neither an output nor a loss needs."""
    if not survey.sinks:
        return
    graph, needed = survey.findings.graph, survey.needed
    for node in graph.node_ids:
        if node in needed or survey.node(node).muted or survey.findings.troubles.get(node):
            continue
        if any(n not in needed and not survey.node(n).muted for n in graph.nx.successors(node)):
            continue
        others = len(survey.behind([node]) - needed) - 1
        along = {0: "it is", 1: "it and the node before it are"}.get(others, f"it and {others} nodes before it are")
        text = f"{survey.label(node)}: no output or loss uses it, so {along} left out."
        yield Problem("unused", text, survey.path(node), severity=Severity.HINT)


def same_names(survey: Survey) -> Iterator[Problem]:
    """Outputs must have names of their own; that two layers share one only makes them hard to tell apart."""
    outputs, first = set(survey.all(Role.OUTPUT)), dict[tuple[bool, str], str]()
    for node in survey.findings.graph.nodes:
        both = node.id in outputs
        twin = first.setdefault((both, node.name), node.id)
        if twin != node.id and node.name:
            text = f"{node.name}: {'two outputs have' if both else 'another node has'} this name. Rename one of them."
            severity = Severity.ERROR if both else Severity.HINT
            yield Problem("same-name", text, survey.path(node.id), severity=severity, others=(survey.path(twin),))


def no_exit(survey: Survey) -> Iterator[Problem]:
    if not survey.all(Role.EXIT):
        name = survey.document.blocks[survey.findings.scope].name
        yield Problem("no-exit", f"Block {name} has no Block output: nothing leaves it.", survey.place)


def _field(survey: Survey, node: str) -> str:
    """The field of the data that a node binds to; none for one that binds to nothing."""
    spec = survey.specs[node]
    return str({**spec.defaults, **survey.node(node).params}.get("field", "")) if spec is not None else ""


def target_given_away(survey: Survey) -> Iterator[Problem]:
    """The field of an Input that is also a Target's: right for an autoencoder's features, wrong for classes."""
    entering = {field: node for node in survey.all(Role.INPUT) if (field := _field(survey, node))}
    for target in survey.all(Role.TARGET):
        field = _field(survey, target)
        signature = survey.inference.engine.signature.fields.get(field)
        if field in entering and signature is not None and signature.classes:
            label = survey.label(entering[field])
            text = f"{survey.label(target)}: {label} feeds the same field {field} in, which gives the answer away."
            fixes = tuple(
                Fix(f"Let {label} take {name}", "set_param", {"node": entering[field], "name": "field", "value": name})
                for name in survey.inference.engine.signature.fields
                if name != field
            )
            others = (survey.path(entering[field]),)
            yield Problem("leak", text, survey.path(target), severity=Severity.WARNING, others=others, fixes=fixes)


MAIN_RULES = (
    no_input,
    no_output,
    no_loss,
    loss_without_target,
    output_without_input,
    output_of_target,
    target_given_away,
    unused,
    same_names,
)
BLOCK_RULES = (no_exit, unused)
