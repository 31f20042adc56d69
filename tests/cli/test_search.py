"""``layerloom search``: what is typed, what is told, what is written."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.search.study import Study
from core.training.search import Choices, Range, Variable
from designer.cli_settings import apply_settings, full_path, short_path
from designer.cli_vary import variables, worded
from graph import storage
from graph.codec import encode
from graph.commands import MakeBlock, SetNode
from graph.values import value_at
from tests.cli.small import iris_mlp
from tests.core.search.studies import small_search, write_study

Run = Callable[..., Any]
LR = "job.objectives.0.optimizer.params.lr"


def test_a_search_is_made_told_applied_and_gone_on_with(layerloom: Run, design: Path, tmp_path: Path) -> None:
    out = tmp_path / "study"
    words = ["--vary", "lr=1e-5..1e-1 log", "--vary", "hidden.out_features=8,16", "--set", "epochs=3", "--metric"]
    said = layerloom("search", design, *words, "accuracy", "--trials", "5", "--out", out, "--apply")
    assert said.code == 0
    study = Study.open(out)
    best = study.best
    assert best is not None
    assert [trial.state for trial in study.trials] == ["finished"] * 5
    told = " ".join(said.out.split())
    assert "5 of 5 trials: 5 finished." in told
    assert all(f"trial {number} lr " in told for number in range(5))
    assert "What the differences come from:" in told
    assert f"--set hidden.out_features={best.values['node.n2.out_features']}" in told
    assert f"The values of trial {best.number} are in {design}." in told
    hint = shlex.split(said.out.partition("`layerloom train ")[2].partition("`")[0])[1:]
    again = iris_mlp()
    apply_settings(again, hint[1::2])
    assert {path: value_at(again, path) for path in best.values} == dict(best.values)  # to the last digit
    document, _ = storage.load(design, default_catalog())
    assert {path: value_at(document, path) for path in best.values} == dict(best.values)
    assert document.job.epochs == 8  # --set held for the search alone
    assert document.job.search.is_empty

    more = layerloom("search", "--resume", "--out", out, "--trials", "6", "--json")
    assert more.code == 0
    events = [json.loads(line) for line in more.out.splitlines()]
    assert [e["trial"]["number"] for e in events if e.get("event") == "trial"] == [5, 5, 5]
    last = events[-1]
    assert (last["state"], last["metric"], last["direction"]) == ("finished", "accuracy", "max")
    assert [trial["number"] for trial in last["trials"]] == list(range(6))
    assert last["best"]["result"] == max(trial["result"] for trial in last["trials"])


def test_what_can_be_searched_is_listed(layerloom: Run, design: Path) -> None:
    said = layerloom("search", design, "--list")
    assert said.code == 0
    assert all(word in said.out for word in ("lr", "hidden.out_features", "1e-05..0.1 log", "4..64 log int"))
    rows = layerloom("search", design, "--list", "--json").json
    [rate] = [row for row in rows if row["path"] == LR]
    assert rate["suggestion"] == {"low": 1e-5, "high": 0.1, "log": True}
    assert len(rows) > 20


@pytest.mark.parametrize(
    ("wish", "path", "variable"),
    [
        ("lr=1e-4..1e-1 log", LR, Range(low=1e-4, high=1e-1, log=True)),
        ("job.batch_size=16, 32,64", "job.batch_size", Choices(choices=(16, 32, 64))),
        ("batch_size=16,full", "job.batch_size", Choices(choices=(16, "full"))),
        ("batch_size=8..64 step 8", "job.batch_size", Range(low=8, high=64, step=8, integer=True)),
        ("node.hidden.out_features=8..128 step 8", "node.n2.out_features",
         Range(low=8, high=128, step=8, integer=True)),
        ("n2.out_features=4..9 points 3", "node.n2.out_features", Range(low=4, high=9, integer=True, points=3)),
        ("hidden.bias=yes,no", "node.n2.bias", Choices(choices=(True, False))),
        ("n3.layer=relu,tanh", "node.n3.layer", Choices(choices=("relu", "tanh"))),
        ('optimizer=["sgd", "adam"]', "job.objectives.0.optimizer.kind", Choices(choices=("sgd", "adam"))),
        ("lr", LR, Range(low=1e-5, high=1e-1, log=True)),
        ("hidden.out_features+scores.out_features=8..16 int", "node.n2.out_features",
         Range(low=8, high=16, integer=True, also=("node.n4.out_features",))),
        ("epochs=10..20", "job.epochs", Range(low=10, high=20, integer=True)),
    ],
)  # fmt: skip
def test_ranges_are_read_as_people_type_them(wish: str, path: str, variable: Variable) -> None:
    document = iris_mlp()
    assert variables(document, [wish]) == {path: variable}
    key = short_path(document, path)
    assert full_path(document, key) == path
    assert variables(document, [f"{key}={worded(variable)}"]) == {path: variable.model_copy(update={"also": ()})}


def test_nodes_in_blocks_go_by_path_or_by_name() -> None:
    document = iris_mlp()
    MakeBlock(("n2", "n3"), "Dense", block="b1", instance="n9").apply(document)
    assert full_path(document, "n9/n2.out_features") == full_path(document, "hidden.out_features")
    assert full_path(document, "hidden.out_features") == "node.n9/n2.out_features"
    assert short_path(document, "node.n9/n2.out_features") == "hidden.out_features"
    apply_settings(document, ["n9/n2.out_features=24", "n3.layer=tanh", "n9.repeat=2"])
    assert value_at(document, "node.n9/n2.out_features") == 24
    assert (document.graph("b1").node("n3").layer, document.graph().node("n9").repeat) == ("tanh", 2)
    SetNode("n4", {"name": "hidden"}).apply(document)
    assert short_path(document, "node.n9/n2.out_features") == "n9/n2.out_features"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Nothing varies: say what, for example --vary lr"),
        (("--vary", "lrr"), "neither a field of the job nor a node is called lrr. Did you mean lr?"),
        (("--vary", "hidden.width=1..2"), "hidden has no parameter width; it has out_features, bias"),
        (("--vary", "lr=1e-1..1e-4"), "the range ends at 0.0001, below its beginning 0.1."),
        (("--vary", "lr=a..1"), "'a' is no number; expected a range"),
        (("--vary", "lr=0.1..1 big"), "'big' is none of log, int, step N and points N."),
        (("--vary", "hidden.out_features=0,4"), "expected a whole number of 1 or more, received 0"),
        (("--vary", "data.source.kind"), "nothing is suggested for it"),
        (("--vary", "lr=[1,"), "the list is not JSON"),
        (("--vary", "lr", "--strategy", "magic"), "there is no strategy 'magic'; there are tpe, gp, random"),
        (("--vary", "lr", "--strategy", "grid"), "learning rate has a range without a step"),
        (("--vary", "lr", "--set", "data.split.validation=0"), "none of the data is set aside for it"),
        (("--vary", "lr", "--mode", "best"), "search.mode"),
        (("--resume",), "--resume needs the study"),
        (("--vary", "lr", "--timeout", "-1"), "greater than or equal to 0"),
        (("--resume", "--out", "x", "--vary", "lr"), "only --trials can be changed there"),
    ],
)
def test_what_cannot_be_searched_is_told_in_a_sentence(
    layerloom: Run, design: Path, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    out = () if "--resume" in words else ("--out", tmp_path / "study")
    said = layerloom("search", design, *words, *out)
    assert said.code in (1, 2)
    assert sentence in " ".join(said.err.split())
    assert not (tmp_path / "study").exists()


def test_studies_are_listed_and_one_is_shown(layerloom: Run, tmp_path: Path) -> None:
    design = encode(iris_mlp())
    write_study(tmp_path / "one", 9, design=design)
    Study.create(tmp_path / "two", design, small_search(), "Two")
    told = layerloom("studies", tmp_path)
    assert all(word in told.out for word in ("one", "Iris", "interrupted", "7/16", "Two", "new", "0/16"))
    rows = layerloom("studies", tmp_path, "--json").json
    assert [row["title"] for row in rows] == ["Two", "Iris"]
    shown = " ".join(layerloom("studies", tmp_path / "one").out.split())
    assert "7 of 16 trials: 5 finished, 1 pruned, 1 failed." in shown
    assert "Trial 3 failed: Linear: the input has 4 features, 8 were expected." in shown
    assert "70% lr" in shown
    summary = layerloom("studies", tmp_path / "one", "--json").json
    assert (summary["state"], len(summary["trials"])) == ("interrupted", 9)
    (tmp_path / "empty").mkdir()
    assert "There are no studies in" in layerloom("studies", tmp_path / "empty").out
    assert "There is no folder" in layerloom("studies", tmp_path / "nowhere").err


def test_a_folder_in_use_and_a_folder_that_is_none_are_told(layerloom: Run, design: Path, tmp_path: Path) -> None:
    said = layerloom("search", design, "--vary", "lr", "--out", tmp_path)
    assert "a new study needs a folder of its own" in " ".join(said.err.split())
    said = layerloom("search", "--resume", "--out", tmp_path)
    assert "is not the folder of a study" in " ".join(said.err.split())
    document = iris_mlp()
    SetNode("n2", {"name": "a"}).apply(document)
    SetNode("n4", {"name": "a"}).apply(document)
    with pytest.raises(LayerloomError, match="2 nodes are called a"):
        full_path(document, "a.bias")
