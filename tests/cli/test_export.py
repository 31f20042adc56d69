"""``layerloom export``, ``new`` and ``demo``: files that hold what they say, made by the real trainer and exporters."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from safetensors.numpy import load_file
from typer.testing import CliRunner

from core.data.sources import load
from core.training.job import Pick
from designer.assistant import answer
from designer.cli import app
from designer.delivery import deliver, from_run
from graph.templates import TEMPLATES
from tests.analysed import SUBJECTS, fresh

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the iris example, long enough to be right."""
    folder = tmp_path_factory.mktemp("runs")
    for words in (
        ["new", "iris_mlp", "-o", str(folder / "iris")],
        [
            "train",
            str(folder / "iris.loom"),
            "--run",
            str(folder / "run"),
            "--epochs",
            "30",
            "--device",
            "cpu",
            "--json",
        ],
    ):
        assert CliRunner().invoke(app, words).exit_code == 0
    return folder / "run"


def test_onnx_of_a_run_is_certified(layerloom: Run, trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "iris.onnx"
    said = layerloom("export", trained, "--to", "onnx", "-o", file, "--json").json
    assert said["certificate"]["passed"] is True
    assert {row["batch"] for row in said["certificate"]["rows"]} >= {1, 32}
    assert max(row["max_rel"] for row in said["certificate"]["rows"]) <= 1e-5
    assert said["bytes"] == file.stat().st_size
    notes = {entry.key: entry.value for entry in onnx.load(file).metadata_props}
    assert notes["classes"] == '["setosa", "versicolor", "virginica"]'
    assert '"features"' in notes["preparation"]


def test_baked_onnx_takes_raw_flowers_and_gives_probabilities(layerloom: Run, trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "iris.onnx"
    words = layerloom("export", trained, "--to", "onnx", "-o", file, "--bake", "--probabilities")
    assert words.code == 0
    assert "largest relative difference" in words.out
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    iris = load(Pick(kind="iris")).fields
    [answers] = session.run(None, {session.get_inputs()[0].name: iris["features"]})
    np.testing.assert_allclose(np.asarray(answers).sum(axis=1), 1, atol=1e-5)
    assert (np.asarray(answers).argmax(axis=1) == iris["target"]).mean() > 0.9


def test_python_runs_without_layerloom(layerloom: Run, trained: Path, tmp_path: Path) -> None:
    source, weights = tmp_path / "net.py", tmp_path / "net.safetensors"
    for format, file in (("python", source), ("safetensors", weights)):
        said = layerloom("export", trained, "--to", format, "-o", file, "--json").json
        assert said["certificate"] is None
    assert "layerloom" not in {
        line.split()[1] for line in source.read_text().splitlines() if line.startswith(("import", "from"))
    }
    code = (
        "import sys, runpy, torch\n"
        "from safetensors.torch import load_file\n"
        "classes = [c for c in runpy.run_path('net.py').values()\n"
        "           if isinstance(c, type) and issubclass(c, torch.nn.Module)]\n"
        "net = classes[-1]()\n"
        "net.load_state_dict(load_file('net.safetensors'))\n"
        "print(tuple(net.eval()(torch.zeros(5, 4)).shape))\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('core', 'graph', 'designer', 'exporters')]\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "(5, 3)\n", done.stderr
    assert all(np.isfinite(values).all() for values in load_file(weights).values())


def test_a_design_is_exported_with_fresh_weights(layerloom: Run, design: Path, tmp_path: Path) -> None:
    first, again = (tmp_path / f"{name}.safetensors" for name in "ab")
    for file in (first, again):
        assert layerloom("export", design, "--to", "safetensors", "-o", file).code == 0
    one, two = load_file(first), load_file(again)
    assert {name: values.shape for name, values in one.items()}["hidden.weight"] == (16, 4)
    assert all(np.array_equal(one[name], two[name]) for name in one.keys() | two.keys())


@pytest.mark.parametrize(
    ("format", "more", "code", "words"),
    [
        ("tflite", (), 2, "no format 'tflite'; there are onnx, python, safetensors"),
        ("python", ("--bake",), 2, "only ONNX can hold it"),
    ],
)
def test_refusals(layerloom: Run, trained: Path, tmp_path: Path, format: str, more: Any, code: int, words: str) -> None:
    said = layerloom("export", trained, "--to", format, "-o", tmp_path / "x", *more)
    assert said.code == code
    assert words in said.err
    assert not (tmp_path / "x").exists()


def test_refusals_of_designs(layerloom: Run, design: Path, tmp_path: Path) -> None:
    assert "only after training" in layerloom("export", design, "--to", "onnx", "-o", tmp_path / "x", "--bake").err
    assert "no design and no run" in layerloom("export", tmp_path / "no", "--to", "onnx", "-o", tmp_path / "x").err
    assert "is not the folder of a run" in layerloom("export", tmp_path, "--to", "onnx", "-o", tmp_path / "x").err


def test_the_assistant_exports_and_verifies(trained: Path, tmp_path: Path) -> None:
    from core.training.protocol import Command

    def ask(name: str, **args: Any) -> Any:
        return answer(Command("request", {"id": 1, "name": name, "args": {"run": str(trained), **args}}))

    path = str(tmp_path / "m.onnx")
    made = ask("export", format="onnx", path=path, bake=False, program=None)
    assert made.problem is None
    assert made.result["certificate"]["passed"]
    assert ask("verify", path=path).result["passed"]
    assert not ask("verify", path=path, bake=True).result["passed"]
    assert "There is no file" in ask("verify", path=path + "x").problem["message"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_can_be_written_and_checked(layerloom: Run, tmp_path: Path, template: str) -> None:
    file = tmp_path / "t.loom"
    assert layerloom("new", template, "-o", file, "--json").json == {"template": template, "file": str(file)}
    report = layerloom("check", file, "--json")
    assert report.json["ok"] is (template != "blank")
    again = layerloom("new", template, "-o", file)
    assert again.code == 2
    assert "exists" in again.err
    assert layerloom("new", template, "-o", file, "--force").code == 0


def test_templates_are_listed(layerloom: Run, tmp_path: Path) -> None:
    rows = layerloom("new", "--list", "--json").json
    assert [(row["id"], row["family"]) for row in rows] == [(id, t.family) for id, t in TEMPLATES.items()]
    assert "choose the data" in " ".join(layerloom("new", "resnet18", "-o", tmp_path / "r.loom").out.split())
    assert "layerloom train" in " ".join(layerloom("new", "iris_mlp", "-o", tmp_path / "i.loom").out.split())
    assert "There is no template 'resnet'; there are blank" in layerloom("new", "resnet").err


@pytest.mark.slow
def test_demo_does_the_whole_job(layerloom: Run, tmp_path: Path) -> None:
    said = layerloom("demo", "--dir", tmp_path / "demo", "--epochs", "3")
    assert said.code == 0
    assert "Test accuracy: 0.9" in said.out
    assert "Largest difference of ONNX Runtime to PyTorch" in said.out
    assert (tmp_path / "demo" / "digits_resnet.onnx").is_file()


def test_a_network_that_reads_symbols_is_compared_on_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fresh(tmp_path / "run", *SUBJECTS["characters"])
    given: list[Any] = []
    real = onnxruntime.InferenceSession.run

    def watched(self: onnxruntime.InferenceSession, names: Any, feed: Any) -> Any:
        given.append(feed)
        return real(self, names, feed)

    monkeypatch.setattr(onnxruntime.InferenceSession, "run", watched)
    made = deliver(from_run(run.path), "onnx", tmp_path / "text.onnx")
    assert made["certificate"]["passed"]
    symbols = np.concatenate([feed["features"].ravel() for feed in given])
    assert symbols.min() == 0
    assert symbols.max() == 95
    assert len(np.unique(symbols)) > 90


def test_fewer_bits_are_told_with_what_they_change(layerloom: Run, trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "iris.onnx"
    words = layerloom("export", trained, "-o", file, "--precision", "int8", "--calibrate", "60", "--no-per-channel")
    assert words.code == 0
    assert f"{file.stat().st_size:,} bytes" in words.out
    assert "answers stay the same" in words.out
    assert "accuracy" in words.out
    said = layerloom("export", trained, "-o", file, "--precision", "float16", "--json").json
    assert said["reduction"]["passed"] is True
    assert said["certificate"] is None


def test_a_design_is_calibrated_on_nothing(layerloom: Run, tmp_path: Path) -> None:
    layerloom("new", "iris_mlp", "-o", tmp_path / "iris")
    refused = layerloom("export", tmp_path / "iris.loom", "-o", tmp_path / "iris.onnx", "--precision", "int8")
    assert refused.code == 2
    assert "needs training examples to calibrate on" in refused.err
    done = layerloom("export", tmp_path / "iris.loom", "-o", tmp_path / "iris.onnx", "--precision", "int8-dynamic")
    assert done.code == 0
    assert "only a run has data" in done.out
