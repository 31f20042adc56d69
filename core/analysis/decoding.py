"""What a network makes of codes that no example has, as plain values: samples, a way between two, a plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isqrt
from typing import Any

import numpy as np
from torch import Tensor

from core.analysis.codes import PATHS
from core.analysis.decoder import Decoder, Tensors
from core.analysis.subject import Part, Subject
from core.data.dataset import Array
from core.data.looks import MAX_SIDE, looks, span
from core.problem import LayerloomError
from core.program.program import Result, Value

MOST, SIDE, SPAN, HOTTEST, OUTPUTS = 1_024, 21, 20.0, 100.0, 4
PIXELS = 2**18  # of all pictures of an answer


def sampled(
    subject: Subject, node: str, count: int = 64, seed: int = 0, temperature: float = 1.0,
    split: str = "test", sample: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """Outputs for codes drawn from the prior: N(0, temperature^2) for a latent, the design's own law for noise, else
    the Gaussian fitted to the codes of the training examples.

    Where the network must also be told a class, each class comes in turn (``asked``: one for each sample); other
    inputs that it needs are those of the example at the position `sample`.

    Keys: those of `Subject.heading`; ``node`` and ``code``, the path and name of what is decoded; ``width``; ``law``
    (``normal``, ``uniform`` or ``fitted``); ``given``: names of inputs taken from the example; ``asked``;
    ``seed``, ``temperature``; ``outputs``: up to four, each with ``name`` and ``made`` (see `core.data.looks.looks`),
    or ``guesses`` (classes) where a loss compares it with classes; the first is the widest.

    Raises:
        LayerloomError: see `Decoder`; the count or temperature is out of bounds (code ``count``, ``temperature``).
    """
    within("count", count, 1, MOST)
    within("temperature", temperature, 0.0, HOTTEST)
    decoder = Decoder(subject, node)
    given, asked = conditions(decoder, subject, one_example(subject, split, sample), count)
    codes = decoder.spread.draw(count, seed, temperature)
    told = {"asked": asked, "seed": seed, "temperature": temperature}
    return {**_told(decoder, subject, one_example(subject, split, sample), codes, given, asked), **told}


def between(subject: Subject, node: str, a: int, b: int, steps: int = 9, split: str = "test") -> dict[str, Any]:
    """Outputs on the way from the code of the example at position `a` to that of `b`: `steps` of them, the two ends
    among them; along an arc where codes are Gaussian, else straight.

    Keys: those of `sampled` but ``asked``, ``seed`` and ``temperature``; ``positions``, the two examples;
    ``shares``: how far each is on the way; ``path``: ``spherical`` or ``linear``. Other inputs are those of `a`.
    """
    decoder = Decoder(subject, node)
    first, last = one_example(subject, split, a), one_example(subject, split, b)
    path, codes = on_the_way(decoder, first, last, steps)
    shares = np.linspace(0, 1, steps)
    told = {"positions": [int(first.positions[0]), int(last.positions[0])], "shares": _short(shares)}
    return {
        **_told(decoder, subject, first, codes, decoder.given(first), []),
        **told,
        "path": path,
    }


def on_the_way(decoder: Decoder, first: Part, last: Part, steps: int) -> tuple[str, Array]:
    """``spherical`` or ``linear``, and codes (steps, width) from that of the one example of `first` to that of `last`.

    Raises:
        LayerloomError: there are fewer than two steps, or too many (code ``steps``).
    """
    within("steps", steps, 2, MOST)
    begin, end = (np.asarray(decoder.codes(part)[0], np.float64) for part in (first, last))
    path = PATHS[decoder.code.law]
    codes = np.stack([path(begin, end, float(share)) for share in np.linspace(0, 1, steps)])
    codes[0], codes[-1] = begin, end
    return path.__name__, codes


def plane(
    subject: Subject, node: str, size: int = 9, reach: float = 2.0, across: int = 0, down: int = 1,
    split: str = "test", sample: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """Outputs over two numbers of the code, the others at their mean: `size` by `size` of them, row by row, the number
    `across` rising to the right and `down` from top to bottom, each within `reach` deviations of its mean. A code
    of one number gives a single row.

    Keys: those of `sampled` but ``asked``, ``seed`` and ``temperature``; ``columns`` (how many in a row), ``across``
    and ``down`` (which numbers; None for a code of one), ``x`` and ``y``: their values by column and by row.
    """
    within("size", size, 1, SIDE)
    within("span", reach, 0.0, SPAN)
    decoder = Decoder(subject, node)
    width, spread = decoder.code.width, decoder.spread
    for axis in (across, *([down] if width > 1 else [])):
        within("dimension", axis, 0, width - 1)
    if width > 1 and across == down:
        raise LayerloomError(f"The plane needs two dimensions, not {across} twice.", code="dimension")
    ticks = np.linspace(-reach, reach, size) if size > 1 else np.zeros(1)
    x = spread.mean[across] + ticks * spread.std[across]
    y = spread.mean[down] + ticks * spread.std[down] if width > 1 else np.zeros(1)
    codes = np.tile(spread.mean, (len(y) * size, 1))
    if width > 1:
        codes[:, down] = np.repeat(y, size)
    codes[:, across] = np.tile(x, len(y))
    part = one_example(subject, split, sample)
    axes = {"across": across, "down": down if width > 1 else None, "x": _short(x), "y": _short(y) if width > 1 else []}
    return {**_told(decoder, subject, part, codes, decoder.given(part), []), "columns": size, **axes}


def _told(
    decoder: Decoder, subject: Subject, part: Part, codes: Array, given: Tensors, asked: Sequence[str]
) -> dict[str, Any]:
    made = decoder.decode(codes, given)
    widest = sorted(decoder.outputs, key=lambda output: -made[output.name][0].size)[:OUTPUTS]
    told_by_class = {v.name for v in decoder.needs if asked and _classes(subject, v)}
    return {
        **subject.heading(part),
        "node": decoder.code.node,
        "code": decoder.code.label,
        "width": decoder.code.width,
        "law": decoder.code.law,
        "given": [v.name for v in decoder.needs if v.name not in told_by_class],
        "outputs": [{"name": output.name, **_look(decoder, subject, output, made[output.name])} for output in widest],
    }


def _look(decoder: Decoder, subject: Subject, output: Result, values: Array) -> dict[str, Any]:
    pairing = next((p for p in subject.pairings if p.output == output.name and p.task == "classification"), None)
    names = subject.prepared.tasks[pairing.target].classes if pairing is not None else ()
    if names and values.ndim == 2 and values.shape[1] == len(names):
        return {"guesses": [names[index] for index in values.argmax(1).tolist()]}
    like, shown = decoder.like(output.name), decoder.in_units(output.name, values)
    known = shown[np.isfinite(shown)]
    own = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    side = max(8, min(MAX_SIDE, isqrt(PIXELS // len(values))))
    return {"made": looks(shown, span(subject.prepared, like) if like is not None else own, side)}


def conditions(
    decoder: Decoder, subject: Subject, part: Part, count: int, said: Mapping[str, str] | None = None
) -> tuple[dict[str, Tensor], list[str]]:
    """What the network is given beside `count` codes, by input: what is `said` (see `Decoder.chosen`), or what the one
    example of `part` has. Where one input that takes a class is left open, each class comes in turn: the second result
    says which for each code; it is empty otherwise.

    Raises:
        LayerloomError: no such input or class (code ``given``).
    """
    given = {name: t.expand(count, *t.shape[1:]) for name, t in decoder.given(part).items()}
    chosen = {name: decoder.chosen(name, [word] * count) for name, word in (said or {}).items()}
    told = [value for value in decoder.needs if _classes(subject, value) and value.name not in chosen]
    if len(told) != 1:
        return {**given, **chosen}, []
    names = _classes(subject, told[0])
    asked = [names[index % len(names)] for index in range(count)]
    return {**given, **chosen, told[0].name: decoder.chosen(told[0].name, asked)}, asked


def _classes(subject: Subject, value: Value) -> tuple[str, ...]:
    """Those of an input that takes one class for each example."""
    field = subject.prepared.signature.fields.get(value.field)
    return field.classes if field is not None and not field.shape else ()


def one_example(subject: Subject, split: str, position: int) -> Part:
    """The example at a position, the last one beyond the end. Raises LayerloomError where there is no such part."""
    whole = subject.part(split, 1).whole
    return subject.chosen(split, np.array([max(0, min(position, whole - 1))]))


def within(what: str, value: float, low: float, high: float) -> None:
    """Raises LayerloomError (its code is `what`) where the value is not."""
    if not low <= value <= high:
        raise LayerloomError(
            f"The {what} must lie from {low:g} to {high:g}, not at {value:g}.",
            code=what,
            expected=f"{low:g} to {high:g}",
            received=f"{value:g}",
        )


def _short(values: Array) -> list[float]:
    return [float(f"{value:.5g}") for value in values.tolist()]
