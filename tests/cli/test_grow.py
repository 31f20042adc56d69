"""``layerloom grow`` and ``branch --prune``: new runs that begin where the old one stood, and train on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from typer.testing import CliRunner

from core.catalog.families import default_catalog
from core.training.runs import RunFolder
from core.training.start import start
from designer.cli import app
from exporters import compressing
from graph.lower import lower
from graph.storage import load

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    train = ["train", str(folder / "iris.loom"), "--run", str(folder / "run"), "--epochs", "6", "--device", "cpu"]
    for words in (["new", "iris_mlp", "-o", str(folder / "iris")], [*train, "--json"]):
        assert CliRunner().invoke(app, words).exit_code == 0
    return folder / "run"


@pytest.mark.parametrize(
    ("words", "parameters"),
    [(("--after", "n2"), 32 * 32 + 32), (("--wider", "n2", "--to", "48"), 16 * (4 + 1) + 16 * 16)],
)
def test_a_grown_run_begins_where_the_old_one_stood(
    layerloom: Run, trained: Path, tmp_path: Path, words: tuple[str, ...], parameters: int
) -> None:
    said = layerloom("grow", trained, *words, "--out", tmp_path / "big", "--run", tmp_path / "grown", "--json").json
    old, new = RunFolder.open(trained), RunFolder.open(tmp_path / "grown")
    assert said["design"] == str(tmp_path / "big.loom")
    assert new.branch["run"] == str(trained)
    document, problems = load(tmp_path / "big.loom", default_catalog())
    assert not problems
    assert lower(document) == new.program
    before, _ = start(old, resume=True, notes=False)
    before.net.load_state_dict(load_file(old.weights()))
    after, step = start(new, resume=True, notes=False)
    assert step == 0
    first, then = before.evaluate("validation"), after.evaluate("validation")
    assert then == pytest.approx(first, abs=1e-6)
    count = [sum(p.numel() for p in run.net.parameters()) for run in (before, after)]
    assert count[1] - count[0] == parameters
    ended = layerloom("train", "--run", tmp_path / "grown", "--resume", "--json")
    assert ended.code == 0
    assert RunFolder.open(tmp_path / "grown").state() == "finished"


def test_a_pruned_branch_keeps_its_zeros(layerloom: Run, trained: Path, tmp_path: Path) -> None:
    words = ("--prune", "0.5", "--scope", "layer", "--set", "epochs=3", "--train", "--json")
    ended = layerloom("branch", trained, "--out", tmp_path / "thin", *words)
    assert ended.code == 0
    run = RunFolder.open(tmp_path / "thin")
    assert run.job.epochs == 3
    masks, weights = load_file(run.masks), load_file(run.weights())
    for name, mask in masks.items():
        assert int((mask == 0).sum()) == round(0.5 * mask.numel())
        assert (weights[name][mask == 0] == 0).all()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("grow", "RUN", "--out", "x"), "takes --after NODE, or --wider NODE with --to N"),
        (("grow", "RUN", "--out", "x", "--wider", "n2"), "takes --after NODE"),
        (("grow", "RUN", "--out", "x", "--after", "nobody"), "No node is called 'nobody'"),
        (("grow", "RUN", "--out", "x", "--wider", "scores", "--to", "9"), "it compares the units with answers"),
        (("branch", "RUN", "--out", "x", "--prune", "0.5", "--scope", "all"), "takes global or layer, not all"),
    ],
)
def test_wrong_wishes_are_refused(
    layerloom: Run,
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = layerloom(*(str(trained) if word == "RUN" else word for word in words))
    assert refused.code == 2
    assert sentence in refused.err
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_exams_are_commands(layerloom: Run, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressing, "SECONDS", 0.0)
    thin = layerloom("prune", trained, "--steps", "3", "--cost", "1")
    assert thin.code == 0
    assert "weights that are zero" in thin.out
    small = layerloom("compress", trained, "--calibrate", "32", "--json")
    assert small.code in (0, 1)
    assert [entry["id"] for entry in json.loads(small.out)["entries"]][:2] == ["pytorch", "float32"]
