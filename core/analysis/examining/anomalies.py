"""Examples that a network which rebuilds its input rebuilds badly: what is unlike anything that it was trained on.

The oldest use of autoencoders: Japkowicz, Myers and Gluck, A Novelty Detection Approach to Classification, IJCAI 1995.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from core.analysis.curves import roc
from core.analysis.latent import colours, unused_classes
from core.analysis.samples import samples
from core.analysis.subject import Part, Subject
from core.data.dataset import Array
from core.data.transforms import as_real
from core.problem import LayerloomError
from core.program.program import Program, Step
from core.spec.layer import Role
from core.training.pairing import Pairing
from core.training.tools.copying import Told, unheard

SHOWN, BINS = 24, 40


def anomalies(
    subject: Subject, *, part: str = "test", false_alarms: float = 0.05, abnormal: str = "", seed: int = 0,
    told: Told = unheard,
) -> dict[str, Any]:  # fmt: skip
    """How far each example is from what the network makes of it (mean square, as it is fed), and whether that tells
    ordinary examples from others: from the classes in `abnormal` (names, commas between), or, where none are named,
    from examples whose numbers are each drawn from some other example, so that every number is ordinary and their
    company is not.

    Keys: those of `Subject.heading`; ``output``; ``others`` (what it was told from); ``threshold``, which the share
    `false_alarms` of ordinary examples for validation (or, without, for training) lies above; ``alarms`` and
    ``caught``, the shares of ordinary ones and of others above it; ``area`` under the ``roc`` curve (``x``, ``y``);
    ``beside``: ``components``, ``caught``, ``area`` and ``roc`` of as many principal components as the narrowest place
    of the network has numbers (None where that is not narrower than the input); ``edges``, ``ordinary``, ``unusual``:
    histograms of the logarithm of the error; ``classes``: by class, where the data has any, ``name``, ``count``, mean
    ``error`` and its ``area`` against the rest; ``strangest``: the 24 furthest off (`samples.samples`, with ``value``
    and, where known, ``class``).

    Raises:
        LayerloomError: no output is compared with the input, a class is not there, or nothing ordinary is left.
    """
    pairing = _rebuilt(subject)
    tested = subject.part(part)
    kinds = _kinds(subject, tested)
    named = [name.strip() for name in abnormal.split(",") if name.strip()]
    kept = part != "validation" and subject.prepared.examples.get("validation")
    trained = _usual(subject, subject.part("train"), named)
    usual = _usual(subject, subject.part("validation"), named) if kept else trained
    if named:
        others = _picked(tested, _is_one_of(kinds, named))
        ordinary = _picked(tested, ~_is_one_of(kinds, named))
    else:
        ordinary, others = tested, _strangers(subject, pairing, tested, seed)
    if not len(ordinary) or not len(others) or not len(usual):
        raise LayerloomError("Anomalies: ordinary examples and others are both needed; name fewer or other classes.",
                             code="part")  # fmt: skip
    found = {}
    for place, (name, one) in enumerate((("usual", usual), ("ordinary", ordinary), ("others", others))):
        found[name] = _errors(subject, pairing, one)
        told((place + 1) / 4)
    beside = _components(subject, pairing, (trained, usual, ordinary, others), false_alarms)
    every = found["ordinary"] if not named else _errors(subject, pairing, tested)
    edges = np.histogram_bin_edges(np.log10(np.maximum(np.concatenate(list(found.values())), 1e-12)), BINS)
    told(1.0)
    return {
        **subject.heading(tested),
        "output": pairing.output,
        "others": ", ".join(named) or "examples whose numbers do not belong together",
        **_judged(found["usual"], found["ordinary"], found["others"], false_alarms),
        "beside": beside,
        "edges": edges.round(5).tolist(),
        "ordinary": np.histogram(np.log10(np.maximum(found["ordinary"], 1e-12)), edges)[0].tolist(),
        "unusual": np.histogram(np.log10(np.maximum(found["others"], 1e-12)), edges)[0].tolist(),
        "classes": _by_class(kinds, every),
        "strangest": _furthest(subject, tested, every, kinds),
    }


def _rebuilt(subject: Subject) -> Pairing:
    for pairing in subject.pairings:
        if pairing.task == "regression" and subject.is_input(pairing.target):
            return pairing
    raise LayerloomError(
        "This network does not rebuild what it is given: no loss compares an output with the input. Anomalies are "
        "found by an autoencoder; New design has some.",
        code="output",
    )


def _errors(subject: Subject, pairing: Pairing, part: Part) -> Array:
    """The mean square difference of each example."""
    guess = subject.answers(part)[pairing.output]
    return _apart(_flat(part.arrays[pairing.target]), guess.reshape(len(guess), -1))


def _apart(truth: Array, guess: Array) -> Array:
    found: Array = np.square(truth - guess).mean(1)
    return found


def _flat(values: Array) -> Array:
    flat: Array = as_real(values).reshape(len(values), -1).astype(np.float64)
    return flat


def _kinds(subject: Subject, part: Part) -> dict[str, Any]:
    kinds = colours(subject, part)
    return kinds if "class" in kinds else unused_classes(subject, part)


def _usual(subject: Subject, part: Part, named: Sequence[str]) -> Part:
    """The examples that are of no class that is named."""
    return _picked(part, ~_is_one_of(_kinds(subject, part), named)) if named else part


def _is_one_of(kinds: dict[str, Any], named: Sequence[str]) -> Array:
    known = kinds.get("classes", [])
    unknown = [name for name in named if name not in known]
    if unknown:
        there = f"there are {', '.join(known[:20])}" if known else "the data has no classes"
        raise LayerloomError(f"Anomalies: there is no class {unknown[0]!r:.40}; {there}.", code="class")
    found: Array = np.isin(kinds["class"], [known.index(name) for name in named])
    return found


def _picked(part: Part, chosen: Array) -> Part:
    arrays = {name: values[chosen] for name, values in part.arrays.items()}
    return replace(part, arrays=arrays, positions=part.positions[chosen])


def _strangers(subject: Subject, pairing: Pairing, part: Part, seed: int) -> Part:
    """Each number of the input is that of an example drawn for it alone."""
    draw, fields = np.random.default_rng(seed), subject.prepared.fields
    values = part.arrays[pairing.target]
    mixed = draw.permuted(values.reshape(len(values), -1), axis=0).reshape(values.shape)
    same = [name for name in part.arrays if fields.get(name) == fields[pairing.target]]
    return replace(part, arrays={**part.arrays, **dict.fromkeys(same, mixed)})


def _judged(usual: Array, ordinary: Array, others: Array, false_alarms: float) -> dict[str, Any]:
    limit = float(np.quantile(usual, 1 - false_alarms))
    truth = np.concatenate([np.zeros(len(ordinary), bool), np.ones(len(others), bool)])
    curve = roc(truth, np.concatenate([ordinary, others]))
    assert curve is not None
    thin = curve.thinned()
    return {
        "threshold": limit,
        "alarms": float((ordinary > limit).mean()),
        "caught": float((others > limit).mean()),
        "area": curve.area,
        "roc": {"x": thin.x.round(5).tolist(), "y": thin.y.round(5).tolist()},
    }


def _components(
    subject: Subject, pairing: Pairing, parts: tuple[Part, Part, Part, Part], false_alarms: float
) -> dict[str, Any] | None:
    """The same by principal components of the first part: those trained on, usual, ordinary and others."""
    trained, *rows = (_flat(part.arrays[pairing.target]) for part in parts)
    count = min(narrowest(subject.program), len(trained))
    if count >= trained.shape[1]:
        return None
    fitted = PCA(count, random_state=0).fit(trained)
    usual, ordinary, others = (_apart(each, fitted.inverse_transform(fitted.transform(each))) for each in rows)
    return {"components": count, **_judged(usual, ordinary, others, false_alarms)}


def narrowest(program: Program) -> int:
    """How few numbers of an example pass at once, where the program is narrowest; losses do not count."""
    types = [type for step in _steps(program) for type in step.output_types.values() if type.rank >= 2]
    known = ([size for size in type.shape[1:] if isinstance(size, int)] for type in types)
    return min(prod(sizes) for type, sizes in zip(types, known, strict=True) if len(sizes) == type.rank - 1)


def _steps(program: Program) -> Iterator[Step]:
    from core.catalog.families import default_catalog

    for step in program.steps:
        if not step.layer or default_catalog()[step.layer].role is not Role.LOSS:
            yield step
    for block in program.blocks.values():
        yield from _steps(block)


def _by_class(kinds: dict[str, Any], errors: Array) -> list[dict[str, Any]]:
    found = []
    for index, name in enumerate(kinds.get("classes", ())):
        own = np.asarray(kinds["class"]) == index
        if own.any():
            curve = roc(own, errors)
            area = curve.area if curve is not None else None
            found.append({"name": name, "count": int(own.sum()), "error": float(errors[own].mean()), "area": area})
    return found


def _furthest(subject: Subject, part: Part, errors: Array, kinds: dict[str, Any]) -> list[dict[str, Any]]:
    rows = np.argsort(-errors, kind="stable")[:SHOWN].tolist()
    told = samples(subject, part.name, part.positions[rows].tolist())
    names, which = kinds.get("classes", ()), kinds.get("class", ())
    return [
        {**one, "value": float(errors[row]), "class": names[which[row]] if names else ""}
        for one, row in zip(told, rows, strict=True)
    ]
