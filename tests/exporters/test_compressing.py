"""The table of precisions: sizes are those of the files, times are taken in turns, the choice follows its rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from core.analysis.examining.examined import Examined
from core.analysis.examining.table import EXAMS
from core.problem import LayerloomError
from core.training.runs import RunFolder
from core.training.tools.tool import perform
from exporters import compressing
from exporters.compressing import Entry, _chosen, quantiles, turns
from exporters.opening import memory, opens
from exporters.precisions import PRECISIONS
from tests import trainings
from tests.analysed import fresh


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    run = fresh(tmp_path_factory.mktemp("run") / "run", trainings.regression(), trainings.job("diabetes", epochs=3))
    heard: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compressing, "SECONDS", 0.05)
        found = perform(EXAMS, "compress", Examined(run), {"calibrate": 64, "cost": 1.0}, heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1.0)
    return {**found, "run": run}


def test_every_precision_has_its_line(answer: dict[str, Any]) -> None:
    entries = {entry["id"]: entry for entry in answer["entries"]}
    assert list(entries) == ["pytorch", *PRECISIONS]
    run: RunFolder = answer["run"]
    ended = (run.result() or {})["metrics"]["test"]
    for id, entry in entries.items():
        assert not entry["problem"]
        assert entry["same"] is None
        for times in entry["latency"].values():
            assert 0 < times["p50"] <= times["p95"]
        assert (entry["memory"] is None) == (id == "pytorch")
        assert entry["values"].keys() == ended.keys() - {"loss"}
    assert entries["pytorch"]["values"]["mae"] == pytest.approx(ended["mae"], rel=1e-5)
    assert entries["pytorch"]["bytes"] == 4 * (10 * 16 + 16 + 16 + 1)
    errors = [entries[id]["max_rel"] for id in ("float32", "float16", "bfloat16")]
    assert errors == sorted(errors)
    assert errors[0] < 1e-5 < errors[2]
    assert {level["bits"] for level in answer["bits"]["levels"]} == {32, 8, 7, 6, 5, 4, 3, 2}


def test_the_choice_is_offered(answer: dict[str, Any]) -> None:
    [fix] = answer["fixes"]
    assert fix["action"] == "export"
    assert fix["args"] == {"precision": answer["chosen"], "settings": answer["settings"][answer["chosen"]]}
    assert answer["chosen"] in PRECISIONS


def test_the_smallest_that_is_cheap_enough_is_chosen() -> None:
    def entry(id: str, size: int, accuracy: float, **more: Any) -> Entry:
        return Entry(id, id, size, values={"accuracy": accuracy}, **more)

    entries = [entry("pytorch", 90, 0.95), entry("float32", 100, 0.95), entry("float16", 50, 0.95),
               entry("int8-dynamic", 20, 0.90), entry("int8", 30, 0.945)]  # fmt: skip
    assert _chosen(entries, "accuracy", 0.01) == "int8"
    assert _chosen(entries, "accuracy", 0.1) == "int8-dynamic"
    assert _chosen(entries, "accuracy", 0.0) == "float16"
    failed = [*entries[:2], entry("int8", 30, 0.95, passed=False), Entry("float16", "f", problem="no", passed=False)]
    assert _chosen(failed, "accuracy", 0.5) == "float32"


def test_calls_take_turns_and_quantiles_are_calls() -> None:
    order: list[str] = []
    found = turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, seconds=0.0)
    assert order == ["a", "b"] * 11  # once to warm up, then the fewest rounds
    assert [len(times) for times in found.values()] == [10, 10]
    assert quantiles([float(n) for n in range(1, 101)]) == {"p50": 50.0, "p95": 95.0}
    assert quantiles([3.0]) == {"p50": 3.0, "p95": 3.0}


def test_memory_is_that_of_a_process_of_its_own(tmp_path: Path) -> None:
    """A product with a matrix of 48 MB takes at least that much, whatever this process holds."""
    own = np.ones((3000, 4000), np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "big",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3000])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 4000])],
        [onnx.numpy_helper.from_array(own, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(model, tmp_path / "big.onnx")
    assert memory(tmp_path / "big.onnx", 4) > own.nbytes
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    assert not opens(tmp_path / "bad.onnx")
    with pytest.raises(LayerloomError, match="cannot run"):
        memory(tmp_path / "bad.onnx", 4)
