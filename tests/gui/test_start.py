"""The window starts without anything heavy, and alone in its process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from graph import storage
from graph.document import Document

HEAVY = ("torch", "numpy", "sklearn", "scipy", "onnx", "onnxruntime", "onnxscript", "pandas", "matplotlib", "pyqtgraph")
_SCRIPT = """
import json, sys, time
start = time.perf_counter()
from PySide6.QtCore import QTimer
from designer.app import application
app = application()
from designer.window import MainWindow
window = MainWindow(warm=False)
window.show()
app.processEvents()
seconds = time.perf_counter() - start
heavy = sorted(name for name in {heavy!r} if name in sys.modules)
QTimer.singleShot(50, window.close)
app.exec()
print(json.dumps({{"heavy": heavy, "seconds": seconds, "visible": window.width() > 0}}))
"""

_RUN = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from designer import app
def look():
    window = next(w for w in app.QApplication.topLevelWidgets() if isinstance(w, app.MainWindow))
    print(window.windowTitle(), len(window.session.document.graph()), flush=True)
    window.close()
app.application()
QTimer.singleShot(400, look)
sys.exit(app.run(Path(sys.argv[1])))
"""


def test_run_opens_the_design_and_ends_well(tmp_path: Path, document: Document) -> None:
    path = tmp_path / "given.loom"
    storage.save(document, path)
    done = start(_RUN, tmp_path, str(path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0] == "given[*] – Layerloom 4"


def start(script: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own, with the person's folders elsewhere."""
    places = {name: str(home) for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, **places, "QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_window_imports_nothing_heavy(tmp_path: Path) -> None:
    done = start(_SCRIPT.format(heavy=HEAVY), tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["heavy"] == []
    assert told["seconds"] < 15  # the budget of one second is kept by the bench; this only catches a hang
