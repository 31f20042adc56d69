"""How rare classes are made to count as much as others, each way with what it does to the training part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.spec.option import OptionSpec

Counts = Sequence[int]


@dataclass(frozen=True)
class BalanceSpec(OptionSpec):
    """A way to balance classes.

    `after` tells how many examples of each class an epoch takes, of how many there are; None where it takes the same.
    """

    when: str = ""
    after: Callable[[Counts], list[int]] | None = None


def _raised(counts: Counts) -> list[int]:
    return [max(counts) if count else 0 for count in counts]


def _lowered(counts: Counts) -> list[int]:
    least = min((count for count in counts if count), default=0)
    return [least if count else 0 for count in counts]


def _shared(counts: Counts) -> list[int]:
    there = sum(1 for count in counts if count)
    return [round(sum(counts) / there) if count else 0 for count in counts]


BALANCES: Mapping[str, BalanceSpec] = {
    spec.id: spec
    for spec in (
        BalanceSpec("none", "no", "Every example counts the same, so frequent classes count most."),
        BalanceSpec(
            "weights",
            "by weights in the loss",
            "Losses weigh each class by what it is short of. No example is repeated and none is lost; a few examples "
            "with large weights make steps jumpy.",
            formula="w[k] = examples / (classes * count[k])",
            source="King and Zeng, Logistic Regression in Rare Events Data, 2001",
            when="First, where a loss takes class weights. For very rare classes in detection see also Focal loss.",
        ),
        BalanceSpec(
            "sampling",
            "by drawing batches",
            "Examples are drawn with replacement, every class as likely. An epoch is as long as before, but another "
            "draw each time: rare examples come often, some frequent ones not at all.",
            formula="p(example) = 1 / (classes * count[its class])",
            source="torch.utils.data.WeightedRandomSampler",
            when="With any loss and any kind of input.",
            after=_shared,
        ),
        BalanceSpec(
            "oversample",
            "by repeating rare ones",
            "Each class is repeated, at random, up to the largest one. All data is used and epochs grow longer; the "
            "network may learn the few repeated examples by heart.",
            formula="count[k] -> max count",
            source="imblearn.over_sampling.RandomOverSampler",
            when="With few examples of any kind. Augment them where you can, so that repeats differ.",
            after=_raised,
        ),
        BalanceSpec(
            "undersample",
            "by leaving frequent ones out",
            "Each class is cut, at random, down to the smallest one. Epochs are short; what is left out is never "
            "learned from.",
            formula="count[k] -> min count",
            source="imblearn.under_sampling.RandomUnderSampler",
            when="With very many examples, of which the rare class has enough.",
            after=_lowered,
        ),
        BalanceSpec(
            "smote",
            "by new examples (SMOTE)",
            "Each class grows up to the largest one by points between an example and one of its five nearest of the "
            "same class. New points instead of repeats; they may lie among another class, and between two words, two "
            "symbols or two pictures lies nothing that means anything.",
            formula="new = x + u * (neighbour - x), u from 0 to 1",
            source="Chawla, Bowyer, Hall and Kegelmeyer, SMOTE, 2002",
            when="For tables of numbers of like scale: standardise them first, distances count.",
            after=_raised,
        ),
    )
}
