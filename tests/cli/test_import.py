"""``layerloom import``: a model becomes a design and a run that can be exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.catalog.families import default_catalog
from core.training.branching import branch
from core.training.protocol import Command
from core.training.runs import RunFolder
from designer import assistant
from graph.storage import load

Run = Callable[..., Any]


def model(path: Path, *kinds: str) -> Path:
    """x (B x 6) through a Gemm and these activations."""
    weight = np.random.default_rng(0).standard_normal((3, 6)).astype(np.float32)
    nodes = [helper.make_node("Gemm", ["x", "head.weight"], ["t0"], transB=1)]
    nodes += [helper.make_node(kind, [f"t{i}"], [f"t{i + 1}"]) for i, kind in enumerate(kinds)]
    last = f"t{len(kinds)}"
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", 6])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, ["B", 3])],
        [numpy_helper.from_array(weight, "head.weight")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


def test_a_model_becomes_a_design_and_a_run(layerloom: Run, tmp_path: Path) -> None:
    path, out, run = model(tmp_path / "net.onnx", "Tanh"), tmp_path / "net.loom", tmp_path / "run"
    said = layerloom("import", path, "--out", out, "--run", run, "--json")
    assert said.code == 0
    assert said.json["certificate"]["passed"]
    assert said.json["parameters"] == 18
    document, problems = load(out, default_catalog())
    assert problems == []
    assert [node.layer for node in document.graph().nodes] == ["input", "linear", "tanh", "output"]
    folder = RunFolder.open(run)
    assert folder.state() == "finished"
    assert folder.weights().is_file()
    again = layerloom("export", run, "--to", "onnx", "--out", tmp_path / "again.onnx", "--json")
    assert again.json["certificate"]["passed"]
    assert branch(folder, tmp_path / "branch", weights_only=True).title == "net"


def test_it_tells_how_near_the_answers_are_and_replaces_nothing(layerloom: Run, tmp_path: Path) -> None:
    path, out = model(tmp_path / "net.onnx", "Relu"), tmp_path / "net.loom"
    said = layerloom("import", path, "--out", out, "--run", tmp_path / "run")
    assert "net.onnx: 4 nodes, 18 weights. Its answers differ from those of ONNX Runtime by" in said.out
    said = layerloom("import", path, "--out", out, "--run", tmp_path / "other")
    assert said.code == 2
    assert "exists already" in said.err
    assert not (tmp_path / "other").exists()


def test_what_no_layer_does_is_told_and_the_design_written(layerloom: Run, tmp_path: Path) -> None:
    path, out = model(tmp_path / "net.onnx", "Erf", "Relu"), tmp_path / "net.loom"
    said = layerloom("import", path, "--out", out, "--run", tmp_path / "run")
    assert said.code == 0
    assert "The weights are left out" in said.out
    assert "Erf: there is no layer that does it" in said.err
    assert not (tmp_path / "run").exists()
    assert out.is_file()


@pytest.mark.parametrize("content", [b"", b"no model"])
def test_the_assistant_refuses_what_is_no_model(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    args = {"path": str(path), "run": str(tmp_path / "run")}
    reply = assistant.answer(Command("request", {"id": 1, "name": "import", "args": args}))
    assert reply.problem is not None
    assert "net.onnx is no ONNX model" in reply.problem["message"]
