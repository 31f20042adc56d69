"""Checks of sense: losses and what precedes them, shared weights, initialisations, and what nothing trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.catalog.initialisers import INITIALISERS
from core.problem import Fix, LayerloomError, Problem, Severity
from core.spec.layer import Role
from core.spec.params import Choice
from core.spec.shape import product
from graph.findings import Findings
from graph.records import Node
from graph.survey import Survey


@dataclass(frozen=True, slots=True)
class Advice:
    """Why a layer should not stand right before a loss."""

    why: str
    severity: Severity = Severity.WARNING


_TWICE = Advice("the loss applies it itself; applied twice, it learns slowly and badly")
_NEEDLESS = Advice("the loss applies it itself, so it only costs time", Severity.HINT)
_NO_LOGARITHM = Advice("the loss expects logarithms of probabilities; LogSoftmax gives them")
_RAW = Advice("the loss expects raw scores")
_MARGIN = Advice("the loss expects raw scores, and squeezed ones hardly reach its margin")

# loss -> layers that should not feed its input, and why.
_NOT_BEFORE: Mapping[str, Mapping[str, Advice]] = {
    "cross_entropy": {
        "softmax": _TWICE,
        "log_softmax": _NEEDLESS,
        "sigmoid": Advice("the loss expects raw scores and applies a softmax itself"),
    },
    "bce_with_logits": {
        "sigmoid": _TWICE,
        "logsigmoid": Advice("the loss expects raw scores and applies a sigmoid itself"),
        "softmax": Advice("the loss expects raw scores and applies a sigmoid itself"),
    },
    "distillation_loss": {"softmax": _TWICE, "log_softmax": _NEEDLESS, "sigmoid": _RAW},
    "focal_loss": {"softmax": _TWICE, "log_softmax": _NEEDLESS, "sigmoid": _RAW},
    "binary_focal_loss": {"sigmoid": _TWICE, "logsigmoid": _RAW, "softmax": _RAW},
    "dice_loss": {"sigmoid": _TWICE, "softmax": _TWICE, "log_softmax": _RAW},
    "hinge_loss": {"sigmoid": _MARGIN, "softmax": _MARGIN},
    "multi_margin_loss": {"sigmoid": _MARGIN, "softmax": _MARGIN},
    "nll_loss": {"softmax": _NO_LOGARITHM, "sigmoid": _NO_LOGARITHM},
    "kl_div": {"softmax": _NO_LOGARITHM, "sigmoid": _NO_LOGARITHM},
}
_NEEDS_LOG_PROBABILITIES = ("nll_loss", "kl_div")
_NEEDS_PROBABILITIES: Mapping[str, str] = {"bce_loss": "input", "kl_sparsity": "x"}  # loss -> its port
_GIVES_PROBABILITIES = (
    "sigmoid",
    "hardsigmoid",
    "softmax",
    "dropout",
    "flatten",
    "reshape",
    "unflatten",
    "slice",
    "select",
    "masking_noise",
)
_TAKES_CLASS_INDEX = ("cross_entropy", "nll_loss", "focal_loss", "multi_margin_loss", "capsule_margin_loss")
_WIDTHS = ("out_features", "out_channels")
_NEEDS_TWO_DIMENSIONS = ("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal")


def before_loss(survey: Survey) -> Iterator[Problem]:
    """Softmax before a loss that has one inside, and the like."""
    for loss in survey.all(Role.LOSS):
        node = survey.node(loss)
        source = survey.source(loss, "input")
        layer = survey.node(source).layer if source is not None else ""
        advice = _NOT_BEFORE.get(node.layer, {}).get(layer)
        if advice is not None and source is not None:
            text = f"{survey.label(source)} before {survey.label(loss)}: {advice.why}."
            fix = Fix(f"Remove {survey.label(source)}", "remove_node", {"node": survey.path(source)})
            path, others = survey.path(loss), (survey.path(source),)
            yield Problem("before-loss", text, path, "input", advice.severity, others=others, fixes=(fix,))
        elif node.layer in _NEEDS_LOG_PROBABILITIES and source is not None and layer != "log_softmax":
            text = f"{survey.label(loss)}: its input must be logarithms of probabilities, as LogSoftmax gives."
            fix = Fix("Insert a LogSoftmax", "insert_before", {"port": "input", "layer": "log_softmax", "params": {}})
            yield Problem("before-loss", text, survey.path(loss), "input", Severity.WARNING, fixes=(fix,))


def probabilities(survey: Survey) -> Iterator[Problem]:
    """What must lie between 0 and 1 should come out of a Sigmoid."""
    for loss in survey.all(Role.LOSS):
        port = _NEEDS_PROBABILITIES.get(survey.node(loss).layer, "")
        source = survey.source(loss, port) if port else None
        spec = survey.specs[source] if source is not None else None
        if source is None or spec is None or spec.role != Role.LAYER or spec.id in _GIVES_PROBABILITIES:
            continue
        text = f"{survey.label(loss)}: what it is given must lie between 0 and 1, and {survey.label(source)} may not."
        fix = Fix("Insert a Sigmoid", "insert_before", {"port": port, "layer": "sigmoid", "params": {}})
        yield Problem("before-loss", text, survey.path(loss), port, Severity.WARNING, fixes=(fix,))


def one_scale(survey: Survey) -> Iterator[Problem]:
    """Beside a divergence that sums over an example, a reconstruction that averages counts for almost nothing."""
    losses = survey.all(Role.LOSS)
    sums = [loss for loss in losses if survey.node(loss).layer == "gaussian_kl"]
    for loss in losses if sums else ():
        spec, outcome = survey.specs[loss], survey.findings.outcomes[loss]
        field = spec.param.get("reduction") if spec is not None else None
        if outcome.given is None or not isinstance(field, Choice) or "batchmean" not in field.choices:
            continue
        arriving = outcome.given.types.get("input")
        if outcome.given["reduction"] != "mean" or arriving is None or arriving.rank < 2 or arriving.shape[1:] == (1,):
            continue
        text = (
            f"{survey.label(loss)} averages over each example's {product(arriving.shape[1:])} numbers while "
            f"{survey.label(sums[0])} sums: the two do not make a variational bound, and the code may collapse."
        )
        fix = Fix("Sum over each example", "set_param", {"name": "reduction", "value": "batchmean"})
        path, others = survey.path(loss), (survey.path(sums[0]),)
        yield Problem("one-scale", text, path, severity=Severity.HINT, others=others, fixes=(fix,))


def kohonen_steps(survey: Survey) -> Iterator[Problem]:
    """A gradient step is Kohonen's rule only where the optimizer takes it as it is."""
    maps = [loss for loss in survey.all(Role.LOSS) if survey.node(loss).layer == "som_loss"]
    try:
        objectives = survey.document.job.objectives if maps else ()
    except LayerloomError:
        return  # `rules_job` tells what is wrong with the job
    for index, objective in enumerate(objectives):
        if objective.optimizer.kind != "sgd":
            text = f"{survey.label(maps[0])}: its steps are Kohonen's rule with plain SGD only; others rescale them."
            value = {"kind": "sgd", "params": {"lr": 0.5}}
            fix = Fix("Train with SGD", "set_job", {"path": f"objectives.{index}.optimizer", "value": value})
            yield Problem("som-steps", text, survey.path(maps[0]), severity=Severity.HINT, fixes=(fix,))


def class_count(survey: Survey) -> Iterator[Problem]:
    """One score for each class of the data."""
    for loss in survey.all(Role.LOSS):
        if survey.node(loss).layer not in _TAKES_CLASS_INDEX:
            continue
        scores = survey.findings.arriving(loss).get("input")
        classes = _classes(survey, loss)
        if scores is None or scores.rank < 2 or not classes or scores.shape[1] == classes:
            continue
        width = scores.shape[1]
        maker = _width_maker(survey, loss)
        fixes: tuple[Fix, ...] = ()
        if maker is not None:
            node, param = maker
            args = {"node": survey.path(node), "name": param, "value": classes}
            fixes = (Fix(f"Set {param.replace('_', ' ')} of {survey.label(node)} to {classes}", "set_param", args),)
        few = isinstance(width, int) and width < classes
        text = f"{survey.label(loss)}: the data has {classes} classes, but input has {width} scores ({scores})."
        severity = Severity.ERROR if few else Severity.WARNING
        path, wanted = survey.path(loss), str(classes)
        yield Problem("class-count", text, path, "input", severity, expected=wanted, received=str(width), fixes=fixes)


def _classes(survey: Survey, loss: str) -> int:
    """How many classes the Target of a loss has; 0 where it is no class index."""
    target = survey.source(loss, "target")
    outcome = survey.findings.outcomes.get(target) if target is not None else None
    if outcome is None or outcome.given is None or target not in survey.all(Role.TARGET):
        return 0
    field = survey.inference.engine.signature.fields.get(outcome.given["field"])
    return len(field.classes) if field is not None and outcome.given["encoding"] in ("as_is", "index") else 0


def _width_maker(survey: Survey, loss: str) -> tuple[str, str] | None:
    """The node that decides how many scores there are, and its parameter."""
    node = survey.source(loss, "input")
    while node is not None:
        spec = survey.specs[node]
        param = next((name for name in _WIDTHS if spec is not None and name in spec.param), None)
        if param is not None:
            return node, param
        wires = survey.wires(node)
        node = wires[0].source if len(wires) == 1 else None
    return None


def shared_weights(survey: Survey) -> Iterator[Problem]:
    for node in survey.findings.graph.nodes:
        if node.shares:
            yield from _check_sharing(survey, node)


def _check_sharing(survey: Survey, node: Node) -> Iterator[Problem]:
    graph, label = survey.findings.graph, survey.label(node.id)
    apart = Fix("Give it weights of its own", "set_node", {"name": "shares", "value": ""})
    if node.shares not in graph:
        text = f"{label}: the node whose weights it uses is gone."
        yield Problem("shares", text, survey.path(node.id), fixes=(apart,))
        return
    owner = graph.node(node.shares)
    other, others = survey.label(owner.id), (survey.path(owner.id),)
    if owner.shares or owner.id == node.id:
        text = f"{label}: it uses the weights of {other}, which has none of its own. Let it use the owner's."
        yield Problem("shares", text, survey.path(node.id), others=others, fixes=(apart,))
    elif owner.layer != node.layer:
        text = f"{label}: it uses the weights of {other}, which is another kind of layer."
        yield Problem("shares", text, survey.path(node.id), others=others, fixes=(apart,))
    elif fixes := _same_values(survey, node, owner):
        names = ", ".join(str(fix.args["name"]) for fix in fixes)
        text = f"{label}: it uses the weights of {other}, so {names} must be the same."
        yield Problem("shares", text, survey.path(node.id), others=others, fixes=(*fixes, apart))
    elif not _same_weights(survey, node, owner):
        text = f"{label}: it uses the weights of {other}, but their inputs ask for weights of different shapes."
        yield Problem("shares", text, survey.path(node.id), others=others, fixes=(apart,))


def _same_values(survey: Survey, node: Node, owner: Node) -> tuple[Fix, ...]:
    """What would make the parameters equal to the owner's."""
    spec = survey.specs[node.id]
    own, owners = ({**spec.defaults, **n.params} for n in (node, owner)) if spec else ({}, {})
    return tuple(
        Fix(f"Set {name.replace('_', ' ')} to {value}", "set_param", {"name": name, "value": value})
        for name, value in owners.items()
        if own.get(name) != value
    )


def _same_weights(survey: Survey, node: Node, owner: Node) -> bool:
    known: dict[int, list[object]] = {}
    shapes = [_weight_shapes(survey, survey.findings, n.id, known) for n in (node, owner)]
    return None in shapes or (shapes[0] == shapes[1] and (not node.block or node.repeat == owner.repeat))


def _weight_shapes(
    survey: Survey, findings: Findings, node: str, known: dict[int, list[object]]
) -> list[object] | None:
    """Every weight's shape in order, blocks included, each graph once; None where unknown."""
    outcome = findings.outcomes[node]
    spec = survey.document.spec(findings.graph.node(node).layer)
    if outcome.given is None or spec is None:
        return None
    if not outcome.inside:
        return list(spec.weights(outcome.given).items()) if spec.weights is not None else []
    for found, _ in outcome.inside:
        if id(found) not in known:
            inner = (_weight_shapes(survey, found, n, known) for n in found.graph.node_ids)
            known[id(found)] = [shapes for shapes in inner if shapes]
    return [known[id(found)] for found, _ in outcome.inside]


def initialisation(survey: Survey) -> Iterator[Problem]:
    for node in survey.findings.graph.nodes:
        outcome = survey.findings.outcomes[node.id]
        spec = survey.specs[node.id]
        if node.init is None or spec is None or outcome.given is None or node.block:
            continue
        shapes = spec.weights(outcome.given) if spec.weights is not None else {}
        matrices = [name for name, shape in shapes.items() if len(shape) > 1]
        started = [("weight", node.init.weight, bool(matrices)), ("bias", node.init.bias, False)]
        for part, kind, suits in started:
            if (text := _init_trouble(part, kind, suits)) and any(part in name for name in shapes):
                fix = Fix("Start as PyTorch does", "set_node", {"name": "init", "value": None})
                yield Problem("init", f"{survey.label(node.id)}: {text}", survey.path(node.id), fixes=(fix,))


def _init_trouble(part: str, kind: str, suits: bool) -> str:
    if kind not in INITIALISERS:
        return f"there is no initialisation called {kind}."
    if kind in _NEEDS_TWO_DIMENSIONS and not suits:
        return f"{INITIALISERS[kind].label} needs weights of two or more dimensions, and its {part} has one."
    return ""


def nothing_trains(survey: Survey) -> Iterator[Problem]:
    losses = survey.all(Role.LOSS)
    if not losses or any(survey.findings.troubles.get(n) for n in survey.needed):
        return
    behind = survey.behind(losses)
    weighted = [n for n in behind if (cost := survey.findings.costs.get(n)) and cost.parameters]
    if all(survey.node(n).frozen for n in weighted):
        why = "every layer with weights is frozen" if weighted else "no layer before a loss has weights"
        yield Problem("nothing-trains", f"There is nothing to train: {why}.", severity=Severity.WARNING)


MAIN_RULES = (
    before_loss,
    probabilities,
    one_scale,
    kohonen_steps,
    class_count,
    shared_weights,
    initialisation,
    nothing_trains,
)
BLOCK_RULES = (shared_weights, initialisation)
