"""Source and weights in files: they run with torch alone, and come back; what does not fit is told."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.problem import LayerloomError
from core.program.module import build
from exporters.formats import FORMATS, Delivery
from exporters.pytorch_source import export_python, standalone
from exporters.weights import export_safetensors, module_with, read_weights
from tests import drawn

ROOT = Path(__file__).parents[2]
# Finds the packages of the environment, but not Layerloom's own, wherever they are installed.
ALONE = """
import runpy, sys
sys.path = [p for p in sys.path if p not in ("", {root!r})]
sys.meta_path = [f for f in sys.meta_path if "__editable__" not in repr(f)]
sys.argv = {argv!r}
names = runpy.run_path(sys.argv[0], run_name="__main__")
assert not [m for m in sys.modules if m.split(".")[0] in ("core", "graph", "exporters", "designer")]
"""


def run_alone(file: Path, *arguments: str) -> str:
    code = ALONE.format(root=str(ROOT), argv=[str(file), *arguments])
    command = [sys.executable, "-I", "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=file.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_file_runs_with_torch_alone_and_takes_weights(tmp_path: Path) -> None:
    program = drawn.transformer()
    file, weights = tmp_path / "net.py", tmp_path / "net.safetensors"
    export_python(program, file)
    export_safetensors(program, None, weights)
    count = sum(p.numel() for p in build(program).parameters())
    assert run_alone(file, str(weights)) == f"SequenceClassifier: {count:,} parameters\nlogits: (2, 5)\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", drawn.ALL)
def test_every_file_runs_with_torch_alone(name: str, tmp_path: Path) -> None:
    program = drawn.ALL[name]()
    file, weights = tmp_path / "net.py", tmp_path / "net.pt"
    export_python(program, file)
    torch.save(build(program).state_dict(), weights)
    lines = run_alone(file, str(weights)).splitlines()
    assert [line.partition(":")[0] for line in lines[1:]] == [output.name for output in program.outputs]


@pytest.mark.parametrize("name", drawn.ALL)
def test_files_are_formatted(name: str) -> None:
    text = standalone(drawn.ALL[name]())
    style = ["--isolated", "--line-length", "100"]
    ruff = [sys.executable, "-m", "ruff"]
    done = subprocess.run([*ruff, "format", *style, "-"], input=text, capture_output=True, text=True, check=True)
    assert done.stdout == text
    checks = ["check", *style, "--select", "F,I,B,E1,E2,E3,E7,W", "--quiet", "-"]
    assert subprocess.run([*ruff, *checks], input=text, capture_output=True, text=True).stdout == ""


def test_hostile_output_names_stay_literals() -> None:
    program = drawn.mlp()
    name = '"]); import os; print(["'
    text = standalone(replace(program, outputs=(replace(program.outputs[0], name=name),)))
    assert "os" not in {alias.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import) for alias in n.names}


def test_weights_come_back(tmp_path: Path) -> None:
    program = drawn.resnet()
    net, path = build(program), tmp_path / "net.safetensors"
    FORMATS["safetensors"].write(Delivery(program, net.state_dict()), path)
    again = module_with(program, path)
    assert not again.training
    assert again.state_dict().keys() == net.state_dict().keys()
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in net.state_dict().items())


def test_weights_of_another_design_are_told(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    export_safetensors(drawn.mlp(), None, path)
    with pytest.raises(
        LayerloomError, match=r"missing: head.bias, head.weight, stage1.*; unknown: hidden.bias"
    ) as caught:
        module_with(drawn.resnet(), path)
    assert caught.value.problem.code == "weights"
    state = {**build(drawn.mlp()).state_dict(), "hidden.weight": torch.zeros(16, 5)}
    with pytest.raises(LayerloomError, match=r"hidden.weight is \(16, 5\) where the design has \(16, 4\)"):
        module_with(drawn.mlp(), state)


def test_a_file_without_weights_is_told(tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match="no such file"):
        read_weights(tmp_path / "none.pt")
    for name in ("a.pt", "a.safetensors"):
        (tmp_path / name).write_bytes(b"nonsense")
        with pytest.raises(LayerloomError, match="holds no weights that can be read"):
            read_weights(tmp_path / name)
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(LayerloomError, match="no table of weights"):
        read_weights(tmp_path / "list.pt")


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    mark = tmp_path / "was_run"

    class Evil:
        def __reduce__(self) -> object:
            return mark.write_text, ("gone",)

    torch.save({"hidden.weight": Evil()}, tmp_path / "evil.pt")
    with pytest.raises(LayerloomError, match="holds no weights"):
        read_weights(tmp_path / "evil.pt")
    assert not mark.exists()


def test_listing_the_formats_imports_nothing_heavy() -> None:
    code = "import sys, exporters.formats; print(sorted({'torch', 'onnx', 'onnxruntime'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
    assert all(format.id == id and format.extension.startswith(".") for id, format in FORMATS.items())
