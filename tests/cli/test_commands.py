"""Commands that only read or write designs: what they print, in words and in JSON, and how they refuse."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.catalog.families import default_catalog
from graph import storage
from graph.commands import SetJob, SetParam

Run = Callable[..., Any]


def test_layers_lists_the_catalogue(layerloom: Run) -> None:
    said = layerloom("layers", "--json")
    assert said.code == 0
    by_id = {layer["id"]: layer for layer in said.json}
    assert set(by_id) == {spec.id for spec in default_catalog()}
    assert by_id["linear"]["parameters"][0]["name"] == "out_features"
    words = layerloom("layers", "--category", "pool")
    assert "Max pool 2D" in words.out
    assert "Linear" not in words.out
    refused = layerloom("layers", "--category", "nonsense")
    assert refused.code == 2
    assert "There is no category 'nonsense'; there are " in refused.err


def test_one_layer_whole(layerloom: Run) -> None:
    said = layerloom("layers", "conv2d")
    assert said.code == 0
    for text in ("Conv 2D (conv2d), Convolution", "Formula: ", "kernel_size", "same or valid or whole numbers"):
        assert text in said.out
    assert layerloom("layers", "conv2d", "--json").json["id"] == "conv2d"
    assert "There is no layer 'conv2'. Did you mean conv2d" in layerloom("layers", "conv2").err


def test_check_tells_shapes_parameters_and_costs(layerloom: Run, design: Path) -> None:
    said = layerloom("check", design, "--json")
    assert said.code == 0
    report = said.json
    assert report["ok"] is True
    assert report["parameters"] == 4 * 16 + 16 + 16 * 3 + 3
    assert report["macs"] == 4 * 16 + 16 * 3
    by_name = {node["name"]: node for node in report["nodes"]}
    assert by_name["hidden"]["shapes"] == ["B x 16"]
    assert by_name["scores"]["parameters"] == 51
    words = layerloom("check", design)
    assert words.code == 0
    for text in ("hidden", "B x 16", "131 parameters", "No errors."):
        assert text in words.out


def test_check_of_a_design_with_errors_has_exit_code_1(layerloom: Run, design: Path) -> None:
    document, _ = storage.load(design, default_catalog())
    SetParam("n4", "out_features", 2).apply(document)
    storage.save(document, design)
    said = layerloom("check", design, "--json")
    assert said.code == 1
    assert said.json["ok"] is False
    [error] = [p for p in said.json["problems"] if p["severity"] == "error"]
    assert error["node"] in ("n4", "n7")
    words = layerloom("check", design)
    assert words.code == 1
    assert "1 error" in words.out


def test_check_reads_the_data_where_only_files_can_tell(layerloom: Run, design: Path) -> None:
    (design.parent / "table.csv").write_text(
        "a,b,c,y\n" + "".join(f"{i},{i * 2},{i % 5},{'uvw'[i % 3]}\n" for i in range(30))
    )
    document, _ = storage.load(design, default_catalog())
    SetJob("data.source", {"kind": "csv", "params": {"path": "table.csv"}}).apply(document)
    storage.save(document, design)
    shapes = {node["name"]: node["shapes"] for node in layerloom("check", design, "--json").json["nodes"]}
    assert shapes["flower"] == ["B x 3"]
    (design.parent / "table.csv").unlink()
    refused = layerloom("check", design)
    assert refused.code == 2
    assert "there is no" in refused.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("check", "missing.loom"), "there is no such file or folder"),
        (("trian", "x.loom"), "no file and no command 'trian'. Did you mean `layerloom train`?"),
        (("open", "x.loom"), "There is no file x.loom"),
        (("check",), "Missing argument 'FILE'"),
        (("check", "a.loom", "--fast"), "No such option: --fast"),
        (("train", "--epochs", "many"), "Invalid value for '--epochs'"),
        (("train",), "train needs a design"),
        (("train", "--resume"), "--resume needs the run"),
        (("train", "--run", "nowhere", "--resume"), "does not exist"),
        (("train", "--run", "nowhere", "--resume", "--epochs", "3"), "epochs cannot be changed there"),
        (("runs", "nowhere"), "There is no folder nowhere"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(layerloom: Run, words: tuple[str, ...], sentence: str) -> None:
    said = layerloom(*words)
    assert said.code == 2
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_a_damaged_file_is_told(layerloom: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.loom"
    file.write_text('{"format": 1, "nodes":')
    said = layerloom("check", file)
    assert said.code == 2
    assert "bad.loom" in said.err
    assert "Traceback" not in said.err


def test_version(layerloom: Run) -> None:
    said = layerloom("version", "--json").json
    assert said["python"] == sys.version.split()[0]
    assert said["layerloom"][0].isdigit()
    assert "torch" in layerloom("version").out


def test_a_file_opens_the_window(layerloom: Run, design: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    opened: list[Path | None] = []
    fake = types.ModuleType("designer.app")
    fake.run = lambda path: opened.append(path) or 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "designer.app", fake)
    for words in ((design,), (), ("open", design)):
        assert layerloom(*words).code == 0
    assert opened == [design, None, design]


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["version"], ["layers"]])
def test_start_up_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\nfrom designer.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "heavy = {'torch', 'PySide6', 'sklearn', 'scipy', 'onnx', 'onnxruntime', 'pyqtgraph'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_faults_of_ours_are_a_sentence_unless_debugging() -> None:
    code = (
        "import sys, designer.cli_tables as tables, designer.cli as cli\n"
        "def broken(as_json):\n    raise ZeroDivisionError('inside')\n"
        "tables.print_versions = broken\ncli.main(sys.argv[1:])\n"
    )
    plain, debug = (
        subprocess.run([sys.executable, "-c", code, "version", *more], capture_output=True, text=True, check=False)
        for more in ((), ("--debug",))
    )
    assert plain.returncode == debug.returncode == 1
    assert plain.stderr.startswith("layerloom: this should not have happened: ZeroDivisionError: inside.")
    assert "Traceback" not in plain.stderr
    assert "Traceback" in debug.stderr


def test_check_tells_what_training_takes(layerloom: Run, design: Path) -> None:
    document, _ = storage.load(design, default_catalog())
    SetJob("data.split.validation", 0.0).apply(document)
    storage.save(document, design)
    cost = layerloom("check", design, "--cost", "--json").json["cost"]
    assert cost["parameters"] == cost["trained"] == 131
    assert cost["memory"]["weights"] == 4 * 131
    assert cost["memory"]["total"] < cost["memory"]["free"]
    assert cost["memory"]["fits"] is True
    assert cost["steps"] == cost["measured"]["steps"] > 0
    assert cost["measured"]["seconds"] > 0
    assert [found["code"] for found in cost["findings"]] == ["no-validation"]
    words = layerloom("check", design, "--cost")
    assert words.code == 0
    for text in ("memory in all, of what is free", "an epoch of", "memory an example", "warning: No data is set aside"):
        assert text in words.out


def test_costs_of_a_design_that_cannot_run_say_why(layerloom: Run, design: Path) -> None:
    document, _ = storage.load(design, default_catalog())
    SetJob("recompute", ["nowhere"]).apply(document)
    storage.save(document, design)
    said = layerloom("check", design, "--cost")
    assert said.code == 1
    assert "error: Training job: recompute computes again the node nowhere, which is not in the design" in said.out
    assert "1 error" in said.out
