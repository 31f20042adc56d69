"""What simple methods reach on the same examples and the same split: a network that is not better than they is none."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, r2_score, root_mean_squared_error
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.analysis.classes import flat
from core.analysis.subject import Part, Subject
from core.data.dataset import Array
from core.problem import LayerloomError
from core.training.pairing import Pairing

MOST_TRAIN, MOST_FEATURES = 5_000, 4_096
NEIGHBOURS, HIDDEN = 5, 64
WIDEST = 64  # numbers that one answer may have


def baselines(subject: Subject, split: str = "test") -> dict[str, Any]:
    """The network beside the constant answer, a linear model, nearest neighbours and a small MLP of scikit-learn.

    They are fitted on up to 5,000 examples of the training part, evenly spread, all inputs as one row of numbers.

    Returns: those of `Subject.heading`, ``trained_on`` (how many), and ``tasks``: for each output that is compared with
    one class or with a row of numbers its ``name``, ``metric`` (``accuracy`` or ``r2``) and ``rows`` of ``method``,
    ``doc``, ``value``, ``rmse`` (numbers alone, in the units of the data) and ``seconds`` (None for the network, which
    is first).

    Raises:
        LayerloomError: no output can be compared so, the inputs are too many numbers, or the part is empty.
    """
    part, train = subject.part(split), subject.part("train", MOST_TRAIN)
    answers = subject.answers(part)
    tasks = [
        _task(subject, pairing, train, part, answers[pairing.output])
        for pairing in subject.pairings
        if _is_simple(subject, pairing)
    ]
    if not tasks:
        raise LayerloomError(
            "No output of this network answers with one class or with a row of numbers, so there is no simple method "
            "to hold beside it.",
            code="baselines",
        )
    return {**subject.heading(part), "trained_on": len(train), "tasks": tasks}


def _is_simple(subject: Subject, pairing: Pairing) -> bool:
    target = subject.prepared.splits["train"][pairing.target]
    if subject.is_input(pairing.target) or target.ndim > 2:
        return False
    width = 1 if target.ndim == 1 else target.shape[1]
    return width == 1 or pairing.encoding == "one_hot" or (pairing.task == "regression" and width <= WIDEST)


def _rows(subject: Subject, part: Part) -> Array:
    """All inputs of each example as one row; bytes as the network gets them."""
    found = []
    for value in subject.program.inputs:
        array = part.arrays[value.name]
        scaling = subject.prepared.scalings.get(value.name)
        numbers = scaling(array / 255.0) if scaling is not None else array
        found.append(np.asarray(numbers, np.float32).reshape(len(array), -1))
    rows = np.concatenate(found, axis=1)
    if rows.shape[1] > MOST_FEATURES:
        raise LayerloomError(
            f"An example has {rows.shape[1]:,} numbers; simple methods are held beside networks of up to "
            f"{MOST_FEATURES:,}.",
            code="baselines",
        )
    return rows


def _task(subject: Subject, pairing: Pairing, train: Part, part: Part, answers: Array) -> dict[str, Any]:
    is_class = pairing.task == "classification"
    x, seen = _rows(subject, train), _rows(subject, part)
    y, wanted, own = (_classes if is_class else _numbers)(pairing, train, part, answers)
    first = {"method": "network", "doc": "The network itself.", "seconds": None}
    rows = [{**first, **_score(subject, pairing, wanted, own)}]
    for name, (doc, make) in (_CLASSES if is_class else _NUMBERS).items():
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a baseline may stop short of its optimum
            found = make().fit(x, y).predict(seen).reshape(wanted.shape)
        seconds = time.perf_counter() - start
        rows.append({"method": name, "doc": doc, "seconds": seconds, **_score(subject, pairing, wanted, found)})
    return {"name": pairing.output, "metric": "accuracy" if is_class else "r2", "rows": rows}


def _classes(pairing: Pairing, train: Part, part: Part, answers: Array) -> tuple[Array, Array, Array]:
    """What trains, what is wanted and what the network says, as class indices."""
    nothing = np.zeros((len(train), 1 if pairing.encoding == "binary" else pairing.classes))
    y, _ = flat(pairing, nothing, train.arrays[pairing.target])
    wanted, scores = flat(pairing, answers, part.arrays[pairing.target])
    return y, wanted, scores.argmax(1)


def _numbers(pairing: Pairing, train: Part, part: Part, answers: Array) -> tuple[Array, Array, Array]:
    """The same as numbers, (examples,) or (examples, outputs)."""
    y, wanted, own = (
        array.reshape(len(array), -1).squeeze(1) if array.size == len(array) else array
        for array in (train.arrays[pairing.target], part.arrays[pairing.target], answers)
    )
    return y, wanted, own


def _score(subject: Subject, pairing: Pairing, wanted: Array, found: Array) -> dict[str, Any]:
    if pairing.task == "classification":
        return {"value": float(accuracy_score(wanted, found)), "rmse": None}
    units = [subject.prepared.inverse(pairing.target, values.reshape(len(values), -1)) for values in (wanted, found)]
    return {"value": float(r2_score(*units)), "rmse": float(root_mean_squared_error(*units))}


_CLASSES: Mapping[str, tuple[str, Any]] = {
    "most frequent": ("Always the most frequent class.", lambda: DummyClassifier(strategy="most_frequent")),
    "logistic regression": (
        "One weight for each number and class.",
        lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    ),
    "nearest neighbours": (
        f"What most of the {NEIGHBOURS} nearest training examples are.",
        lambda: make_pipeline(StandardScaler(), KNeighborsClassifier(NEIGHBOURS)),
    ),
    "small MLP": (
        f"One hidden layer of {HIDDEN}, by scikit-learn's defaults.",
        lambda: make_pipeline(StandardScaler(), MLPClassifier((HIDDEN,), random_state=0)),
    ),
}
_NUMBERS: Mapping[str, tuple[str, Any]] = {
    "mean": ("Always the mean of the training part.", DummyRegressor),
    "linear regression": ("One weight for each number.", lambda: make_pipeline(StandardScaler(), LinearRegression())),
    "nearest neighbours": (
        f"The mean of the {NEIGHBOURS} nearest training examples.",
        lambda: make_pipeline(StandardScaler(), KNeighborsRegressor(NEIGHBOURS)),
    ),
    "small MLP": (
        f"One hidden layer of {HIDDEN}, by scikit-learn's defaults.",
        lambda: make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(HIDDEN,), random_state=0)),
    ),
}
