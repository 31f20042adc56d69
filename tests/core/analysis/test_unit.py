"""One unit: its favourites by brute force, its sum by NumPy."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from core.analysis import unit as unit_module
from core.analysis.subject import Subject
from core.analysis.unit import unit
from core.problem import LayerloomError

Get = Callable[[str], Subject]


def test_the_favourites_are_those_of_a_full_sort(subject: Get) -> None:
    digits = subject("digits")
    told = unit(digits, "test", "logits", 3)
    [logits] = digits.answers(digits.part("test")).values()
    order = np.argsort(-logits[:, 3], kind="stable")[: unit_module.LIKED]
    assert [one["position"] for one in told["likes"]] == order.tolist()
    assert [one["value"] for one in told["likes"]] == pytest.approx(logits[order, 3].tolist(), rel=1e-5)
    assert (told["unit"], told["units"]) == (3, 10)
    assert json.loads(json.dumps(told)) == told


def test_a_channel_answers_by_its_strongest_place(subject: Get) -> None:
    digits = subject("digits")
    told = unit(digits, "test", "relu", 2, sample=5)
    assert told["units"] == 8
    assert told["sum"] is None
    values = [one["value"] for one in told["likes"]]
    assert values == sorted(values, reverse=True)
    again = next((one["value"] for one in told["likes"] if one["position"] == 5), told["value"])
    assert again == pytest.approx(told["value"], rel=1e-5)


def test_the_sum_is_weights_times_inputs_and_bias(subject: Get) -> None:
    regression = subject("regression")
    told = unit(regression, "test", "hidden", 4, sample=7)["sum"]
    x = regression.prepared.splits["test"]["features"][7].astype(np.float64)
    weight = regression.weights["hidden.weight"][4].numpy().astype(np.float64)
    bias = float(regression.weights["hidden.bias"][4])
    np.testing.assert_allclose(told["inputs"], x[told["places"]])
    np.testing.assert_allclose(told["weights"], weight[told["places"]])
    np.testing.assert_allclose(told["products"], (x * weight)[told["places"]])
    assert told["places"] == list(range(10))
    assert told["bias"] == bias
    assert told["rest"] == pytest.approx(0.0, abs=1e-9)
    assert told["total"] == pytest.approx(float(x @ weight) + bias)


def test_the_activation_behind_the_sum_is_told(subject: Get) -> None:
    regression = subject("regression")
    for unit_of in range(4):
        told = unit(regression, "test", "hidden", unit_of, sample=7)["sum"]
        assert told["fires"]["label"] == "relu"
        assert told["fires"]["value"] == pytest.approx(max(0.0, told["total"]), rel=1e-5, abs=1e-6)
    assert unit(regression, "test", "out", 0)["sum"]["fires"] is None


def test_of_a_long_sum_the_greatest_terms_are_told(subject: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_module, "TERMS", 5)
    told = unit(subject("autoencoder"), "test", "squeeze", 0)["sum"]
    assert len(told["places"]) == 5
    assert told["places"] == sorted(told["places"])
    assert sum(told["products"]) + told["rest"] + told["bias"] == pytest.approx(told["total"])


@pytest.mark.parametrize(
    ("node", "which", "words"),
    [("nowhere", 0, "no node 'nowhere'"), ("logits", 10, "no unit 10 here; they are 0 to 9"), ("loss", 0, "no units")],
)
def test_refusals_are_sentences(subject: Get, node: str, which: int, words: str) -> None:
    with pytest.raises(LayerloomError, match=words):
        unit(subject("digits"), "test", node, which)
