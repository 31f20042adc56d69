"""Learning curves: scikit-learn's own figures, laws that are known, and what is said of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import learning_curve as reference

from core.problem import LayerloomError
from core.program.program import Program
from core.training.run import Run
from core.training.tools.growth import fit
from core.training.tools.learned import judged
from core.training.tools.learning import learning_curve, nested
from tests import drawn, trainings

LBFGS = {"optimizer": {"kind": "lbfgs", "params": {"max_iter": 100, "line_search_fn": "strong_wolfe"}}}


def linear(features: int, outputs: int, loss: str) -> Program:
    d = drawn.Drawing("Linear", "Linear")
    x = d.input("features", features)
    target = d.target("target", 1) if outputs == 1 else d.target("target", dtype="int")
    out = d.layer("linear", "out", x, params={"out_features": outputs})
    d.output(out)
    d.loss(d.layer(loss, "loss", out, target))
    return d.program()


def made(program: Program, source: str, **changes: Any) -> Run:
    standard = [{"kind": "standardise", "field": "features"}]
    job = trainings.job(source, transforms=standard, monitor=False, batch_size="full", epochs=8, **changes)
    return trainings.run(program, job)


def sklearns(run: Run, model: Any, sizes: list[int], repeats: int) -> tuple[Any, Any]:
    """Scores of training and validation of the same parts, a row for each size."""
    data = run.prepared.splits
    x, y = (np.concatenate([data[part][name] for part in ("train", "validation")]) for name in ("features", "target"))
    count = len(data["train"]["features"])
    held = np.arange(count, len(x))
    splits = [(nested(run, repeat), held) for repeat in range(repeats)]
    _, train, test = reference(model, x.astype(float), y.ravel().astype(float), cv=splits, train_sizes=sizes)
    return train, test


def test_a_linear_regression_has_scikit_learns_curve() -> None:
    run = made(linear(10, 1, "mse_loss"), "diabetes", objectives=[LBFGS])
    found = learning_curve(run, smallest=0.15, points=5, repeats=2)
    sizes = [point.examples for point in found.points]
    assert sizes[-1] == run.prepared.examples["train"]
    train, test = sklearns(run, LinearRegression(), sizes, 2)
    for row, point in enumerate(found.points):
        for part, scores in (("train", train), ("validation", test)):
            assert point.mean[part]["r2"] == pytest.approx(scores[row].mean(), abs=2e-4)
            assert point.deviation[part]["r2"] == pytest.approx(scores[row].std(ddof=1), abs=2e-4)
    assert found.metric == "r2"


def test_a_logistic_regression_has_scikit_learns_curve() -> None:
    run = made(linear(2, 2, "cross_entropy"), "moons", objectives=[LBFGS], data={"n": 400, "noise": 0.4, "seed": 1})
    found = learning_curve(run, smallest=0.3, points=4, repeats=2)
    train, test = sklearns(run, LogisticRegression(C=np.inf, tol=1e-8), [p.examples for p in found.points], 2)
    for row, point in enumerate(found.points):
        assert point.mean["train"]["accuracy"] == pytest.approx(train[row].mean(), abs=1e-6)
        assert point.mean["validation"]["accuracy"] == pytest.approx(test[row].mean(), abs=1e-6)


def test_every_beginning_holds_the_classes_in_proportion() -> None:
    run = trainings.run(drawn.mlp(), trainings.job("iris", monitor=False))
    target = run.prepared.splits["train"]["target"]
    order = nested(run, 3)
    assert sorted(order) == list(range(len(target)))
    shares = np.bincount(target) / len(target)
    assert set(target[order[:3]]) == {0, 1, 2}
    for size in range(3, len(target)):
        apart = np.bincount(target[order[:size]], minlength=3) - size * shares
        assert abs(apart).max() <= 1.5
    assert not np.array_equal(order, nested(run, 4))
    kept = trainings.job("iris", monitor=False)
    split = kept.data.split.model_copy(update={"order": "kept"})
    late = kept.model_copy(update={"data": kept.data.model_copy(update={"split": split})})
    assert nested(trainings.run(drawn.mlp(), late), 0)[:2].tolist() == [105, 104], "the last ones, next to validation"


@pytest.mark.parametrize(("equal", "epochs"), [("steps", [12, 3, 1]), ("epochs", [1, 1, 1])])
def test_all_take_as_many_steps_or_epochs(equal: str, epochs: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    run = trainings.run(trainings.moons(), trainings.job(epochs=1, batch_size=10, monitor=False))
    seen: list[tuple[int, int, int]] = []

    def trained(_run: Run, job: Any, rows: Any, _told: Any) -> Any:
        seen.append((len(rows), job.epochs, job.seed))
        return {part: {"loss": 1.0, "accuracy": 0.5} for part in ("train", "validation")}

    monkeypatch.setattr("core.training.tools.learning._trained", trained)
    learning_curve(run, smallest=1 / 14, points=3, repeats=2, equal=equal)
    assert [row[1] for row in seen[:3]] == [14 if e == 12 else 4 if e == 3 else 1 for e in epochs]
    assert [row[2] for row in seen] == [0, 0, 0, 1, 1, 1]
    assert [row[0] for row in seen[:3]] == [10, 37, 140]


def test_the_run_stays_as_it_is_and_progress_is_told() -> None:
    run = trainings.run(trainings.moons(), trainings.job(epochs=2, monitor=False))
    before = {name: value.clone() for name, value in run.net.state_dict().items()}
    drawn_before = torch.get_rng_state()
    shares: list[float] = []
    found = learning_curve(run, smallest=0.3, points=3, repeats=2, told=shares.append)
    assert all(torch.equal(value, before[name]) for name, value in run.net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), drawn_before)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert found.law is None, "three sizes tell no law"
    assert "cannot be told from so few sizes" in found.verdict
    again = learning_curve(run, smallest=0.3, points=3, repeats=2)
    assert again == found


def test_a_known_law_is_found_again() -> None:
    sizes = [50, 100, 200, 400, 800, 1600]
    for a, b, c in ((2.0, 0.5, 0.1), (5.0, 1.0, 0.0), (0.8, 0.2, 0.05)):
        law = fit(sizes, [[a * n**-b + c] for n in sizes])
        assert law is not None
        assert law.at(3200) == pytest.approx(a * 3200**-b + c, rel=0.01)
        assert law.b == pytest.approx(b, rel=0.01)
        assert law.explained == pytest.approx(1.0, abs=1e-3)


def test_what_is_foretold_holds_as_often_as_it_says() -> None:
    draw = np.random.default_rng(0)
    sizes = [40, 80, 160, 320, 640]
    held = 0
    for _ in range(100):
        truth = [1.5 * n**-0.5 + 0.1 for n in sizes]
        law = fit(sizes, [[value + draw.normal(0, 0.3 * value**2) for _ in range(4)] for value in truth])
        assert law is not None
        found = law.expected(1280)
        assert found.low <= found.value <= found.high
        held += found.low <= 1.5 * 1280**-0.5 + 0.1 <= found.high
    assert held >= 88, "nine in ten are promised"


def test_what_does_not_vary_has_no_law() -> None:
    assert fit([1, 2, 3, 4], [[0.5]] * 4) is None
    assert fit([1, 2, 3], [[0.5], [0.4], [0.3]]) is None
    rising = fit([10, 20, 40, 80], [[0.1], [0.2], [0.3], [0.4]])
    assert rising is not None
    assert rising.a == 0.0, "more data never harms a law"


def reached(errors: dict[int, tuple[float, float]], spread: float = 0.002) -> dict[int, list[Any]]:
    """Copies with these errors in training and in validation."""
    return {
        n: [
            {
                part: {"loss": e + k * spread, "accuracy": 1 - e - k * spread}
                for part, e in zip(PARTS, both, strict=True)
            }
            for k in (-1, 0, 1)
        ]
        for n, both in errors.items()
    }


PARTS = ("train", "validation")
SIZES = (50, 100, 200, 400, 800)


def test_more_data_helps_where_the_curve_still_falls() -> None:
    found = judged(reached({n: (0.01, 3 * n**-0.5) for n in SIZES}), "accuracy", 0.5)
    assert (found.kind, found.trouble) == ("helps", "variance")
    assert "More data would help: twice as many would give 0.92" in found.verdict
    assert found.foretold is not None
    assert found.foretold.low <= 1 - 3 * 1600**-0.5 <= found.foretold.high
    assert any("High variance" in reason for reason in found.reasons)


def test_a_curve_that_has_levelled_off_high_is_bias() -> None:
    found = judged(reached({n: (0.38, 0.4 + 0.3 * (n / 50) ** -2) for n in SIZES}), "accuracy", 0.5)
    assert (found.kind, found.trouble) == ("level", "bias")
    assert "It has levelled off" in found.verdict
    assert any("High bias" in reason for reason in found.reasons)


def test_noise_is_told_as_such() -> None:
    draw = np.random.default_rng(1)
    rows = {n: reached({n: (0.2, 0.3)}, abs(draw.normal(0, 0.1)))[n] for n in SIZES}
    for n in SIZES:
        for row in rows[n]:
            row["validation"]["accuracy"] += draw.normal(0, 0.15)
    found = judged(rows, "accuracy", 0.5)
    assert found.kind != "helps"
    assert found.law is not None
    rows[100][0] = None
    assert "The loss of 1 copy broke" in " ".join(judged(rows, "accuracy", 0.5).reasons)
    rows[50] = [None, None]
    with pytest.raises(LayerloomError, match="With 50 examples the loss broke in every copy"):
        judged(rows, "accuracy", 0.5)


def test_what_cannot_be_drawn_is_told() -> None:
    job = trainings.job("iris", monitor=False)
    split = job.data.split.model_copy(update={"validation": 0.0})
    bare = job.model_copy(update={"data": job.data.model_copy(update={"split": split})})
    with pytest.raises(LayerloomError, match="judged on the validation part"):
        learning_curve(trainings.run(drawn.mlp(), bare))
    few = trainings.run(trainings.moons(), trainings.job(data={"n": 10, "seed": 1}, monitor=False))
    with pytest.raises(LayerloomError, match="needs 8 or more"):
        learning_curve(few)


def test_a_copy_whose_loss_breaks_is_left_out() -> None:
    objective = {"optimizer": {"kind": "sgd", "params": {"lr": 1e20}}}
    run = trainings.run(trainings.regression(), trainings.job("diabetes", objectives=[objective], monitor=False))
    with pytest.raises(LayerloomError, match="the loss broke in every copy"):
        learning_curve(run, points=3, repeats=1)
