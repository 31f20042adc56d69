"""Which numbers of a network are a code: what a decoder draws from, and how such codes are spread (T)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analysis.attention import PORT
from core.data.dataset import Array
from core.data.noise import draw
from core.data.signature import DRAWN
from core.problem import LayerloomError
from core.program.program import Program, Step, Value
from core.program.tail import tail
from core.spec.shape import TensorType

FITTED = "fitted"  # to the codes of the training examples, where no prior is known
_PRIORS: Mapping[str, str] = {"reparameterise": "normal"}  # what the layer's output is trained to be like
_NO_CODE = "A code is one row of numbers for each example, from which an output is computed"


@dataclass(frozen=True)
class Code:
    """A value that is decoded.

    Attributes:
        value: its name in the program. `node`: the path of what makes it. `label`: as a person calls that.
        width: how many numbers an example has.
        law: ``normal`` or ``uniform`` (see `core.data.noise`) where the design says what it is drawn from, or `FITTED`.
    """

    value: str
    node: str
    label: str
    width: int
    law: str


def code_of(program: Program, node: str) -> Code:
    """The code at a node of the main graph, by its path or its name: what it gives, or the latent vector where that
    goes straight on into Reparameterise. A node that gives no code, but is computed from noise, stands for the noise.
    Without a node, the only code whose law the design says.

    Raises:
        LayerloomError: there is no such node, or nothing can be decoded from it (code ``node``).
    """
    if not node:
        return _only(program)
    entering = [v for v in program.inputs if node in (v.node, v.name)]
    if entering:
        return _checked(program, _entering(entering[0]), entering[0].type)
    step = _step(program, node)
    drawn = [s for s in _readers(program, step) if s.layer in _PRIORS]
    if drawn:
        return _made(program, drawn[0])
    try:
        return _made(program, step)
    except LayerloomError:
        noise = _noise_of(program, step)
        if noise is None:
            raise
        return _checked(program, _entering(noise), noise.type)


def known_codes(program: Program) -> list[Code]:
    """Those whose law the design says: noise that enters, and what is drawn by Reparameterise."""
    found = [
        _entering(v) for v in program.inputs if v.encoding in DRAWN and v.type.rank == 2 and _leads_on(program, v.name)
    ]
    return found + [_made(program, s) for s in program.steps if s.layer in _PRIORS and _decodes(program, s)]


def worth_decoding(program: Program, step: Step) -> bool:
    """Whether pictures of what is decoded from this node say something: it is drawn, or what comes out of it is wider
    than itself or like something that enters."""
    try:
        code = code_of(program, step.node)
    except LayerloomError:
        return False
    shapes = {tuple(v.type.shape[1:]) for v in (*program.inputs, *program.targets) if v.type.rank > 1}
    made = [result.type.shape[1:] for result in tail(program, code.value, "code").outputs]
    return code.law != FITTED or any(tuple(shape) in shapes or _size(shape) > code.width for shape in made)


class Spread:
    """Where the codes lie: draws new ones, and gives the middle and deviation of each number.

    `rows`, (examples, width), are the codes of training examples; needed where the law is `FITTED` alone.
    """

    def __init__(self, code: Code, rows: Array | None = None) -> None:
        self._code = code
        self.mean, self.std = np.zeros(code.width), np.full(code.width, _DEVIATION.get(code.law, 1.0))
        self._root: Array | None = None
        if code.law == FITTED:
            assert rows is not None
            real = np.nan_to_num(rows.astype(np.float64))
            self.mean, centred = real.mean(0), real - real.mean(0)
            values, vectors = np.linalg.eigh(centred.T @ centred / len(real))
            self._root = (vectors * np.sqrt(np.maximum(values, 0.0))).T
            self.std = np.sqrt(np.square(centred).mean(0))

    def draw(self, count: int, seed: int, temperature: float = 1.0) -> Array:
        """(count, width), float32: temperature 0 is the middle, 1 the law itself. More of a seed begin alike."""
        source, shape = np.random.default_rng(seed), (count, self._code.width)
        noise = draw("normal" if self._code.law == FITTED else self._code.law, source, shape)
        moved = noise if self._root is None else noise @ self._root
        return np.asarray(self.mean + temperature * moved, np.float32)


_DEVIATION: Mapping[str, float] = {"uniform": 3**-0.5}


def linear(a: Array, b: Array, share: float) -> Array:
    return (1 - share) * a + share * b


def spherical(a: Array, b: Array, share: float) -> Array:
    """Along the arc between the directions of two codes, which keeps as far from the middle as they lie: samples of a
    wide Gaussian lie near a sphere (Shoemake, 1985; White, Sampling Generative Networks, 2016)."""
    lengths = float(np.linalg.norm(a)) * float(np.linalg.norm(b))
    cosine = float(a @ b) / lengths if lengths > 0 else 1.0
    angle = float(np.arccos(np.clip(cosine, -1.0, 1.0)))
    if np.sin(angle) < 1e-6:  # one direction, or opposite ones, between which no arc is the shortest
        return linear(a, b, share)
    return np.asarray((np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle))


PATHS: Mapping[str, Callable[[Array, Array, float], Array]] = {"normal": spherical, "uniform": linear, FITTED: linear}


def _only(program: Program) -> Code:
    found = known_codes(program)
    if len(found) == 1:
        return found[0]
    names = ", ".join(code.label for code in found)
    why = f"there are several codes ({names})" if found else "it has neither Noise nor Reparameterise"
    raise LayerloomError(f"Say which node of this design is the code: {why}.", code="node", received=names)


def _step(program: Program, node: str) -> Step:
    answered = [result.value for result in program.outputs if node in (result.node, result.port)]
    for holds in (
        lambda s: s.node == node,
        lambda s: node in (s.label, s.name),
        lambda s: bool(answered) and answered[0] in s.outputs.values(),
    ):
        found = [step for step in program.steps if holds(step)]
        if len(found) == 1:
            return found[0]
        if found:
            paths = ", ".join(step.node for step in found)
            raise LayerloomError(f"Several nodes are called {node!r:.40}; say which: {paths}.", code="node")
    outside = next((s for s in program.steps if s.block and node.startswith(f"{s.node}/")), None)
    if outside is not None:
        label = outside.label or outside.name
        message = f"The node lies inside {label}; a code is decoded in the main graph. Choose {label} itself."
        raise LayerloomError(message, code="node", node=node)
    known = ", ".join(dict.fromkeys(s.label or s.name for s in program.steps))
    raise LayerloomError(f"The network of this run has no node {node!r:.40}; it has {known:.300}.", code="node")


def _made(program: Program, step: Step) -> Code:
    port, value = next(((p, v) for p, v in step.outputs.items() if p != PORT), ("", ""))
    label = step.label or step.name
    if not port:
        raise LayerloomError(f"Nothing is computed from {label}, so there is nothing to decode.", code="node")
    given = step.output_types[port]
    law = _PRIORS.get(step.layer, FITTED)
    return _checked(program, Code(value, step.node, label, _size(given.shape[1:]), law), given)


def _entering(value: Value) -> Code:
    law = value.encoding if value.encoding in DRAWN else FITTED
    return Code(value.name, value.node, value.name, _size(value.type.shape[1:]), law)


def _checked(program: Program, code: Code, given: TensorType) -> Code:
    if given.rank != 2 or given.dtype != "float" or not isinstance(given.shape[1], int):
        shape = " x ".join(map(str, given.shape[1:])) or "one number"
        whole = " (whole numbers)" if given.dtype != "float" else ""
        message = f"{_NO_CODE}; {code.label} gives {shape}{whole} an example. Choose the bottleneck."
        raise LayerloomError(message, code="node", node=code.node, received=shape)
    if not _leads_on(program, code.value):
        message = f"{_NO_CODE}; no output is computed from {code.label}. Wire an Output behind what it leads to."
        raise LayerloomError(message, code="node", node=code.node)
    return code


def _leads_on(program: Program, value: str) -> bool:
    return bool(tail(program, value, "code").outputs)


def _decodes(program: Program, step: Step) -> bool:
    return any(_leads_on(program, value) for value in step.outputs.values())


def _readers(program: Program, step: Step) -> list[Step]:
    """The step, and those that read its first output."""
    first = next(iter(step.outputs.values()), None)
    return [step, *(s for s in program.steps if first is not None and first in s.inputs.values())]


def _noise_of(program: Program, step: Step) -> Value | None:
    """The only noise from which the step computes, where it leads on to an output or is one."""
    if not any(_leads_on(program, v) or v in {o.value for o in program.outputs} for v in step.outputs.values()):
        return None
    needed = set(step.inputs.values())
    for earlier in reversed(program.steps[: program.steps.index(step)]):
        if not needed.isdisjoint(earlier.outputs.values()):
            needed.update(earlier.inputs.values())
    found = [v for v in program.inputs if v.name in needed and v.encoding in DRAWN]
    return found[0] if len(found) == 1 else None


def _size(shape: Any) -> int:
    return int(np.prod([size for size in shape if isinstance(size, int)], dtype=np.int64))
