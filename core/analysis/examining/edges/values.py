"""Numbers that the data has none of: NaN, infinity, constants, huge ones, and those beyond the training range."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from core.analysis.examining.edges.bench import FEW, Bench, Tensors, Usual
from core.analysis.examining.edges.comparing import TOLERANCE, Answers, differing, finite_rows
from core.analysis.examining.edges.finding import Finding
from core.data.dataset import Array

PLACES = 12  # of one example, each of which is spoilt in turn
SURE = 0.99
FAR, HUGE = 1e3, 1e30
STEPS = (1.0, 3.0, 10.0)  # standard deviations beyond the training range


def nan(bench: Bench) -> Finding:
    """A NaN must come out as NaN: then whoever reads the answer sees that something is wrong."""
    return _poisoned(bench, (math.nan,), "NaN", "failed")


def infinite(bench: Bench) -> Finding:
    """An infinite number that comes out as an ordinary answer is worth a word: many activations level it."""
    return _poisoned(bench, (math.inf, -math.inf), "an infinite number", "warning")


def _poisoned(bench: Bench, poisons: Sequence[float], what: str, state: str) -> Finding:
    few = bench.few()
    half = max(1, len(next(iter(few.values()))) // 2)
    clean = bench.answer(few)
    silent: list[tuple[int, Tensor]] = []
    tried, spilt = 0, False
    sure: list[float] = []
    for name, place in _places(bench, few):
        read = _is_read(bench, few, name, place, half, clean)
        for poison in poisons if read.any() else ():
            given = _with(few, name, place, poison, half)
            answers = bench.answer(given)
            kept = finite_rows(answers)
            spilt |= not kept[half:].all() or bool(_others_moved(answers, clean, half))
            rows = np.flatnonzero(kept[:half] & read)
            tried += int(read.sum())
            silent += [(row, given[next(iter(few))][row]) for row in rows.tolist()]
            confident = bench.confidence(answers)
            sure += [] if confident is None else confident[rows].tolist()
    return _told_of_poison(bench, what, state, tried, silent, spilt, sure)


def _told_of_poison(
    bench: Bench, what: str, state: str, tried: int, silent: list[tuple[int, Tensor]], spilt: bool, sure: list[float]
) -> Finding:
    if not tried:
        return Finding("skipped", "No input number changes an answer, so none can be spoilt.")
    numbers = {"tried": float(tried), "finite": len(silent) / tried, "spilt": float(spilt)}
    if sure:
        numbers["confidence"] = float(np.mean(sure))
    shown = dict(silent[:FEW])
    worst = tuple(shown)
    given = torch.stack(list(shown.values())) if shown else None
    if spilt:
        sentence = f"With {what} in some examples of a batch, the other examples get other answers too."
        return Finding("failed", sentence, numbers, worst, given)
    if silent:
        certain = f", with a mean confidence of {np.mean(sure):.0%}" if sure else ""
        sentence = f"{len(silent):,} of {tried:,} examples with {what} in them get an ordinary finite answer{certain}."
        return Finding("failed" if state == "failed" else "warning", sentence, numbers, worst, given)
    sentence = f"All {tried:,} examples with {what} get an answer that is no finite number, so the fault shows; "
    return Finding("passed", sentence + "the others in the batch keep theirs.", numbers)


def _places(bench: Bench, few: Tensors) -> list[tuple[str, int]]:
    """Some places of one example, drawn from all inputs of numbers."""
    draw = np.random.default_rng(bench.seed)
    sizes = {name: few[name][0].numel() for name in bench.real}
    every = [(name, place) for name, size in sizes.items() for place in _some(draw, size)]
    return [every[i] for i in _some(draw, len(every))]


def _some(draw: np.random.Generator, count: int) -> list[int]:
    chosen = draw.choice(count, min(PLACES, count), replace=False)
    return sorted(chosen.tolist())


def _with(few: Tensors, name: str, place: int, value: float, half: int) -> Tensors:
    """The batch with one number of the first `half` examples replaced."""
    changed = few[name].clone()
    changed.reshape(len(changed), -1)[:half, place] = value
    return {**few, name: changed}


def _is_read(bench: Bench, few: Tensors, name: str, place: int, half: int, clean: Answers) -> Array:
    """For which of the first `half` examples the number there matters to the answer."""
    usual = bench.usual(name)
    mean, spread = (float(part.reshape(-1)[place]) for part in (usual.mean, usual.deviation))
    moved = np.zeros(half, bool)
    for far in (-10.0, 10.0):
        answers = bench.answer(_with(few, name, place, mean + far * spread, half))
        moved |= differing(clean, answers, TOLERANCE / 10)[0][:half]
    return moved


def _others_moved(answers: Answers, clean: Answers, half: int) -> bool:
    """Whether the examples that were left alone are answered otherwise."""
    if len(next(iter(clean.values()))) <= half:
        return False
    now, before = ({name: a[half:] for name, a in found.items()} for found in (answers, clean))
    return bool(differing(now, before)[0].any())


_CONSTANTS: Mapping[str, Callable[[Usual], Tensor]] = {
    "zeros": lambda usual: torch.zeros_like(usual.mean),
    "the mean of the training part": lambda usual: usual.mean,
    "the least of the training part": lambda usual: usual.low.min().expand_as(usual.low),
    "the greatest of the training part": lambda usual: usual.high.max().expand_as(usual.high),
}


def constant(bench: Bench) -> Finding:
    """All zeros, the mean of the training part, its least and its greatest numbers."""
    numbers: dict[str, float] = {}
    broken, sure, given, captions = [], [], [], []
    for words, made in _CONSTANTS.items():
        pair = bench.few(2)
        blank = {**pair, **{name: made(bench.usual(name)).expand_as(pair[name]).clone() for name in bench.real}}
        answers = bench.answer(blank)
        confident = bench.confidence(answers)
        guess = bench.told(answers, 0)
        certain = float(confident[0]) if confident is not None and guess else 0.0
        if not finite_rows(answers).all():
            broken.append(words)
        elif certain >= SURE:
            sure.append(f"{words} ({guess}, {certain:.1%})")
        if certain:
            numbers[words] = certain
        if words in broken or certain >= SURE:
            given.append(blank[next(iter(bench.inputs))][0])
            captions.append("no number" if words in broken else guess)
    rows = tuple(range(min(len(given), len(bench))))
    shown = (numbers, rows, torch.stack(given)[: len(rows)] if rows else None, captions)
    if broken:
        return Finding("failed", f"An input that is constant gets no finite answer: {', '.join(broken)}.", *shown)
    if sure:
        sentence = f"The network is all but certain of an input that shows nothing: {', '.join(sure)}."
        return Finding("warning", sentence, *shown)
    most = f"; the most confident is {max(numbers.values()):.0%} sure" if numbers else ""
    return Finding("passed", f"Zeros, the mean, the least and the greatest numbers get finite answers{most}.", numbers)


def huge(bench: Bench) -> Finding:
    """A thousand standard deviations must be borne; what overflows beyond must overflow to be seen."""
    few = bench.few()
    draw = np.random.default_rng(bench.seed)
    shares = {}
    for size in (FAR, HUGE):
        given = dict(few)
        for name in bench.real:
            usual = bench.usual(name)
            signs = torch.from_numpy(draw.choice((-1.0, 1.0), few[name].shape).astype(np.float32))
            given[name] = usual.mean + size * usual.deviation * signs
        kept = finite_rows(bench.answer(given))
        shares[size] = float(kept.mean())
        if size == FAR:
            rows, shown = np.flatnonzero(~kept), given[next(iter(few))]
    numbers = {"finite at 1e3": shares[FAR], "finite at 1e30": shares[HUGE]}
    if shares[FAR] < 1:
        sentence = (
            f"A thousand standard deviations from the mean, {1 - shares[FAR]:.0%} of the answers are no finite numbers."
        )
        return Finding("failed", sentence, numbers, rows.tolist()[:FEW], shown[rows[:FEW]])
    beyond = "all answers still are" if shares[HUGE] == 1 else f"{1 - shares[HUGE]:.0%} overflow, which shows"
    sentence = f"A thousand standard deviations from the mean, every answer is finite; at 1e30 {beyond}."
    return Finding("passed", sentence, numbers)


def out_of_range(bench: Bench) -> Finding:
    """How sure the network stays when numbers lie beyond all that it was trained on."""
    curves = [_beyond(bench, step) for step in STEPS]
    if not all(finite_rows(answers).all() for answers, _ in curves):
        return Finding("failed", "Beyond the training range some answers are no finite numbers.")
    if bench.confidence(bench.clean) is not None:
        return _sure_beyond(bench, curves)
    return _far_answers(bench, curves)


def _beyond(bench: Bench, step: float) -> tuple[Answers, Tensors]:
    """Each number of an example `step` deviations past the end of the training range that it lies nearer to: for rows
    of numbers one column of each example, else all of it."""
    draw = np.random.default_rng(bench.seed)
    given = dict(bench.inputs)
    for name in bench.real:
        usual, values = bench.usual(name), bench.inputs[name].clone()
        upper = values >= usual.mean
        past = torch.where(upper, usual.high + step * usual.deviation, usual.low - step * usual.deviation)
        if values.dim() == 2:
            column = torch.from_numpy(draw.integers(0, values.shape[1], len(values)))[:, None]
            past = values.scatter(1, column, past.gather(1, column))
        given[name] = past
    return bench.answers(given), given


def _sure_beyond(bench: Bench, curves: Sequence[tuple[Answers, Tensors]]) -> Finding:
    clean = bench.confidence(bench.clean)
    found = [bench.confidence(answers) for answers, _ in curves]
    assert clean is not None
    means = [float(c.mean()) for c in found if c is not None]
    last = found[-1]
    assert last is not None
    numbers = {"inside": float(clean.mean()), **{f"{s:g} sd beyond": m for s, m in zip(STEPS, means, strict=True)}}
    told = ", ".join(f"{mean:.0%} at {step:g}" for step, mean in zip(STEPS, means, strict=True))
    sentence = (
        f"Mean confidence is {clean.mean():.0%} on the data, and beyond the training range, in deviations: {told}."
    )
    if means[-1] >= clean.mean() and means[-1] >= 0.9:
        worst = np.argsort(-last, kind="stable")[:FEW].tolist()
        first = next(iter(bench.inputs))
        answers, given = curves[-1]
        captions = [f"{bench.told(answers, row)} {last[row]:.0%}".strip() for row in worst]
        return Finding("warning", sentence, numbers, worst, given[first][worst], captions)
    return Finding("passed", sentence, numbers)


def _far_answers(bench: Bench, curves: Sequence[tuple[Answers, Tensors]]) -> Finding:
    """Numbers as answers: how far they leave what was ever the target, or the answers to real examples."""
    name = bench.pairing.output if bench.pairing else next(iter(bench.clean))
    inside = bench.clean[name]
    low, high = float(inside.min()), float(inside.max())
    width = (high - low) or 1.0
    far = [np.maximum(low - answers[name], answers[name] - high).reshape(len(bench), -1).max(1) / width
           for answers, _ in curves]  # fmt: skip
    share = float((far[-1] > 1).mean())
    numbers = {f"{step:g} sd beyond": float(np.maximum(f, 0).mean()) for step, f in zip(STEPS, far, strict=True)}
    sentence = (
        f"Ten deviations beyond the training range {share:.0%} of the answers lie further out than the whole range "
        "of those to real examples is wide."
    )
    worst = np.argsort(-far[-1], kind="stable")[:FEW].tolist()
    first = next(iter(bench.inputs))
    return (
        Finding("warning", sentence, numbers, worst, curves[-1][1][first][worst])
        if share > 0.5
        else Finding("passed", sentence, numbers)
    )
