"""The init doctor: how far signals and gradients carry through the depth of a network before it has learned anything.

Glorot and Bengio, 2010, section 4.2, and He et al., 2015, section 2.2: a start is good where the variance of what each
layer gives, and of the gradients on their way back, stays about the same from layer to layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.catalog import normalisation
from core.catalog.families import default_catalog
from core.problem import LayerloomError, listed
from core.program.program import Init, Placed, Program
from core.spec.layer import Given
from core.training.run import Run
from core.training.tools.copying import Told, unheard
from core.training.tools.depths import FLAT, WEIGHTED, Depth, measured
from core.training.tools.suiting import started, suited

STARTS: Mapping[str, tuple[str, Init]] = {
    "xavier": ("Xavier", Init("xavier_normal")),
    "he": ("He", Init("kaiming_normal")),
    "lecun": ("LeCun", Init("kaiming_normal", {"nonlinearity": "linear"})),
    "orthogonal": ("Orthogonal", Init("orthogonal")),
    "small": ("Normal 0.01", Init("normal", {"std": 0.01})),
    "zeros": ("Zeros", Init("zeros")),
}
HELP = "normalisation or skip connections would carry signals further"
DRAWN, SUITED = "drawn", "suited"
HELD = 1.0  # powers of ten that a good start may lose or gain over the whole depth
BETTER = 0.2  # powers of ten by which another start must be better to be offered
RESTING, AT_REST = 0.5, 0.9  # shares of dead units, and of numbers at rest, that are worth a word
ALIKE = 0.01  # share of a deviation, as the input makes it, below which examples are told apart no more


@dataclass(frozen=True)
class Start:
    """One way to start all layers. `kept_forward` and `kept_back` are the last hidden layer's deviation over the
    first's, and the first one's gradient over the last's; `lost` the most powers of ten that either way strays."""

    id: str
    label: str
    layers: tuple[Depth, ...]
    loss: float | None
    kept_forward: float | None
    kept_back: float | None
    lost: float | None
    told: str
    inits: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Doctor:
    starts: tuple[Start, ...]
    hidden: int
    holds: bool
    best: str
    verdict: str
    reasons: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check_init(run: Run, *, starts: str, draws: int = 3, normal: bool = False, told: Told = unheard) -> Doctor:
    """Send a batch forward and the gradient of its loss back, without training, for the design's own initialisations
    and for others in their place; biases start as the design says.

    Args:
        starts: names of `STARTS` separated by commas; the start that suits what follows each layer is always among
            them.
        draws: how many random starts a figure is the geometric mean of.
        normal: feed numbers from N(0, 1) in place of the data's.

    Raises:
        LayerloomError: there is no such start, no layer has weights to start, or a layer refuses the data.
    """
    names = _names(starts)
    own = {placed.node: placed for placed in _started(run.program)}
    if not own:
        message = "No layer of this design has a matrix of weights that an initialisation could start."
        raise LayerloomError(message, code="start")
    choices = {DRAWN: {}, SUITED: suited(run.program, own), **{name: _everywhere(name, own) for name in names}}
    found: list[Start] = []
    count = len(choices) * draws
    for index, (id, inits) in enumerate(choices.items()):
        rows: list[tuple[list[Depth], float]] = []
        for draw in range(draws):
            rows.append(measured(run, with_starts(run.program, inits), draw, normal))
            told((index * draws + draw + 1) / count)
        found.append(_start(id, inits, rows))
    return _judged(found, run.program)


def _names(starts: str) -> list[str]:
    names = list(dict.fromkeys(filter(None, (part.strip().lower() for part in starts.split(",")))))
    unknown = next((name for name in names if name not in STARTS), None)
    if unknown is not None:
        raise LayerloomError(f"There is no start {unknown!r:.40}; there are {', '.join(STARTS)}.", code="arguments")
    return names


# -- starting otherwise


def _started(program: Program) -> Iterator[Placed]:
    """The layers whose matrices an initialisation suits, at the nodes that construct them."""
    catalog = default_catalog()
    for placed in program.placed():
        spec = catalog.get(placed.step.layer)
        if spec is not None and spec.category in WEIGHTED and placed.modules and not placed.shared:
            shapes = spec.weights(Given(placed.step.input_types, placed.step.params)) if spec.weights else {}
            if any(len(shape) > 1 for shape in shapes.values()):
                yield placed


def _everywhere(name: str, own: Mapping[str, Placed]) -> dict[str, Init]:
    chosen = STARTS[name][1]
    return {node: started(placed.step, chosen.weight, chosen.weight_params) for node, placed in own.items()}


def with_starts(program: Program, inits: Mapping[str, Init]) -> Program:
    """The program with these initialisations by the paths of nodes; a block that is used twice starts as its first
    instance does."""
    chosen: dict[tuple[str, str], Init] = {}

    def look(key: str, body: Program, path: str) -> None:
        for step in body.steps:
            node = f"{path}/{step.node.rpartition('/')[2]}" if path else step.node
            if node in inits:
                chosen.setdefault((key, step.name), inits[node])
            if step.block:
                look(step.block, program.blocks[step.block], node)

    def put(key: str, body: Program) -> Program:
        steps = (replace(s, init=chosen[key, s.name]) if (key, s.name) in chosen else s for s in body.steps)
        return replace(body, steps=tuple(steps))

    look("", program, "")
    return replace(put("", program), blocks={key: put(key, body) for key, body in program.blocks.items()})


# -- judging


def _start(id: str, inits: Mapping[str, Init], rows: Sequence[tuple[list[Depth], float]]) -> Start:
    layers = tuple(_mean(each) for each in zip(*(row for row, _ in rows), strict=True))
    hidden = _hidden(layers)
    forward, back = [layer.forward for layer in hidden], [layer.gradient for layer in hidden if layer.reached][::-1]
    ways = (_strayed(forward), _strayed(back))
    losses = [loss for _, loss in rows]
    mean = sum(losses) / len(losses)
    return Start(
        id,
        _LABELS.get(id) or STARTS[id][0],
        layers,
        mean if math.isfinite(mean) else None,
        _ratio(forward),
        _ratio(back),
        None if None in ways else max(way for way in ways if way is not None),
        _told(forward, back),
        {node: asdict(init) for node, init in inits.items()},
    )


def _mean(row: Sequence[Depth]) -> Depth:
    """One layer over all draws: the geometric mean of scales, the plain one of shares."""

    def scale(name: str) -> float | None:
        return _geometric([getattr(one, name) for one in row])

    def share(name: str) -> float | None:
        return _plain_mean([getattr(one, name) for one in row])

    return replace(
        row[0],
        forward=scale("forward"),
        gradient=scale("gradient"),
        weight=scale("weight"),
        varies=share("varies"),
        rest=share("rest"),
        dead=share("dead"),
    )


def _geometric(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    return math.exp(sum(map(math.log, known)) / len(known)) if all(known) else 0.0


def _plain_mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _hidden(layers: Sequence[Depth]) -> list[Depth]:
    """The layers with weights without the last, whose scale the loss decides; all where there are two or less."""
    weighted = [layer for layer in layers if layer.weighted]
    return weighted[:-1] if len(weighted) > 2 else weighted


def _strayed(values: Sequence[float | None]) -> float | None:
    """The most powers of ten between the first and another; None where something is 0 or no number."""
    if not values or any(not value for value in values):
        return None
    return max((abs(math.log10(value / values[0])) for value in values if value and values[0]), default=0.0)


def _ratio(values: Sequence[float | None]) -> float | None:
    first, last = (values[0], values[-1]) if values else (None, None)
    return last / first if first and last is not None else None


def _told(forward: Sequence[float | None], back: Sequence[float | None]) -> str:
    return f"signals {_way(forward)}, gradients {_way(back)} on their way back"


def _way(values: Sequence[float | None]) -> str:
    if not values or any(value is None for value in values):
        return "break"
    if not all(values):
        return "are 0"
    ratio = _ratio(values) or 0.0
    each = ratio ** (1 / max(1, len(values) - 1))
    if abs(math.log10(ratio)) < HELD / 2:
        return f"hold ({ratio:.2g} times)"
    return f"{'shrink' if ratio < 1 else 'grow'} to {ratio:.2g} times ({each:.2g} a layer)"


def _judged(starts: Sequence[Start], program: Program) -> Doctor:
    own = starts[0]
    hidden = len(_hidden(own.layers))
    best = min(starts, key=_lost)
    holds = _lost(own) < HELD
    gains = math.isfinite(_lost(best)) and _lost(own) - _lost(best) > BETTER
    depth = f"{hidden} layers" if hidden != 1 else "one layer"
    verdict = f"As it starts now, over {depth}: {own.told}."
    if holds:
        verdict += " That is a start to train from."
    if gains:
        verdict += (
            f" {best.label} {'is better' if best.lost is not None and best.lost < HELD else 'is nearest'}: {best.told}."
        )
    elif not holds:
        verdict += " No other start does better" + (f": {HELP}." if not _normalises(program) else ".")
    return Doctor(tuple(starts), hidden, holds, best.id if gains else "", verdict, tuple(_reasons(own)))


def _normalises(program: Program) -> bool:
    catalog = default_catalog()
    layers = (catalog.get(step.layer) for _, step in program.walk() if step.layer)
    return any(spec is not None and spec.category == normalisation.CATEGORY for spec in layers)


def _lost(start: Start) -> float:
    return math.inf if start.lost is None else start.lost


def _reasons(own: Start) -> Iterator[str]:
    dead = {layer.label: layer.dead for layer in own.layers if layer.dead is not None and layer.dead > RESTING}
    if dead:
        yield f"Units that pass no gradient for any example: {_shares(dead)}."
    rest = {layer.label: layer.rest for layer in own.layers if layer.rest is not None and layer.rest > AT_REST}
    if rest:
        yield f"Activations at rest, with a slope below {FLAT}: {_shares(rest)} of their numbers."
    alike = next((layer for layer in own.layers if layer.varies is not None and layer.varies < ALIKE), None)
    if alike is not None:
        yield f"From {alike.label} on hardly anything depends on the input: its numbers are the same for every example."
    if own.lost is None:
        zero = [layer.label for layer in own.layers if layer.weighted and layer.weight == 0.0]
        if zero:
            yield f"The weights of {listed(zero[:4])} are all equal, so that all units of a layer learn the same."


def _shares(layers: Mapping[str, float]) -> str:
    """The first few by name, with their shares."""
    return listed([f"{share:.0%} of {label}" for label, share in layers.items()])


_LABELS = {DRAWN: "As drawn", SUITED: "Kaiming by activation"}
