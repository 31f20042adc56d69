"""Does ONNX Runtime open a file at all? Asked in a process of its own, for a file that it stumbles over ends it.

python -m exporters.opening FILE
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def opens(path: str | Path) -> bool:
    """Whether ONNX Runtime opens the file with its usual optimisations."""
    command = [sys.executable, "-m", "exporters.opening", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main() -> None:
    import onnxruntime

    onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    main()
