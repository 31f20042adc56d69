"""A table as people have them, from the command line: holes, skew, rare classes; trained, exported raw, told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from core.catalog.families import default_catalog
from core.training.runs import RunFolder
from designer.cli_design import open_design
from graph import storage
from graph.templates.drawing import Drawing

Run = Callable[..., Any]
FILLS = {"holes": "neighbours", "mark_holes": True}


def prices(folder: Path) -> np.ndarray:
    """Three features with holes in the last two, and a price that spans powers of ten; returns the raw features."""
    chance = np.random.default_rng(0)
    whole = chance.normal(size=(240, 3))
    price = np.exp(4 + whole @ [1.0, 0.5, -0.3])
    rows = whole.copy()
    rows[:, 1:][chance.random((240, 2)) < 0.1] = np.nan
    lines = [
        ",".join(["" if np.isnan(v) else f"{v:.5f}" for v in row] + [f"{p:.4f}"])
        for row, p in zip(rows, price, strict=True)
    ]
    (folder / "prices.csv").write_text("a,b,c,price\n" + "\n".join(lines) + "\n")
    return rows.astype(np.float32)


def design(folder: Path, source: dict[str, Any], width: int, loss: str, outputs: int, **job: Any) -> Path:
    """A small network for a table of which so many feature columns are read."""
    d = Drawing(default_catalog(), "Table")
    x = d.node("input", at=(0, 0), name="x")
    hidden = d.node("relu", d.node("linear", x, at=(1, 0), name="hidden", out_features=8), at=(2, 0))
    answer = d.node("linear", hidden, at=(3, 0), name="answer", out_features=outputs)
    d.node(loss, answer, d.node("target", at=(3, 2), name="truth"), at=(4, 1), name="loss")
    d.node("output", answer, at=(5, 0), name="out")
    target = {"shape": [1]} if outputs == 1 else {"shape": [], "dtype": "int", "classes": ["rare", "usual"]}
    fields = {"features": {"shape": [width]}, "target": target}
    data = {"source": {"kind": "csv", "params": source}, "signature": {"fields": fields, "examples": 240}}
    d.job(data={**data, **job.pop("data", {})}, epochs=2, threads=1, **job)
    storage.save(d.document, folder / "table.loom")
    return folder / "table.loom"


def test_a_table_with_holes_and_skew_is_exported_raw(layerloom: Run, tmp_path: Path) -> None:
    rows = prices(tmp_path)
    transforms = [{"kind": "yeo_johnson", "field": "features"}, {"kind": "log", "field": "target"}]
    file = design(tmp_path, {"path": "prices.csv", **FILLS}, 5, "mse_loss", 1, data={"transforms": transforms})
    assert layerloom("train", file, "--run", tmp_path / "run").code == 0
    said = layerloom("export", tmp_path / "run", "--bake", "-o", tmp_path / "net.onnx", "--json").json
    assert said["certificate"]["passed"] is True
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    raw = np.concatenate([rows, np.zeros((240, 2), np.float32)], axis=1)  # the marks are made inside
    [answers] = session.run(None, {session.get_inputs()[0].name: raw})
    assert np.isfinite(answers).all()
    assert np.median(answers) > 10  # prices, not their logarithms
    kept = RunFolder.open(tmp_path / "run").preparation()["fitted"]
    assert len(kept["fill"]["features"]["neighbours"]["rows"]) == 168
    notes = json.loads(session.get_modelmeta().custom_metadata_map["preparation"])
    assert notes["fill"]["features"]["neighbours"]["rows"] == 168  # how many, not which


def test_classes_are_balanced_by_one_word(layerloom: Run, tmp_path: Path) -> None:
    lines = [f"{i % 7},{i % 11},{'rare' if i % 12 == 0 else 'usual'}" for i in range(240)]
    (tmp_path / "kinds.csv").write_text("a,b,kind\n" + "\n".join(lines) + "\n")
    file = design(tmp_path, {"path": "kinds.csv"}, 2, "cross_entropy", 2)
    assert layerloom("train", file, "--run", tmp_path / "run", "--set", "balance=smote").code == 0
    run = RunFolder.open(tmp_path / "run")
    assert run.job.balance == "smote"
    assert run.status().step == 2 * -(-2 * 154 // 32)  # two epochs of as many rare as usual examples


def test_what_is_wrong_with_a_table_is_said(layerloom: Run, tmp_path: Path) -> None:
    prices(tmp_path)
    file = design(tmp_path, {"path": "prices.csv"}, 3, "mse_loss", 1)
    said = layerloom("train", file, "--run", tmp_path / "run")
    assert said.code != 0
    assert "prices.csv, line" in said.err
    assert "the cell is empty" in said.err
    told = layerloom("train", file, "--run", tmp_path / "other", "--set", "data.source.params.holes=guess")
    assert (
        "at an empty cell: expected one of refuse, drop, mean, median, most_frequent, neighbours, zero, constant"
        in " ".join(told.err.split())
    )
    mended = open_design(file, ["data.source.params.holes=mean"])
    assert mended.document.job.data.signature.fields["features"].shape == (3,)
