"""One example put to the proof: trained by a real worker, exported to ONNX and Python, each compared with PyTorch."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from core.problem import LayerloomError
from core.program.program import Program
from core.spec.shape import TensorType
from core.training.protocol import Event
from core.training.runs import RunFolder
from designer.cli_runs import make_run
from designer.cli_train import follow_run
from designer.delivery import deliver, from_run
from designer.resources import EXAMPLES
from exporters.weights import module_with
from graph.templates import TEMPLATES, Expected

BATCH = 5
# Runs an exported file where Layerloom does not exist: FILE WEIGHTS INPUTS OUTPUTS CLASS.
ALONE = """
import runpy, sys
sys.modules.update(dict.fromkeys(("core", "graph", "exporters", "designer", "tests")))
import numpy, torch
from safetensors.torch import load_file
file, weights, inputs, outputs, name = sys.argv[1:]
torch.set_num_threads(1)
model = runpy.run_path(file)[name]()
model.load_state_dict(load_file(weights))
given = [torch.from_numpy(array) for array in numpy.load(inputs).values()]
with torch.no_grad():
    made = model.eval()(*given)
made = made if isinstance(made, tuple) else (made,)
numpy.savez(outputs, *(tensor.numpy() for tensor in made))
"""


@dataclass
class Trial:
    """What came of an example. `complaints` is empty where all is as it should be."""

    id: str
    expected: Expected
    reached: float = math.nan
    epochs: float = 0
    seconds: float = 0.0  # of training, as the worker tells them
    parameters: int = 0
    onnx: float = math.nan  # largest relative difference to PyTorch
    python: float = math.nan  # largest difference of the exported file, run alone
    complaints: list[str] = field(default_factory=list)


class Silent:
    """Hears a run and says nothing."""

    def heard(self, event: Event) -> None: ...

    def stopping(self) -> None: ...


def attempt(id: str, place: Path) -> Trial:
    """Train the example in `place` with its own seed on one thread, and export it; nothing is raised for what fails."""
    expected = TEMPLATES[id].expects
    assert expected is not None, f"{id} does not say what it must reach"
    trial = Trial(id, expected)
    try:
        folder = _train(trial, place)
        _export_onnx(trial, folder, place / f"{id}.onnx")
        _export_python(trial, folder, place)
    except LayerloomError as error:
        trial.complaints.append(str(error))
    return trial


def _train(trial: Trial, place: Path) -> RunFolder:
    folder = make_run(EXAMPLES / f"{trial.id}.loom", place / "run", ["threads=1", "device=cpu"])
    ending = follow_run(folder.path, resume=False, listener=Silent())
    ending.check()
    told = ending.to_json()
    trial.epochs, trial.seconds = told["epochs"], told["seconds"]
    trial.reached = trial.expected.reached(told["metrics"])
    if not trial.expected.holds(trial.reached):
        sign = "at least" if trial.expected.at_least else "at most"
        wanted = f"{trial.expected.metric} of {sign} {trial.expected.figure:g}"
        trial.complaints.append(f"expected {wanted}, reached {trial.reached:.4g}")
    return folder


def _export_onnx(trial: Trial, folder: RunFolder, path: Path) -> None:
    certificate = deliver(from_run(folder.path), "onnx", path, bake=False)["certificate"]
    trial.onnx = max((row["max_rel"] for row in certificate["rows"]), default=math.nan)
    if not certificate["passed"]:
        trial.complaints.append(f"ONNX differs from PyTorch by {trial.onnx:.3g}")


def _export_python(trial: Trial, folder: RunFolder, place: Path) -> None:
    """The exported file must give the same numbers in a process that has PyTorch and nothing of ours."""
    made = from_run(folder.path)
    file, weights = place / "exported.py", place / "exported.safetensors"
    deliver(made, "python", file)
    deliver(made, "safetensors", weights)
    given, program = _inputs(made.program), made.program
    module = module_with(program, made.weights)
    trial.parameters = sum(p.numel() for p in module.parameters())
    np.savez(place / "given.npz", *given)
    with torch.no_grad():
        answer = module(*(torch.from_numpy(array) for array in given))
    words = [file, weights, place / "given.npz", place / "made.npz", program.name]
    ran = subprocess.run([sys.executable, "-I", "-c", ALONE, *map(str, words)], capture_output=True, text=True)
    if ran.returncode:
        trial.complaints.append(f"the exported Python does not run: {ran.stderr.strip().splitlines()[-1]}")
        return
    expected = [tensor.numpy() for tensor in (answer if isinstance(answer, tuple) else (answer,))]
    with np.load(place / "made.npz") as told:
        differences = [float(np.abs(a - b).max()) for a, b in zip(told.values(), expected, strict=True)]
    trial.python = max(differences)
    if trial.python > 1e-6 * max(1.0, *(float(np.abs(array).max()) for array in expected)):
        trial.complaints.append(f"the exported Python differs by {trial.python:.3g}")


def _inputs(program: Program) -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [_array(draw, value.type) for value in program.inputs]


def _array(draw: np.random.Generator, type: TensorType) -> np.ndarray:
    shape = [n for n in type.evaluate({"B": BATCH}).shape if isinstance(n, int)]
    if type.dtype == "float":
        return draw.normal(size=shape).astype(np.float32)
    return np.zeros(shape, np.int64 if type.dtype == "int" else bool)
