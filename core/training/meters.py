"""Metrics over a whole split, streaming: sums stay on the device, and nothing is averaged over batches.

A `Meter` gathers what the metrics of one pairing need; `values` reads it once, at the end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.catalog.metrics import METRICS, Task, parse, series_name, suited
from core.data.curves import CURVES, Curve
from core.data.prepare import Prepared
from core.data.transforms import Affine
from core.training.job import Pick
from core.training.pairing import Pairing


class Meter(ABC):
    """Sums over the examples seen since `reset`. `prefix` stands before the names of its metrics."""

    def __init__(self, pairing: Pairing, picks: Sequence[Pick], prefix: str = "") -> None:
        self.pairing, self.prefix = pairing, prefix
        self.picks = {prefix + series_name(pick): pick for pick in picks}
        self.sums: dict[str, Tensor] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.picks)

    @property
    @abstractmethod
    def row_names(self) -> tuple[str, ...]:
        """The metrics that are means over examples, of which one batch has a value of its own."""

    @abstractmethod
    def add(self, prediction: Tensor, target: Tensor) -> Tensor | None:
        """Count these examples; returns one row per name in `row_names`, one value per example."""

    @abstractmethod
    def values(self) -> dict[str, float]:
        """The metrics so far; NaN where they are not defined."""

    def reset(self) -> None:
        self.sums = {}

    def state(self) -> dict[str, Tensor]:
        return dict(self.sums)

    def load(self, state: Mapping[str, Tensor]) -> None:
        self.sums = dict(state)

    def join(self, state: Mapping[str, Tensor]) -> None:
        """Count what another meter of this kind has counted, by its `state`."""
        for name, amount in self._here(state).items():
            self._count(name, amount)

    def _here(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        device = next(iter(self.sums.values())).device if self.sums else None
        return {name: tensor.to(device) if device else tensor for name, tensor in state.items()}

    def _count(self, name: str, amount: Tensor) -> None:
        self.sums[name] = self.sums[name] + amount if name in self.sums else amount


class ClassMeter(Meter):
    """Right answers, guesses and examples of each class."""

    @property
    def row_names(self) -> tuple[str, ...]:
        return tuple(name for name, pick in self.picks.items() if pick.kind == "accuracy")

    def add(self, prediction: Tensor, target: Tensor) -> Tensor | None:
        guess, truth = self._classes(prediction, target)
        hits = guess == truth
        k = self.pairing.classes
        self._count("hits", torch.bincount(truth, weights=hits.float(), minlength=k).long())
        self._count("guesses", torch.bincount(guess, minlength=k)[:k])  # a net may have more outputs than classes
        self._count("examples", torch.bincount(truth, minlength=k))
        for name, pick in self.picks.items():
            if pick.kind == "top_k":
                self._count(name, self._among_best(prediction, truth, METRICS["top_k"].values(pick.params)["k"]))
        return hits.view(len(target), -1).float().mean(1).expand(len(self.row_names), -1) if self.row_names else None

    def values(self) -> dict[str, float]:
        if not self.sums:
            return {}
        counts = {name: total.double().cpu().numpy() for name, total in self.sums.items()}
        return {name: CLASS_VALUES[pick.kind](counts, name) for name, pick in self.picks.items()}

    def _classes(self, prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """The class guessed and the true one, flat."""
        if self.pairing.encoding == "binary":
            guess = prediction > (0.0 if self.pairing.logits else 0.5)
            return guess.long().flatten(), target.long().flatten()
        if self.pairing.encoding == "one_hot":
            return prediction.argmax(-1).flatten(), target.argmax(-1).flatten()
        return prediction.argmax(1).flatten(), target.flatten()

    def _among_best(self, prediction: Tensor, truth: Tensor, k: int) -> Tensor:
        if self.pairing.encoding == "binary":
            score = prediction.flatten() - (0.0 if self.pairing.logits else 0.5)
            prediction = torch.stack([-score, score], 1)
        axis = -1 if self.pairing.encoding == "one_hot" else 1
        best = prediction.topk(min(k, prediction.shape[axis]), dim=axis).indices.movedim(axis, -1)
        return (best.flatten(0, -2) == truth[:, None]).any(1).sum()


class NumberMeter(Meter):
    """Errors and the spread of the target, column by column, in the units of the data.

    The spread is merged batch by batch about a running mean (Chan, Golub, LeVeque, 1983), so a large offset of the
    target costs no digits. `units` takes numbers as the network sees them to those of the data, but for an offset.
    """

    def __init__(
        self, pairing: Pairing, picks: Sequence[Pick], prefix: str = "", units: Callable[[Tensor], Tensor] | None = None
    ) -> None:
        super().__init__(pairing, picks, prefix)
        self._units = units

    @property
    def row_names(self) -> tuple[str, ...]:
        return tuple(name for name, pick in self.picks.items() if pick.kind == "mae")

    def add(self, prediction: Tensor, target: Tensor) -> Tensor | None:
        wide = torch.float32 if target.device.type == "mps" else torch.float64
        prediction, target = prediction.to(wide), target.to(wide)
        if self._units is not None:
            prediction, target = self._units(prediction), self._units(target)
        error = (prediction - target).abs().flatten(1)
        self._count("absolute", error.sum(0))
        self._count("squared", error.square().sum(0))
        target = target.flatten(1)
        count = torch.tensor(float(len(target)), dtype=target.dtype, device=target.device)
        mean = target.mean(0)
        self._merge(count, mean, (target - mean).square().sum(0))
        return error.mean(1).float().expand(len(self.row_names), -1) if self.row_names else None

    def join(self, state: Mapping[str, Tensor]) -> None:
        spread = ("count", "mean", "spread")
        super().join({name: amount for name, amount in state.items() if name not in spread})
        if "count" in state:
            here = self._here(state)
            self._merge(here["count"], here["mean"], here["spread"])

    def _merge(self, count: Tensor, mean: Tensor, spread: Tensor) -> None:
        if "count" in self.sums:
            before = self.sums["count"]
            apart = mean - self.sums["mean"]
            total = before + count
            spread = self.sums["spread"] + spread + apart.square() * (before * count / total)
            mean, count = self.sums["mean"] + apart * (count / total), total
        self.sums.update(count=count, mean=mean, spread=spread)

    def values(self) -> dict[str, float]:
        if not self.sums:
            return {}
        sums = {name: total.double().cpu().numpy() for name, total in self.sums.items()}
        rounding = 10 * torch.finfo(self.sums["mean"].dtype).eps * np.abs(sums["mean"])  # of one deviation
        sums["spread"] = np.where(sums["spread"] > sums["count"] * rounding**2, sums["spread"], 0.0)
        return {name: NUMBER_VALUES[pick.kind](sums, name) for name, pick in self.picks.items()}


Sums = Mapping[str, "np.ndarray[Any, Any]"]


def _accuracy(sums: Sums, name: str) -> float:
    return float(sums["hits"].sum() / sums["examples"].sum())


def _f1(sums: Sums, name: str) -> float:
    both = sums["guesses"] + sums["examples"]
    occurs = both > 0
    return float((2 * sums["hits"][occurs] / both[occurs]).mean())


def _top_k(sums: Sums, name: str) -> float:
    return float(sums[name] / sums["examples"].sum())


def _mae(sums: Sums, name: str) -> float:
    return float((sums["absolute"] / sums["count"]).mean())


def _rmse(sums: Sums, name: str) -> float:
    return float(np.sqrt((sums["squared"] / sums["count"]).mean()))


def _r2(sums: Sums, name: str) -> float:
    """As scikit-learn, the mean over the columns: a constant one scores 1 where it is met exactly, else 0."""
    if sums["count"] < 2:
        return float("nan")
    squared, spread = np.atleast_1d(sums["squared"]), np.atleast_1d(sums["spread"])
    scores = np.where(squared == 0, 1.0, 0.0)
    varies = spread > 0
    scores[varies] = 1 - squared[varies] / spread[varies]
    return float(scores.mean())


CLASS_VALUES: Mapping[str, Callable[[Sums, str], float]] = {"accuracy": _accuracy, "f1": _f1, "top_k": _top_k}
NUMBER_VALUES: Mapping[str, Callable[[Sums, str], float]] = {"mae": _mae, "rmse": _rmse, "r2": _r2}


class Units:
    """Takes numbers as the network sees them to the units of the data; where nothing is bent, but for the offset."""

    def __init__(self, affine: Affine, curve: Curve | None = None) -> None:
        self._size, self._offset = torch.from_numpy(1.0 / affine.scale), torch.from_numpy(affine.offset)
        self._curve = curve

    def __call__(self, values: Tensor) -> Tensor:
        straight = values * self._size.to(values)
        if self._curve is None:
            return straight
        power = torch.as_tensor(self._curve.power).to(values)
        bent: Tensor = CURVES[self._curve.kind].inverse(torch, straight + self._offset.to(values), power)
        return bent


def unit_scales(found: Sequence[Pairing], prepared: Prepared) -> dict[str, Units]:
    """What takes numbers as the network sees them to the data's units, by target."""
    fitted = prepared.fitted
    named = {p.target: prepared.fields.get(p.target, "") for p in found}
    return {t: Units(fitted.maps[name], fitted.curves.get(name)) for t, name in named.items() if name in fitted.maps}


def meters(
    found: Sequence[Pairing], chosen: Sequence[str], scales: Mapping[str, Callable[[Tensor], Tensor]] | None = None
) -> tuple[Meter, ...]:
    """The meters of a run: of the chosen metrics those that suit each pairing's task, or without any the usual ones.

    With several pairings the names of metrics begin with the target's. `scales` are `units` of meters, by target.

    Raises:
        LayerloomError: a chosen metric does not exist.
    """
    picks = [parse(name) for name in chosen]
    result: list[Meter] = []
    for pairing in found:
        own = [p for p in picks if METRICS[p.kind].task == pairing.task] or _usual(pairing.task, picks)
        prefix = f"{pairing.target}/" if len(found) > 1 else ""
        if own and pairing.task == "classification":
            result.append(ClassMeter(pairing, own, prefix))
        elif own:
            result.append(NumberMeter(pairing, own, prefix, (scales or {}).get(pairing.target)))
    return tuple(result)


def _usual(task: Task, picks: Sequence[Pick]) -> list[Pick]:
    return [] if picks else [parse(name) for name in suited(task)]
