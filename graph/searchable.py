"""What of a design can be searched, with a sensible range for each: made of the declarations of its fields."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import SCHEDULES
from core.spec.layer import LayerSpec, Role
from core.spec.option import OptionSpec
from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Int, Ints
from core.training.search import Choices, Range, Variable
from graph.document import Document
from graph.fields import MAX_REPEAT
from graph.infer import Inference
from graph.paths import locate
from graph.records import MAIN, Node
from graph.values import JOB, NODE, value_at

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


def searchable(document: Document, inference: Inference) -> list[Searchable]:
    """Everything of the job and of the nodes that a search may vary: the job first, then nodes in their order."""
    found = list(_of_job(document))
    for count, (path, label, node) in enumerate(_nodes(document, inference, MAIN, "", "")):
        if count == MOST:
            break
        spec = document.spec(node.layer)
        if spec is not None and not node.muted:
            found += _of_node(document, path, label, node, spec)
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
        if _varies(field, field.default):
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
        if _varies(param, values[param.name]) and param.applies(values):
            found = _made(document, base + param.name, param.title, label, param, path)
            yield replace(found, usual=found.usual and not (param.name in _WIDTHS and _ends(document, path)))
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

# -- suggestions

_USUAL: Mapping[str, Variable] = {
    "lr": Range(low=1e-5, high=1e-1, log=True),
    "weight_decay": Range(low=1e-6, high=1e-2, log=True),
    "l1": Range(low=1e-7, high=1e-2, log=True),
    "l2": Range(low=1e-7, high=1e-2, log=True),
    "p": Range(low=0.0, high=0.7),
    "dropout": Range(low=0.0, high=0.7),
    "momentum": Range(low=0.0, high=0.99),
    "label_smoothing": Range(low=0.0, high=0.3),
    "average": Range(low=0.9, high=0.9999),
    "clip_norm": Range(low=0.1, high=10.0, log=True),
    "batch_size": Choices(choices=(16, 32, 64, 128)),
    "kernel_size": Choices(choices=(3, 5, 7)),
    "num_layers": Range(low=1, high=4, integer=True),
    "num_heads": Choices(choices=(1, 2, 4, 8)),
    "nhead": Choices(choices=(1, 2, 4, 8)),
    "repeat": Range(low=1, high=6, integer=True),
}
_WIDTHS = ("out_features", "out_channels", "hidden_size", "hidden", "dim_feedforward", "embedding_dim")
_PICKED = ("kind", "layer")
_TRIED = ("sgd", "adam", "adamw", "rmsprop", "constant", "cosine", "one_cycle")  # of options with many kinds


def _made(document: Document, path: str, label: str, group: str, param: Param, node: str = "") -> Searchable:
    held = value_at(document, path)
    value = param.default if held is None else held
    name = param.name.rpartition(".")[2]
    usual = name in (*_USUAL, *_WIDTHS, *_PICKED) and not param.advanced
    return Searchable(path, label, group, param, value, _suggestion(name, param, value), usual, node)


def _suggestion(name: str, param: Param, value: Any) -> Variable:
    if name in _WIDTHS:
        middle = round(math.log2(max(1, value or 32)))
        return Range(low=max(1, 2 ** max(0, middle - 2)), high=2 ** (middle + 2), log=True, integer=True)
    return _USUAL.get(name) or _SUGGEST[param.kind](param, value)


def _varies(param: Param, value: Any) -> bool:
    """Whether it is of a kind that has a range: a number, a word, one number for several directions."""
    if isinstance(param, Ints):
        return param.scalar and (isinstance(value, int) or bool(value))
    return param.kind in _SUGGEST and not (isinstance(param, Int) and isinstance(value, int) and value < 0)


def _numbers(param: Any, value: Any) -> Variable:
    """A quarter to four times the present value, within what the field takes."""
    integer = isinstance(param, Int)
    least = param.min if param.min is not None else -math.inf
    most = param.max if param.max is not None else math.inf
    if not integer and math.isfinite(least) and math.isfinite(most):
        return Range(low=least + (1e-3 * (most - least) if param.above else 0.0), high=most)
    if not value and not getattr(param, "above", False):
        return Range(low=max(0, least), high=min(10 if integer else 1, most), integer=integer)
    low, high = sorted(((value or 1) / 4, (value or 1) * 4))
    if integer:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, least), min(high, most)
    return Range(low=low, high=high, integer=integer, log=low > 0 and not integer)


def _words(param: Any, value: Any) -> Variable:
    choices = [c for c in param.choices if c == value or c in _TRIED] if len(param.choices) > 8 else list(param.choices)
    return Choices(choices=tuple(dict.fromkeys((*([value] if value in choices else []), *choices))))


def _row(param: Any, value: Any) -> Variable:
    """One number for all directions: the present one and its odd or even neighbours."""
    size = value if isinstance(value, int) else (value or (1,))[0]
    least = param.min if param.min is not None else 0
    return Choices(choices=tuple(sorted({max(least, size - 2), size, size + 2})))


_SUGGEST = {
    "int": _numbers,
    "float": _numbers,
    "bool": lambda param, value: Choices(choices=(False, True)),
    "choice": _words,
    "ints": _row,
}
