"""Models of other tools for the command line and the assistant: a file in, a design and a run that holds its weights
out. Imports torch and onnx: for the assistant and the command line, never the window."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.catalog.families import default_catalog
from core.program.foreign import Array
from core.program.program import Program
from core.training import checkpoint
from core.training.checkpoint import Checkpoint
from core.training.protocol import Finished, StateChanged, encode_event
from core.training.runs import RunFolder, StatusKeeper
from exporters.onnx_reading import read_onnx
from exporters.verify import BATCHES, Certificate, compare
from graph.codec import encode
from graph.importing.importing import Imported, design
from graph.infer import Inference
from graph.lower import lower


def import_model(path: Path, run: Path) -> dict[str, Any]:
    """The network in a file as a design; where every operation has a layer, its weights become a finished run.

    The answers of the imported network are compared with those of the file by ONNX Runtime.

    Returns: ``design`` (text of a `.loom`), ``layers``, ``parameters``, ``problems`` (what could not be taken over),
    ``run`` (the folder, or empty) and ``certificate`` (or None).

    Raises:
        LayerloomError: the file cannot be read or holds no network; the weights do not fit; the run cannot be written.
    """
    found = design(read_onnx(path), default_catalog())
    text = encode(found.document)
    report: dict[str, Any] = {
        "design": text,
        "layers": len(found.document.graph()),
        "problems": [problem.to_json() for problem in found.problems],
        "run": "",
        "parameters": sum(array.size for arrays in found.weights.values() for array in arrays.values()),
        "certificate": None,
    }
    if not found.complete:
        return report
    inference = Inference(found.document)
    program = lower(found.document, inference)
    state = _tensors(found.state(program))
    report["parameters"] = inference.scope().total.parameters
    certificate = _certificate(program, state, path, found)
    folder = _keep(found, program, state, text, run, path)
    return {**report, "run": str(folder.path), "certificate": certificate.to_json()}


def _tensors(arrays: Mapping[str, Array]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}


def _certificate(program: Program, state: Mapping[str, torch.Tensor], path: Path, found: Imported) -> Certificate:
    return compare(program, state, path, batches=(found.batch,) if found.batch else BATCHES)


def _keep(
    found: Imported, program: Program, state: Mapping[str, torch.Tensor], text: str, run: Path, path: Path
) -> RunFolder:
    """The weights as a run that has finished: to be looked at, exported, and trained on from."""
    folder = RunFolder.create(run, program, found.document.job, text, found.document.title)
    checkpoint.save(folder.checkpoints / "last", Checkpoint(state))
    ended = Finished(metrics={}, epochs=0, steps=0, seconds=0.0)
    folder.write("result", {"state": "finished", **{name: getattr(ended, name) for name in ended.__dataclass_fields__}})
    keeper = StatusKeeper(folder)
    for event in (StateChanged("finished", f"Imported from {path.name}."), ended):
        keeper.follow(event)
        folder.events.append(encode_event(event))
    folder.events.close()
    return folder
