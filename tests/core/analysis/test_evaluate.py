"""What is told of the answers, against scikit-learn and against the metrics of training."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from core.analysis import classes as classes_module
from core.analysis.classes import probabilities
from core.analysis.evaluate import evaluate
from core.analysis.latent import latent
from core.analysis.layers import layers
from core.analysis.samples import samples
from core.analysis.subject import Subject, moment
from core.analysis.unit import unit
from core.problem import LayerloomError
from core.training.pairing import Pairing
from core.training.runs import RunFolder
from tests import trainings
from tests.analysed import fresh

Get = Callable[[str], Subject]
SOFT = Pairing("y", "t", "classification", "index", 3, logits=True)


def guessed(subject: Subject, split: str) -> tuple[np.ndarray, np.ndarray]:
    part = subject.part(split)
    [answers] = subject.answers(part).values()
    return part.arrays["target"], answers


def test_classes_are_scikit_learns(subject: Get) -> None:
    digits = subject("digits")
    told = evaluate(digits, "train")
    [task] = told["tasks"]
    truth, logits = guessed(digits, "train")
    guess = logits.argmax(1)
    assert task["kind"] == "classification"
    assert task["classes"] == [str(k) for k in range(10)]
    assert task["confusion"] == metrics.confusion_matrix(truth, guess, labels=range(10)).tolist()
    assert task["accuracy"] == pytest.approx(metrics.accuracy_score(truth, guess))
    assert task["macro_f1"] == pytest.approx(metrics.f1_score(truth, guess, average="macro"))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, guess, zero_division=0)
    certain = np.exp(logits.astype(float)) / np.exp(logits.astype(float)).sum(1, keepdims=True)
    for k, row in enumerate(task["rows"]):
        assert [row["precision"] or 0, row["recall"], row["f1"], row["support"]] == pytest.approx(
            [precision[k], recall[k], f1[k], support[k]]
        )
        assert row["roc"] == pytest.approx(metrics.roc_auc_score(truth == k, certain[:, k]))
        assert row["average_precision"] == pytest.approx(metrics.average_precision_score(truth == k, certain[:, k]))
    assert json.loads(json.dumps(told)) == told


def test_it_agrees_with_what_training_measured(subject: Get, trained: Callable[[str], RunFolder]) -> None:
    for name in ("digits", "moons", "binary"):
        measured = (trained(name).result() or {})["metrics"]["test"]
        [task] = evaluate(subject(name))["tasks"]
        assert task["accuracy"] == pytest.approx(measured["accuracy"])
        assert task["macro_f1"] == pytest.approx(measured["f1"])
    measured = (trained("regression").result() or {})["metrics"]["test"]
    [task] = evaluate(subject("regression"))["tasks"]
    assert {name: task[name] for name in ("mae", "rmse", "r2")} == pytest.approx(
        {name: measured[name] for name in ("mae", "rmse", "r2")}, rel=1e-5
    )


def test_the_examples_behind_a_cell_are_those_of_the_cell(subject: Get) -> None:
    digits = subject("digits")
    [task] = evaluate(digits)["tasks"]
    truth, logits = guessed(digits, "test")
    guess = logits.argmax(1)
    for true in range(10):
        for said in range(10):
            behind = task["cells"].get(f"{true},{said}", [])
            assert len(behind) == min(classes_module.BEHIND, task["confusion"][true][said])
            assert all(truth[p] == true and guess[p] == said for p in behind)


def test_the_worst_answers_come_first(subject: Get) -> None:
    [task] = evaluate(subject("digits"))["tasks"]
    shares = [one["probability"] for one in task["worst"]]
    assert shares == sorted(shares)
    truth, logits = guessed(subject("digits"), "test")
    certain = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert shares[0] == pytest.approx(certain[np.arange(len(truth)), truth].min(), rel=1e-4)
    assert np.array(task["worst"][0]["pixels"]).shape == (8, 8)


def test_two_classes_with_one_score(subject: Get) -> None:
    binary = subject("binary")
    [task] = evaluate(binary)["tasks"]
    truth, score = guessed(binary, "test")
    assert task["confusion"] == metrics.confusion_matrix(truth, score > 0).tolist()
    assert [curve["class"] for curve in task["roc"]] == [1]
    assert task["roc"][0]["area"] == pytest.approx(metrics.roc_auc_score(truth.ravel(), score.ravel()))
    assert task["calibration"] is not None


def test_numbers_are_scikit_learns(subject: Get) -> None:
    regression = subject("regression")
    [task] = evaluate(regression, "train")["tasks"]
    truth, guess = guessed(regression, "train")
    assert task["kind"] == "regression"
    assert task["r2"] == pytest.approx(metrics.r2_score(truth, guess))
    assert task["mae"] == pytest.approx(metrics.mean_absolute_error(truth, guess))
    assert task["rmse"] == pytest.approx(metrics.root_mean_squared_error(truth, guess))
    [column] = task["columns"]
    assert sum(column["residuals"]["counts"]) == len(truth)
    assert column["residuals"]["mean"] == pytest.approx(float((guess - truth).mean()), rel=1e-4)
    furthest = task["worst"][0]
    assert abs(furthest["guess"] - furthest["truth"]) == pytest.approx(float(np.abs(guess - truth).max()), rel=1e-4)


def test_regression_is_told_in_the_units_of_the_data(tmp_path: Path) -> None:
    transforms = [{"kind": "standardise", "field": name} for name in ("features", "target")]
    job = trainings.job("diabetes", epochs=1, transforms=transforms)
    run = fresh(tmp_path / "run", trainings.regression(), job)
    [task] = evaluate(Subject(run, moment(run)))["tasks"]
    assert max(task["columns"][0]["truth"]) > 100
    assert max(task["worst"][0]["values"]) > 10


def test_reconstructions_stand_beside_their_input(subject: Get) -> None:
    told = evaluate(subject("autoencoder"))
    [task] = told["tasks"]
    assert task["kind"] == "reconstruction"
    assert task["of_input"]
    assert len(task["pairs"]) == 24
    pair = task["pairs"][0]
    assert np.array(pair["truth"]["pixels"]).shape == np.array(pair["guess"]["pixels"]).shape == (8, 8)
    errors = [one["error"] for one in task["worst"]]
    assert errors == sorted(errors, reverse=True)
    assert sum(task["errors"]["counts"]) == told["examples"]
    assert json.loads(json.dumps(told)) == told


def test_many_examples_are_thinned_and_it_is_said(subject: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    part = subject("digits").part("train", most=100)
    assert len(part) == 100
    assert part.whole > 1000
    assert part.positions[0] == 0
    assert part.positions[-1] == part.whole - 1
    assert subject("digits").heading(part)["of"] == part.whole


def test_many_classes_become_a_matrix_of_the_most_mistaken(subject: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = evaluate(subject("digits"), "train")["tasks"][0]
    monkeypatch.setattr(classes_module, "MATRIX", 5)
    [task] = evaluate(subject("digits"), "train")["tasks"]
    assert len(task["classes"]) == len(task["confusion"]) == 5
    assert task["classes"][-1] == "others"
    assert np.sum(task["confusion"]) == np.sum(whole["confusion"])
    assert len(task["rows"]) == 10


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([[0.0, 1.0, 2.0]], "softmax"),
        ([[0.2, 0.3, 0.5]], "itself"),
        ([np.log([0.2, 0.3, 0.5])], "exp"),
        ([[1.0, 4.0, -2.0]], "none"),
    ],
)
def test_what_outputs_are_as_probabilities(scores: list[list[float]], expected: str) -> None:
    array = np.array(scores)
    pairing = SOFT if expected == "softmax" else Pairing("y", "t", "classification", "index", 3, logits=False)
    found = probabilities(array, pairing)
    if expected == "none":
        assert found is None
        return
    assert found is not None
    assert found.sum() == pytest.approx(1.0)
    wanted = {"softmax": np.exp(array) / np.exp(array).sum(), "itself": array, "exp": np.exp(array)}[expected]
    np.testing.assert_allclose(found, wanted)


def test_samples_say_where_they_come_from(subject: Get) -> None:
    moons = subject("moons")
    [one, two] = samples(moons, "validation", [3, 1, 10_000])
    assert (one["position"], two["position"]) == (3, 1)
    assert one["row"] == moons.prepared.indices["validation"][3]
    assert one["of"] == 2


def test_refusals_are_sentences(subject: Get, tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match=r"no 'nothing' examples; there are train \(140\)"):
        evaluate(subject("moons"), "nothing")
    empty = trainings.folder(tmp_path / "new", trainings.moons(), trainings.job())
    with pytest.raises(LayerloomError, match="has no weights yet") as caught:
        moment(empty)
    assert caught.value.problem.code == "weights"
    with pytest.raises(LayerloomError, match="no weights called 'other'"):
        moment(empty, "other")
    other = subject("digits")
    with pytest.raises(LayerloomError, match="of another design"):
        _ = Subject(RunFolder.open(subject("moons").run.path), other.at).net


def test_the_best_weights_say_their_epoch(tmp_path: Path) -> None:
    stopping = {"enabled": True, "metric": "loss", "patience": 2, "restore_best": True}
    run = fresh(tmp_path / "run", trainings.moons(), trainings.job(epochs=3, stopping=stopping))
    best = Subject(run, moment(run, "best"))
    told = best.heading(best.part("test"))
    assert told["weights"] == "best"
    assert told["epoch"] in (1, 2, 3)
    assert moment(run, "last").step == 3 * 9
    assert moment(run).which == "best", "those that the run ended with"


@pytest.mark.parametrize("name", ["moons", "binary", "regression", "autoencoder", "attention"])
def test_a_network_that_diverged_is_still_looked_at(subject: Get, name: str) -> None:
    broken = subject(name)
    broken.weights = {key: t * float("nan") if t.is_floating_point() else t for key, t in broken.weights.items()}
    [task] = evaluate(broken)["tasks"]
    assert task["kind"] in ("classification", "regression", "reconstruction")
    told = layers(broken, node=broken.program.steps[0].node)
    assert any(row["bad"] for row in told["nodes"])
    latent(broken, "test", broken.program.steps[0].node)
    unit(broken, "test", broken.program.steps[0].node, 0)
    json.dumps([task, told])
