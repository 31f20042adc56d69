"""Monte Carlo dropout: closed forms on a linear network, the same passes by hand, NumPy and SciPy for what is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from core.analysis.examining.uncertain import dropouts, uncertainty
from core.analysis.subject import Subject, moment
from core.analysis.sureness import coverage, decomposed, spearman
from core.problem import LayerloomError
from core.program.module import build
from tests import drawn, trainings
from tests.analysed import fresh


def line(p: float) -> Any:
    """Dropout on ten features, then one Linear layer."""
    d = drawn.Drawing("Line", "Line")
    x, target = d.input("features", 10), d.target("target", 1)
    out = d.layer("linear", "out", d.layer("dropout", "drop", x, params={"p": p}), params={"out_features": 1})
    d.output(out)
    d.loss(d.layer("mse_loss", "mse", out, target))
    return d.program()


def examined(path: Path, program: Any, source: str = "diabetes", **job: Any) -> Subject:
    folder = fresh(path / "run", program, trainings.job(source, **job))
    return Subject(folder, moment(folder))


STANDARD = [{"kind": "standardise", "field": name} for name in ("features", "target")]


def test_a_linear_network_has_the_variance_of_the_closed_form(tmp_path: Path) -> None:
    """Var f = p / (1 - p) sum (w x)^2, E f = w x + b."""
    subject = examined(tmp_path, line(0.3), transforms=STANDARD, epochs=20)
    passes = 1500
    found = uncertainty(subject, passes=passes, examples=40)
    part = subject.part("test", 40)
    x = part.arrays["features"].astype(np.float64)
    weights = subject.weights["out.weight"].double().numpy()[0]
    sd = np.sqrt(0.3 / 0.7 * ((x * weights) ** 2).sum(1))
    scale = 1.0 / subject.prepared.fitted.maps["target"].scale  # back to the units of the data
    told = np.array(found["errors"]["sd"])
    error = 4 / np.sqrt(2 * passes)  # four standard errors of a deviation, a little more for heavy tails
    assert np.allclose(told, sd * scale, rtol=1.5 * error)
    assert found["measures"]["sd"]["mean"] == pytest.approx(sd.mean() * scale, rel=error)
    assert found["mean"]["rmse"] == pytest.approx(found["plain"]["rmse"], rel=0.02)
    truth = subject.prepared.inverse("target", part.arrays["target"])[:, 0]
    moved = subject.prepared.inverse("target", ((x @ weights) + float(subject.weights["out.bias"]))[:, None])[:, 0]
    assert found["plain"]["rmse"] == pytest.approx(np.sqrt(((moved - truth) ** 2).mean()), rel=1e-5)
    assert found["rank"] == pytest.approx(stats.spearmanr(told, found["errors"]["error"]).statistic, abs=1e-12)


def test_the_same_passes_by_hand(tmp_path: Path) -> None:
    subject = examined(tmp_path, trainings.moons(), "moons", epochs=6)
    found = uncertainty(subject, passes=7, examples=60, seed=5)
    net = build(subject.program)
    net.load_state_dict(subject.weights)
    net.eval()
    part = subject.part("test", 60)
    x, truth = torch.from_numpy(part.arrays["features"]), part.arrays["target"]
    with torch.inference_mode():
        single = net(x).softmax(1).double().numpy()
        net.dropout.train()  # type: ignore[union-attr]
        runs = []
        for index in range(7):
            torch.manual_seed(5 + index)
            runs.append(net(x).softmax(1).double().numpy())
    answers = np.stack(runs)
    mean = answers.mean(0)
    total = stats.entropy(mean, axis=1)
    expected = np.mean([stats.entropy(one, axis=1) for one in answers], axis=0)
    for name, values in (("total", total), ("expected", expected), ("mutual", total - expected)):
        assert found["measures"][name]["mean"] == pytest.approx(values.mean(), rel=1e-4)
        assert sum(found["measures"][name]["counts"]) == len(truth)
    assert found["plain"]["accuracy"] == (single.argmax(1) == truth).mean()
    assert found["mean"]["accuracy"] == (mean.argmax(1) == truth).mean()
    own = mean[np.arange(len(truth)), truth]
    assert found["mean"]["loss"] == pytest.approx(-np.log(own).mean(), rel=1e-4)
    order = np.argsort(-total, kind="stable")
    first = found["uncertain"][0]
    assert first["position"] == part.positions[order[0]]
    assert first["value"] == pytest.approx(total[order[0]], rel=1e-4)
    assert found["layers"] == [{"node": "dropout", "label": "dropout", "p": 0.2}]
    assert found["curves"]["total"]["risk"][-1] == pytest.approx(1 - found["mean"]["accuracy"])
    assert found["curves"]["plain"]["risk"][-1] == pytest.approx(1 - found["plain"]["accuracy"])


def test_only_dropout_is_active(tmp_path: Path) -> None:
    """Batch norm with batch statistics would move the answer of a network whose dropout drops next to nothing."""
    program = trainings.moons()
    steps = tuple(
        trainings.replace(s, params={"p": 1e-9}) if s.layer == "dropout" else s for s in program.steps
    )  # fmt: skip
    subject = examined(tmp_path, trainings.replace(program, steps=steps), "moons")
    found = uncertainty(subject, passes=3)
    assert found["measures"]["mutual"]["mean"] == pytest.approx(0.0, abs=1e-7)
    assert found["mean"]["loss"] == pytest.approx(found["plain"]["loss"], rel=1e-6)


def test_entropy_is_made_of_noise_and_of_what_is_not_known() -> None:
    split = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])  # each pass is sure, of something else
    total, expected, mutual = decomposed(split)
    assert (total[0], expected[0], mutual[0]) == (pytest.approx(np.log(2)), 0.0, pytest.approx(np.log(2)))
    torn = np.full((3, 1, 4), 0.25)  # all agree that they cannot tell
    total, expected, mutual = decomposed(torn)
    assert (total[0], expected[0]) == (pytest.approx(np.log(4)), pytest.approx(np.log(4)))
    assert mutual[0] == pytest.approx(0.0, abs=1e-12)


def test_risk_over_coverage_by_hand() -> None:
    wrong = np.array([0, 1, 0, 0, 1])
    found = coverage(wrong, np.array([0.1, 0.9, 0.2, 0.3, 0.8]))
    assert found["coverage"] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert found["risk"] == [0.0, 0.0, 0.0, 0.25, 0.4]
    assert found["area"] == pytest.approx(0.13)
    assert found["kept"] == 0.25


def test_ranks_are_scipys_with_ties() -> None:
    random = np.random.default_rng(1)
    a, b = random.integers(0, 6, 50).astype(float), random.normal(size=50)
    assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-12)
    assert spearman(np.ones(5), b[:5]) is None


def test_pictures_made_have_a_spread_each(tmp_path: Path) -> None:
    d = drawn.Drawing("Auto", "Auto")
    x = d.input("features", 1, 8, 8)
    code = d.layer("linear", "squeeze", d.layer("flatten", "flat", x), params={"out_features": 12})
    back = d.layer("linear", "back", d.layer("dropout", "drop", code, params={"p": 0.3}), params={"out_features": 64})
    picture = d.layer("reshape", "picture", back, params={"shape": (1, 8, 8)})
    d.output(picture)
    d.loss(d.layer("mse_loss", "mse", picture, x))
    found = uncertainty(examined(tmp_path, d.program(), "digits", epochs=1, batch_size=256), passes=5, examples=30)
    assert (found["kind"], len(found["errors"]["sd"])) == ("regression", 30)
    assert found["uncertain"][0]["truth"] == found["uncertain"][0]["guess"] == ""
    assert found["uncertain"][0]["value"] == pytest.approx(max(found["errors"]["sd"]))


def test_dropout_inside_a_layer_counts(trained: Callable[[str], Any]) -> None:
    program = trained("attention").program
    found = dropouts(program, build(program))
    assert [one["node"] for one in found] == ["encoder"]
    assert found[0]["p"] == pytest.approx(0.1)


def test_without_dropout_it_says_so_and_offers_some(subject: Callable[[str], Subject]) -> None:
    with pytest.raises(LayerloomError, match="has no dropout") as refused:
        uncertainty(subject("regression"))
    [fix] = refused.value.problem.fixes
    assert fix.action == "insert_before"
    assert fix.args["node"] == "out"
