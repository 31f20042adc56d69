"""What looks wrong with a training before it runs: each finding where it must be, and not where it must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.analysis.lint import findings, room
from core.analysis.preflight import preflight
from core.data.preview import preview
from core.problem import Severity
from core.program.program import Program
from core.training.job import DataJob, Pick, read_job
from tests.drawn import Drawing, mlp


def codes(program: Program, job: dict[str, Any], *answers: Any) -> list[str]:
    return [problem.code for problem in findings(program, read_job(job), *answers)]


def data(kind: str, **more: Any) -> dict[str, Any]:
    return {"data": {"source": {"kind": kind, "params": {}}, **more}}


def seen(kind: str, **params: Any) -> dict[str, Any]:
    return preview(DataJob(source=Pick(kind=kind, params=params)))


def table(rows: list[dict[str, Any]], dtype: str = "float") -> dict[str, Any]:
    """A preview of features with these statistics."""
    return {"fields": {"features": {"dtype": dtype, "statistics": rows}}, "balance": None}


def column(mean: float, std: float, name: str = "a") -> dict[str, Any]:
    return {"name": name, "mean": mean, "std": std, "min": mean - std, "max": mean + std}


def balanced(counts: list[int]) -> dict[str, Any]:
    classes = [f"k{i}" for i in range(len(counts))]
    return {"fields": {}, "balance": {"field": "target", "classes": classes, "counts": {"train": counts}}}


def test_a_sound_job_has_no_findings() -> None:
    answer = {"overlap": {"validation": 0, "test": 0}, "examples": {"train": 106, "validation": 22, "test": 22}}
    assert codes(mlp(), data("iris"), seen("iris"), answer) == []


def test_nothing_set_aside_for_validation() -> None:
    [found] = findings(mlp(), read_job(data("iris", split={"validation": 0})))
    assert found.code == "no-validation"
    assert found.fixes[0].args == {"path": "data.split.validation", "value": 0.15}
    assert codes(mlp(), {"data": {"split": {"validation": 0}}}) == []  # there is no data yet


@pytest.mark.parametrize(
    ("kind", "rate", "is_told"),
    [
        ("adam", 5.0, True),
        ("adam", 1e-9, True),
        ("adam", 1e-3, False),
        ("adam", 0.05, False),
        ("sgd", 0.5, False),
        ("sgd", 20.0, True),
        ("sgd", 1e-7, True),
        ("adadelta", 1.0, False),
    ],
)
def test_learning_rates_far_outside_the_usual(kind: str, rate: float, is_told: bool) -> None:
    objectives = [{}, {"optimizer": {"kind": kind, "params": {"lr": rate}}}]
    found = findings(mlp(), read_job({**data("iris"), "objectives": objectives}))
    assert [problem.code for problem in found] == ["learning-rate"] * is_told
    for problem in found:
        assert problem.fixes[0].args["path"] == "objectives.1.optimizer.params.lr"
        assert ("hardly move" if rate < 1e-3 else "blow up") in problem.message


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([column(700, 300), column(1, 1, "b")], "a lies around 700 with a spread of 300"),
        ([column(-40, 1)], "a lies around -40"),
        ([column(0, 5), column(0, 0.01, "b")], "a spreads 500 times as far as b"),
    ],
)
def test_features_that_are_not_scaled(rows: list[dict[str, Any]], words: str) -> None:
    [found] = findings(mlp(), read_job(data("iris")), table(rows))
    assert found.code == "unscaled"
    assert words in found.message
    assert found.fixes[0].args == {
        "path": "data.transforms.0",
        "value": {"kind": "standardise", "field": "features"},
    }


@pytest.mark.parametrize(
    "rows", [[column(0, 1), column(5.8, 0.8, "b")], [column(0, 5), column(0, 0.0, "constant")], [{"name": "empty"}]]
)
def test_features_that_are_scaled_well_enough(rows: list[dict[str, Any]]) -> None:
    assert codes(mlp(), data("iris"), table(rows)) == []


def test_features_that_are_prepared_or_are_no_numbers_are_let_be() -> None:
    far = [column(700, 300)]
    prepared = data("iris", transforms=[{"kind": "standardise", "field": "features"}])
    assert codes(mlp(), prepared, table(far)) == []
    assert codes(mlp(), data("iris"), table(far, dtype="int")) == []
    others = {"fields": {"weights": table(far)["fields"]["features"]}, "balance": None}
    assert codes(mlp(), data("iris"), others) == []  # the design does not use them


def test_a_network_that_begins_with_a_normalisation_scales_by_itself() -> None:
    d = Drawing("Normed")
    x = d.layer("batch_norm1d", "norm", d.input("features", 4))
    d.output(d.layer("linear", "out", x, params={"out_features": 1}))
    assert codes(d.program(), data("iris"), table([column(700, 300)])) == []


def test_real_tables() -> None:
    assert codes(mlp(), data("wine"), seen("wine")) == ["unscaled"]
    assert codes(mlp(), data("breast_cancer"), seen("breast_cancer")) == ["unscaled"]
    assert codes(mlp(), data("moons"), seen("moons", n=100)) == []


@pytest.mark.parametrize(
    ("counts", "severity"),
    [([100, 100], None), ([100, 40, 60], None), ([90, 30], Severity.HINT), ([950, 50], Severity.WARNING)],
)
def test_uneven_classes(counts: list[int], severity: Severity | None) -> None:
    found = findings(mlp(), read_job(data("iris")), balanced(counts))
    assert [problem.severity for problem in found] == ([severity] if severity else [])
    for problem in found:
        assert [fix.args["value"] for fix in problem.fixes] == ["sampling", "weights"]
        assert f"{max(counts) / sum(counts):.0%}" in problem.message


def test_what_is_odd_about_the_data_is_a_finding() -> None:
    odd = {"code": "data.constant", "message": "The column a holds 1 in every row.", "severity": "warning"}
    [problem] = findings(mlp(), read_job(data("iris")), {"fields": {}, "balance": None, "problems": [odd]})
    assert (problem.code, problem.severity) == ("data.constant", Severity.WARNING)


def test_uneven_classes_that_are_balanced_missing_or_no_target_are_let_be() -> None:
    assert codes(mlp(), {**data("iris"), "balance": "sampling"}, balanced([950, 50])) == []
    assert codes(mlp(), data("iris"), balanced([950, 0])) == []
    program = mlp()
    other = replace(program, targets=tuple(replace(t, field="other") for t in program.targets))
    assert codes(other, data("iris"), balanced([950, 50])) == []


def answered(overlap: int, size: int = 200) -> dict[str, Any]:
    sizes = {"train": 1000, "validation": 0, "test": size}
    return {"overlap": {"validation": 0, "test": overlap}, "examples": sizes}


@pytest.mark.parametrize(("overlap", "severity"), [(0, None), (1, Severity.HINT), (20, Severity.WARNING)])
def test_examples_that_are_tested_and_trained_on(overlap: int, severity: Severity | None) -> None:
    found = findings(mlp(), read_job(data("iris")), None, answered(overlap))
    assert [problem.severity for problem in found] == ([severity] if severity else [])
    for problem in found:
        assert problem.code == "leakage"
        assert problem.fixes[0].args == {"path": "data.split.apart", "value": True}
        assert f"{overlap} of 200 test examples" in problem.message


def test_no_fix_is_offered_that_would_leave_nothing() -> None:
    [found] = findings(mlp(), read_job(data("iris")), None, answered(200))
    assert not found.fixes


def test_what_does_not_fit_is_mended_by_smaller_batches() -> None:
    found = preflight(mlp(), read_job({**data("iris"), "batch_size": 100}))
    assert found.memory.total == 524 * 5 + 3600 + 100 * 160
    assert room(found, 10**6) == []
    [told] = room(found, 15_000)  # 13,500 of them, less 6,220, hold 45 examples
    assert told.fixes[0].args == {"path": "batch_size", "value": 32}
    assert replace(found, memory=replace(found.memory, activations=32 * 160)).memory.fits(15_000)
    [hopeless] = room(found, 1000)
    assert not hopeless.fixes
    assert "no batch is small enough" in hopeless.message


def test_warnings_come_first() -> None:
    job = read_job(data("iris", split={"validation": 0}))
    found = findings(mlp(), job, balanced([90, 30]), answered(100))
    assert [p.severity for p in found] == [Severity.WARNING, Severity.WARNING, Severity.HINT]
