"""How examples are handed over: none, one, in another order, twice, in another type, in other memory."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.examining.edges.bench import FEW, Bench, Refused, Tensors
from core.analysis.examining.edges.comparing import Answers, differing
from core.analysis.examining.edges.finding import Finding
from core.data.dataset import Array

LOOSE = {torch.float64: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1, torch.int64: 1e-4}
WORSE = 0.05  # of the score that running statistics may cost


def empty(bench: Bench) -> Finding:
    """No example at all, as a service meets it."""
    try:
        answers = bench.answer(bench.few(0))
    except Refused as error:
        return Finding("warning", f"A batch without examples is refused: {error}")
    wrong = [f"{name} has the shape {a.shape}" for name, a in answers.items() if not a.shape or a.shape[0]]
    if wrong:
        return Finding("failed", f"A batch without examples gets answers all the same: {'; '.join(wrong)}.")
    return Finding("passed", "A batch without examples gets an answer without rows.")


def one(bench: Bench) -> Finding:
    """An example alone must be answered as among others."""
    few = bench.few()
    together = bench.answer(few)
    try:
        parts = [bench.answer({n: t[at : at + 1] for n, t in few.items()}) for at in range(_count(few))]
    except Refused as error:
        return Finding("failed", f"A batch of one example is refused: {error}", worst=(0,))
    odd = next((f"{n} has the shape {a.shape}" for n, a in parts[0].items() if a.shape != together[n][:1].shape), "")
    if odd:
        return Finding("failed", f"The answer to one example alone lacks a dimension: {odd}.", worst=(0,))
    alone = {name: np.concatenate([part[name] for part in parts]) for name in together}
    return _compared(together, alone, "alone", "in a batch of others")


def order(bench: Bench) -> Finding:
    """The answers must be permuted as the examples are."""
    few = bench.few()
    count = _count(few)
    moved = np.roll(np.random.default_rng(bench.seed).permutation(count), 1) if count > 1 else np.arange(count)
    answers = bench.answer({name: tensor[torch.from_numpy(moved)] for name, tensor in few.items()})
    back = np.argsort(moved)
    return _compared(bench.answer(few), {n: a[back] for n, a in answers.items()}, "in another order", "in theirs")


def repeated(bench: Bench) -> Finding:
    """Copies of one example must get one answer: what it gets among others."""
    few = bench.few()
    count = _count(few)
    usual = bench.answer(few)
    copies = bench.answer({name: tensor[:1].expand(count, *tensor.shape[1:]).clone() for name, tensor in few.items()})
    expected = {name: np.broadcast_to(a[:1], a.shape) for name, a in usual.items()}
    return _compared(expected, copies, "in a batch of their own copies", "among others")


def twice(bench: Bench) -> Finding:
    """The same question again."""
    if not bench.is_random:
        return Finding("passed", "The same examples get the same answers each time.")
    first, second = (bench.answer(bench.few(), seed) for seed in (1, 2))
    rows, most = differing(first, second)
    sentence = f"The same examples get other answers each time, by up to {most:.2g} of the largest answer."
    return Finding("warning", sentence, {"difference": most}, np.flatnonzero(rows).tolist())


def untouched(bench: Bench) -> Finding:
    """The network must not write into what it is given."""
    given = bench.few()
    bench.answer(given)
    changed = [name for name, tensor in bench.few().items() if not torch.equal(tensor, given[name])]
    if changed:
        return Finding("failed", f"The network writes into its own input ({', '.join(changed)}) while it answers.")
    return Finding("passed", "What it is given is left as it was.")


def types(bench: Bench) -> Finding:
    """Other types of numbers: refused in words, or answered as usual, but never otherwise."""
    few = bench.few()
    numbers, told, wrong = {}, [], []
    worst: list[int] = []
    for dtype, loose in LOOSE.items():
        real = {n: few[n].round() if dtype is torch.int64 else few[n] for n in bench.real}
        name = str(dtype).removeprefix("torch.")
        try:
            answers = bench.answer({**few, **{n: tensor.to(dtype) for n, tensor in real.items()}})
        except Refused:
            told.append(f"{name} is refused")
            continue
        rows, most = differing(bench.answer({**few, **real}), answers, loose)
        numbers[name] = most
        told.append(f"{name} is answered alike" if not rows.any() else f"{name} is answered otherwise")
        wrong += [name] if rows.any() else []
        worst = worst or np.flatnonzero(rows).tolist()
    return Finding("failed" if wrong else "passed", f"{_sentence(told)}", numbers, worst)


def layout(bench: Bench) -> Finding:
    """The same numbers in other memory: slices, transposed views, expanded rows."""
    few = bench.few()
    usual = bench.answer(few)
    for words, change in _LAYOUTS.items():
        try:
            answers = bench.answer({name: change(tensor) for name, tensor in few.items()})
        except Refused as error:
            return Finding("failed", f"Examples {words} are refused: {error}")
        rows, most = differing(usual, answers)
        if rows.any():
            sentence = f"Examples {words} get other answers, by up to {most:.2g} of the largest."
            return Finding("failed", sentence, {"difference": most}, np.flatnonzero(rows).tolist())
    return Finding("passed", "Slices and transposed views of other memory get the same answers.")


def statistics(bench: Bench) -> Finding:
    """Running statistics must fit the data: with those of the batch the network must not be better."""
    score = bench.clean_score
    other = copy.deepcopy(bench.net)
    for layer in _running(other):
        layer.train()
    live = bench.score(bench.with_net(_Kept(other)).answers(bench.inputs))
    noise = 2 * float(np.sqrt(max(live * (1 - live), 0.0) / len(bench))) if bench.metric == "accuracy" else 0.0
    sentence = f"With running statistics {bench.called} is {score:.3f}, with those of each batch {live:.3f}."
    numbers = {"running": score, "batch": live}
    return Finding("failed" if live - score > max(WORSE, noise) else "passed", sentence, numbers)


class _Kept(nn.Module):
    """A network whose mode others do not change."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self._net = (net,)

    def forward(self, *inputs: Tensor) -> object:
        return self._net[0](*inputs)


def has_statistics(bench: Bench) -> bool:
    """Whether a layer keeps running statistics."""
    return bool(_running(bench.net))


def _running(net: nn.Module) -> list[nn.Module]:
    return [layer for layer in net.modules() if getattr(layer, "running_mean", None) is not None]


def _count(inputs: Tensors) -> int:
    return len(next(iter(inputs.values())))


def _sliced(tensor: Tensor) -> Tensor:
    return tensor.repeat_interleave(2, 0)[::2]


def _transposed(tensor: Tensor) -> Tensor:
    return tensor.transpose(0, -1).contiguous().transpose(0, -1)


_LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "cut from a longer batch": _sliced,
    "in a transposed view": _transposed,
}


def _compared(usual: Answers, other: Answers, met: str, expected: str) -> Finding:
    rows, most = differing(usual, other)
    if not rows.any():
        return Finding("passed", f"Examples {met} get the same answers as {expected}.", {"difference": most})
    share = float(rows.mean())
    sentence = (
        f"{share:.0%} of the examples get other answers {met} than {expected}, by up to {most:.2g} of the largest."
    )
    return Finding("failed", sentence, {"share": share, "difference": most}, _positions(rows))


def _positions(rows: Array) -> list[int]:
    found: list[int] = np.flatnonzero(rows).tolist()
    return found[:FEW]


def _sentence(parts: list[str]) -> str:
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
