"""Worn inputs: covered, noisy, moved, darkened, incomplete, of other words or another length."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from core.analysis.examining.edges.bench import FEW, Bench, Refused, Tensors
from core.analysis.examining.edges.comparing import finite_rows
from core.analysis.examining.edges.finding import Curve, Finding
from core.data.dataset import Array

COVERED = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
NOISE = (0.05, 0.1, 0.2, 0.5, 1.0)
JUDGED = 0.1  # of the picture covered, of a deviation of noise: where a fall is worth a warning
DRAWS = 2
COLUMNS = 128
TURNED = 0.5  # of the right answers may turn wrong by one patch
ALONE = 0.5  # of what is above chance may hang on one column


def pictures(bench: Bench) -> tuple[str, ...]:
    """The inputs that are pictures."""
    return tuple(n for n in bench.real if bench.inputs[n].dim() == 4 and min(bench.inputs[n].shape[2:]) >= 4)


def rows(bench: Bench) -> tuple[str, ...]:
    """The inputs that are rows of numbers."""
    return tuple(n for n in bench.real if bench.inputs[n].dim() == 2)


def free(bench: Bench) -> dict[str, dict[int, str]]:
    """By input, the dimensions that the design leaves open, beside that of the batch."""
    found = {
        value.name: {at: str(size) for at, size in enumerate(value.type.shape) if at and not isinstance(size, int)}
        for value in bench.subject.program.inputs
    }
    return {name: open_ for name, open_ in found.items() if open_}


def occlusion(bench: Bench) -> Finding:
    """A grey patch at a random place over more and more of the picture, and one small patch at every place."""
    draw = np.random.default_rng(bench.seed)

    def at(share: float) -> Tensors:
        return {**bench.inputs, **{n: _covered(bench, n, share, draw) for n in pictures(bench)}}

    curve = _curve(bench, "covered", "share of the picture covered", COVERED, at)
    flipped, given, captions = _one_patch(bench)
    numbers = {f"{x:g} covered": y for x, y in zip(curve.x, curve.y, strict=True)}
    judged = curve.y[curve.x.index(JUDGED)]
    sentence = f"With a tenth of the picture covered {bench.called} is {judged:.3f}, without {bench.clean_score:.3f}."
    is_weak = bench.falls(judged)
    if bench.metric == "accuracy":
        share = numbers["one patch"] = len(flipped) / max(1, int((bench.hits(bench.clean) > 0.5).sum()))
        sentence = f"{sentence[:-1]}; one patch of a sixteenth turns {share:.0%} of the answers that were right."
        is_weak |= share > TURNED
    return Finding("warning" if is_weak else "passed", sentence, numbers, flipped[:FEW], given, captions, curve)


def _covered(bench: Bench, name: str, share: float, draw: np.random.Generator) -> Tensor:
    """A square of the mean grey of each channel, at a place of its own in each picture."""
    pictures_, grey = bench.inputs[name].clone(), _grey(bench, name)
    height, width = pictures_.shape[2:]
    tall, wide = (max(1, round(share**0.5 * side)) for side in (height, width))
    for picture in pictures_:
        top, left = draw.integers(0, height - tall + 1), draw.integers(0, width - wide + 1)
        picture[:, top : top + tall, left : left + wide] = grey
    return pictures_


def _grey(bench: Bench, name: str) -> Tensor:
    return bench.usual(name).mean.mean((1, 2), keepdim=True)


def _one_patch(bench: Bench) -> tuple[list[int], Tensor | None, list[str]]:
    """Examples that were right and that one small patch turns wrong, as they were given, with both answers."""
    if bench.pairing is None or bench.pairing.task != "classification":
        return [], None, []
    name = pictures(bench)[0]
    right = bench.hits(bench.clean) > 0.5
    found: dict[int, tuple[Tensor, str]] = {}
    height, width = bench.inputs[name].shape[2:]
    tall, wide = max(1, height // 4), max(1, width // 4)
    for top in range(0, height - tall + 1, tall):
        for left in range(0, width - wide + 1, wide):
            given = bench.inputs[name].clone()
            given[:, :, top : top + tall, left : left + wide] = _grey(bench, name)
            answers = bench.answers({**bench.inputs, name: given})
            for row in np.flatnonzero(right & (bench.hits(answers) <= 0.5)).tolist():
                if row not in found:
                    words = f"{bench.told(bench.clean, row)} → {bench.told(answers, row)}"
                    found[row] = (given[row], words)
    shown = list(found.values())[:FEW]
    return list(found), torch.stack([g for g, _ in shown]) if shown else None, [words for _, words in shown]


def noise(bench: Bench) -> Finding:
    """Gaussian noise on every number, in standard deviations of that number over the training part."""
    draw = torch.Generator().manual_seed(bench.seed)

    def at(size: float) -> Tensors:
        return {**bench.inputs, **{n: _noisy(bench, n, size, draw) for n in bench.real}}

    curve = _curve(bench, "noise", "noise, in standard deviations", NOISE, at)
    judged = curve.y[curve.x.index(JUDGED)]
    words = f"With noise of a tenth of a deviation {bench.called} is {judged:.3f}, without {bench.clean_score:.3f}"
    worst, captions = _turned(bench, at(JUDGED)) if bench.falls(judged) else ((), ())
    return Finding(
        "warning" if bench.falls(judged) else "passed",
        f"{words}; with a whole deviation {curve.y[-1]:.3f}.",
        {f"{x:g} sd": y for x, y in zip(curve.x, curve.y, strict=True)},
        worst,
        captions=captions,
        curve=curve,
    )


def _noisy(bench: Bench, name: str, size: float, draw: torch.Generator) -> Tensor:
    values = bench.inputs[name]
    return values + size * bench.usual(name).deviation * torch.randn(values.shape, generator=draw)


def _turned(bench: Bench, given: Tensors) -> tuple[Sequence[int], Sequence[str]]:
    """Examples whose class is another one now."""
    answers = bench.answers(given)
    before, after = bench.guesses(bench.clean), bench.guesses(answers)
    if before is None or after is None:
        return (), ()
    found = np.flatnonzero((before != after).any(1)).tolist()[:FEW]
    return found, [f"{bench.told(bench.clean, row)} → {bench.told(answers, row)}" for row in found]


def _curve(
    bench: Bench, label: str, x_label: str, at: Sequence[float], made: Callable[[float], Tensors]
) -> Curve:  # fmt: skip
    """The score over something that grows, from nothing on; each a mean over a few draws."""
    scores = [float(np.mean([bench.score(bench.answers(made(x))) for _ in range(DRAWS)])) for x in at]
    return Curve(label, x_label, (0.0, *at), (bench.clean_score, *scores))


def moved(bench: Bench) -> Finding:
    """Pictures moved by one and by two pixels, to each side."""
    numbers = {}
    for far in (1, 2):
        scores = [
            bench.score(bench.answers({**bench.inputs, **{n: _shifted(bench, n, *step) for n in pictures(bench)}}))
            for step in ((far, 0), (-far, 0), (0, far), (0, -far))
        ]
        numbers[f"{far} px"] = float(np.mean(scores))
    sentence = (
        f"Moved by one pixel {bench.called} is {numbers['1 px']:.3f}, by two {numbers['2 px']:.3f}, "
        f"unmoved {bench.clean_score:.3f}."
    )
    return Finding("warning" if bench.falls(numbers["1 px"]) else "passed", sentence, numbers)


def _shifted(bench: Bench, name: str, down: int, right: int) -> Tensor:
    values = bench.inputs[name]
    found = values.roll((down, right), (2, 3))
    grey = _grey(bench, name)
    for axis, by in ((2, down), (3, right)):
        if by:
            edge = slice(0, by) if by > 0 else slice(by, None)
            found[(slice(None),) * axis + (edge,)] = grey
    return found


def light(bench: Bench) -> Finding:
    """Pictures that are darker or brighter, by a tenth and a quarter of the whole range, or of half the contrast."""
    spans = {n: float(bench.usual(n).high.max() - bench.usual(n).low.min()) for n in pictures(bench)}
    changes: dict[str, Callable[[str, Tensor], Tensor]] = {
        "a tenth darker": lambda n, x: x - 0.1 * spans[n],
        "a tenth brighter": lambda n, x: x + 0.1 * spans[n],
        "a quarter darker": lambda n, x: x - 0.25 * spans[n],
        "a quarter brighter": lambda n, x: x + 0.25 * spans[n],
        "half the contrast": lambda n, x: 0.5 * (x + _grey(bench, n)),
    }
    numbers = {
        words: bench.score(bench.answers({**bench.inputs, **{n: change(n, bench.inputs[n]) for n in spans}}))
        for words, change in changes.items()
    }
    told = ", ".join(f"{score:.3f} {words}" for words, score in numbers.items())
    is_weak = any(bench.falls(numbers[words]) for words in tuple(changes)[:2])
    sentence = f"{bench.called[0].upper()}{bench.called[1:]} is {bench.clean_score:.3f}; {told}."
    return Finding("warning" if is_weak else "passed", sentence, numbers)


def missing(bench: Bench) -> Finding:
    """Each column of numbers set to its mean in the training part, as a gap would be filled."""
    scores = {label: bench.score(bench.answers(given)) for label, given in _without(bench)}
    ranked = sorted(scores.items(), key=lambda pair: pair[1])
    numbers = {label: bench.clean_score - score for label, score in ranked[:10]}
    lost = bench.clean_score - ranked[0][1]
    told = ", ".join(f"{label} ({bench.clean_score - score:+.3f})" for label, score in ranked[:3])
    sentence = f"What is lost of {bench.clean_score:.3f} {bench.called} where a column is missing: most at {told}."
    is_alone = len(scores) > 1 and bench.falls(ranked[0][1]) and lost > ALONE * bench.above_chance
    return Finding("warning" if is_alone else "passed", sentence, numbers)


def _without(bench: Bench) -> list[tuple[str, Tensors]]:
    found = []
    for name in rows(bench):
        titles = bench.titles(name)
        for column in range(min(COLUMNS, bench.inputs[name].shape[1])):
            values = bench.inputs[name].clone()
            values[:, column] = bench.usual(name).mean[column]
            found.append((titles[column], {**bench.inputs, name: values}))
    return found


def vocabulary(bench: Bench) -> Finding:
    """Indices that no example has: the one after the last class of the data, far beyond it, and a negative one."""
    few = bench.few()
    accepted, refused = [], []
    for name in bench.codes:
        for value in (_after_last(bench, name) + 1_000_000, -1):
            given = few[name].clone()
            given.reshape(len(given), -1)[:, 0] = value
            try:
                answers = bench.answer({**few, name: given})
            except Refused:
                refused.append(value)
                continue
            if finite_rows(answers).any():
                accepted.append(f"{value:,} at {name}")
    if accepted:
        sentence = f"Indices that stand for nothing get an ordinary answer: {', '.join(accepted)}."
        return Finding("failed", sentence, {"accepted": float(len(accepted))}, range(min(FEW, len(bench))))
    return Finding("passed", f"Indices that stand for nothing are refused ({', '.join(f'{v:,}' for v in refused)}).")


def _after_last(bench: Bench, name: str) -> int:
    field = bench.subject.prepared.fields.get(name, "")
    signature = bench.subject.prepared.signature.fields.get(field)
    return len(signature.classes) if signature and signature.classes else int(bench.inputs[name].max()) + 1


def lengths(bench: Bench) -> Finding:
    """Inputs of half, of twice and of one step along every dimension that the design leaves open."""
    told, failed, single = [], [], ""
    for words, factor in (("half as long", 0.5), ("twice as long", 2.0), ("one step long", 0.0)):
        given = {n: _resized(t, tuple(free(bench).get(n, {})), factor) for n, t in bench.few().items()}
        try:
            is_finite = bool(finite_rows(bench.answer(given)).all())
        except Refused as error:
            told.append(f"inputs {words} are refused ({error})")
        else:
            told.append(f"inputs {words} are answered" if is_finite else f"inputs {words} get no finite answer")
            if is_finite:
                continue
        single = single or (words if not factor else "")
        failed += [words] if factor else []
    text = "; ".join(told)
    state = "failed" if failed else "warning" if single else "passed"
    return Finding(state, f"{text[:1].upper()}{text[1:]}.")  # type: ignore[arg-type]


def _resized(values: Tensor, axes: Sequence[int], factor: float) -> Tensor:
    for axis in axes:
        length = max(1, round(values.shape[axis] * factor))
        index: Array = np.arange(length) % values.shape[axis]
        values = values.index_select(axis, torch.from_numpy(index))
    return values
