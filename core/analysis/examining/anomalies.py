"""Examples that a network which rebuilds its input rebuilds badly: what is unlike anything that it was trained on.

The oldest use of autoencoders: Japkowicz, Myers and Gluck, A Novelty Detection Approach to Classification, IJCAI 1995.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from core.analysis.curves import roc
from core.analysis.latent import kinds
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
TINY = 1e-12  # the least error that is drawn


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
    held = "validation" if part != "validation" and subject.prepared.examples.get("validation") else "train"
    trained, named = subject.part("train"), [name.strip() for name in abnormal.split(",") if name.strip()]
    tested = ordinary = _Rebuilt.by(subject, pairing, subject.part(part))
    told(0.25)
    usual = _Rebuilt.by(subject, pairing, subject.part(held))
    told(0.5)
    known, *rest = kinds(subject, tested.part, *((usual.part, trained) if named else ()))
    if named:
        strange, of_usual, of_trained = (_is_one_of(one, named) for one in (known, *rest))
        ordinary, others = tested.only(~strange), tested.only(strange)
        usual, trained = usual.only(~of_usual), _picked(trained, ~of_trained)
    else:
        others = _Rebuilt.by(subject, pairing, _strangers(subject, pairing, tested.part, seed))
    if not len(ordinary.part) or not len(others.part) or not len(usual.part):
        raise LayerloomError("Anomalies: ordinary examples and others are both needed; name fewer or other classes.",
                             code="part")  # fmt: skip
    every = np.concatenate([one.errors for one in (usual, ordinary, others)])
    edges = np.histogram_bin_edges(np.log10(np.maximum(every, TINY)), BINS)
    beside = _components(subject, pairing, trained, (usual.part, ordinary.part, others.part), false_alarms)
    told(1.0)
    return {
        **subject.heading(tested.part),
        "output": pairing.output,
        "others": ", ".join(named) or "examples whose numbers do not belong together",
        **_judged(usual.errors, ordinary.errors, others.errors, false_alarms),
        "beside": beside,
        "edges": edges.round(5).tolist(),
        "ordinary": np.histogram(np.log10(np.maximum(ordinary.errors, TINY)), edges)[0].tolist(),
        "unusual": np.histogram(np.log10(np.maximum(others.errors, TINY)), edges)[0].tolist(),
        "classes": _by_class(known, tested.errors),
        "strangest": _furthest(subject, tested, known),
    }


@dataclass(frozen=True)
class _Rebuilt:
    """Examples, and how far each is from what the network makes of it (mean square)."""

    part: Part
    errors: Array

    @staticmethod
    def by(subject: Subject, pairing: Pairing, part: Part) -> _Rebuilt:
        guess = subject.answers(part)[pairing.output]
        return _Rebuilt(part, _apart(_flat(part.arrays[pairing.target]), guess.reshape(len(guess), -1)))

    def only(self, chosen: Array) -> _Rebuilt:
        return _Rebuilt(_picked(self.part, chosen), self.errors[chosen])


def _rebuilt(subject: Subject) -> Pairing:
    for pairing in subject.pairings:
        if pairing.task == "regression" and subject.is_input(pairing.target):
            return pairing
    raise LayerloomError(
        "This network does not rebuild what it is given: no loss compares an output with the input. Anomalies are "
        "found by an autoencoder; New design has some.",
        code="output",
    )


def _apart(truth: Array, guess: Array) -> Array:
    found: Array = np.square(truth - guess).mean(1)
    return found


def _flat(values: Array) -> Array:
    flat: Array = as_real(values).reshape(len(values), -1).astype(np.float64)
    return flat


def _is_one_of(known: dict[str, Any], named: Sequence[str]) -> Array:
    names = known.get("classes", [])
    unknown = [name for name in named if name not in names]
    if unknown:
        there = f"there are {', '.join(names[:20])}" if names else "the data has no classes"
        raise LayerloomError(f"Anomalies: there is no class {unknown[0]!r:.40}; {there}.", code="class")
    found: Array = np.isin(known["class"], [names.index(name) for name in named])
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
    subject: Subject, pairing: Pairing, trained: Part, parts: Sequence[Part], false_alarms: float
) -> dict[str, Any] | None:
    """The same by principal components of those trained on, for the usual ones, ordinary ones and others."""
    known = _flat(trained.arrays[pairing.target])
    count = min(narrowest(subject.program), len(known))
    if count >= known.shape[1]:
        return None
    fitted = PCA(count, random_state=0).fit(known)
    rows = (_flat(part.arrays[pairing.target]) for part in parts)
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


def _by_class(known: dict[str, Any], errors: Array) -> list[dict[str, Any]]:
    found = []
    for index, name in enumerate(known.get("classes", ())):
        own = np.asarray(known["class"]) == index
        if own.any():
            curve = roc(own, errors)
            area = curve.area if curve is not None else None
            found.append({"name": name, "count": int(own.sum()), "error": float(errors[own].mean()), "area": area})
    return found


def _furthest(subject: Subject, tested: _Rebuilt, known: dict[str, Any]) -> list[dict[str, Any]]:
    rows = np.argsort(-tested.errors, kind="stable")[:SHOWN].tolist()
    told = samples(subject, tested.part.name, tested.part.positions[rows].tolist())
    names, which = known.get("classes", ()), known.get("class", ())
    return [
        {**one, "value": float(tested.errors[row]), "class": names[which[row]] if names else ""}
        for one, row in zip(told, rows, strict=True)
    ]
