"""What opening a file in ONNX Runtime does, seen from a process of its own: a file that the runtime stumbles over ends
that one alone, and the memory that it takes is that of nothing else.

    python -m exporters.opening FILE [BATCH]
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.problem import LayerloomError
from core.training.launch import worker_environment

_FREE = 16  # sizes that a file leaves open, the batch apart


def opens(path: str | Path) -> bool:
    """Whether ONNX Runtime opens the file with its usual optimisations."""
    return _asked(path).returncode == 0


def memory(path: str | Path, batch: int) -> int:
    """Bytes that the process grows by, at its peak, when it opens the file and runs it on a batch.

    Raises:
        LayerloomError: ONNX Runtime cannot open or run it.
    """
    found = _asked(path, str(batch))
    if found.returncode:
        message = f"ONNX Runtime cannot run {path} on a batch of {batch}."
        raise LayerloomError(message, code="verify", detail=found.stderr[-2000:])
    told: dict[str, int] = json.loads(found.stdout)
    return told["memory"]


def _asked(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "exporters.opening", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=worker_environment())


def main() -> None:
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    before = _peak()
    session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    if len(sys.argv) > 2:
        batch = int(sys.argv[2])
        session.run(None, {entry.name: np.zeros(_shape(entry, batch), _dtype(entry)) for entry in session.get_inputs()})
        print(json.dumps({"memory": max(0, _peak() - before)}))


def _shape(entry: Any, batch: int) -> list[int]:
    first, *rest = entry.shape
    return [first if isinstance(first, int) else batch, *(n if isinstance(n, int) else _FREE for n in rest)]


def _dtype(entry: Any) -> str:
    return {"tensor(float)": "float32", "tensor(bool)": "bool"}.get(entry.type, "int64")


def _peak() -> int:
    """The most memory that this process has held so far, in bytes."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    status = Path("/proc/self/status")
    if status.is_file():  # on Linux, where ru_maxrss begins with what the parent held
        lines = status.read_text(encoding="utf-8").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
