"""How sure a network with dropout is of its answers: many passes in which dropout stays active, and what they agree on.

Gal and Ghahramani, Dropout as a Bayesian Approximation, ICML 2016 (arXiv:1506.02142); mutual information as in Houlsby
et al., Bayesian Active Learning for Classification and Preference Learning, 2011 (arXiv:1112.5745); the curve of risk
over coverage as in Geifman and El-Yaniv, Selective Classification for Deep Neural Networks, NeurIPS 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from core.analysis.classes import flat
from core.analysis.curves import Calibration, calibration
from core.analysis.samples import samples
from core.analysis.subject import Part, Subject, load
from core.analysis.sureness import TINY, coverage, decomposed, spearman
from core.catalog import linear
from core.catalog.families import default_catalog
from core.data.dataset import Array
from core.problem import Fix, LayerloomError
from core.program.module import build, named_errors
from core.program.program import Program
from core.training.pairing import Pairing, probabilities
from core.training.tools.copying import Told, undisturbed, unheard

SHOWN, BINS = 24, 20
NUMBERS = 2**26  # of all passes that are held; with large answers fewer examples are asked about


def uncertainty(
    subject: Subject, *, part: str = "test", passes: int = 50, examples: int = 1000, seed: int = 0,
    told: Told = unheard,
) -> dict[str, Any]:  # fmt: skip
    """Ask a network `passes` times about each example with its dropout layers active, all else as in evaluation.

    Keys: those of `Subject.heading`; ``kind`` (``classification`` or ``regression``), ``output``, ``passes``,
    ``layers`` (the dropout layers: ``node``, ``label``, ``p``); ``plain`` and ``mean``, scores of one pass without
    dropout and of the mean of all: ``accuracy``, ``loss`` (mean negative log likelihood) and ``calibration``, or
    ``rmse``; ``curves``: by what answers are ranked (the plain network's own certainty among them) ``coverage`` and
    ``risk``, the share of wrong answers or the root mean square error of those kept, its ``area``, and what it is where
    80 % are ``kept``;
    ``best``, the ranking with the least area; ``measures``: by name ``mean`` and a histogram (``counts``, ``edges``) of
    ``total`` (entropy of the mean answer, nats), ``expected`` (mean entropy of single passes: noise in the data) and
    ``mutual`` (their difference: what the network does not know), or of ``sd`` in the units of the data; ``errors``
    (only numbers: up to 2,000 pairs of ``sd`` and ``error``) and ``rank`` (Spearman's correlation of both);
    ``uncertain``: the 24 most uncertain examples (`samples.samples`, with ``value``, and ``truth`` and
    ``guess``, empty where those are more than one class or number).

    Raises:
        LayerloomError: the network has no dropout that drops anything (its fix inserts some), none of its outputs is
            compared with a target, or the part is empty.
    """
    chosen = subject.part(part, examples)
    net = build(subject.program)
    load(net, subject.weights)
    layers = dropouts(subject.program, net)
    if not layers:
        raise _none(subject.program)
    pairing = next(iter(subject.pairings), None)
    if pairing is None:
        message = "No output of this network is compared with a target, so there is nothing to be sure of."
        raise LayerloomError(message, code="output")
    net.eval()
    ask = _asker(subject, net, chosen, pairing)
    single, found = ask(), list[Array]()
    if passes * single.size > NUMBERS:
        chosen = subject.part(part, max(2, NUMBERS * len(chosen) // (passes * single.size)))
        ask = _asker(subject, net, chosen, pairing)
        single = ask()
    with undisturbed(), active(net):
        for index in range(passes):
            torch.manual_seed(seed + index)
            found.append(ask())
            told((index + 1) / passes)
    kind = {"classification": _classes, "regression": _numbers}[pairing.task]
    return {
        **subject.heading(chosen),
        "kind": pairing.task,
        "output": pairing.output,
        "passes": passes,
        "layers": layers,
        **kind(subject, chosen, pairing, single, np.stack(found)),
    }


def dropouts(program: Program, net: nn.Module) -> list[dict[str, Any]]:
    """The layers that drop anything while they train: ``node`` (path), ``label``, and ``p``, the greatest of theirs."""
    found = []
    for placed in program.placed():
        if not placed.step.layer:
            continue
        inside = (m for name in placed.modules for m in net.get_submodule(name).modules())
        shares = [m.p for m in inside if isinstance(m, nn.modules.dropout._DropoutNd) and m.p > 0]
        if shares:
            found.append({"node": placed.node, "label": placed.step.label or placed.step.name, "p": max(shares)})
    return found


@contextmanager
def active(net: nn.Module) -> Iterator[None]:
    """Dropout drops; all else stays as it is."""
    mine = [m for m in net.modules() if isinstance(m, nn.modules.dropout._DropoutNd)]
    before = [module.training for module in mine]
    for module in mine:
        module.train()
    try:
        yield
    finally:
        for module, training in zip(mine, before, strict=True):
            module.train(training)


def _asker(subject: Subject, net: nn.Module, part: Part, pairing: Pairing) -> Callable[[], Array]:
    """Asks the network once about all examples: probabilities (places, classes), or numbers in the units of the data
    (examples, numbers)."""
    batches = list(subject.batches(part))
    place = [output.name for output in subject.program.outputs].index(pairing.output)

    def ask() -> Array:
        found = []
        with torch.inference_mode(), named_errors():
            for batch in batches:
                results = net(*(batch[value.name] for value in subject.program.inputs))
                found.append((results[place] if isinstance(results, tuple) else results).float().numpy())
        return made(np.concatenate(found))

    def made(answers: Array) -> Array:
        if pairing.task == "regression":
            real: Array = subject.prepared.inverse(pairing.target, answers)
            return real.reshape(len(real), -1).astype(np.float64)
        scores = flat(pairing, answers, part.arrays[pairing.target])[1]
        known = probabilities(scores, pairing)
        if known is None:
            message = f"The output {pairing.output} gives no probabilities, so its certainty cannot be told."
            raise LayerloomError(message, code="output")
        return known

    return ask


# -- classes


def _classes(subject: Subject, part: Part, pairing: Pairing, single: Array, answers: Array) -> dict[str, Any]:
    names = subject.prepared.tasks[pairing.target].classes
    truth = _truth(pairing, part)
    mean = answers.mean(0)
    total, expected, mutual = decomposed(answers)
    rankings = {"plain": (single, -single.max(1)), "total": (mean, total), "mutual": (mean, mutual)}
    curves = {name: coverage(own.argmax(1) != truth, unsure) for name, (own, unsure) in rankings.items()}
    examples = np.arange(len(truth)) // max(1, len(truth) // len(part))
    by_example = np.bincount(examples, total) / np.bincount(examples)
    order = np.argsort(-by_example, kind="stable")[:SHOWN]
    shown = samples(subject, part.name, part.positions[order].tolist())
    single_place = len(truth) == len(part)
    for one, row in zip(shown, order.tolist(), strict=True):
        one["value"] = float(by_example[row])
        one["truth"] = names[int(truth[row])] if single_place else ""
        one["guess"] = names[int(mean[row].argmax())] if single_place else ""
    return {
        "plain": _scored(truth, single),
        "mean": _scored(truth, mean),
        "curves": curves,
        "best": min(curves, key=lambda name: curves[name]["area"]),
        "measures": {n: _spread(v) for n, v in (("total", total), ("expected", expected), ("mutual", mutual))},
        "errors": None,
        "rank": None,
        "uncertain": shown,
    }


def _truth(pairing: Pairing, part: Part) -> Array:
    target = part.arrays[pairing.target]
    whole = target.argmax(-1) if pairing.encoding == "one_hot" else target
    found: Array = whole.reshape(-1).astype(np.int64)
    return found


def _scored(truth: Array, answers: Array) -> dict[str, Any]:
    right = answers.argmax(1) == truth
    own = answers[np.arange(len(truth)), truth]
    return {
        "accuracy": float(right.mean()),
        "loss": float(-np.log(np.maximum(own, TINY)).mean()),
        "calibration": _told(calibration(right, answers.max(1))),
    }


def _told(found: Calibration) -> dict[str, Any]:
    def some(values: Array) -> list[float | None]:
        return [float(v) if np.isfinite(v) else None for v in values]

    return {
        "confidence": some(found.confidence),
        "accuracy": some(found.accuracy),
        "count": found.count.tolist(),
        "error": found.error,
    }


# -- numbers


def _numbers(subject: Subject, part: Part, pairing: Pairing, single: Array, answers: Array) -> dict[str, Any]:
    truth = subject.prepared.inverse(pairing.target, part.arrays[pairing.target])
    truth = np.asarray(truth, np.float64).reshape(len(truth), -1)
    mean = answers.mean(0)
    sd = np.sqrt(answers.var(0, ddof=1 if len(answers) > 1 else 0).mean(1))
    errors = np.sqrt(np.square(mean - truth).mean(1))
    order = np.argsort(-sd, kind="stable")[:SHOWN]
    shown = samples(subject, part.name, part.positions[order].tolist())
    for one, row in zip(shown, order.tolist(), strict=True):
        single_number = truth.shape[1] == 1
        one["value"] = float(sd[row])
        one["truth"], one["guess"] = (float(v[row, 0]) if single_number else "" for v in (truth, mean))
    curves = {"sd": coverage(np.square(errors), sd, np.sqrt)}
    thin = np.unique(np.linspace(0, len(sd) - 1, min(2000, len(sd))).astype(np.int64))
    return {
        "plain": {"rmse": float(np.sqrt(np.square(single - truth).mean()))},
        "mean": {"rmse": float(np.sqrt(np.square(mean - truth).mean()))},
        "curves": curves,
        "best": "sd",
        "measures": {"sd": _spread(sd)},
        "errors": {"sd": sd[thin].tolist(), "error": errors[thin].tolist()},
        "rank": spearman(sd, errors),
        "uncertain": shown,
    }


def _spread(values: Array) -> dict[str, Any]:
    counts, edges = np.histogram(values, bins=BINS)
    return {"mean": float(values.mean()), "counts": counts.tolist(), "edges": edges.tolist()}


def _none(program: Program) -> LayerloomError:
    """No dropout; some is offered before the last linear layer."""
    catalog = default_catalog()
    last = next(
        (s for s in reversed(program.steps) if s.layer and catalog[s.layer].category == linear.CATEGORY and s.inputs),
        None,
    )
    fixes: tuple[Fix, ...] = ()
    where = "before its last layer"
    if last is not None:
        args = {"node": last.node, "port": next(iter(last.inputs)), "layer": "dropout", "params": {"p": 0.2}}
        fixes = (Fix(f"Insert Dropout before {last.label or last.name}", "insert_before", args),)
        where = f"before {last.label or last.name}"
    message = (
        "This network has no dropout, so every pass gives the same answer and says nothing of how sure it is. Insert "
        f"Dropout {where} (p from 0.1 to 0.5), train it, and examine that run."
    )
    return LayerloomError(message, code="dropout", node=last.node if last is not None else "", fixes=fixes)
