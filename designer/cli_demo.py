"""``layerloom demo``: the whole job without a window."""

from __future__ import annotations

import tempfile
from pathlib import Path

from core.problem import LayerloomError
from designer.cli_export import show_certificate
from designer.cli_output import DESIGN, console, metrics_table, number, write_json
from designer.cli_runs import make_run, train_run
from designer.resources import EXAMPLES

EXAMPLE = "digits_resnet.loom"


def run_demo(folder: Path | None, epochs: int | None, as_json: bool) -> int:
    """Train the example, export it, compare; returns the exit code, 1 where the file and PyTorch differ."""
    from designer.delivery import deliver, from_run

    place = folder or Path(tempfile.mkdtemp(prefix="layerloom-demo-"))
    design = EXAMPLES / EXAMPLE
    if not design.is_file():
        raise LayerloomError(f"The example {design} is not installed.", code="missing")
    if not as_json:
        console().print(f"Training {design.name} in {place}")
    run = make_run(design, place / "run", [f"epochs={epochs}"] if epochs else [])
    ending = train_run(run, resume=False, as_json=as_json)
    ending.check()
    if ending.exit_code:
        return ending.exit_code
    result = deliver(from_run(run.path), "onnx", place / "digits_resnet.onnx", bake=False)
    certificate = result["certificate"]
    metrics = ending.to_json()["metrics"]
    if as_json:
        write_json({"metrics": metrics, "export": result}, compact=True)
    else:
        metrics_table(metrics)
        show_certificate(certificate)
        worst = max((row["max_abs"] for row in certificate["rows"]), default=0.0)
        console().print(f"Test accuracy: {number(metrics['test'].get('accuracy'))}")
        console().print(f"Largest difference of ONNX Runtime to PyTorch: {worst:.3g}")
        console().print(f"Run and model are in {place}.")
    return 0 if certificate["passed"] else DESIGN
