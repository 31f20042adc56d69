"""What of a design can be searched, with a sensible range for each: made of the declarations of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import SCHEDULES
from core.spec.layer import LayerSpec, Role
from core.spec.option import OptionSpec
from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Int
from core.training.search import Variable
from graph.document import Document
from graph.fields import MAX_REPEAT
from graph.infer import Inference
from graph.paths import locate
from graph.records import MAIN, Node
from graph.suggestions import WIDTHS, is_usual, suggestion, varies
from graph.values import JOB, NODE, place_of, value_at

MOST = 2000  # nodes that are listed
TRAINING = "Training"


@dataclass(frozen=True)
class Searchable:
    """One value that can be searched.

    Attributes:
        path: as variables of a search have it. label: what a person reads, within its group.
        group: `TRAINING`, or the label of the node, with those of the blocks around it. node: its path, "" for the job.
        param: the declaration of the field. value: what stands there now.
        suggestion: a range or choices to begin with. usual: whether people search it; the rest is for special wishes.
    """

    path: str
    label: str
    group: str
    param: Param
    value: Any
    suggestion: Variable
    usual: bool
    node: str = ""

    @property
    def doc(self) -> str:
        return self.param.doc


def searchable(document: Document, inference: Inference, once: bool = False) -> list[Searchable]:
    """Everything of the job and of the nodes that a search may vary: the job first, then nodes in their order.

    What a block shares among its instances has a path through each of them; with `once`, the first alone is told.
    """
    found = list(_of_job(document))
    seen: set[tuple[str, ...]] = set()
    for count, (path, label, node) in enumerate(_nodes(document, inference, MAIN, "", "")):
        if count == MOST:
            break
        spec = document.spec(node.layer)
        for one in _of_node(document, path, label, node, spec) if spec is not None and not node.muted else ():
            place = place_of(document, one.path)
            if not once or place not in seen:
                seen.add(place)
                found.append(one)
    return found


def declared(document: Document, path: str) -> Param | None:
    """The declaration of the field at a path; None where there is none (then the job itself says what fits).

    Raises:
        LayerloomError: the path leads to no node of the design.
    """
    if path.startswith(NODE):
        place, _, name = path.removeprefix(NODE).rpartition(".")
        scope, id = locate(document, place)
        layer = document.spec(document.graph(scope).node(id).layer)
        return layer.param.get(name) if layer else None
    pick, _, name = path.removeprefix(JOB).rpartition(".params.")
    options = options_at(pick)
    if pick and options is not None:
        option = options.get(value_at(document, f"{JOB}{pick}.kind"))
        return option.param.get(name) if option else None
    return next((param for param in _JOB if JOB + param.name == path), None)


def present(document: Document, path: str) -> Any:
    """What holds at a path now: what stands there, or the default of the field.

    Raises:
        LayerloomError: the path leads nowhere.
    """
    value = value_at(document, path)
    field = declared(document, path) if value is None else None
    return field.default if field else value


def options_at(path: str) -> Mapping[str, OptionSpec] | None:
    """What may be picked at ``objectives.0.optimizer`` of a job; None where nothing is."""
    return _OPTIONS.get(path.rpartition(".")[2])


# -- the job

_OPTIONS: Mapping[str, Mapping[str, OptionSpec]] = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES}
_JOB: tuple[Param, ...] = (
    Int("batch_size", 32, min=1, label="batch size", doc="Examples that make one step."),
    Int("epochs", 20, min=1, max=1_000_000, doc="How often the training part is gone through."),
    Choice("balance", "none", ("none", "weights", "sampling"), label="balance classes",
           doc="What lets rare classes count as much as others."),
    Float("average", None, min=0.0, max=1.0, above=True, optional=True, label="average of weights",
          doc="Decay of a moving average of the weights."),
    Int("seed", 0, min=0, max=2**31 - 1, doc="Starts the weights, the order of examples and every mask."),
)  # fmt: skip
_OBJECTIVE: tuple[Param, ...] = (
    Float("l1", 0.0, min=0.0, label="L1", doc="Adds l1 * sum |w| to the loss."),
    Float("l2", 0.0, min=0.0, label="L2", doc="Adds l2 * sum w^2 to the loss."),
    Float("clip_norm", None, min=0.0, above=True, optional=True, label="clip norm",
          doc="The largest norm of the gradient."),
    Int("warmup.length", 0, min=0, label="warm-up", doc="How long the rate rises at the beginning."),
    Int("accumulate", 1, min=1, label="batches a step", doc="Gradients of so many batches are averaged for one step."),
)  # fmt: skip


def _of_job(document: Document) -> Iterator[Searchable]:
    for index, objective in enumerate(document.job.objectives):
        base = f"{JOB}objectives.{index}."
        named = f"{objective.name}: " if len(document.job.objectives) > 1 else ""
        for part, options in _OPTIONS.items():
            yield from _of_option(document, f"{base}{part}", named, part, options)
        for param in _OBJECTIVE:
            yield _made(document, base + param.name, named + param.title, TRAINING, param)
    for param in _JOB:
        yield _made(document, JOB + param.name, param.title, TRAINING, param)


def _of_option(
    document: Document, path: str, named: str, part: str, options: Mapping[str, OptionSpec]
) -> Iterator[Searchable]:
    kind = value_at(document, f"{path}.kind")
    labels = {id: spec.label for id, spec in options.items()}
    param = Choice("kind", kind, tuple(options), labels=labels, label=part, doc=f"Which {part} is used.")
    yield _made(document, f"{path}.kind", named + part, TRAINING, param)
    for field in options[kind].params if kind in options else ():
        if varies(field, field.default):
            label = field.title if part == "optimizer" else f"{part}: {field.title}"
            yield _made(document, f"{path}.params.{field.name}", named + label, TRAINING, field)


# -- nodes

_REPEAT = Int("repeat", 1, min=1, max=MAX_REPEAT, label="copies in a row", doc="How often the block is repeated.")
_MUTED = Bool("muted", False, label="left out", doc="Pass the input through, as if the node were not there.")


def _nodes(
    document: Document, inference: Inference, scope: str, place: str, outer: str
) -> Iterator[tuple[str, str, Node]]:
    for node in document.graph(scope).nodes:
        path = f"{place}/{node.id}" if place else node.id
        label = f"{outer}{inference.labels.of(scope, node.id)}"
        yield path, label, node
        if node.block in document.blocks and not node.muted:
            yield from _nodes(document, inference, node.block, path, f"{label} / ")


def _of_node(document: Document, path: str, label: str, node: Node, spec: LayerSpec) -> Iterator[Searchable]:
    base = f"{NODE}{path}."
    if spec.role not in (Role.LAYER, Role.BLOCK, Role.LOSS):
        return
    rivals = _rivals(document, spec)
    if rivals:
        labels = {other.id: other.label for other in rivals}
        layer = Choice("layer", spec.id, tuple(labels), labels=labels, label="layer", doc="Which layer stands here.")
        yield _made(document, f"{base}layer", "layer", label, layer, path)
    values = {p.name: node.params.get(p.name, p.default) for p in spec.params}
    for param in spec.params:
        if varies(param, values[param.name]) and param.applies(values):
            found = _made(document, base + param.name, param.title, label, param, path)
            yield replace(found, usual=found.usual and not (param.name in WIDTHS and _ends(document, path)))
    if spec.role == Role.BLOCK and node.solver is None:
        yield _made(document, f"{base}repeat", _REPEAT.title, label, _REPEAT, path)
    if _passes(spec):
        yield _made(document, f"{base}muted", _MUTED.title, label, _MUTED, path)


def _rivals(document: Document, spec: LayerSpec) -> list[LayerSpec]:
    """Layers that people try in each other's place, with the same ports."""
    usual = [other for id in _USUAL_RIVALS.get(spec.category, ()) if (other := document.catalog.get(id)) is not None]
    same = [
        o for o in usual if [p.id for p in (*o.inputs, *o.outputs)] == [p.id for p in (*spec.inputs, *spec.outputs)]
    ]
    return [] if same in ([], [spec]) else [spec, *(other for other in same if other is not spec)]


def _ends(document: Document, path: str) -> bool:
    """Whether a node makes an answer: its width is that of the data."""
    scope, id = locate(document, path)
    graph = document.graph(scope)
    after = [document.spec(graph.node(link.target).layer) for link in graph.outgoing(id)]
    return any(spec is not None and spec.role in (Role.LOSS, Role.OUTPUT) for spec in after)


def _passes(spec: LayerSpec) -> bool:
    """Whether the net holds together without it, as a rule: what leaves has the shape of what enters."""
    return spec.category in _PASSING and len(spec.inputs) == len(spec.outputs) == 1


_USUAL_RIVALS: Mapping[str, tuple[str, ...]] = {
    "Activation": ("relu", "leaky_relu", "elu", "gelu", "silu", "tanh"),
    "Recurrent": ("rnn", "lstm", "gru"),
    "Pooling": ("max_pool2d", "avg_pool2d"),
}
_PASSING = ("Normalisation", "Regularisation", "Activation")

OWN_FIELDS = (*_JOB, *_OBJECTIVE, _REPEAT, _MUTED)  # declared here alone


# -- what they are made of


def _made(document: Document, path: str, label: str, group: str, param: Param, node: str = "") -> Searchable:
    held = value_at(document, path)
    value = param.default if held is None else held
    name = param.name.rpartition(".")[2]
    usual = is_usual(name, param, bool(node))
    return Searchable(path, label, group, param, value, suggestion(name, param, value), usual, node)
